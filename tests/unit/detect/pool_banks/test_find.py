import numpy as np
import pytest
import shapely

from minewatch.detect.pool_banks.find import find
from minewatch.detect.pool_banks.pool_bank_evidence import score
from minewatch.model import CHANGE_KINDS, CHANGES, DETECTIONS, FEATURES, Evidence, check_columns


def found(evidence, grid, periods, **options):
    whole = Evidence(evidence, tuple(periods))
    return find(whole, grid=grid, pixel_m=grid.resolution_m, **options)


def found_in(world, periods, grid, **options):
    return found(score(world.months(), periods=periods), grid, periods, **options)


def test_forest_holds_nothing(world, periods, grid) -> None:
    findings = found_in(world, periods, grid)
    assert [len(t) for t in (findings.detections, findings.features, findings.changes)] == [0, 0, 0]
    check_columns(findings.detections, DETECTIONS, name="detections", epsg=grid.epsg)


def test_a_mine_is_found_dated_and_outlined(world, periods, grid) -> None:
    findings = found_in(world.mine(5, 6, since="2020-12-01"), periods, grid)
    detections = findings.detections
    check_columns(detections, DETECTIONS, name="detections", epsg=grid.epsg)
    assert detections["period_start"].tolist() == ["2020-11-01", "2021-11-01"]
    assert set(detections["first_detected"]) == {"2020-12-05"}
    assert set(detections["last_undisturbed"]) == {"2020-11-26"}
    assert (detections["confidence"] > 0.5).all()
    west, _, _, north = grid.geobox.boundingbox.bbox
    truth = shapely.box(west + 60, north - 130, west + 140, north - 50)
    for outline in detections.geometry:
        assert outline.intersection(truth).area / outline.union(truth).area > 0.85


def test_pool_area_is_summed_from_mixed_pixels(world, periods, grid) -> None:
    findings = found_in(world.mine(5, 6, since="2019-12-01"), periods, grid)
    last = findings.detections.iloc[-1]
    assert last["pool_area_m2"] == pytest.approx(12 * 0.5 * 100, rel=0.25)
    assert last["pool_count_low"] <= 5 <= last["pool_count_high"]


def test_a_field_green_again_after_one_monsoon_is_swidden(world, periods, grid) -> None:
    world.paint("bare", slice(10, 20), slice(10, 20), 1.0, since="2020-03-01", until="2020-07-01")
    findings = found_in(world, periods, grid)
    assert len(findings.detections) == 0
    assert findings.changes["kind"].tolist() == ["swidden"]
    check_columns(findings.changes, CHANGES, name="changes", epsg=grid.epsg)
    assert set(findings.changes["kind"]) <= set(CHANGE_KINDS)


def test_a_clearing_without_pools_is_no_mine(world, periods, grid) -> None:
    world.paint("bare", slice(10, 20), slice(10, 20), 1.0, since="2019-12-01")
    findings = found_in(world, periods, grid)
    assert len(findings.detections) == 0
    assert findings.changes["kind"].tolist() == ["other_clearing"]


def test_a_mine_is_cut_free_of_the_road_that_touches_it(world, periods, grid) -> None:
    world.paint("bare", slice(9, 10), slice(0, 40), 1.0, since="2019-12-01")
    findings = found_in(world.mine(6, 10, since="2020-12-01"), periods, grid)
    assert findings.detections.geometry.area.max() < 64 * 100 * 1.3
    assert "road" in set(findings.features["kind"])
    mines = findings.detections.geometry.union_all()
    parts = findings.features.dissolve("kind").geometry
    assert parts["road"].intersection(mines).area == 0
    assert len(findings.changes) == 2  # one way and the other
    assert findings.changes.distance(mines).tolist() == [10, 10]  # a pixel of margin


@pytest.mark.parametrize(("gap", "is_part"), [(1, True), (2, False)])
def test_a_road_belongs_to_a_mine_two_pixels_away(world, periods, grid, gap: int, is_part) -> None:
    world.paint("bare", slice(13 + gap, 14 + gap), slice(0, 40), 1.0, since="2019-12-01")
    features = found_in(world.mine(5, 6, since="2019-12-01"), periods, grid).features
    assert ("road" in set(features["kind"])) == is_part


