from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from minewatch.errors import ContractError
from minewatch.model import DETECTIONS, TRACKS, check_columns, empty_table
from minewatch.sites import Links, link

EPSG = 32647


def linked(table: gpd.GeoDataFrame) -> Links:
    links = link(table, area_key="demo", epsg=EPSG)
    check_columns(links.tracks, TRACKS, name="tracks", epsg=EPSG)
    return links


def ids_by_row(links: Links) -> dict[tuple[str, float], set[str]]:
    """Sites of each (period, eastern edge)."""
    out: dict[tuple[str, float], set[str]] = {}
    for row in links.members.itertuples():
        out.setdefault((row.period_start, row.geometry.bounds[0]), set()).add(row.site_id)
    return out


def test_patches_of_one_period_190_m_apart_are_one_site(detect):
    assert len(linked(detect((2020, 0, 0, 40, 40), (2020, 230, 0, 40, 40))).tracks) == 1


def test_patches_of_one_period_210_m_apart_are_two_sites(detect):
    assert len(linked(detect((2020, 0, 0, 40, 40), (2020, 250, 0, 40, 40))).tracks) == 2


@pytest.mark.parametrize("spacing", [250, 300, 350, 400])
@pytest.mark.parametrize("width", [30, 60, 100, 180])
def test_neighbours_whose_middles_are_250_to_400_m_apart_do_not_fuse(detect, spacing, width):
    links = linked(detect((2020, 0, 0, width, 60), (2020, spacing, 0, width, 60)))
    assert len(links.tracks) == 2


def test_neighbours_do_not_fuse_when_one_is_found_a_season_later(detect):
    links = linked(detect((2020, 0, 0, 180, 60), (2021, 250, 0, 180, 60)))
    assert len(links.tracks) == 2


def test_a_chain_of_patches_does_not_grow_without_bound(detect):
    links = linked(detect(*((2020, 150 * k, 0, 40, 40) for k in range(30))))
    assert links.tracks.geometry.bounds.eval("maxx - minx").max() < 300
    links = linked(detect(*((2020, 90 * k, 0, 40, 40) for k in range(30))))
    assert links.tracks.geometry.bounds.eval("maxx - minx").max() <= 900


def test_a_chain_does_not_creep_from_season_to_season(detect):
    links = linked(detect(*((2000 + k, 130 * k, 0, 40, 40) for k in range(20))))
    assert links.tracks.geometry.bounds.eval("maxx - minx").max() < 300


def test_benches_of_one_long_site_stay_one(detect):
    links = linked(detect(*((2020, 90 * k, 0, 50, 40) for k in range(5))))
    assert len(links.tracks) == 1


def test_a_patch_that_overlaps_a_site_of_an_earlier_season_belongs_to_it(detect):
    links = linked(detect((2020, 0, 0, 60, 60), (2022, 20, 20, 90, 60)))
    assert len(links.tracks) == 1
    assert links.tracks.geometry[0].area == pytest.approx(60 * 60 + 90 * 60 - 40 * 40)


def test_a_patch_90_m_from_a_site_of_an_earlier_season_belongs_to_it(detect):
    assert len(linked(detect((2020, 0, 0, 40, 40), (2021, 130, 0, 40, 40))).tracks) == 1


def test_a_patch_110_m_from_a_site_of_an_earlier_season_is_a_new_site(detect):
    assert len(linked(detect((2020, 0, 0, 40, 40), (2021, 150, 0, 40, 40))).tracks) == 2


def test_one_of_two_neighbours_gets_the_patch_it_is_nearest_to(detect):
    links = linked(detect((2020, 0, 0, 60, 60), (2020, 300, 0, 60, 60), (2021, 250, 0, 30, 60)))
    sites = ids_by_row(links)
    assert len(links.tracks) == 2
    assert sites["2021-11-01", 240_280.0] == sites["2020-11-01", 240_330.0]


def test_a_patch_over_two_neighbours_is_shared_out_by_nearness(detect):
    links = linked(detect((2020, 0, 0, 100, 60), (2020, 300, 0, 100, 60), (2021, 0, 0, 400, 60)))
    west, east = sorted(links.tracks.geometry, key=lambda g: g.bounds[0])
    assert west.bounds[2] == pytest.approx(240_230, abs=1)
    assert west.intersection(east).area == pytest.approx(0, abs=1)
    assert west.area + east.area == pytest.approx(400 * 60, abs=1)
    assert not any(links.tracks["merged_from"])


def test_two_small_sites_that_become_one_merge_and_say_so(detect):
    first = detect((2020, 0, 0, 40, 40), (2021, 150, 0, 40, 40))
    west, east = (linked(first.iloc[[k]]).tracks["site_id"][0] for k in (0, 1))
    links = linked(pd.concat([first, detect((2022, 0, 0, 190, 40))]))
    assert links.tracks["site_id"].tolist() == [west]
    assert links.tracks["merged_from"].tolist() == [[east]]
    assert links.tracks["first_detected"].tolist() == ["2020-12-16"]
    assert set(links.members["site_id"]) == {west}


