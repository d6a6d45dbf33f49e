"""Frozen months: written whole, found again, refused when damaged or foreign."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from minewatch.errors import StateError
from minewatch.model import Asset, Chunk, Period, ReadFailure, Scene, SceneList, SceneQuality
from minewatch.store.keys import MonthKeys, hash_values
from minewatch.store.month_files import (
    MonthRecord,
    month_path,
    read_months,
    read_record,
    remove_month,
    write_month,
)
from minewatch.store.state_folder import StateFolder, locked

MARCH = Period(date(2021, 3, 1), date(2021, 3, 31))
APRIL = Period(date(2021, 4, 1), date(2021, 4, 30))
GEOBOX = GeoBox.from_bbox((700_000, 2_800_000, 700_080, 2_800_060), "EPSG:32647", resolution=10)
CHUNK = Chunk(row=0, col=512, geobox=GEOBOX)
BANDS = ("blue", "green", "red", "nir")
NAMES = (*BANDS, "clear_looks", "disturbed_looks", "last_undisturbed_day", "disturbed_since_day")
RECORD = MonthRecord(key="k", overpasses=1, failures=())
FAILURE = ReadFailure(scene_id="S", band="red", chunk=CHUNK.name, reason="404")


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    state = StateFolder(directory=tmp_path / "state")
    state.directory.mkdir()
    return state


def month_cube(seed: int = 1) -> xr.Dataset:
    values = np.random.default_rng(seed).integers(0, 9000, (len(NAMES), 1, *GEOBOX.shape))
    return xr.Dataset(
        {n: (("time", "y", "x"), v.astype("uint16")) for n, v in zip(NAMES, values, strict=True)}
    )


def scene(name: str = "S", href: str = "https://example.org/S.tif") -> Scene:
    return Scene(
        id=name, collection="c", sensor="sentinel-2-l2a", footprint=shapely.box(98, 25, 99, 26),
        acquired=datetime(2021, 3, 4, tzinfo=UTC), assets={"red": Asset(href=href)},
    )  # fmt: skip


def quality(name: str = "S", offset_dn: int = 0) -> SceneQuality:
    return SceneQuality(
        scene_id=name, scale=1e-4, offset_dn=offset_dn, offset_source="flag",
        offset_metadata_dn=0, dark_vegetation_dn=None, clear_fraction=0.5,
    )  # fmt: skip


def test_a_month_comes_back_as_it_was_frozen(state: StateFolder) -> None:
    cube, record = (
        month_cube(),
        MonthRecord(key="k", overpasses=3, failures=(FAILURE,), bytes_read=9),
    )
    written = write_month(state, CHUNK, MARCH, cube, record)
    again = read_months(state, CHUNK, [MARCH, APRIL], BANDS)
    for name in NAMES:
        assert np.array_equal(again[name][0], cube[name][0]), name
        assert not again[name][1].any()
    assert written == replace(record, crc32=written.crc32)
    assert read_record(state, CHUNK, MARCH) == written
    assert read_record(state, CHUNK, APRIL) is None


def test_only_the_bands_that_are_asked_for_are_read(state: StateFolder) -> None:
    cube = month_cube()
    write_month(state, CHUNK, MARCH, cube, RECORD)
    again = read_months(state, CHUNK, [MARCH], ("red", "nir"))
    assert "blue" not in again
    assert np.array_equal(again["red"][0], cube["red"][0])


def test_a_damaged_month_counts_as_absent(state: StateFolder) -> None:
    write_month(state, CHUNK, MARCH, month_cube(), RECORD)
    path = month_path(state, CHUNK, MARCH)
    path.write_bytes(path.read_bytes()[:40])
    assert read_record(state, CHUNK, MARCH) is None


def test_a_month_without_its_record_is_read_again(state: StateFolder) -> None:
    write_month(state, CHUNK, MARCH, month_cube(), RECORD)
    month_path(state, CHUNK, MARCH).with_suffix(".json").unlink()
    assert read_record(state, CHUNK, MARCH) is None


def test_a_month_that_is_removed_leaves_nothing(state: StateFolder) -> None:
    write_month(state, CHUNK, MARCH, month_cube(), RECORD)
    remove_month(state, CHUNK, MARCH)
    assert list(month_path(state, CHUNK, MARCH).parent.iterdir()) == []
    remove_month(state, CHUNK, MARCH)


def test_a_month_whose_pixels_are_not_those_that_were_frozen_is_refused_by_name(
    state: StateFolder,
) -> None:
    write_month(state, CHUNK, MARCH, month_cube(), RECORD)
    path = month_path(state, CHUNK, MARCH)
    with rasterio.open(path, "r+") as file:
        band = file.read(3)
        band[2, 4] ^= 1
        file.write(band, 3)
    with pytest.raises(StateError, match=r"2021-03\.tif is damaged") as caught:
        read_months(state, CHUNK, [MARCH], BANDS)
    assert "--resume" in caught.value.hint


def test_other_pixels_of_the_same_scenes_are_other_content(state: StateFolder) -> None:
    first = write_month(state, CHUNK, MARCH, month_cube(1), RECORD)
    second = write_month(state, CHUNK, MARCH, month_cube(2), RECORD)
    assert first.key == second.key
    assert first.content != second.content


def month_key(
    scenes: list[Scene],
    known: dict[str, SceneQuality],
    bands: tuple[str, ...],
    chunk: Chunk,
    rules: str = "3-abc",
) -> str:
    keys = MonthKeys(scenes=scenes, quality=known, bands=bands, chunks=[chunk], rules=rules)
    return keys.of(scenes, chunk)


def test_keys_are_those_of_the_folders_there_are() -> None:
    """Else every month of every run would be read again."""
    rows = [[scene().key, 0.0001, 0, [0.0, 0.0]]]
    ground = [str(GEOBOX.crs), list(GEOBOX.transform[:6]), list(GEOBOX.shape)]
    expected = hash_values(["3-abc", rows, list(BANDS), ground])
    assert month_key([scene()], {"S": quality()}, BANDS, CHUNK) == expected


def test_the_key_knows_everything_that_decides_the_pixels() -> None:
    base = month_key([scene()], {"S": quality()}, BANDS, CHUNK)
    assert base == month_key([scene()], {"S": quality()}, BANDS, CHUNK)
    others = [
        month_key([scene(), scene("T")], {"S": quality(), "T": quality("T")}, BANDS, CHUNK),
        month_key([scene(href="https://example.org/new.tif")], {"S": quality()}, BANDS, CHUNK),
        month_key([scene()], {"S": quality(offset_dn=-1000)}, BANDS, CHUNK),
        month_key([scene()], {"S": replace(quality(), shift_xy_m=(3.0, 0.0))}, BANDS, CHUNK),
        month_key([scene()], {"S": quality()}, BANDS[:3], CHUNK),
        month_key([scene()], {"S": quality()}, BANDS, replace(CHUNK, geobox=GEOBOX.pad(1))),
        month_key([scene()], {"S": quality()}, BANDS, CHUNK, rules="4-abc"),
    ]
    assert len({base, *others}) == len(others) + 1


def test_the_key_does_not_know_the_order_of_scenes() -> None:
    known = {"S": quality(), "T": quality("T")}
    assert month_key([scene(), scene("T")], known, BANDS, CHUNK) == month_key(
        [scene("T"), scene()], known, BANDS, CHUNK
    )


def test_a_scene_processed_anew_under_its_old_name_has_another_key() -> None:
    changed = [
        replace(scene(), baseline="05.10"),
        replace(scene(), boa_offset_applied=True),
        replace(scene(), made="20240101000000"),
        replace(scene(), assets={"red": Asset(href="https://example.org/S.tif", offset=-0.1)}),
    ]
    assert len({s.key for s in (scene(), *changed)}) == len(changed) + 1


def test_quality_comes_back_for_the_scenes_it_was_found_from(state: StateFolder) -> None:
    known = replace(quality(), notes=("no flag",), shift_xy_m=(1.5, -2.0))
    state.write_scene_quality({"S": known}, {"S": "key"}, rules="1-ab")
    assert state.scene_quality_rules() == {"S": "1-ab"}
    assert state.read_scene_quality({"S": "key"}) == {"S": known}
    assert state.read_scene_quality({"S": "other"}) == {}
    (state.directory / "scene_quality.json").write_text("[{")
    assert state.read_scene_quality({"S": "key"}) == {}
    assert state.scene_quality_rules() == {}


def scene_list(*scenes: Scene) -> SceneList:
    return SceneList(scenes=scenes, catalog="c", collection="c")


def test_a_job_is_remembered_with_its_scenes_in_one_step(state: StateFolder) -> None:
    state.write_job({"aoi": "x"}, scene_list(), rules={"months": "3"})
    assert state.read_parameters() == {"aoi": "x"}
    assert state.read_rule_versions() == {"months": "3"}
    assert len(state.read_scenes()) == 0
    state.write_job({"aoi": "y"}, SceneList(scenes=(), catalog="other", collection="c"), rules={})
    assert state.read_parameters() == {"aoi": "y"}
    assert state.read_scenes().catalog == "other"
    assert len(list(state.directory.glob("scenes-*"))) == 1


@pytest.mark.parametrize(("name", "version"), [("layout_version", 99), ("state_version", 2)])
def test_state_of_another_layout_is_refused_by_number(
    state: StateFolder, name: str, version: int
) -> None:
    state.write_job({"aoi": "x"}, scene_list(), rules={"months": "3"})
    body = json.loads(state.parameters_path.read_text())
    del body["layout_version"]
    state.parameters_path.write_text(json.dumps({**body, name: version}))
    with pytest.raises(StateError, match=f"layout {version}, this minewatch reads 3") as caught:
        state.read_parameters()
    assert ("minewatch run --aoi" in caught.value.hint) == (version == 2)


@pytest.mark.parametrize("content", ["{", "[]", '{"aoi": "x"}', '{"layout_version": 3}'])
def test_a_damaged_job_is_said_to_be_one(state: StateFolder, content: str) -> None:
    state.parameters_path.write_text(content)
    with pytest.raises(StateError, match="damaged"):
        state.read_scenes()


def test_the_lock_names_its_holder_and_ends_with_it(state: StateFolder) -> None:
    with (
        locked(state.directory),
        pytest.raises(StateError, match=str(os.getpid())),
        locked(state.directory),
    ):
        pytest.fail("two hold one folder")
    with locked(state.directory):
        pass


def test_measured_ends_come_back_from_the_file(state: StateFolder) -> None:
    ends = {"red": (180.0, 300.0), "nir": (2100.0, 3000.0), "swir22": (500.0, 900.0)}
    known = replace(quality(), ends_dn=ends, unread=("nir",))
    state.write_scene_quality({"S": known}, {"S": "key"}, rules="2-ab")
    assert state.read_scene_quality({"S": "key"}) == {"S": known}