def test_broad_ground_beside_a_mine_is_no_road(world, periods, grid) -> None:
    world.paint("bare", slice(14, 22), slice(4, 16), 1.0, since="2019-12-01")
    findings = found_in(world.mine(5, 6, since="2019-12-01"), periods, grid)
    assert set(findings.features["kind"]) == {"pad", "pool"}
    assert len(findings.changes) == 1


def test_a_mine_that_begins_as_a_clearing_is_told_from_the_clearing_on(
    world, periods, grid
) -> None:
    world.mine(5, 6, since="2021-12-01").mine(25, 20, since="2019-12-01")
    world.paint("bare", slice(5, 13), slice(6, 14), 1.0, since="2020-12-01", until="2021-12-01")
    detections = found_in(world, periods, grid).detections
    old, new = (of for _, of in sorted(detections.groupby("anchor_y")))
    assert old["period_start"].tolist() == ["2019-11-01", "2020-11-01", "2021-11-01"]
    assert new["period_start"].tolist() == ["2020-11-01", "2021-11-01"]
    assert new["confidence"].iloc[0] == pytest.approx(new["confidence"].iloc[1], abs=1e-6)
    assert new.geometry.area.tolist() == old.geometry.area.tolist()[1:] == [6400, 6400]


def test_a_river_is_no_mine(world, periods, grid) -> None:
    world.shape = (len(world.times), 80, 80)
    long = type(world)(80)
    long.paint("water", slice(0, 80), slice(20, 23), 0.9, since="2000-01-01")
    long.paint("bare", slice(0, 80), slice(23, 26), 1.0, since="2000-01-01")
    box = grid.geobox.pad(0)
    from odc.geo.geobox import GeoBox

    from minewatch.model import Chunk, Grid

    west, _, _, north = box.boundingbox.bbox
    wide = GeoBox.from_bbox((west, north - 800, west + 800, north), "EPSG:32647", resolution=10)
    big = Grid(geobox=wide, chunks=(Chunk(row=0, col=0, geobox=wide),))
    findings = found_in(long, periods, big)
    assert len(findings.detections) == 0


def test_a_change_has_four_pixels_at_least(world, periods, grid) -> None:
    for row, (height, width) in zip((5, 15, 25), ((1, 3), (2, 2), (1, 5)), strict=True):
        rows, cols = slice(row, row + height), slice(5, 5 + width)
        world.paint("bare", rows, cols, 1.0, since="2019-12-01")
    changes = found_in(world, periods, grid).changes
    assert sorted(changes["area_m2"]) == [400, 500]


def test_a_change_that_ended_before_the_first_period_is_not_told(world, periods, grid) -> None:
    world.paint("bare", slice(5, 10), slice(5, 10), 1.0, since="2019-03-01", until="2019-07-01")
    world.paint("bare", slice(20, 26), slice(20, 30), 1.0, since="2020-12-01")
    changes = found_in(world, periods[2:], grid).changes
    assert changes["area_m2"].tolist() == [6000]
    west, _, _, north = grid.geobox.boundingbox.bbox
    assert changes.geometry[0].bounds == (west + 200, north - 260, west + 300, north - 200)


def test_parts_have_their_own_dates(world, periods, grid) -> None:
    world.mine(5, 6, since="2019-12-01")
    world.mine(13, 6, since="2021-02-01")
    features = found_in(world, periods, grid).features
    check_columns(features, FEATURES, name="features", epsg=grid.epsg)
    pools = features[features["kind"] == "pool"]
    assert sorted(pools["first_detected"]) == ["2019-12-05", "2021-02-05"]
    assert (pools["area_m2"] < pools.geometry.area).all()


def test_pixels_too_large_for_pools_give_no_mine(world, periods, grid) -> None:
    from odc.geo.geobox import GeoBox

    from minewatch.model import Chunk, Grid

    west, south, _, _ = grid.geobox.boundingbox.bbox
    box = GeoBox.from_bbox(
        (west, south, west + 4800, south + 4800), "EPSG:32647", resolution=120, tight=True
    )
    coarse = Grid(geobox=box, chunks=(Chunk(row=0, col=0, geobox=box),))
    assert box.shape == (40, 40)
    findings = found_in(world.mine(5, 6, since="2019-12-01"), periods, coarse)
    assert len(findings.detections) == 0
    assert len(findings.changes) == 1


