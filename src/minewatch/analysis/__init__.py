"""What is asked of a finished run."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.analysis.assessed_figures import Assessment, hectares
    from minewatch.analysis.assessing import assess
    from minewatch.analysis.assessment_files import as_values as assessment_values
    from minewatch.analysis.assessment_files import (
        assessment_lines,
        read_assessments,
        write_assessment,
    )
    from minewatch.analysis.context_absence import absence
    from minewatch.analysis.context_control import control
    from minewatch.analysis.context_downstream import downstream
    from minewatch.analysis.context_files import read_answers, write_answer
    from minewatch.analysis.context_people import kind_and_path, people
    from minewatch.analysis.context_slopes import slopes
    from minewatch.analysis.context_trade import trade
    from minewatch.analysis.differences import KINDS as DIFFERENCE_KINDS
    from minewatch.analysis.differences import Difference, diff
    from minewatch.analysis.explanations import explain
    from minewatch.analysis.inventory_comparison import OUTCOMES, InventoryComparison, compare
    from minewatch.analysis.publication import (
        ReleaseChoices,
        check_files,
        publish_layers,
        publish_page,
        publish_to_database,
    )
    from minewatch.analysis.reviewer_agreement import CATEGORIES, compare_reviewers
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
    from minewatch.analysis.sample_folders import DrawnSample, sample_folder
    from minewatch.analysis.sample_plan import SamplePlan
    from minewatch.analysis.sampling import draw_sample
    from minewatch.analysis.sharing import (
        export,
        export_to_database,
        files_of_others,
        is_database,
        report,
        stale_products,
    )
    from minewatch.analysis.site_alerts import SiteAlert, find_alert, note_known_sites
    from minewatch.analysis.suggesting import Suggestion, Suggestions, suggest
    from minewatch.analysis.timelines import COUNTED, area_timeline, site_timeline
    from minewatch.sites.sightings import VERDICTS

__all__ = [
    "CATEGORIES",
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
    "SiteAlert",
    "Suggestion",
    "Suggestions",
    "absence",
    "area_timeline",
    "assess",
    "assessment_lines",
    "assessment_values",
    "check_files",
    "compare",
    "compare_reviewers",
    "control",
    "diff",
    "downstream",
    "draw_sample",
    "explain",
    "export",
    "export_to_database",
    "export_verdicts",
    "files_of_others",
    "find_alert",
    "fuse",
    "hectares",
    "import_verdicts",
    "is_database",
    "kind_and_path",
    "note_known_sites",
    "open_review",
    "people",
    "publish_layers",
    "publish_page",
    "publish_to_database",
    "read_answers",
    "read_assessments",
    "report",
    "sample_folder",
    "set_verdict",
    "show_verdicts",
    "site_timeline",
    "slopes",
    "stale_products",
    "suggest",
    "trade",
    "write_answer",
    "write_assessment",
    "write_layer",
]

__getattr__ = attach(__name__, __file__)
