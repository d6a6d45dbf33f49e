"""What every detector must hold, shipped here or installed from elsewhere."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from shapely.geometry import box
from tests.unit.detect.conftest import SPAN, World

from minewatch.cube.rasterise import rasterise
from minewatch.detect import get_detection, get_detector, list_detectors
from minewatch.errors import ContractError, SettingsError
from minewatch.model import (
    CHANGE_KINDS,
    CHANGES,
    DETECTIONS,
    FEATURES,
    OBSERVATIONS,
    POOL_COLUMNS,
    Chunk,
    Detector,
    Evidence,
    Grid,
    Period,
    PixelState,
    check_columns,
    sees_pools_at,
    split_periods,
)
from minewatch.model.detectors import SHOWN_LAYERS
from minewatch.model.rule_fields import describe_rules
from minewatch.sites import link

PERIODS = split_periods(SPAN, "dry-season")
EPSG = 32647
every_detector = pytest.mark.parametrize(
    "detector", [get_detector(name) for name in list_detectors()], ids=list_detectors()
)


def small_grid(pixels: int) -> Grid:
    east, north = 400_000 + 10 * pixels, 2_800_000 + 10 * pixels
    geobox = GeoBox.from_bbox((400_000, 2_800_000, east, north), f"EPSG:{EPSG}", resolution=10)
    return Grid(geobox=geobox, chunks=(Chunk(row=0, col=0, geobox=geobox),))


def steps_of(months: xr.Dataset) -> list[tuple[Period | None, xr.Dataset]]:
    """Months up to the end of each period, and what is left."""
    first = months.indexes["time"].date
    steps, begin = list[tuple[Period | None, xr.Dataset]](), date.min
    for period in PERIODS:
        taken = (first >= begin) & (first <= period.end)
        steps.append((period, months.isel(time=taken)))
        begin = period.end
    return [*steps, (None, months.isel(time=first > begin))]


def flat(months: xr.Dataset) -> xr.Dataset:
    """All pixels in one row, as a chunk hands them over."""
    pixels = {"pixel": ("y", "x")}
    stacked = months.stack(pixels).reset_index("pixel").drop_vars(["y", "x"], errors="ignore")  # type: ignore[arg-type]
    return stacked.expand_dims("y", 1).rename(pixel="x")


def scored(
    detector: Detector, months: xr.Dataset
) -> tuple[PixelState, list[xr.Dataset], xr.Dataset]:
    """The state after all months, the evidence of every period, and that of the whole record."""
    cube = flat(months)
    state, found = detector.start(cube.sizes["x"]), []
    for period, step in steps_of(cube):
        state, evidence = detector.update(state, step, period=period)
        if period:
            found.append(evidence)
    return state, found, detector.conclude(state, shape=(1, cube.sizes["x"]))


def evidence_of(detector: Detector, months: xr.Dataset) -> Evidence:
    rows, cols = months.sizes["y"], months.sizes["x"]
    _, periods, whole = scored(detector, months)
    both = [*periods, whole]
    arrays: dict[str, tuple[tuple[str, ...], np.ndarray]] = {}
    for name, layer in detector.evidence_layers.items():
        parts = [part[name].to_numpy() for part in both if name in part]
        values = np.stack(parts) if "period" in layer.dims else parts[0]
        arrays[name] = (layer.dims, values.reshape(*values.shape[:-2], rows, cols))
    starts = [pd.Timestamp(period.start) for period in PERIODS]
    return Evidence(xr.Dataset(arrays, coords={"period": starts}), PERIODS)


@pytest.fixture(scope="module")
def months() -> xr.Dataset:
    """A mine whose pools are broad enough for the simplest detector, too: whole pixels of water."""
    world = World(size=24).mine(8, 8, since="2020-12-01")
    for layer, share in (("bare", 0.0), ("water", 1.0)):
        world.paint(layer, slice(11, 13), slice(9, 15), share, since="2020-12-01")
    return world.months()


@every_detector
def test_it_says_who_it_is(detector: Detector) -> None:
    assert get_detector(detector.name) == detector
    assert detector.name == detector.name.lower().replace("_", "-")
    assert detector.title
    assert isinstance(detector.version, int)
    assert pickle.loads(pickle.dumps(detector)) == detector
    assert set(SHOWN_LAYERS) <= set(detector.evidence_layers)


@every_detector
def test_every_threshold_is_described_and_can_be_replaced(detector: Detector) -> None:
    rows = list(describe_rules(detector.rules))
    assert rows
    assert all(row.unit and row.moves and row.source for row in rows)
    number = next(row for row in rows if isinstance(row.value, float))
    *sections, last = number.name.split(".")
    override: dict[str, object] = {last: number.value * 2 + 1}
    for section in reversed(sections):
        override = {section: override}
    changed = get_detection(detector.name, {detector.name: override}).detector.rules
    assert {r.name for r in describe_rules(changed) if r not in rows} == {number.name}
    with pytest.raises(SettingsError, match="no-such-rule") as error:
        get_detection(detector.name, {detector.name: {"no-such-rule": 1}})
    assert error.value.hint


@every_detector
def test_an_update_changes_nothing_it_was_handed_and_gives_the_same_again(
    detector: Detector, months: xr.Dataset
) -> None:
    cube, before = flat(months), flat(months).copy(deep=True)
    state = detector.start(cube.sizes["x"])
    kept = {name: layer.copy() for name, layer in state.layers.items()}
    one, first = detector.update(state, cube, period=PERIODS[-1])
    two, again = detector.update(state, cube, period=PERIODS[-1])
    assert first.equals(again)
    assert cube.equals(before)
    for name, layer in state.layers.items():
        np.testing.assert_array_equal(layer, kept[name])
        np.testing.assert_array_equal(one.layers[name], two.layers[name])


@every_detector
def test_two_halves_are_the_whole(detector: Detector, months: xr.Dataset) -> None:
    whole = scored(detector, months)
    left, right = months.isel(y=slice(0, 12)), months.isel(y=slice(12, None))
    halves = scored(detector, left), scored(detector, right)
    for at, evidence in enumerate(whole[1]):
        parts = [half[1][at] for half in halves]
        for name in evidence:
            both = np.concatenate([part[name].to_numpy() for part in parts], axis=-1)
            np.testing.assert_array_equal(evidence[name], both)
    for name, layer in whole[0].layers.items():
        np.testing.assert_array_equal(
            layer, np.concatenate([half[0].layers[name] for half in halves])
        )


@every_detector
def test_its_layers_are_those_it_promises(detector: Detector, months: xr.Dataset) -> None:
    state, periods, whole = scored(detector, months)
    assert set(state.layers) == set(detector.state_layers)
    for name, kept in detector.state_layers.items():
        assert state.layers[name].dtype == kept.dtype
    for name, layer in detector.evidence_layers.items():
        for part in periods if "period" in layer.dims else [whole]:
            assert part[name].dtype == layer.dtype
            assert part[name].dims == tuple(dim for dim in layer.dims if dim != "period")
        assert layer.meaning
        assert layer.unit


@every_detector
@pytest.mark.parametrize("pixel_m", [10.0, 30.0])
def test_what_it_finds_keeps_the_contracts(
    detector: Detector, pixel_m: float, months: xr.Dataset
) -> None:
    evidence, grid = evidence_of(detector, months), small_grid(24)
    found = detector.find(evidence, grid=grid, pixel_m=pixel_m)
    check_columns(found.detections, DETECTIONS, name="detections", epsg=EPSG)
    check_columns(found.features, FEATURES, name="features", epsg=EPSG)
    check_columns(found.changes, CHANGES, name="changes", epsg=EPSG)
    for terms in found.detections.get("terms", ()):
        assert set(terms) <= set(detector.terms)
        assert all(0 <= value <= 1 for value in terms.values())
        assert all(0 <= a.plausibility <= 1 for a in detector.alternatives(terms))
    assert set(found.changes["kind"]) <= {
        name for name, kind in CHANGE_KINDS.items() if detector.name in kind.detectors
    }
    tracks = link(found.detections, area_key="simulated", epsg=EPSG).tracks
    observed = detector.measure(evidence, tracks, grid=grid, pixel_m=pixel_m, rasterise=rasterise)
    check_columns(observed, OBSERVATIONS, name="observations")
    assert len(observed) == len(tracks) * len(PERIODS)
    for table in (observed, found.detections):
        seen = table[list(POOL_COLUMNS)].notna().to_numpy()
        assert seen.any() == sees_pools_at(pixel_m)
    assert ("pool" in set(found.features["kind"])) <= sees_pools_at(pixel_m)


@every_detector
def test_a_mine_is_found_where_it_is(detector: Detector, months: xr.Dataset) -> None:
    found = detector.find(evidence_of(detector, months), grid=small_grid(24), pixel_m=10.0)
    west, north = 400_000 + 80, 2_800_000 + 240 - 80
    mine = box(west, north - 80, west + 80, north)
    assert len(found.detections)
    assert found.detections.intersects(mine).all()


@every_detector
@pytest.mark.parametrize("kind", ["never seen", "forest"])
def test_nothing_is_found_where_nothing_is(detector: Detector, kind: str) -> None:
    world = World(size=24)
    if kind == "never seen":
        world.clear[:] = 0
    found = detector.find(evidence_of(detector, world.months()), grid=small_grid(24), pixel_m=10.0)
    assert len(found.detections) == len(found.features) == len(found.changes) == 0


@every_detector
def test_months_that_are_none_are_refused(detector: Detector, months: xr.Dataset) -> None:
    with pytest.raises(ContractError):
        detector.update(detector.start(576), flat(months).drop_vars("nir"), period=PERIODS[0])


def test_the_helper_sees_all_months(months: xr.Dataset) -> None:
    counts: Callable[[xr.Dataset], int] = lambda step: step.sizes["time"]  # noqa: E731
    assert sum(counts(step) for _, step in steps_of(months)) == months.sizes["time"]
