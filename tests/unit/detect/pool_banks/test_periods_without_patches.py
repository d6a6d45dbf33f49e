"""A season whose patches are all too small is no patch, whatever other seasons say."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from minewatch.detect.pool_banks.period_patches import Season, _reconsider
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.model import Period


def season(step: int, confidence: dict[int, float]) -> Season:
    period = Period(date(2020 + step, 1, 1), date(2020 + step, 12, 31))
    table = pd.DataFrame({"confidence": pd.Series(confidence, dtype=float)})
    return Season(step, period, np.array([5]), np.array([1], "int32"), table)


def test_patches_of_other_seasons_bring_no_patch_into_a_season_that_has_none() -> None:
    dropped, kept = _reconsider([season(0, {}), season(1, {1: 0.9})], DEFAULT.periods)
    assert len(dropped.table) == 0
    assert list(kept.table.index) == [1]
