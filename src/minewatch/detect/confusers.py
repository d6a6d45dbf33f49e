"""What a change that is not a mine most likely is, in a word and in a sentence."""

from __future__ import annotations

import pandas as pd

LONG_DAYS = 240
"""Ground that stays open longer than this has not greened within one monsoon [D]."""


def name_confuser(patch: pd.Series) -> tuple[str, str]:
    """Kind (one of `model.CHANGE_KINDS`) and the reason in words.

    Parameters
    ----------
    patch
        One row of `patches.describe`, with `slope_deg` when it is known.
    """
    water = patch["pool_area_m2"] / max(patch["disturbed_area_m2"], 1.0)
    is_old = patch["new"] < 0.3
    months = patch["lasting_days"] / 30
    long = f"{patch['elongation']:.1f} times as long as wide"
    if water > 0.5 and patch["seasonal_pct"] > 50:
        return "flood", "water that comes and goes with the season"
    if is_old and water > 0.5:
        if patch["elongation"] > 4 or patch["disturbed_area_m2"] > 50_000:
            return "river_bar", "water and bars of a channel, there from the start"
        return "fish_pond", f"{water:.0%} water and hardly any bare ground, there from the start"
    if patch["seasonal_pct"] > 50:
        return "paddy", "bare and green again every year"
    if patch["elongation"] > 5 or patch["width_m"] < 25:
        return "road", f"{long}, {patch['width_m']:.0f} m wide, no pools"
    if is_old:
        return "village", "open from the start, nothing new, hardly any water"
    if patch["lasting_days"] < LONG_DAYS:
        return "swidden", f"green again after {months:.0f} months, no pools"
    if patch["elongation"] > 2.8 or patch.get("slope_deg", 0.0) > 27:
        return "landslide", f"new bare ground {long}, no pools at its foot"
    return "other_clearing", f"cleared {months:.0f} months or longer, no pools seen"
