"""A site month by month: its greenness against its own baseline, its water, how often it was seen.

This is what the evidence of a site is made of, put together for people; nothing is decided here.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.overpass_rules import greenness
from minewatch.detect.pool_banks.baseline import expected_greenness, limits_of
from minewatch.detect.pool_banks.pool_bank_evidence import season_angle, update_evidence
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT, PoolBankRules
from minewatch.detect.pool_banks.state_layers import start_state
from minewatch.detect.unmix import NOT_SEEN, fractions, without_shade
from minewatch.model import REFLECTANCE_BANDS

Float = NDArray[np.float32]


def site_series(
    months: xr.Dataset, inside: NDArray[np.bool_], *, rules: PoolBankRules = DEFAULT
) -> pd.DataFrame:
    """Medians over the pixels of a site, month by month.

    Parameters
    ----------
    months
        Month cube round the site, dims (time, y, x).
    inside
        Pixels of the site, dims (y, x).
    rules
        Thresholds.

    Returns
    -------
    pandas.DataFrame
        Index the first day of each month. `greenness`, with `greenness_low` and `greenness_high`
        (10 and 90 % of pixels), -1 to 1; `baseline`, what the pixels' own past, learnt up to
        the first loss of vegetation, lets expect, and
        `baseline_sd`, its robust standard deviation; `milky_pct`, mean share of milky or white
        water; `disturbed_pct`, share of looks without vegetation; `clear_looks`, median. NaN: not
        seen; for the baseline: too little lies before the change.
    """
    layers = {str(n): months[n].to_numpy()[:, inside] for n in months.data_vars}
    bands = {str(b): layers[b] for b in REFLECTANCE_BANDS if b in layers}
    green = greenness(bands)
    starts = months["time"].to_numpy().astype("datetime64[D]")
    expected, sd = _baseline(months, inside, rules)
    lit = without_shade(fractions(bands))
    seen = lit["water"] != NOT_SEEN
    milky = np.where(seen, np.minimum(lit["water"].astype(float) + lit["white"], 100), np.nan)
    clear = layers["clear_looks"].sum(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # months in which nothing was seen
        low, middle, high = np.nanquantile(green, (0.1, 0.5, 0.9), axis=1)
        table = {
            "greenness": middle,
            "greenness_low": low,
            "greenness_high": high,
            "baseline": np.nanmedian(expected, axis=1),
            "baseline_sd": np.full(len(starts), np.nanmedian(sd)),
            "milky_pct": np.nanmean(milky, axis=1),
            "disturbed_pct": 100 * layers["disturbed_looks"].sum(axis=1) / clear,
            "clear_looks": np.median(layers["clear_looks"], axis=1),
        }
    return pd.DataFrame(table, index=pd.DatetimeIndex(starts, name="month"))


def _baseline(
    months: xr.Dataset, inside: NDArray[np.bool_], rules: PoolBankRules
) -> tuple[Float, Float]:
    """Expected greenness, dims (month, pixel), and its standard deviation, dims (pixel,)."""
    row = xr.Dataset(
        {n: (("time", "y", "x"), v.to_numpy()[:, inside][:, None]) for n, v in months.items()},
        coords={"time": months["time"]},
    )
    state, _ = update_evidence(start_state(int(inside.sum())), row, period=None, rules=rules)
    days = months["time"].to_numpy().astype("datetime64[D]").astype(np.int64)
    limits = limits_of(rules.baseline)
    expected = expected_greenness(state.layers["fit"], season_angle(days), limits)
    return expected[:, :-1].T, expected[:, -1]
