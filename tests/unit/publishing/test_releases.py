"""What a release shows and hides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from tests.release_world import AREA, SEASONS, Site, write_world

from minewatch.errors import AoiError, SettingsError
from minewatch.model import Period
from minewatch.publishing import (
    PROFILES,
    count_sites,
    grid_frame,
    make_release,
    periods_to_release,
    read_townships,
    release_layers,
    township_frame,
)
from minewatch.publishing.cell_counts import GROUPS, CellCount, Counts
from minewatch.publishing.frames import GRID_CRS

PUBLIC, PARTNER = PROFILES["public"], PROFILES["partner"]
FRAME = grid_frame(AREA, cell_km=10, least_ground_km2=25)
FIRST, SECOND, THIRD = (region.id for region in FRAME.regions[:3])
SEASON = SEASONS[0]


def count(sites: int, **more: object) -> CellCount:
    groups = dict.fromkeys(GROUPS, 0) | {"working": sites}
    values = {"groups": groups, "ground_m2": 1e4 * sites, "largest_m2": 1e4, **more}
    return CellCount(sites=sites, **values)  # type: ignore[arg-type]


def release(counts: dict[str, CellCount], **more: object):
    keyed: Counts = {(SEASON, region): of for region, of in counts.items()}
    given = {"profile": PUBLIC, "frame": FRAME, "periods": [SEASON], **more}
    return make_release(keyed, **given)  # type: ignore[arg-type]


def shown(counts: dict[str, CellCount], **more: object) -> set[str]:
    return {region for _, region in release(counts, **more).shown}


def test_no_area_can_move_the_grid() -> None:
    moved = shapely.affinity.translate(AREA, 0.013, -0.007)
    other = grid_frame(moved, cell_km=10, least_ground_km2=25)
    known = {region.id: region.outline for region in FRAME.regions}
    both = [region for region in other.regions if region.id in known]
    assert len(both) > 9
    for region in both:
        assert region.outline.equals(known[region.id])
        assert np.array_equal(np.array(region.outline.bounds) % 10_000, np.zeros(4))


def test_a_cell_at_the_edge_needs_the_least_ground_in_the_area() -> None:
    to_grid = Transformer.from_crs("EPSG:4326", GRID_CRS, always_xy=True).transform
    area = shapely.transform(AREA, lambda xy: np.column_stack(to_grid(*xy.T)))
    for region in FRAME.regions:
        covered = region.outline.intersection(area).area
        assert covered >= 24.99e6
        assert (region.cover == "whole") == (covered > 99.99e6)
    assert {region.cover == "whole" for region in FRAME.regions} == {True, False}


def test_a_cell_with_fewer_than_three_sites_is_not_shown() -> None:
    assert shown({FIRST: count(2), SECOND: count(3)}, with_totals=False) == {SECOND}


def test_a_partner_sees_cells_of_three_sites_and_two_operators_too() -> None:
    alone = frozenset({"A"})
    cells = {FIRST: count(2), SECOND: count(3), THIRD: count(6, operators=alone)}
    assert shown(cells, profile=PARTNER, with_totals=False) == {SECOND}


def test_a_cell_of_one_operator_is_not_shown() -> None:
    alone, two = frozenset({"A"}), frozenset({"A", "B"})
    cells = {FIRST: count(6, operators=alone), SECOND: count(6, operators=two), THIRD: count(6)}
    assert shown(cells, with_totals=False) == {SECOND, THIRD}


def test_a_total_hides_more_cells_when_it_would_give_one_away() -> None:
    few = replace(FRAME, regions=FRAME.regions[:2])
    cells = {FIRST: count(2), SECOND: count(4)}  # 3-5 shown, of 6-10 in all: one at least is left
    assert shown(cells, frame=few, with_totals=False) == {SECOND}
    assert shown(cells, frame=few) == set()
    assert release(cells, frame=few).totals[SEASON].low == 6


def test_kinds_of_site_are_hidden_when_they_would_give_few_away() -> None:
    groups = {"working": 10, "not_working": 5, "left_with_water": 5, "not_observed": 1}
    value = release({FIRST: count(21, groups=groups)}, with_totals=False).shown[SEASON, FIRST]
    assert str(value.sites) == "21-50"
    assert value.groups is None


def test_ground_of_which_one_site_has_most_is_not_shown() -> None:
    cells = {FIRST: count(3, largest_m2=2.5e4), SECOND: count(3)}
    values = release(cells, with_totals=False).shown
    assert values[SEASON, FIRST].ground is None
    assert values[SEASON, SECOND].ground == "2-5"


def test_what_was_not_observed_is_said_for_each_cell() -> None:
    groups = dict.fromkeys(GROUPS, 0) | {"not_observed": 4}
    made = release({FIRST: count(4, groups=groups)}, with_totals=False)
    table = release_layers(made, simulated=True, attribution="", about={}).layers["cells"].table
    assert table["not_observed"].tolist() == ["3-5"]
    assert table["working"].tolist() == ["0-2"]


def test_nothing_newer_than_six_whole_months_before_the_last_image_is_public() -> None:
    def last(day: date) -> int:
        old = periods_to_release(SEASONS, profile=PUBLIC, last_day=day)
        return old[-1].end.year

    assert last(date(2024, 10, 30)) == 2023
    assert last(date(2024, 10, 31)) == 2024
    assert periods_to_release(SEASONS, profile=PARTNER, last_day=date(2024, 4, 30)) == SEASONS


def test_periods_shorter_than_a_season_are_not_public() -> None:
    month = Period(date(2023, 1, 1), date(2023, 1, 31))
    with pytest.raises(SettingsError, match="2023-01") as caught:
        periods_to_release([month], profile=PUBLIC, last_day=date(2024, 1, 1))
    assert "--period" in caught.value.hint


def test_nothing_old_enough_is_an_error_that_names_the_last_month() -> None:
    with pytest.raises(SettingsError, match="2019-05"):
        periods_to_release(SEASONS[:1], profile=PUBLIC, last_day=date(2019, 5, 31))


def site(name: str, lon: float, lat: float, **more: object) -> Site:
    values = {"since": 0, "states": ("active",) * 6, "area_m2": 9e3, "first": date(2018, 12, 1)}
    return Site(site_id=name, lon=lon, lat=lat, **{**values, **more})  # type: ignore[arg-type]


def test_sites_are_counted_where_they_were_first_and_in_every_season_since(tmp_path: Path) -> None:
    sites = [site(f"s{n}", 95.4 + n / 1000, 11.6, since=n) for n in range(3)]
    run = write_world(tmp_path, sites, seasons=4)
    counts = count_sites(run.inventory, FRAME, SEASONS[:4])
    by_season = [sum(c.sites for (p, _), c in counts.items() if p == s) for s in SEASONS[:4]]
    assert by_season == [1, 2, 3, 3]


def test_what_people_call_no_mine_is_not_counted(tmp_path: Path) -> None:
    run = write_world(tmp_path, [site("s1", 95.4, 11.6), site("s2", 95.4, 11.61)], seasons=1)
    inventory = run.inventory.assign(verdict=["not_mine", None])
    counts = count_sites(inventory, FRAME, SEASONS[:1])
    assert [c.sites for c in counts.values()] == [1]


def test_districts_are_read_by_name_and_must_not_overlap(tmp_path: Path) -> None:
    west, south, east, north = AREA.bounds
    middle = (west + east) / 2
    halves = {"West": shapely.box(west, south, middle, north),
              "East": shapely.box(middle, south, east, north)}  # fmt: skip

    def write(outlines: dict[str, shapely.Geometry], column: str = "name") -> Path:
        import geopandas as gpd

        path = tmp_path / "districts.geojson"
        names, shapes = list(outlines), list(outlines.values())
        table = gpd.GeoDataFrame({column: names}, geometry=shapes, crs=4326)
        table.to_file(path)
        return path

    frame = township_frame(read_townships(write(halves)), AREA, least_ground_km2=25)
    assert [region.id for region in frame.regions] == ["East", "West"]
    with pytest.raises(AoiError, match="'name'"):
        read_townships(write(halves, "district"))
    halves["Third"] = shapely.box(middle - 0.05, south, middle + 0.05, north)
    with pytest.raises(AoiError, match="overlap"):
        read_townships(write(halves))
