"""What is asked of a finished run."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.analysis.differences import KINDS as DIFFERENCE_KINDS
    from minewatch.analysis.differences import Difference, diff
    from minewatch.analysis.explanations import explain
    from minewatch.analysis.inventory_comparison import OUTCOMES, InventoryComparison, compare
    from minewatch.analysis.publication import (
        ReleaseChoices,
        check_files,
        publish_layers,
        publish_page,
    )
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
    from minewatch.analysis.sharing import (
        export,
        export_to_database,
        files_of_others,
        is_database,
        report,
        stale_products,
    )
    from minewatch.analysis.timelines import COUNTED, area_timeline, site_timeline
    from minewatch.sites.sightings import VERDICTS

__all__ = [
    "COUNTED",
    "DIFFERENCE_KINDS",
    "OUTCOMES",
    "VERDICTS",
    "Difference",
    "Fusion",
    "InventoryComparison",
    "ReleaseChoices",
    "Review",
    "area_timeline",
    "check_files",
    "compare",
    "diff",
    "explain",
    "export",
    "export_to_database",
    "export_verdicts",
    "files_of_others",
    "fuse",
    "import_verdicts",
    "is_database",
    "open_review",
    "publish_layers",
    "publish_page",
    "report",
    "set_verdict",
    "show_verdicts",
    "site_timeline",
    "stale_products",
    "write_layer",
]

__getattr__ = attach(__name__, __file__)
