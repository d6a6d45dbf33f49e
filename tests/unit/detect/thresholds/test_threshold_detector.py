"""The baseline detector on small made worlds, against what is painted there by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr

from minewatch.cube.rasterise import rasterise
from minewatch.detect import get_detector
from minewatch.detect.thresholds.threshold_detector import DrySeasonThresholds
from minewatch.detect.thresholds.threshold_evidence import NONE, start_state, update_state
from minewatch.detect.thresholds.threshold_rules import ThresholdRules
from minewatch.model import Evidence, split_months

BARE, GREEN, WATER = (2200, 3100, 1600), (300, 3000, 400), (900, 500, 1500)
"""Red, near-infrared and green of pure ground, x 10,000."""


def pixel(*months: tuple[int, int, int] | None) -> xr.Dataset:
    """One pixel, a month each from November 2018 on; None: not seen."""
    values = np.array([m or (0, 0, 0) for m in months], "uint16")
    layers = {n: (("time", "y", "x"), values[:, k, None, None])
              for k, n in enumerate(("red", "nir", "green"))}  # fmt: skip
    overpasses = (values[:, :1, None] > 0).astype("uint16") * 3
    unused = ("blue", "disturbed_looks", "last_undisturbed_day", "disturbed_since_day")
    layers |= {n: (("time", "y", "x"), np.zeros_like(overpasses)) for n in unused}
    times = pd.date_range("2018-11-01", periods=len(months), freq="MS")
    return xr.Dataset(
        {**layers, "clear_looks": (("time", "y", "x"), overpasses)}, coords={"time": times}
    )


def judged(world, periods, **rules):
    """The detector, and the evidence of a made world."""
    detector = DrySeasonThresholds(ThresholdRules(**rules))
    months = world.months()
    state, parts = detector.start(world.shape[1] * world.shape[2]), []
    for period, at in split_months([t.date() for t in world.times], periods):
        state, part = detector.update(state, months.isel(time=at), period=period)
        parts += [part] if period else []
    whole = detector.conclude(state, shape=world.shape[1:])
    layers = xr.merge([xr.concat(parts, "period", join="exact"), whole])
    return detector, Evidence(layers, tuple(periods))


def painted(world, since: str, until: str = "2100-01-01", water: float = 1.0):
    """A pad of 8 x 8 pixels with a row of pools of pure water."""
    world.paint("bare", slice(5, 13), slice(6, 14), 1.0, since=since, until=until)
    world.paint("bare", slice(8, 10), slice(7, 13), 1 - water, since=since, until=until)
    return world.paint("water", slice(8, 10), slice(7, 13), water, since=since, until=until)


def evidence_of(months: xr.Dataset, periods) -> tuple[xr.Dataset, dict[str, int]]:
    """Evidence of the last period, and the state, of one pixel."""
    state, evidence, starts = start_state(1), xr.Dataset(), months["time"].dt.date.to_numpy()
    for period, at in split_months(list(starts), [p for p in periods if p.end < starts[-1]]):
        state, part = update_state(state, months.isel(time=at), period=period,
                                   rules=ThresholdRules())  # fmt: skip
        evidence = part if period else evidence
    return evidence.squeeze(), {name: int(layer[0]) for name, layer in state.layers.items()}


def day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(int))


SEASON, YEAR = [GREEN] * 6, [GREEN] * 12


def test_ground_that_turns_bare_is_dated_by_its_months(periods) -> None:
    months = pixel(*YEAR, GREEN, GREEN, *[BARE] * 6)
    evidence, state = evidence_of(months, periods)
    assert int(evidence["bare"]) == 1
    assert state["first"] == day("2020-01-01")
    assert state["before"] == day("2019-12-01")
    assert state["last"] == day("2020-04-01")


def test_ground_that_was_never_seen_green_was_there_from_the_start(periods) -> None:
    evidence, state = evidence_of(pixel(*[BARE] * 8), periods)
    assert int(evidence["bare"]) == 1
    assert (state["first"], state["before"]) == (day("2018-11-01"), 0)


def test_one_bare_month_of_a_season_is_no_bare_season(periods) -> None:
    evidence, state = evidence_of(pixel(*YEAR, BARE, *[GREEN] * 7), periods)
    assert int(evidence["bare"]) == 0
    assert state["first"] == 0


def test_ground_that_was_neither_green_nor_bare_does_not_count(periods) -> None:
    grass = (1000, 3000, 800)  # NDVI 0.5
    evidence, _ = evidence_of(pixel(*[grass] * 12, *[BARE] * 8), periods)
    assert int(evidence["bare"]) == 0
    assert int(evidence["ndvi"]) == 117


def test_a_fall_is_measured_against_the_best_season_before(periods) -> None:
    evidence, _ = evidence_of(pixel(*YEAR, *[BARE] * 8), periods)
    assert int(evidence["score"]) == 182 - 117


def test_months_that_nobody_saw_change_no_median(periods) -> None:
    some, _ = evidence_of(pixel(*YEAR, None, BARE, None, None, BARE, None, GREEN, GREEN), periods)
    assert int(some["ndvi"]) == 117
    none, state = evidence_of(pixel(*YEAR, *[None] * 8), periods)
    assert int(none["ndvi"]) == NONE
    assert int(none["bare"]) == int(none["clear_looks"]) == state["first"] == 0


def test_the_state_of_a_pixel_is_of_its_best_season_not_its_best_month(periods) -> None:
    brighter = (100, 4000, 300)
    _, state = evidence_of(pixel(*[GREEN] * 5, brighter, *[GREEN] * 3), periods)
    assert state["best"] == 182


def test_bare_ground_with_water_beside_it_is_a_mine(world, periods, grid) -> None:
    detector, evidence = judged(painted(world, "2020-01-01"), periods)
    found = detector.find(evidence, grid=grid, pixel_m=10.0)
    assert found.detections["period_start"].tolist() == ["2019-11-01", "2020-11-01", "2021-11-01"]
    assert set(found.detections["first_detected"]) == {"2020-01-01"}
    assert set(found.detections["last_undisturbed"]) == {"2019-12-01"}
    assert found.detections["pool_area_m2"].tolist() == [1200.0] * 3
    assert found.features["kind"].tolist() == ["pad"]
    assert found.changes.empty


def test_pools_are_the_most_water_that_stood_so_far(world, periods, grid) -> None:
    world = painted(world, "2018-12-01", until="2020-10-01")
    world.paint("bare", slice(5, 13), slice(6, 14), 1.0, since="2020-10-01")
    detector, evidence = judged(world, periods)
    west, _, _, north = grid.geobox.boundingbox.bbox
    site = shapely.box(west + 60, north - 130, west + 140, north - 50)
    tracks = gpd.GeoDataFrame(
        {"site_id": ["a"], "first_detected": "2018-12-05", "last_undisturbed": None,
         "merged_from": [[]], "split_from": [[]]}, geometry=[site], crs=grid.epsg,
    )  # fmt: skip
    table = detector.measure(evidence, tracks, grid=grid, pixel_m=10.0, rasterise=rasterise)
    assert table["water_area_m2"].tolist() == [1200, 1200, 0, 0]
    assert table["pool_area_m2"].tolist() == [1200] * 4
    assert table["pad_area_m2"].tolist() == [5200] * 4


def test_bare_ground_without_water_is_a_change(world, periods, grid) -> None:
    detector, evidence = judged(painted(world, "2020-01-01", water=0.0), periods)
    found = detector.find(evidence, grid=grid, pixel_m=10.0)
    assert found.detections.empty
    assert found.changes["kind"].tolist() == ["other_clearing"]


def test_ground_that_is_green_again_after_a_season_is_swidden(world, periods, grid) -> None:
    world.paint("bare", slice(5, 15), slice(5, 15), 1.0, since="2020-01-01", until="2020-05-01")
    detector, evidence = judged(world, periods)
    found = detector.find(evidence, grid=grid, pixel_m=10.0)
    assert found.changes["kind"].tolist() == ["swidden"]
    assert found.changes["reject_reason"].tolist() == ["bare for 91 days, by thresholds on medians"]


def test_patches_below_the_mapping_unit_are_left_out(world, periods, grid) -> None:
    world.paint("bare", slice(5, 8), slice(5, 8), 1.0, since="2020-01-01")
    detector, evidence = judged(world, periods)
    assert detector.find(evidence, grid=grid, pixel_m=10.0).changes.empty
    finer, evidence = judged(world, periods, min_patch_m2=900.0)
    assert len(finer.find(evidence, grid=grid, pixel_m=10.0).changes) == 1


@pytest.mark.parametrize(("without", "index"), [((), 173), (("swir16",), 146)])
def test_water_is_the_larger_of_two_indices_or_the_one_there_is(
    world, periods, without: tuple[str, ...], index: int
) -> None:
    months = painted(world, "2020-01-01").months().drop_vars(list(without))
    inside = months.sel(time=slice("2020-01-01", "2020-04-01"))
    _, evidence = update_state(
        start_state(40 * 40), inside, period=periods[1], rules=ThresholdRules()
    )
    assert evidence["water"].to_numpy()[8:10, 7:13].astype(int) == pytest.approx(index, abs=4)


def test_it_is_named_as_what_it_is() -> None:
    detector = get_detector("dry-season-thresholds")
    assert "baseline" in detector.title
    assert "not calibrated" in detector.confidence_basis
