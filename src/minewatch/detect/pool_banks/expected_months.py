"""What the baseline of some pixels lets expect, month by month: put together for people."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.overpass_thresholds import OVERPASS, OverpassRules
from minewatch.detect.pool_banks.baseline import expected_greenness, limits_of
from minewatch.detect.pool_banks.pool_bank_evidence import season_angle, update_evidence
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT, PoolBankRules
from minewatch.detect.pool_banks.state_layers import start_state


def expected_months(
    months: xr.Dataset,
    inside: NDArray[np.bool_],
    *,
    rules: PoolBankRules = DEFAULT,
    overpass: OverpassRules = OVERPASS,
) -> pd.DataFrame:
    """The pixels' own past, learnt up to the first loss of vegetation and carried on.

    Parameters
    ----------
    months
        Month cube, dims (time, y, x).
    inside
        The pixels, dims (y, x).
    rules, overpass
        Thresholds.

    Returns
    -------
    pandas.DataFrame
        A row a month: `baseline`, median expected greenness, -1 to 1, and `baseline_sd`, its
        robust standard deviation. NaN: too little lies before the change.
    """
    row = xr.Dataset(
        {n: (("time", "y", "x"), v.to_numpy()[:, inside][:, None]) for n, v in months.items()},
        coords={"time": months["time"]},
    )
    start = start_state(int(inside.sum()))
    state, _ = update_evidence(start, row, period=None, rules=rules, overpass=overpass)
    days = months["time"].to_numpy().astype("datetime64[D]").astype(np.int64)
    fitted = expected_greenness(state.layers["fit"], season_angle(days), limits_of(rules.baseline))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # pixels without a baseline
        baseline = np.nanmedian(fitted[:, :-1], axis=0)
        spread = np.full(len(days), np.nanmedian(fitted[:, -1]))
    return pd.DataFrame({"baseline": baseline, "baseline_sd": spread})
