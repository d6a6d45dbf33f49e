"""A season whose patches are all too small is no patch, whatever other seasons say."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import xarray as xr

from minewatch.detect.days import from_day
from minewatch.detect.pool_banks.period_patches import Season, _reconsider
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.model import Evidence, Period


def season(step: int, confidence: dict[int, float]) -> Season:
    period = Period(date(2020 + step, 1, 1), date(2020 + step, 12, 31))
    table = pd.DataFrame({"confidence": pd.Series(confidence, dtype=float)})
    return Season(step, period, np.array([5]), np.array([1], "int32"), table)


def test_patches_of_other_seasons_bring_no_patch_into_a_season_that_has_none() -> None:
    seasons = [season(0, {}), season(1, {1: 0.9})]
    bare = np.full((2, 2, 5), from_day(date(2020, 1, 1)), "uint16")
    layers = {"run_start": (("run", "y", "x"), bare), "run_end": (("run", "y", "x"), bare + 700)}
    none = np.zeros((2, 2, 5), "uint8")
    layers |= dict.fromkeys(("nir", "vegetation_pct"), (("period", "y", "x"), none))
    evidence = Evidence(xr.Dataset(layers), tuple(s.period for s in seasons))
    dropped, kept = _reconsider(seasons, evidence, DEFAULT.periods)
    assert len(dropped.table) == 0
    assert list(kept.table.index) == [1]