@pytest.mark.parametrize("north", range(0, 6000, 1000))
def test_the_older_site_keeps_its_id_in_a_merge(detect, north):
    older = detect((2020, 150, north, 40, 40))
    merged = linked(pd.concat([older, detect((2021, 0, north, 40, 40), (2022, 0, north, 190, 40))]))
    assert merged.tracks["site_id"].tolist() == linked(older).tracks["site_id"].tolist()


def test_a_site_that_merged_and_comes_out_again_gets_a_new_id(detect):
    apart = detect((2020, 0, 0, 40, 40), (2021, 150, 0, 40, 40))
    merged = pd.concat([apart, detect((2022, 0, 0, 40, 40), (2022, 150, 0, 40, 40))])
    parted = pd.concat([merged, detect((2023, -120, 0, 160, 40), (2023, 150, 0, 160, 40))])
    two, one, again = (set(linked(table).tracks["site_id"]) for table in (apart, merged, parted))
    assert (len(two), len(one), len(again)) == (2, 1, 2)
    assert one < again
    assert not (again - one) & two


def test_a_site_whose_banks_grow_into_two_splits_and_says_so(detect):
    small = detect((2020, 0, 0, 60, 60), (2020, 220, 0, 60, 60))
    links = linked(pd.concat([small, detect((2021, -100, 0, 160, 60), (2021, 220, 0, 160, 60))]))
    kept = linked(small).tracks["site_id"][0]
    lineage = dict(zip(links.tracks["site_id"], links.tracks["split_from"], strict=True))
    new = next(name for name in lineage if name != kept)
    assert lineage == {kept: [], new: [kept]}
    sites = ids_by_row(links)
    assert sites["2020-11-01", 240_030.0] == sites["2021-11-01", 239_930.0] == {kept}
    assert sites["2020-11-01", 240_250.0] == sites["2021-11-01", 240_250.0] == {new}


def test_a_long_site_seen_in_fragments_in_a_bad_season_does_not_split(detect):
    links = linked(detect((2020, 0, 0, 400, 60), (2021, 0, 0, 60, 60), (2021, 320, 0, 80, 60)))
    assert len(links.tracks) == 1


def test_dates_are_those_of_the_first_patch_of_the_first_season(detect):
    early = {"first_detected": "2020-11-20", "last_undisturbed": None}
    older = {"first_detected": "2019-01-01"}
    links = linked(
        detect((2020, 0, 0, 60, 60), (2020, 90, 0, 60, 60, early), (2021, 0, 90, 60, 60, older))
    )
    assert links.tracks["first_detected"].tolist() == ["2020-11-20"]
    assert links.tracks["last_undisturbed"].tolist() == [None]


@pytest.mark.parametrize(
    ("year", "began", "told"),
    [
        (2021, "2021-01-10", "2020-10-01"),
        (2021, "2021-06-01", "2020-12-01"),
        (2022, "2021-01-10", "2020-12-01"),
    ],
)
def test_a_site_was_undisturbed_as_long_as_all_ground_that_began_with_it(detect, year, began, told):
    more = {"first_detected": began, "last_undisturbed": "2020-10-01"}
    seasons = [(y, 0, 0, 60, 60) for y in range(2020, year)]
    links = linked(detect(*seasons, (year, 0, 0, 90, 60, more)))
    assert links.tracks["first_detected"].tolist() == ["2020-12-16"]
    assert links.tracks["last_undisturbed"].tolist() == [told]


def test_an_anchor_given_by_the_detector_decides_the_id_whatever_the_outline(detect):
    anchor = {"anchor_x": 240_035.0, "anchor_y": 2_850_045.0}
    small = linked(detect((2020, 0, 0, 20, 20, anchor)))
    grown = linked(detect((2020, -150, -150, 300, 300, anchor)))
    elsewhere = linked(detect((2020, 0, 0, 20, 20, {**anchor, "anchor_x": 240_335.0})))
    assert small.tracks["site_id"].tolist() == grown.tracks["site_id"].tolist()
    assert small.tracks["site_id"].tolist() != elsewhere.tracks["site_id"].tolist()


def test_ids_differ_between_areas(detect):
    table = detect((2020, 0, 0, 20, 20))
    names = {link(table, area_key=a, epsg=EPSG).tracks["site_id"][0] for a in ("one", "two")}
    assert len(names) == 2


def test_footprints_are_valid_and_no_ground_belongs_to_two_sites(detect):
    rng = np.random.default_rng(1)
    rows = [
        (year, 90 * x, 90 * y, *rng.uniform(20, 90, 2))
        for year in range(2015, 2021)
        for x, y in np.argwhere(rng.random((25, 25)) < 0.15)
    ]
    links = linked(detect(*rows))
    assert len(links.tracks) > 20
    ground = links.tracks.geometry
    assert ground.is_valid.all()
    assert shapely.union_all(ground).area == pytest.approx(ground.area.sum(), rel=1e-4)
    assert set(links.members["site_id"]) == set(links.tracks["site_id"])


def test_no_detections_are_no_sites():
    links = linked(empty_table(DETECTIONS, epsg=EPSG))
    assert links.tracks.empty
    assert links.members.empty
    assert "site_id" in links.members


def test_detections_in_another_crs_are_refused(detect):
    with pytest.raises(ContractError, match="EPSG:32648"):
        link(detect((2020, 0, 0, 20, 20)), area_key="demo", epsg=32648)
