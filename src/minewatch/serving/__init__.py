"""A local page on which people judge places: who may come in, what is asked, what is kept."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.serving.judging_task import TakenBackError, JudgingPage, JudgingTask
    from minewatch.serving.review_server import ReviewServer
    from minewatch.serving.site_task import SiteTask

__all__ = ["TakenBackError", "JudgingPage", "JudgingTask", "ReviewServer", "SiteTask"]

__getattr__ = attach(__name__, __file__)
