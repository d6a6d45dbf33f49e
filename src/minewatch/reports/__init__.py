"""The report of a finished run: a page that needs nothing else, and pictures."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.reports.explanation_drawing import explain_picture, write_explanation
    from minewatch.reports.ground_pictures import GroundPicture
    from minewatch.reports.judging_values import Answer, Unit, render_judging_page, unit_values
    from minewatch.reports.page_data import frame_of, page_values, svg_paths
    from minewatch.reports.pictures import before_after, map_picture, timeline
    from minewatch.reports.raster_pictures import Picture, read_picture
    from minewatch.reports.report_page import make_pictures, render_page, write_report
    from minewatch.reports.run_summary import PeriodSummary, Range, site_rows, summarise
    from minewatch.reports.site_explanation import Chip, Explanation, as_values, make_chip
    from minewatch.reports.time_figures import area_figure, site_figure

__all__ = [
    "Answer",
    "Chip",
    "Explanation",
    "GroundPicture",
    "PeriodSummary",
    "Picture",
    "Range",
    "Unit",
    "area_figure",
    "as_values",
    "before_after",
    "explain_picture",
    "frame_of",
    "make_chip",
    "make_pictures",
    "map_picture",
    "page_values",
    "read_picture",
    "render_judging_page",
    "render_page",
    "site_figure",
    "site_rows",
    "summarise",
    "svg_paths",
    "timeline",
    "unit_values",
    "write_explanation",
    "write_report",
]

__getattr__ = attach(__name__, __file__)
