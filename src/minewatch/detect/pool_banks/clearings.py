"""Clearings that last, where pixels are too large for pools: what coarse imagery can say of mines.

A mine of pools cannot be told from another clearing at 20 or 30 m. So nothing here is more than
"new bare ground that lasts, in no shape and season of something else", with a confidence to match.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from minewatch.detect.labels import label_pixels
from minewatch.detect.pixel_sizes import area_pixels
from minewatch.detect.pool_banks.change_rules import name_change
from minewatch.detect.pool_banks.patch_cutting import lost_ground
from minewatch.detect.pool_banks.patch_figures import describe
from minewatch.detect.pool_banks.period_patches import Judge, Season
from minewatch.detect.pool_banks.rules import ClearingRules
from minewatch.model import PeriodEvidence

KIND = "other_clearing"
"""The kind of change that may be a mine when pools cannot be seen."""


def find_clearings(judge: Judge) -> list[Season]:
    """New bare ground that lasts, in every period, each patch by itself.

    Parameters
    ----------
    judge
        Evidence, pixel size and thresholds.

    Returns
    -------
    list of Season
        In order of time; the tables have no pools.
    """
    variability = judge.evidence.latest("nir_variability") if len(judge.evidence) else None
    return [
        _find_in(judge, step, here, variability)
        for step, here in enumerate(judge.evidence)
        if variability is not None
    ]


def _find_in(
    judge: Judge, step: int, here: PeriodEvidence, variability: NDArray[np.uint8]
) -> Season:
    rules = judge.rules
    patches = label_pixels(lost_ground(here, rules=rules.patches), judge.evidence.shape[1])
    size = np.bincount(patches.label, minlength=patches.count + 1)[1:]
    patches = patches.without(size < area_pixels(rules.clearings.min_m2, judge.pixel_m))
    table = describe(
        patches, here, variability=variability, pools=np.zeros(len(patches.at), np.uint8),
        pixel_m=judge.pixel_m, rules=rules,
    )  # fmt: skip
    table["area_m2"] = table["pixels"] * judge.pixel_m**2
    kinds = [
        name_change(row, rules=rules.changes, climate=judge.climate)[0]
        for row in table.to_dict("records")
    ]
    table = table[(np.array(kinds, dtype=object) == KIND) & (table["first"] > 0).to_numpy()]
    terms = clearing_terms(table, rules.clearings)
    rows = [{str(k): float(v) for k, v in row.items()} for row in terms.round(4).to_dict("records")]
    table = table.assign(
        confidence=rules.clearings.most_confidence * terms.min(axis=1),
        terms=pd.Series(rows, index=table.index, dtype=object),
    )
    return Season(step, here.period, patches.at, patches.label, table)


def clearing_terms(patches: pd.DataFrame, rules: ClearingRules) -> pd.DataFrame:
    """Evidence of every clearing, each term 0 (against) to 1 (for); the weakest counts.

    Parameters
    ----------
    patches
        From `patch_figures.describe`.
    rules
        Thresholds.

    Returns
    -------
    pandas.DataFrame
        Same index; `alive`, `lasting`, `compact`, `not_seasonal` of `evidence_terms.MEANINGS`.
    """
    return pd.DataFrame(
        {
            "alive": _ramp(patches["new"], *rules.new_share),
            "lasting": _ramp(patches["lasting_days"], *rules.lasting_days),
            "compact": 1 - _ramp(patches["elongation"], *rules.elongation),
            "not_seasonal": 1 - _ramp(patches["seasonal_pct"], *rules.seasonal_pct),
        }
    )


def _ramp(values: pd.Series, low: float, high: float) -> pd.Series:
    """0 up to `low`, 1 from `high`, straight between; missing counts as 0."""
    return ((values - low) / (high - low)).clip(0, 1).fillna(0)
