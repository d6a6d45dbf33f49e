"""What is asked of a finished run."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.analysis.assessing import Assessment, assess, hectares
    from minewatch.analysis.assessment_files import as_values as assessment_values
    from minewatch.analysis.assessment_files import (
        assessment_lines,
        read_assessments,
        write_assessment,
    )
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
    from minewatch.analysis.sampling import DrawnSample, SamplePlan, draw_sample, sample_folder
    from minewatch.analysis.sharing import (
        export,
        export_to_database,
        files_of_others,
        is_database,
        report,
        stale_products,
    )
    from minewatch.analysis.suggesting import Suggestion, Suggestions, suggest
    from minewatch.analysis.timelines import COUNTED, area_timeline, site_timeline
    from minewatch.sites.sightings import VERDICTS

__all__ = [
    "COUNTED",
    "DIFFERENCE_KINDS",
    "OUTCOMES",
    "VERDICTS",
    "Assessment",
    "Difference",
    "DrawnSample",
    "Fusion",
    "InventoryComparison",
    "ReleaseChoices",
    "Review",
    "SamplePlan",
    "Suggestion",
    "Suggestions",
    "area_timeline",
    "assess",
    "assessment_lines",
    "assessment_values",
    "check_files",
    "compare",
    "diff",
    "draw_sample",
    "explain",
    "export",
    "export_to_database",
    "export_verdicts",
    "files_of_others",
    "fuse",
    "hectares",
    "import_verdicts",
    "is_database",
    "open_review",
    "publish_layers",
    "publish_page",
    "read_assessments",
    "report",
    "sample_folder",
    "set_verdict",
    "show_verdicts",
    "site_timeline",
    "stale_products",
    "suggest",
    "write_assessment",
    "write_layer",
]

__getattr__ = attach(__name__, __file__)
