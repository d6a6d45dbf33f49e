"""What is asked of a finished run."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.analysis.differences import KINDS as DIFFERENCE_KINDS
    from minewatch.analysis.differences import Difference, diff
    from minewatch.analysis.explanations import explain
    from minewatch.analysis.run_fusion import Fusion, fuse
    from minewatch.analysis.sharing import export, files_of_others, report, stale_products
    from minewatch.analysis.timelines import area_timeline, site_timeline
    from minewatch.sites.sightings import VERDICTS

__all__ = [
    "DIFFERENCE_KINDS",
    "VERDICTS",
    "Difference",
    "Fusion",
    "area_timeline",
    "diff",
    "explain",
    "export",
    "files_of_others",
    "fuse",
    "report",
    "site_timeline",
    "stale_products",
]  # fmt: skip

__getattr__ = attach(__name__, __file__)
