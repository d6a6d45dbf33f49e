"""Named evidence that a patch is a mine, and the confidence they add up to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from minewatch.model import EvidenceTerm

TERMS: Mapping[str, EvidenceTerm] = {
    "spots": EvidenceTerm(
        weight=1.0,
        meaning="pool share of the second wettest pixel above plain ground: 15 to 50 %",
    ),
    "ndwi": EvidenceTerm(
        weight=5.0,
        meaning="the wettest pixels turn towards water in colour (NDWI), not only darker",
    ),
    "agree": EvidenceTerm(
        weight=1.5,
        meaning="NDWI turns in step with darkness from pixel to pixel: in shade it does not",
    ),
    "not_plain": EvidenceTerm(
        weight=2.0,
        meaning="the ground between is not itself dark or grey",
    ),
    "bare": EvidenceTerm(
        weight=5.0,
        meaning="there is bare soil between: fish ponds have green banks, rock is not soil",
    ),
    "alive": EvidenceTerm(
        weight=4.25,
        meaning="it came while we watched, or some pixel's brightness swings as pools do that "
        "are filled, whitened, drained and sheeted: villages do neither",
    ),
    "lasting": EvidenceTerm(
        weight=2.75,
        meaning="still bare after the monsoon, or opened when no field is: swidden is neither",
    ),
    "compact": EvidenceTerm(
        weight=4.75,
        meaning="not drawn out like a slide or a road, unless by a row of water",
    ),
    "not_seasonal": EvidenceTerm(
        weight=2.75,
        meaning="not green and bare by turns every year",
    ),
}
"""Log-odds that each term adds when it is 1. Fitted on simulated worlds with seeds below 100 by
logistic regression with no weight below 0, patches that are no mine counting three times, and
rounded; `bare` was added to the others later, and refitting all of them told fewer mines from
slides: calibrated on simulation."""
WEIGHTS: Mapping[str, float] = {name: term.weight for name, term in TERMS.items()}
"""Log-odds that each term adds when it is 1."""
BIAS = -24.5
"""Log-odds with no evidence at all, fitted with the weights."""
BARE_PCT = (10, 30)
"""Mean share of bare soil in a patch from which it may be, and is, open ground: mines have 29 % and
more in 19 of 20 seasons (simulated, tuning worlds), fish ponds and grey rock at most 25 %."""
FIELD_SEASON = (15, 213)
"""Days of the year between which fields may be opened: cut in February, burnt in March and April
[DOMAIN §3], and at times not seen before the monsoon's end."""
OUT_OF_SEASON = 0.8
"""`lasting` of ground opened at another time, before it has lasted [D]."""
LONGEST_ROW_M = (150, 200)
"""Lengths up to which, and from which on no longer, ground drawn out is readily taken for one row
of pools: 10 to 13 of them 15 m apart; sites have 8 in the median, at most 18 in nine of ten
[DOMAIN §2]."""
ROW_AGREES = (0.6, 0.8)
"""Correlation of colour and darkness from which longer ground may be, and is, several rows: drawn
out mines have 0.82 in the median, no slide in its own shade more than 0.73 (simulated, tuning
worlds)."""
NO_UNREST = 0.3
"""`alive` by unrest of a patch too young to have shown any [D]."""


def evidence_terms(patches: pd.DataFrame) -> pd.DataFrame:
    """Evidence of every patch, each term 0 (against) to 1 (for).

    What each term says: `TERMS`.

    Parameters
    ----------
    patches
        From `patches.describe`.

    Returns
    -------
    pandas.DataFrame
        Same index, one column for each of `WEIGHTS`.
    """
    nir_variability = ramp(patches["nir_variability"], 12, 28).where(
        patches["nir_variability"].notna(), NO_UNREST
    )
    ndwi = ramp(patches["pool_ndwi"], 3, 20)
    agree = ramp(patches["pool_ndwi_correlation"], 0.2, 0.8)
    drawn_out = ramp(patches["elongation"], 1.8, 3.5) * ramp(patches["length_m"], 60, 120)
    is_short = 1 - ramp(patches["length_m"], *LONGEST_ROW_M)
    row_of_pools = ndwi * np.maximum(
        agree * is_short, ramp(patches["pool_ndwi_correlation"], *ROW_AGREES)
    )
    return pd.DataFrame(
        {
            "spots": ramp(patches["top_pool_pct"], 15, 50),
            "ndwi": ndwi,
            "agree": agree,
            "not_plain": 1 - ramp(patches["plain_pool_pct"], 10, 40),
            "bare": ramp(patches["bare_pct"], *BARE_PCT),
            "alive": np.maximum(patches["new"], nir_variability),
            "lasting": np.maximum(
                ramp(patches["lasting_days"], 120, 300),
                OUT_OF_SEASON * _is_out_of_season(patches["first"]),
            ),
            "compact": 1 - drawn_out * (1 - row_of_pools),
            "not_seasonal": 1 - ramp(patches["seasonal_pct"], 30, 70),
        }
    )[list(WEIGHTS)]


def confidence(terms: pd.DataFrame) -> pd.Series:
    """Confidence 0..1 that a patch is a mine: logistic, rising with every term.

    Parameters
    ----------
    terms
        From `evidence_terms`.
    """
    odds = BIAS + (terms * pd.Series(WEIGHTS)).sum(axis=1)
    return pd.Series(1 / (1 + np.exp(-odds.to_numpy())), index=terms.index)


def _is_out_of_season(first: pd.Series) -> pd.Series:
    """1.0 where a day (days since 1970-01-01) lies outside `FIELD_SEASON`, else 0.0."""
    day = pd.to_datetime(first, unit="D").dt.day_of_year
    return (~day.between(*FIELD_SEASON)).astype(float)


def ramp(values: pd.Series, low: float, high: float) -> pd.Series:
    """0 up to `low`, 1 from `high`, straight between; missing counts as 0."""
    return ((values - low) / (high - low)).clip(0, 1).fillna(0)
