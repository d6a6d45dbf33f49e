"""Bare ground that came and stayed: all that pixels too coarse for pools can show of a mine.

A pixel above 15 m mixes pools of 8-14 m with what lies round them, so no term that needs a pool is
asked for. What is left is the clearing: ground that was green while it was watched, lost its
vegetation, is bare soil rather than water or rock, outlasts a monsoon, and has the shape of a site
rather than of a slide or a road. A quarry or a large building site does the same: such a site is
never more than `provisional` (`minewatch.sites.alerts`). Mines older than the record are not found:
bare from the start, they look like a village.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.labels import Patches, label_pixels
from minewatch.detect.morphology import Pixels
from minewatch.detect.pool_banks.change_rules import name_change
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.patch_cutting import lost_ground, run_of
from minewatch.detect.pool_banks.patch_figures import describe
from minewatch.detect.pool_banks.patch_slope import SLOPE_COLUMNS, slopes_under
from minewatch.detect.pool_banks.period_patches import Judge, Season
from minewatch.detect.pool_banks.pool_bank_rules import ClearingRules, PoolBankRules
from minewatch.model import EvidenceTerm, Grid, PeriodEvidence

KIND = "other_clearing"
"""The kind of change that may be a mine when pools cannot be seen."""
PREFIX = "clearing_"
"""How terms begin that need no pool: they have weights of their own."""
MEANINGS: Mapping[str, str] = {
    "bare": "bare soil: neither water nor shade nor grey rock",
    "alive": "some pixel's brightness swings as ground does that is dug, wetted and dried: yards "
    "and quarries keep theirs",
    "lasting": "bare through a monsoon and the dry season after it: swidden is not",
    "compact": "not drawn out like a slide or a road",
    "not_seasonal": "not green and bare by turns, as fields and fallows are",
}
"""Each term in words: 0 speaks against a mine, 1 for it."""


def clearing_terms_of(rules: ClearingRules) -> dict[str, EvidenceTerm]:
    """The evidence terms of clearings with their weights."""
    return {
        f"{PREFIX}{name}": EvidenceTerm(weight=getattr(rules, f"{name}_weight"), meaning=meaning)
        for name, meaning in MEANINGS.items()
    }


def find_clearings(
    judge: Judge, *, grid: Grid, pixel_m: float, gradient: xr.Dataset | None
) -> list[Season]:
    """New bare ground that lasts, in every period, each patch by itself.

    Parameters
    ----------
    judge
        Evidence, pixel size and thresholds.
    grid
        Where the patches lie.
    pixel_m
        The coarser of the grid's pixel and the sensor's own, metres.
    gradient
        How the ground slopes, when known: separates out a slide.

    Returns
    -------
    list of Season
        In order of time; the tables have no pools.
    """
    if not len(judge.evidence):
        return []
    variability = judge.evidence.latest("nir_variability")
    seasons = []
    for step, here in enumerate(judge.evidence):
        at = _opened_ground(here, judge.rules)
        patches = label_pixels(at, judge.evidence.shape[1])
        table = describe(
            patches, here, variability=variability, pools=np.zeros(len(patches.at), np.uint8),
            pixel_m=judge.pixel_m, rules=judge.rules,
        )  # fmt: skip
        table = _clearings_among(table, patches, judge, grid, pixel_m, gradient)
        seasons.append(Season(step, here.period, patches.at, patches.label, table))
    return seasons


def _opened_ground(here: PeriodEvidence, rules: PoolBankRules) -> Pixels:
    """Lost ground that was green before, within the record, and is no field."""
    at = lost_ground(here, rules=rules.patches)
    place = np.unravel_index(at, here.layers["disturbed_pct"].shape)
    run = np.maximum(run_of(here, place), 0)
    was_green = here.whole["run_before"][run, *place] > 0
    is_old = _at_least(here.whole["start_disturbed_pct"][place], rules.changes.old_pct)
    is_field = _at_least(here.whole["seasonal_pct"][place], rules.changes.every_year_pct)
    return np.asarray(at[was_green & ~is_old & ~is_field])


def _at_least(share: NDArray[np.uint8], least: int) -> NDArray[np.bool_]:
    return np.asarray((share >= least) & (share != NO_SHARE))


def _clearings_among(
    table: pd.DataFrame,
    patches: Patches,
    judge: Judge,
    grid: Grid,
    pixel_m: float,
    gradient: xr.Dataset | None,
) -> pd.DataFrame:
    """The patches that are large enough and nothing else, with confidence and terms."""
    rules = judge.rules
    table = table.assign(area_m2=table["pixels"] * grid.pixel_area_m2)
    least_m2 = max(rules.clearings.min_m2, rules.clearings.min_pixels * pixel_m**2)
    table = table[(table["area_m2"] >= least_m2) & (table["first"] > 0)]
    slopes = (
        slopes_under(patches, table, gradient, grid=grid)
        if gradient is not None
        else pd.DataFrame(np.nan, index=table.index, columns=list(SLOPE_COLUMNS))
    )
    table = table.join(slopes)
    kinds = [
        name_change(row, rules=rules.changes, climate=judge.climate)[0]
        for row in table.to_dict("records")
    ]
    table = table[np.array([kind == KIND for kind in kinds], bool)]
    terms = clearing_terms(table, rules.clearings)
    rows = [{str(k): float(v) for k, v in row.items()} for row in terms.round(4).to_dict("records")]
    return table.assign(
        confidence=clearing_confidence(terms, rules.clearings),
        terms=pd.Series(rows, index=table.index, dtype=object),
    )


def clearing_terms(patches: pd.DataFrame, rules: ClearingRules) -> pd.DataFrame:
    """Evidence of every clearing, each term 0 (against) to 1 (for).

    Parameters
    ----------
    patches
        From `patch_figures.describe`.
    rules
        Thresholds.

    Returns
    -------
    pandas.DataFrame
        Same index, one column for each of `MEANINGS`, with `PREFIX`. `alive` is of the swing of
        brightness alone: every clearing here came while we watched.
    """
    swing = patches["nir_variability"]
    terms = pd.DataFrame(
        {
            "bare": _ramp(patches["bare_pct"], *rules.bare_pct),
            "alive": _ramp(swing, *rules.variability).where(
                swing.notna(), rules.unknown_variability
            ),
            "lasting": _ramp(patches["lasting_days"], *rules.lasting_days),
            "compact": 1 - _ramp(patches["elongation"], *rules.elongation),
            "not_seasonal": 1 - _ramp(patches["seasonal_pct"], *rules.seasonal_pct),
        }
    )
    return terms[list(MEANINGS)].add_prefix(PREFIX)


def clearing_confidence(terms: pd.DataFrame, rules: ClearingRules) -> pd.Series:
    """Confidence 0..1 that a clearing is a mine: logistic, rising with every term, and capped.

    Parameters
    ----------
    terms
        From `clearing_terms`.
    rules
        Weights.
    """
    weights = pd.Series({name: term.weight for name, term in clearing_terms_of(rules).items()})
    odds = rules.bias + (terms * weights).sum(axis=1)
    chance = 1 / (1 + np.exp(-odds.to_numpy(float)))
    return pd.Series(np.minimum(chance, rules.most_confidence), index=terms.index)


def _ramp(values: pd.Series, low: float, high: float) -> pd.Series:
    """0 up to `low`, 1 from `high`, straight between; missing counts as 0."""
    return ((values - low) / (high - low)).clip(0, 1).fillna(0)
