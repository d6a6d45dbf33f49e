"""Month cubes to evidence and outlines: arrays in, arrays and outlines out."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.detect.cloud_commission import recent_counts, settle_cloud_commission
    from minewatch.detect.detector_registry import (
        DETECTORS,
        broken_detectors,
        get_detection,
        get_detector,
        list_detectors,
    )
    from minewatch.detect.overpass_rules import is_disturbed
    from minewatch.detect.pair.two_dates import detect_pair
    from minewatch.detect.unmix import fractions, without_shade

__all__ = [
    "DETECTORS",
    "broken_detectors",
    "detect_pair",
    "fractions",
    "get_detection",
    "get_detector",
    "is_disturbed",
    "list_detectors",
    "recent_counts",
    "settle_cloud_commission",
    "without_shade",
]

__getattr__ = attach(__name__, __file__)
