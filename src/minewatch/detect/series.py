"""A site month by month: its greenness against its own baseline, its water, how often it was seen.

This is what the evidence of a site is made of, told for people; nothing is decided here.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.baseline import drop_below_baseline
from minewatch.detect.evidence import from_day
from minewatch.detect.looks import greenness
from minewatch.detect.unmix import NOT_SEEN, fractions, without_shade
from minewatch.model import REFLECTANCE_BANDS

Float = NDArray[np.float32]


def tell_months(
    months: xr.Dataset, inside: NDArray[np.bool_], first_detected: NDArray[np.uint16]
) -> pd.DataFrame:
    """Medians over the pixels of a site, month by month.

    Parameters
    ----------
    months
        Month cube round the site, dims (time, y, x).
    inside
        Pixels of the site, dims (y, x).
    first_detected
        Layer of `score`, dims (y, x): the baseline is fitted on the months before.

    Returns
    -------
    pandas.DataFrame
        Index the first day of each month. `greenness`, with `greenness_low` and `greenness_high`
        (10 and 90 % of pixels), -1 to 1; `baseline`, what the pixels' own past lets expect, and
        `baseline_sd`, its robust standard deviation; `milky_pct`, mean share of milky or white
        water; `disturbed_pct`, share of looks without vegetation; `clear_looks`, median. NaN: not
        seen; for the baseline: too little lies before the change.
    """
    layers = {str(n): months[n].to_numpy()[:, inside] for n in months.data_vars}
    bands = {str(b): layers[b] for b in REFLECTANCE_BANDS if b in layers}
    green = greenness(bands)
    starts = months["time"].to_numpy().astype("datetime64[D]")
    expected, sd = _baseline(green, starts, first_detected[inside])
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
    green: Float, starts: NDArray[np.datetime64], first_detected: NDArray[np.uint16]
) -> tuple[Float, Float]:
    """Expected greenness, dims (month, pixel), and its standard deviation, dims (pixel,).

    The detector's own fit says how far a value lies below its baseline, in standard deviations. Two
    made-up values, 0 and 1, put after the series where they are not fitted, give both back.
    """
    months = len(starts)
    day = np.array([from_day(d) for d in starts.astype(object)])
    change = np.searchsorted(day, first_detected.astype(np.int64), "right") - 1
    change = np.where(first_detected > 0, change, months).astype(np.int64)
    month = starts.astype("datetime64[M]").astype(np.int64) % 12
    angle = np.tile((month * (2 * np.pi / 12)).astype(np.float32), 2)
    series = np.ascontiguousarray(green.T)
    drops = [
        drop_below_baseline(np.hstack([series, np.full_like(series, value)]), angle, change)[
            :, months:
        ]
        for value in (0.0, 1.0)
    ]
    sd = 1 / (drops[0] - drops[1])
    return np.asarray((drops[0] * sd).T, np.float32), np.asarray(sd[:, 0], np.float32)
