"""What is asked of a finished run."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.analysis.context_absence import absence
    from minewatch.analysis.context_control import control
    from minewatch.analysis.context_downstream import downstream
    from minewatch.analysis.context_files import ContextAnswer, write_answer
    from minewatch.analysis.context_people import kind_and_path, people
    from minewatch.analysis.context_slopes import slopes
    from minewatch.analysis.context_trade import trade
    from minewatch.analysis.differences import KINDS as DIFFERENCE_KINDS
    from minewatch.analysis.differences import Difference, diff
    from minewatch.analysis.explanations import explain
    from minewatch.analysis.inventory_comparison import OUTCOMES, InventoryComparison, compare
    from minewatch.analysis.reviewing import (
        Review,
        export_verdicts,
        import_verdicts,
        open_review,
        set_verdict,
        show_verdicts,
        write_layer,
    )
    from minewatch.analysis.run_fusion import Fusion, fuse
    from minewatch.analysis.sharing import export, files_of_others, report, stale_products
    from minewatch.analysis.site_alerts import SiteAlert, find_alert, note_known_sites
    from minewatch.analysis.timelines import COUNTED, area_timeline, site_timeline
    from minewatch.sites.sightings import VERDICTS

__all__ = [
    "COUNTED",
    "DIFFERENCE_KINDS",
    "OUTCOMES",
    "VERDICTS",
    "ContextAnswer",
    "Difference",
    "Fusion",
    "InventoryComparison",
    "Review",
    "SiteAlert",
    "absence",
    "area_timeline",
    "compare",
    "control",
    "diff",
    "downstream",
    "explain",
    "export",
    "export_verdicts",
    "files_of_others",
    "find_alert",
    "fuse",
    "import_verdicts",
    "kind_and_path",
    "note_known_sites",
    "open_review",
    "people",
    "report",
    "set_verdict",
    "show_verdicts",
    "site_timeline",
    "slopes",
    "stale_products",
    "trade",
    "write_answer",
    "write_layer",
]

__getattr__ = attach(__name__, __file__)
