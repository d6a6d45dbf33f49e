"""The report of a finished run: a page that needs nothing else, and pictures."""

from minewatch.report.explain import explain_picture, write_explanation
from minewatch.report.explanation import Alternative, Chip, Explanation, as_values, make_chip
from minewatch.report.history import area_figure, site_figure
from minewatch.report.page import make_pictures, render_page, write_report
from minewatch.report.pictures import before_after, map_picture, timeline
from minewatch.report.rasters import Picture, read_picture
from minewatch.report.summary import PeriodSummary, Range, site_rows, summarise

__all__ = [
    "Alternative",
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
