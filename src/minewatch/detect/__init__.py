"""Month cubes to evidence and outlines: arrays in, arrays and outlines out."""

from minewatch.detect.doubt import settle_doubt
from minewatch.detect.evidence import EVIDENCE_LAYERS, Layer, check_evidence
from minewatch.detect.find import Findings, find
from minewatch.detect.looks import is_disturbed
from minewatch.detect.measure import measure
from minewatch.detect.pair import detect_pair
from minewatch.detect.score import score
from minewatch.detect.unmix import fractions, without_shade

__all__ = [
    "EVIDENCE_LAYERS",
    "Findings",
    "Layer",
    "check_evidence",
    "detect_pair",
    "find",
    "fractions",
    "is_disturbed",
    "measure",
    "score",
    "settle_doubt",
    "without_shade",
]
