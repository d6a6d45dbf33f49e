"""Every threshold of the baseline detector: round numbers of the literature, never fitted."""

from __future__ import annotations

from dataclasses import dataclass, field

from minewatch.detect.pool_ranges import PoolRangeRules
from minewatch.model.rule_fields import rule


@dataclass(frozen=True, kw_only=True)
class ThresholdRules:
    """Thresholds on medians of periods."""

    green_ndvi: float = rule(0.6, unit="NDVI", moves="ground must have been greener before")
    bare_ndvi: float = rule(0.4, unit="NDVI", moves="more ground counts as bare")
    water_index: float = rule(
        0.0, unit="NDWI or MNDWI", moves="less counts as water",
        source="doi:10.1080/01431169608948714 and doi:10.1080/01431160600589179",
    )  # fmt: skip
    min_patch_m2: float = rule(
        1_000.0, unit="m²", moves="smaller mines are left out", source="the usual mapping unit"
    )
    water_share: tuple[float, float] = rule(
        (0.0, 0.05), unit="1", moves="more water is needed beside the bare ground"
    )
    lasting_days: tuple[int, int] = rule((60, 240), unit="days", moves="must stay bare longer")
    swidden_days: int = rule(120, unit="days", moves="more is called swidden")
    keep_confidence: float = rule(0.5, unit="1", moves="more is listed as a change")
    ring_m: float = rule(10.0, unit="m", moves="water further from bare ground counts")
    ranges: PoolRangeRules = field(default_factory=PoolRangeRules)
    """Ranges of pool areas and counts."""