def test_a_pixel_never_seen_hides_nothing_else(world, periods, grid) -> None:
    world.mine(5, 6, since="2019-12-01")
    world.clear[:, 20:] = 0
    assert len(found_in(world, periods, grid).detections) == 3


def test_equal_evidence_gives_equal_findings(world, periods, grid) -> None:
    evidence = score(world.mine(5, 6, since="2019-12-01").months(), periods=periods)
    first, second = (found(evidence, grid, periods) for _ in range(2))
    assert first.detections.to_json() == second.detections.to_json()
    assert np.array_equal(first.features.to_wkb().to_numpy(), second.features.to_wkb().to_numpy())


def test_how_many_periods_are_judged_at_once_changes_nothing(
    world, periods, grid, monkeypatch
) -> None:
    world.mine(5, 6, since="2019-12-01").mine(25, 20, since="2020-12-01", until="2021-12-01")
    evidence = score(world.months(), periods=periods)
    at_once = found(evidence, grid, periods)
    monkeypatch.setattr("minewatch.detect.pool_banks.period_patches.BLOCK_PIXELS", 1)
    one_by_one = found(evidence, grid, periods)
    assert len(set(at_once.detections["period_start"])) > 1
    assert at_once.detections.to_json() == one_by_one.detections.to_json()


def test_a_patch_says_where_it_began(world, periods, grid) -> None:
    world.paint("bare", slice(9, 11), slice(10, 12), 1.0, since="2020-11-01")
    detections = found_in(world.mine(5, 6, since="2020-12-01"), periods, grid).detections
    west, _, _, north = grid.geobox.boundingbox.bbox
    assert set(zip(detections["anchor_x"], detections["anchor_y"], strict=True)) == {
        (west + 105, north - 95)
    }


def test_a_shaded_slope_of_bare_rock_is_no_mine(world, periods, grid) -> None:
    world.paint("bare", slice(5, 25), slice(5, 25), 1.0, since="2019-12-01")
    world.light[10:20, 8:22] = 0.55
    findings = found_in(world, periods, grid)
    assert len(findings.detections) == 0
    assert len(findings.changes) == 1


def test_a_long_row_of_pools_is_a_mine(world, periods, grid) -> None:
    world.paint("bare", slice(10, 13), slice(10, 24), 1.0, since="2019-12-01")
    world.paint("bare", slice(11, 12), slice(11, 23), 0.4, since="2019-12-01")
    world.paint("water", slice(11, 12), slice(11, 23), 0.6, since="2019-12-01")
    detections = found_in(world, periods, grid).detections
    assert len(detections) == 3
    assert (detections["confidence"] > 0.5).all()


def test_a_narrow_row_of_pools_beside_a_mine_is_no_road(world, periods, grid) -> None:
    world.mine(5, 6, since="2019-12-01")
    for layer in ("bare", "water"):
        world.paint(layer, slice(9, 10), slice(14, 20), 0.5, since="2019-12-01")
    findings = found_in(world, periods, grid)
    assert set(findings.features["kind"]) == {"pad", "pool"}
    assert findings.detections.geometry.area.tolist() == [7000] * 3


def test_what_was_there_and_never_changes_is_doubted_more(world, periods, grid) -> None:
    old = found_in(world.mine(5, 6, since="2018-12-01"), periods, grid).detections
    new = found_in(type(world)().mine(5, 6, since="2019-12-01"), periods, grid).detections
    assert old["confidence"].max() < new["confidence"].min()


@pytest.mark.parametrize("is_old", [True, False])
def test_old_ground_along_a_river_is_a_river_bar_and_a_new_road_beside_it_is_not(
    world, periods, grid, is_old: bool
) -> None:
    since = "2010-01-01" if is_old else "2020-12-01"
    world.paint("water", slice(18, 22), slice(0, 40), 0.9, since="2010-01-01")
    world.paint("bare", slice(15, 17), slice(0, 40), 1.0, since=since)
    changes = found_in(world, periods, grid).changes
    assert "river_bar" in changes["kind"].tolist()
    along = changes[changes["reject_reason"].str.startswith("along a river")]
    assert len(along) == (2 if is_old else 1)
