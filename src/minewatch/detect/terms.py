"""Named evidence that a patch is a mine, and the confidence they add up to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

WEIGHTS: Mapping[str, float] = {
    "pools": 3.0,
    "pool_contrast": 1.5,
    "not_all_water": 2.0,
    "new": 1.5,
    "lasting": 2.0,
    "compact": 1.0,
    "size": 1.0,
    "not_seasonal": 1.5,
    "looks": 0.5,
}
"""Log-odds that each term adds when it is 1 [D]."""
BIAS = -8.5
"""Log-odds with no evidence at all [D]."""


def evidence_terms(patches: pd.DataFrame) -> pd.DataFrame:
    """Evidence of every patch, each term 0 (against) to 1 (for).

    Parameters
    ----------
    patches
        From `patches.describe`.

    Returns
    -------
    pandas.DataFrame
        Same index, one column for each of `WEIGHTS`.
    """
    share = patches["pool_area_m2"] / patches["disturbed_area_m2"].clip(lower=1)
    return pd.DataFrame(
        {
            "pools": _ramp(patches["pool_area_m2"], 40, 400),
            "pool_contrast": _ramp(patches["top_pool_pct"], 15, 50),
            "not_all_water": 1 - _ramp(share, 0.55, 0.9),
            "new": patches["new"],
            "lasting": _ramp(patches["lasting_days"], 120, 300),
            "compact": 1 - _ramp(patches["elongation"], 2.5, 6),
            "size": 1 - _ramp(patches["disturbed_area_m2"], 60_000, 200_000),
            "not_seasonal": 1 - _ramp(patches["seasonal_pct"], 20, 60),
            "looks": _ramp(patches["looks"], 3, 8),
        }
    )[list(WEIGHTS)]


def confidence(terms: pd.DataFrame) -> pd.Series:
    """Confidence 0..1 that a patch is a mine: logistic, rising with every term.

    Parameters
    ----------
    terms
        From `evidence_terms`.
    """
    odds = BIAS + sum(weight * terms[name] for name, weight in WEIGHTS.items())
    return 1 / (1 + np.exp(-odds))


def _ramp(values: pd.Series, low: float, high: float) -> pd.Series:
    """0 up to `low`, 1 from `high`, straight between; missing counts as 0."""
    return ((values - low) / (high - low)).clip(0, 1).fillna(0)
