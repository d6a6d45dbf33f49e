"""Named evidence that a patch is a mine, and the confidence they add up to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT, ConfidenceRules, TermRules
from minewatch.model import KACHIN, Climate, EvidenceTerm

MEANINGS: Mapping[str, str] = {
    "spots": "pool share of the second wettest pixel above plain ground",
    "ndwi": "the wettest pixels turn towards water in colour (NDWI), not only darker",
    "agree": "NDWI turns in step with the NIR deficit from pixel to pixel: in shade it does not",
    "not_plain": "the ground between is not itself dark or grey",
    "bare": "there is bare soil between: fish ponds have green banks, rock is not soil",
    "alive": "it came while we watched, or some pixel's brightness swings as pools do "
    "that are filled, whitened, drained and sheeted: villages do neither",
    "lasting": "still bare after the rains, or opened when no field is: swidden is neither",
    "compact": "not drawn out like a slide or a road, unless by a row of water",
    "not_seasonal": "the pools are not green and bare by turns every year",
    "land": "there is more land than water: fish ponds and flooded fields are water alone",
}
"""Each term in words: 0 speaks against a mine, 1 for it."""


def terms_of(rules: ConfidenceRules) -> dict[str, EvidenceTerm]:
    """The evidence terms with their weights."""
    return {n: EvidenceTerm(weight=getattr(rules, n), meaning=m) for n, m in MEANINGS.items()}


def evidence_terms(
    patches: pd.DataFrame, *, rules: TermRules = DEFAULT.terms, climate: Climate = KACHIN
) -> pd.DataFrame:
    """Evidence of every patch, each term 0 (against) to 1 (for).

    What each term says: `MEANINGS`.

    Parameters
    ----------
    patches
        From `patch_figures.describe`.
    rules, climate
        Thresholds, and when fields are opened.

    Returns
    -------
    pandas.DataFrame
        Same index, one column for each of `MEANINGS`.
    """
    variability = _ramp(patches["nir_variability"], *rules.variability)
    variability = variability.where(patches["nir_variability"].notna(), rules.unknown_variability)
    ndwi = _ramp(patches["pool_ndwi"], *rules.ndwi_turn)
    agree = _ramp(patches["pool_ndwi_correlation"], *rules.agreement)
    spots = _ramp(patches["top_pool_pct"], *rules.spots_pct)
    water = _ramp(patches["water_share_pct"], *rules.least_water_pct)
    plainly = np.minimum(np.minimum(spots, water), np.minimum(ndwi, agree))
    drawn_out = _ramp(patches["elongation"], *rules.elongation)
    drawn_out = drawn_out * _ramp(patches["length_m"], *rules.drawn_out_m)
    is_short = 1 - _ramp(patches["length_m"], *rules.longest_row_m)
    row_agrees = _ramp(patches["pool_ndwi_correlation"], *rules.row_agreement)
    row_of_pools = ndwi * np.maximum(agree * is_short, row_agrees)
    out_of_season = rules.out_of_season * _is_out_of_season(patches["first"], climate)
    return pd.DataFrame(
        {
            "spots": spots,
            "ndwi": ndwi,
            "agree": agree,
            "not_plain": 1 - _ramp(patches["plain_pool_pct"], *rules.plain_pct),
            "bare": _ramp(patches["between_bare_pct"], *rules.bare_pct),
            "alive": np.maximum(np.maximum(patches["new"], variability), plainly),
            "lasting": np.maximum(
                _ramp(patches["lasting_days"], *rules.lasting_days), out_of_season
            ),
            "compact": 1 - drawn_out * (1 - row_of_pools),
            "not_seasonal": 1 - _ramp(patches["pool_seasonal_pct"], *rules.seasonal_pct),
            "land": 1 - _ramp(patches["water_share_pct"], *rules.water_share_pct),
        }
    )[list(MEANINGS)]


def confidence(terms: pd.DataFrame, *, rules: ConfidenceRules = DEFAULT.confidence) -> pd.Series:
    """Confidence 0..1 that a patch is a mine: logistic, rising with every term.

    Parameters
    ----------
    terms
        From `evidence_terms`.
    rules
        Weights.
    """
    weights = pd.Series({name: getattr(rules, name) for name in MEANINGS})
    odds = rules.bias + (terms * weights).sum(axis=1)
    return pd.Series(1 / (1 + np.exp(-odds.to_numpy())), index=terms.index)


def _is_out_of_season(first: pd.Series, climate: Climate) -> pd.Series:
    """1.0 where a day (days since 1970-01-01) lies outside the field season, else 0.0."""
    day = pd.to_datetime(first, unit="D").dt.day_of_year
    begin, end = climate.field_season
    inside = day.between(begin, end) if begin <= end else (day >= begin) | (day <= end)
    return (~inside).astype(float)


def _ramp(values: pd.Series, low: float, high: float) -> pd.Series:
    """0 up to `low`, 1 from `high`, straight between; missing counts as 0."""
    return ((values - low) / (high - low)).clip(0, 1).fillna(0)
