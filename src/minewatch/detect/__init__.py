"""Month cubes to evidence and outlines: arrays in, arrays and outlines out."""

from minewatch.detect.doubt import recent_counts, settle_doubt
from minewatch.detect.evidence import EVIDENCE_LAYERS, Layer, check_evidence, let_go
from minewatch.detect.find import Findings, find
from minewatch.detect.looks import is_disturbed
from minewatch.detect.measure import measure
from minewatch.detect.pair import detect_pair
from minewatch.detect.past import PAST_LAYERS, Past, no_past, split_months
from minewatch.detect.score import conclude, score, weigh
from minewatch.detect.unmix import fractions, without_shade

__all__ = [
    "EVIDENCE_LAYERS",
    "PAST_LAYERS",
    "Findings",
    "Layer",
    "Past",
    "check_evidence",
    "conclude",
    "detect_pair",
    "find",
    "fractions",
    "is_disturbed",
    "let_go",
    "measure",
    "no_past",
    "recent_counts",
    "score",
    "settle_doubt",
    "split_months",
    "weigh",
    "without_shade",
]
