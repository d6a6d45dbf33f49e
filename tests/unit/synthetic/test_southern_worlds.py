"""Worlds with other seasons, and worlds south of the equator: what moves, and what does not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from minewatch.errors import SettingsError
from minewatch.synthetic import PRESETS, WorldSpec, write_archive, write_elevation
from minewatch.synthetic.ground_spectra import SpectralLibrary, material_index
from minewatch.synthetic.hills import make_terrain, sun_position
from minewatch.synthetic.overpass_calendar import plan_overpasses
from minewatch.synthetic.render import ground_on
from minewatch.synthetic.sky import draw_sky
from minewatch.synthetic.truth_writer import season_periods
from minewatch.synthetic.world import World, make_world

NORTH = replace(
    PRESETS["mines"], size_px=192, mines=2, swidden_per_km2_year=3.0, landslides_per_km2_year=3.0,
    steepness_deg=28.0,
)  # fmt: skip
SOUTH = replace(NORTH, hemisphere="south", season_shift_months=6)


@pytest.fixture(scope="module")
def south() -> World:
    return make_world(SOUTH)


def months_of(world: World, kind: str, material: str) -> set[int]:
    """Calendar months in which things of a kind turn into a material."""
    events = [e for c in world.confusers if c.kind == kind for p in c.parts for e in p.events]
    return {date.fromordinal(e.day).month for e in events if e.material == material}


def test_fields_slides_paddies_and_the_river_keep_the_calendar_of_the_south(south: World) -> None:
    assert months_of(south, "swidden", "char") <= {9, 10}
    assert months_of(south, "landslide", "landslide") <= {12, 1, 2, 3, 4}
    assert len(months_of(south, "landslide", "landslide")) >= 3
    assert months_of(south, "river_bar", "river_muddy") <= {12, 1}
    assert months_of(make_world(NORTH), "swidden", "char") <= {3, 4}


def test_seasons_and_hemisphere_are_two_things() -> None:
    there = make_world(replace(NORTH, hemisphere="south"))
    assert months_of(there, "swidden", "char") <= {3, 4}
    here = make_world(replace(NORTH, season_shift_months=6))
    assert months_of(here, "swidden", "char") <= {9, 10}


def test_the_truth_has_the_dry_seasons_of_the_south() -> None:
    spec = replace(SOUTH, start=date(2020, 5, 5), end=date(2021, 11, 2))
    assert [str(p) for p in season_periods(spec)] == [
        "2020-05-01/2020-10-31", "2021-05-01/2021-10-31",
    ]  # fmt: skip


def mean_clear(spec: WorldSpec, months: set[int]) -> float:
    shares = [
        draw_sky(spec, spec.random("render", k.index), month=k.day.month, sun=(30.0, 20.0)).is_clear
        for k in plan_overpasses(spec)[::4]
        if k.day.month in months
    ]
    return float(np.mean(shares))


def test_the_sky_is_clear_in_the_southern_winter() -> None:
    spec = replace(SOUTH, size_px=64)
    assert mean_clear(spec, {5, 6, 7}) > 0.45
    assert mean_clear(spec, {12, 1, 2}) < 0.3


def test_leaves_fall_half_a_year_later() -> None:
    plain = [SpectralLibrary(replace(spec, spectra_variation=0.0)) for spec in (NORTH, SOUTH)]
    row = material_index("deciduous")
    assert plain[1].on(74 + 182.625)[row] == pytest.approx(plain[0].on(74)[row])


def test_the_sun_of_the_south_shines_on_slopes_that_fall_to_the_north() -> None:
    terrain = make_terrain(SOUTH)
    zenith, azimuth = sun_position(172, latitude_deg=SOUTH.place.sun_latitude)
    light = terrain.illumination(zenith, azimuth)[2]
    assert azimuth < 60
    assert light[terrain.north > 0.3].mean() > 1.15
    assert light[terrain.north < -0.3].mean() < 0.85


def test_snow_lies_in_the_southern_winter_and_longest_on_southern_slopes() -> None:
    spec = replace(
        SOUTH, size_px=128, base_altitude_m=2450.0, mines=0, river=False, villages=0
    )  # fmt: skip
    world = make_world(spec)

    def snow(day: date) -> np.ndarray:
        image = ground_on(world, day.toordinal(), day.timetuple().tm_yday)
        return np.asarray((image[1] - image[4]) / (image[1] + image[4]) > 0.4)

    july = snow(date(2021, 7, 28))
    assert july.mean() > 0.05
    assert snow(date(2021, 1, 28)).mean() < 0.01
    falls_south = world.terrain.north < 0
    assert july[falls_south].mean() > july[~falls_south].mean()


def test_the_archive_lies_on_open_water_of_the_south_in_its_own_zone(tmp_path: Path) -> None:
    spec = replace(
        SOUTH, size_px=64, mines=0, villages=0, quarries=0, landslides_per_km2_year=0.0,
        swidden_per_km2_year=0.0, revisit_days=20, start=date(2021, 5, 1), end=date(2021, 6, 10),
    )  # fmt: skip
    archive = write_archive(tmp_path / "archive", spec)
    write_elevation(archive)
    area = shapely.from_geojson(archive.aoi.read_text("utf-8"))
    for path in archive.directory.glob("items/*/*.json"):
        item = json.loads(path.read_text("utf-8"))
        assert item["id"].startswith("SIM_")
        assert "_47KSA_" in item["id"]
        assert item["properties"]["proj:epsg"] == 32747
        west, south, east, north = item["bbox"]
        assert 96 < west < east < 97
        assert -20.5 < south < north < -19.5
        with rasterio.open(path.with_name("B04.tif")) as file:
            assert file.crs.to_epsg() == 32747
            assert tuple(file.transform)[:6] == (10.0, 0.0, 250_020.0, 0.0, -10.0, 7_788_020.0)
    heights = next(archive.directory.glob("cop-dem-glo-30/*.tif"))
    with rasterio.open(heights) as file:
        assert file.bounds.bottom < area.bounds[1] < area.bounds[3] < file.bounds.top


@pytest.mark.parametrize("changes", [{"hemisphere": "east"}, {"season_shift_months": 12}])
def test_an_impossible_place_or_season_is_named(changes: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=str(next(iter(changes.values())))):
        replace(NORTH, **changes)  # type: ignore[arg-type]
