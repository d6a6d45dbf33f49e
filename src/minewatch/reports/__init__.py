"""The report of a finished run: a page that needs nothing else, and pictures."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.reports.explanation_drawing import explain_picture, write_explanation
    from minewatch.reports.pictures import before_after, map_picture, timeline
    from minewatch.reports.raster_pictures import Picture, read_picture
    from minewatch.reports.report_page import make_pictures, render_page, write_report
    from minewatch.reports.run_summary import PeriodSummary, Range, site_rows, summarise
    from minewatch.reports.site_explanation import Chip, Explanation, as_values, make_chip
    from minewatch.reports.time_figures import area_figure, site_figure

__all__ = [
    "Chip",
    "Explanation",
    "PeriodSummary",
    "Picture",
    "Range",
    "area_figure",
    "as_values",
    "before_after",
    "explain_picture",
    "make_chip",
    "make_pictures",
    "map_picture",
    "read_picture",
    "render_page",
    "site_figure",
    "site_rows",
    "summarise",
    "timeline",
    "write_explanation",
    "write_report",
]

__getattr__ = attach(__name__, __file__)
