"""A local page on which people judge places: who may come in, what is asked, what is kept."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.serving.judging_task import JudgingPage, JudgingTask, TakenBackError
    from minewatch.serving.review_server import ReviewServer
    from minewatch.serving.sample_task import SampleTask
    from minewatch.serving.site_task import SiteTask

__all__ = ["JudgingPage", "JudgingTask", "ReviewServer", "SampleTask", "SiteTask", "TakenBackError"]

__getattr__ = attach(__name__, __file__)
