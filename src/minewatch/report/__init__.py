"""The report of a finished run: a page that needs nothing else, and pictures."""

from minewatch.report.page import make_pictures, render_page, write_report
from minewatch.report.pictures import before_after, map_picture, timeline
from minewatch.report.rasters import Picture, read_picture
from minewatch.report.summary import PeriodSummary, Range, summarise

__all__ = [
    "PeriodSummary",
    "Picture",
    "Range",
    "before_after",
    "make_pictures",
    "map_picture",
    "read_picture",
    "render_page",
    "summarise",
    "timeline",
    "write_report",
]
