"""Water lies in lost ground or beside it and is remembered; old water makes channels."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import xarray as xr

from minewatch.detect.days import from_day
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.lost_ground import Ground, find_all_channels, find_ground
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.model import Evidence, Period

SEED_PCT = DEFAULT.water.seed_pct

PERIODS = tuple(Period(date(2020 + k, 1, 1), date(2020 + k, 12, 31)) for k in range(2))
SHAPE = (21, 21)
LAND, DARK = 112, 60


def grounds_of(nir: np.ndarray) -> list[Ground]:
    whole = Evidence(evidence(nir), PERIODS)
    return list(find_ground(whole, pixel_m=10.0, rules=DEFAULT))


def channels(layers: xr.Dataset, grounds: list[Ground]) -> np.ndarray:
    whole = Evidence(layers, PERIODS[:1])
    return find_all_channels(whole, grounds, pixel_m=10.0, rules=DEFAULT.water)


def periodic(value: int) -> np.ndarray:
    return np.full((len(PERIODS), *SHAPE), value, "uint8")


def evidence(nir: np.ndarray) -> xr.Dataset:
    """One lost pixel in the middle, in land of some light."""
    disturbed, start = periodic(0), np.zeros((2, *SHAPE), "uint16")
    disturbed[:, 10, 10] = 100
    start[0, 10, 10] = from_day(PERIODS[0].start)
    layers = {"disturbed_pct": disturbed, "nir": nir, "pool_pct": periodic(NO_SHARE)}
    runs = {"run_start": start, "run_end": np.where(start > 0, from_day(PERIODS[1].end), 0)}
    return xr.Dataset(
        {
            "first_detected": (("y", "x"), start[0]),
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


def river(**layers: np.ndarray) -> xr.Dataset:
    """A grid of 20 x 90 pixels, green from the start and seen all the time."""
    zeros, some = np.zeros((20, 90), "uint8"), np.ones((20, 90), "uint16")
    base = {"start_disturbed_pct": zeros, "seasonal_pct": zeros, "run_before": some}
    of = {name: layers.get(name, values) for name, values in base.items()}
    overpasses = layers.get("clear_looks", np.full((20, 90), 20, "uint8"))
    return xr.Dataset(
        {
            "start_disturbed_pct": (("y", "x"), of["start_disturbed_pct"]),
            "seasonal_pct": (("y", "x"), of["seasonal_pct"]),
            "run_before": (("run", "y", "x"), np.stack([of["run_before"], some])),
            "clear_looks": (("period", "y", "x"), overpasses[None]),
        }
    )


def water(*spans: tuple[int, int], pct: int = SEED_PCT, is_lost: bool = True) -> Ground:
    """Water along the tenth row."""
    at = 10 * 90 + np.concatenate([np.arange(*span) for span in spans])
    share = np.full(len(at), pct, "uint8")
    return Ground(
        step=0, period=PERIODS[0], shape=(20, 90), lost_at=at if is_lost else at[:0],
        wet_at=at, water_pct=share, pool_pct=share,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "is_old"),
    [
        ("start_disturbed_pct", 49, False),
        ("start_disturbed_pct", 50, True),
        ("start_disturbed_pct", NO_SHARE, False),
        ("seasonal_pct", 39, False),
        ("seasonal_pct", 40, True),
        ("seasonal_pct", NO_SHARE, False),
        ("run_before", 1, False),
        ("run_before", 0, True),
    ],
)
def test_long_water_is_a_channel_where_it_is_old(name: str, value: int, is_old: bool) -> None:
    here = river(**{name: np.full((20, 90), value, "uint8")})
    found = channels(here, [water((20, 70))])
    assert (len(found) > 0) == is_old


OLD = np.zeros((20, 90), "uint8")


def test_a_channel_is_of_lost_ground_with_enough_water_in_it() -> None:
    here = river(run_before=OLD)
    for ground in (water((20, 70), pct=SEED_PCT - 1), water((20, 70), is_lost=False)):
        assert len(channels(here, [ground])) == 0


def test_channels_of_all_periods_are_told_once_and_in_order() -> None:
    grounds = [water((50, 90)), water((20, 70)), water((1, 5))]
    found = channels(river(run_before=OLD), grounds)
    assert (np.diff(found) > 0).all()
    assert set(grounds[1].wet_at) <= set(found)
    assert grounds[2].wet_at[0] not in found


@pytest.mark.parametrize(("overpasses", "joins"), [(0, False), (6, True), (7, False)])
def test_waters_are_joined_by_what_was_seen_seldom_not_by_what_was_never_seen(
    overpasses: int, joins: bool
) -> None:
    seen = np.full((20, 90), 20, "uint8")
    seen[9:12, 36:54] = overpasses
    here = river(run_before=OLD, clear_looks=seen)
    found = channels(here, [water((20, 35), (55, 70))])
    assert (len(found) > 0) == joins
