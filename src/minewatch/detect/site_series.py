"""A site month by month: its greenness, its water, how often it was seen, and what was expected.

This is what evidence is made of, put together for people; nothing is decided here.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.overpass_rules import greenness
from minewatch.detect.unmix import NOT_SEEN, fractions, without_shade
from minewatch.model import (
    RADAR_BANDS,
    REFLECTANCE_BANDS,
    Detector,
    backscatter_power,
    core_bands_of,
)


def site_series(
    months: xr.Dataset, inside: NDArray[np.bool_], *, detector: Detector
) -> pd.DataFrame:
    """Medians over the pixels of a site, month by month.

    Parameters
    ----------
    months
        Month cube round the site, dims (time, y, x).
    inside
        Pixels of the site, dims (y, x).
    detector
        Who judged them: says what it expected.

    Returns
    -------
    pandas.DataFrame
        Index the first day of each month. `greenness`, with `greenness_low` and `greenness_high`
        (10 and 90 % of pixels), -1 to 1; `baseline`, what the detector expected of it, and
        `baseline_sd`, its standard deviation; `milky_pct`, mean share of milky or white
        water; `disturbed_pct`, share of overpasses without vegetation; `clear_looks`, median. NaN:
        not seen; for the baseline: nothing was expected. Of radar, greenness and water are NaN,
        and `vh_db`, with `vh_db_low` and `vh_db_high`, is backscatter.
    """
    layers = {str(n): months[n].to_numpy()[:, inside] for n in months.data_vars}
    if core_bands_of(layers) == RADAR_BANDS:
        return _radar_series(months, layers)
    bands = {str(b): layers[b] for b in REFLECTANCE_BANDS if b in layers}
    green = greenness(bands)
    starts = months["time"].to_numpy().astype("datetime64[D]")
    expected = detector.expected(months, inside).reindex(columns=["baseline", "baseline_sd"])
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
            "baseline": expected["baseline"].to_numpy(float),
            "baseline_sd": expected["baseline_sd"].to_numpy(float),
            "milky_pct": np.nanmean(milky, axis=1),
            "disturbed_pct": 100 * layers["disturbed_looks"].sum(axis=1) / clear,
            "clear_looks": np.median(layers["clear_looks"], axis=1),
        }
    return pd.DataFrame(table, index=pd.DatetimeIndex(starts, name="month"))


def _radar_series(months: xr.Dataset, layers: dict[str, NDArray[np.uint16]]) -> pd.DataFrame:
    """The same table of a site in radar."""
    seen = layers["vh"] > 0
    decibels = 10 * np.log10(np.where(seen, backscatter_power(layers["vh"]), np.nan))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # months in which nothing was seen
        low, middle, high = np.nanquantile(decibels, (0.1, 0.5, 0.9), axis=1)
    unknown = (
        "greenness", "greenness_low", "greenness_high", "baseline", "baseline_sd", "milky_pct",
        "disturbed_pct",
    )  # fmt: skip
    table = {
        **dict.fromkeys(unknown, np.nan),
        "clear_looks": np.median(layers["clear_looks"], axis=1),
        "vh_db": middle, "vh_db_low": low, "vh_db_high": high,
    }  # fmt: skip
    starts = months["time"].to_numpy().astype("datetime64[D]")
    return pd.DataFrame(table, index=pd.DatetimeIndex(starts, name="month"))
