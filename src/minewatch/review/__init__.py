"""What people say of sites: kept apart from what is detected, and found again when ids change."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.review.counted_opinion import by_people
    from minewatch.review.edited_files import EditedFile, EditedRow, read_edited_file
    from minewatch.review.import_plan import ImportPlan, plan_import
    from minewatch.review.judgement_matching import match_judgements
    from minewatch.review.judgements import Judgement, judge, last_words, standing_entries
    from minewatch.review.review_queue import Queued, queue_blind, queue_sites
    from minewatch.review.suggestions import (
        Calibration,
        Judged,
        Likeness,
        Ranking,
        calibrate,
        rank_by_likeness,
    )
    from minewatch.review.verdict_columns import Reviewed, Whereabouts, add_verdicts
    from minewatch.review.verdict_entries import VerdictEntry, check_verdict, moment_text
    from minewatch.review.verdict_files import (
        DETECTOR_COLUMNS,
        check_suffix,
        verdict_table,
        write_table_file,
    )
    from minewatch.review.verdict_log import LOG, VerdictLog, append_verdicts, read_verdicts

__all__ = [
    "DETECTOR_COLUMNS",
    "LOG",
    "Calibration",
    "EditedFile",
    "EditedRow",
    "ImportPlan",
    "Judged",
    "Judgement",
    "Likeness",
    "Queued",
    "Ranking",
    "Reviewed",
    "VerdictEntry",
    "VerdictLog",
    "Whereabouts",
    "add_verdicts",
    "append_verdicts",
    "by_people",
    "calibrate",
    "check_suffix",
    "check_verdict",
    "judge",
    "last_words",
    "match_judgements",
    "moment_text",
    "plan_import",
    "queue_blind",
    "queue_sites",
    "rank_by_likeness",
    "read_edited_file",
    "read_verdicts",
    "standing_entries",
    "verdict_table",
    "write_table_file",
]

__getattr__ = attach(__name__, __file__)
