"""Water lies in lost ground or beside it and is remembered."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import xarray as xr

from minewatch.detect.days import from_day
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.lost_ground import Ground, find_ground
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.model import Evidence, Period

SEED_PCT = DEFAULT.water.seed_pct

PERIODS = tuple(Period(date(2020 + k, 1, 1), date(2020 + k, 12, 31)) for k in range(2))
SHAPE = (21, 21)
LAND, DARK = 112, 60


def grounds_of(nir: np.ndarray) -> list[Ground]:
    whole = Evidence(evidence(nir), PERIODS)
    return list(find_ground(whole, pixel_m=10.0, rules=DEFAULT))


def periodic(value: int) -> np.ndarray:
    return np.full((len(PERIODS), *SHAPE), value, "uint8")


def evidence(nir: np.ndarray) -> xr.Dataset:
    """One lost pixel in the middle, in land of some light."""
    disturbed, start = periodic(0), np.zeros((2, *SHAPE), "uint16")
    disturbed[:, 10, 10] = 100
    start[0, 10, 10] = from_day(PERIODS[0].start)
    layers = {"disturbed_pct": disturbed, "nir": nir, "pool_pct": periodic(NO_SHARE)}
    layers |= {"ndwi": periodic(NO_SHARE), "vegetation_pct": periodic(0)}
    runs = {
        "run_start": start,
        "run_before": start,
        "run_end": np.where(start > 0, from_day(PERIODS[1].end), 0),
    }
    return xr.Dataset(
        {
            "first_detected": (("y", "x"), start[0]),
            "start_disturbed_pct": (("y", "x"), np.zeros(SHAPE, "uint8")),
            **{name: (("period", "y", "x"), values) for name, values in layers.items()},
            **{name: (("run", "y", "x"), values) for name, values in runs.items()},
        }
    )


def test_water_is_looked_for_in_lost_ground_and_right_beside_it() -> None:
    nir = periodic(LAND)
    nir[:, 10, 8:13] = DARK
    ground, _ = grounds_of(nir)
    assert ground.lost_at.tolist() == [10 * 21 + 10]
    assert ground.wet_at.tolist() == [10 * 21 + col for col in (9, 10, 11)]
    assert len(set(ground.water_pct.tolist())) == 1


@pytest.mark.parametrize(
    ("lights", "kept"), [((DARK, LAND), 0.5), ((LAND, DARK), 1), ((DARK,) * 2, 1)]
)
def test_water_is_the_mean_of_what_was_known_and_what_is_seen(lights, kept: float) -> None:
    nir = periodic(LAND)
    nir[:, 10, 10] = lights
    most = max(ground.water_pct.max(initial=0) for ground in grounds_of(nir))
    *_, last = grounds_of(nir)
    assert last.wet_at.tolist() == [10 * 21 + 10]
    assert last.water_pct.tolist() == [int(kept * most)]
