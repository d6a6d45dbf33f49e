"""Every threshold of the radar detector: starting values, nothing is fitted."""

from __future__ import annotations

from dataclasses import dataclass

from minewatch.model.rule_fields import rule


@dataclass(frozen=True, kw_only=True)
class RadarRules:
    """Thresholds on monthly medians of VH backscatter of one relative orbit."""

    forest_db: float = rule(
        -16.0, unit="dB", moves="less counts as forest",
        source="tropical forest lies at -12 to -14 in VH, gamma nought; starting value",
    )  # fmt: skip
    drop_db: float = rule(
        2.0, unit="dB", moves="a clearing must darken more",
        source="ten real dates of steep tropical forest vary by 0.58 (filtered, one standard "
        "deviation, median of 30,062 pixels); bare soil lies 4 to 7 below forest; starting value",
    )  # fmt: skip
    recovered_db: float = rule(1.0, unit="dB", moves="less counts as grown over again")
    base_months: int = rule(
        3, unit="months", moves="more months must be known before anything is judged", least=1
    )
    lasting_months: int = rule(
        2, unit="months", moves="a fall must last longer", least=1,
        source="rain and flooded ground darken or brighten one month; starting value",
    )  # fmt: skip
    min_patch_m2: float = rule(
        1_200.0, unit="m²", moves="smaller clearings are left out",
        source="three cells of what the sensor resolves; starting value",
    )  # fmt: skip
    ring_m: float = rule(60.0, unit="m", moves="forest further away counts as round a clearing")
    forest_share: tuple[float, float] = rule(
        (0.3, 0.7), unit="1", moves="more of the ring round a clearing must be forest"
    )
    fall_db: tuple[float, float] = rule((1.5, 3.0), unit="dB", moves="must darken more")
    lasting_days: tuple[int, int] = rule((60, 240), unit="days", moves="must stay dark longer")
    short_days: int = rule(150, unit="days", moves="more is called swidden")
    keep_confidence: float = rule(0.5, unit="1", moves="more is listed as a change")
