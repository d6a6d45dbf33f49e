from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from minewatch.errors import ContractError, OutputError
from minewatch.exporters import (
    LAYERS,
    hash_outputs,
    open_result,
    read_aoi_snapshot,
    write_aoi,
    write_manifest,
)
from minewatch.model import RunResult, check_columns


def test_a_run_opens_with_tables_that_keep_their_contracts(simulated_run: RunResult) -> None:
    for name, layer in LAYERS.items():
        check_columns(layer.table(simulated_run), layer.contract, name=name, epsg=4326)
    assert simulated_run.simulated
    assert simulated_run.aoi.id == "simulated-valley"
    assert "rgb_after" in simulated_run.rasters
    assert all(path.is_file() for path in simulated_run.rasters.values())


def test_a_run_that_found_nothing_opens_too(empty_run: RunResult) -> None:
    for name, layer in LAYERS.items():
        assert len(layer.table(empty_run)) == 0
        check_columns(layer.table(empty_run), layer.contract, name=name, epsg=4326)


def test_a_folder_that_is_no_run_is_an_error_for_people(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "not-there"):
        with pytest.raises(OutputError, match="holds no finished run") as caught:
            open_result(folder)
        assert "--out" in caught.value.hint


@pytest.mark.parametrize("name", ["inventory.geojson", "rasters/score.tif"])
def test_a_damaged_file_is_named(
    name: str, tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]
) -> None:
    write_simulated_run(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    with pytest.raises(OutputError, match="damaged") as caught:
        open_result(tmp_path)
    assert str(path) in caught.value.problem
    assert open_result(tmp_path, verify=False).aoi.id == "simulated-valley"
    path.unlink()
    with pytest.raises(OutputError, match="missing"):
        open_result(tmp_path)


def test_a_table_is_read_when_it_is_asked_for(
    tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]
) -> None:
    write_simulated_run(tmp_path)
    result = open_result(tmp_path)
    path = tmp_path / "changes.geojson"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b" ")
    assert len(result.sites) == result.manifest["rows"]["sites"]
    with pytest.raises(OutputError, match="damaged"):
        _ = result.changes
    with pytest.raises(OutputError, match="damaged"):
        result.read_rows("changes")
    path.write_bytes(whole)
    assert result.changes is result.changes


def test_the_area_is_read_when_it_is_asked_for(
    tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]
) -> None:
    named = write_simulated_run(tmp_path).aoi
    result = open_result(tmp_path)
    assert result.aoi is result.aoi
    assert result.name == named.name
    (tmp_path / "state" / "aoi.geojson").write_text("{}")
    damaged = open_result(tmp_path)
    assert len(damaged.sites) == result.manifest["rows"]["sites"]
    with pytest.raises(OutputError, match="no area written by minewatch"):
        _ = damaged.aoi


def test_tables_of_one_result_are_of_one_run(
    tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]
) -> None:
    write_simulated_run(tmp_path)
    result = open_result(tmp_path)
    later = {**result.manifest, "outputs": {**result.manifest["outputs"]}}
    path = tmp_path / "sites.geojson"
    path.write_bytes(path.read_bytes() + b" ")
    later["outputs"]["sites.geojson"] = hash_outputs(tmp_path, [path])["sites.geojson"]
    write_manifest(later, tmp_path / "manifest.json")
    with pytest.raises(OutputError, match="carried on since") as caught:
        _ = result.sites
    assert "open it again" in caught.value.hint
    assert len(open_result(tmp_path).sites) == later["rows"]["sites"]


def test_a_table_that_no_manifest_speaks_of_is_not_read(
    tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]
) -> None:
    manifest = write_simulated_run(tmp_path).manifest
    outputs = {n: v for n, v in manifest["outputs"].items() if n != "sites.geojson"}
    write_manifest({**manifest, "outputs": outputs}, tmp_path / "manifest.json")
    with pytest.raises(OutputError, match=r"sites\.geojson"):
        _ = open_result(tmp_path).sites


def test_a_run_with_other_tables_reads_the_rest_as_before(simulated_run: RunResult) -> None:
    none = simulated_run.sites.iloc[:0]
    other = simulated_run.with_tables(sites=none).with_tables(changes=none)
    assert len(other.sites) == len(other.changes) == 0
    assert other.inventory.equals(simulated_run.inventory)
    assert other.read_rows("sites") == []
    assert other.read_rows("inventory") == simulated_run.read_rows("inventory")
    assert len(simulated_run.sites) == simulated_run.manifest["rows"]["sites"] > 0
    with pytest.raises(ContractError, match="unknown table 'site'") as caught:
        simulated_run.with_tables(site=none)
    assert all(name in caught.value.problem for name in LAYERS)


def test_rows_of_a_table_that_was_given_are_as_if_read(simulated_run: RunResult) -> None:
    for name in LAYERS:
        given = simulated_run.with_tables(**{name: getattr(simulated_run, name)})
        assert given.read_rows(name) == simulated_run.read_rows(name)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"outputs": 3}'])
def test_a_damaged_manifest_is_an_error_for_people(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(OutputError, match="damaged"):
        open_result(tmp_path)


def test_a_manifest_is_the_same_whatever_the_order_of_its_keys(tmp_path: Path) -> None:
    one = write_manifest({"b": 1, "a": {"d": "é", "c": None}}, tmp_path / "1.json")
    two = write_manifest({"a": {"c": None, "d": "é"}, "b": 1}, tmp_path / "2.json")
    assert one.read_bytes() == two.read_bytes()
    assert json.loads(one.read_text("utf-8")) == {"a": {"c": None, "d": "é"}, "b": 1}


def test_equal_runs_leave_equal_bytes(
    tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]
) -> None:
    one, two = (write_simulated_run(tmp_path / n) for n in "ab")
    assert one.manifest == two.manifest
    assert one.manifest["outputs"]


def test_an_area_comes_back_as_it_went(simulated_run: RunResult, tmp_path: Path) -> None:
    aoi = simulated_run.aoi
    back = read_aoi_snapshot(write_aoi(aoi, tmp_path / "aoi.geojson"))
    assert replace(back, geometry=aoi.geometry) == aoi
    assert back.sha256 == aoi.sha256
    assert back.control[0].start == aoi.control[0].start


def test_a_damaged_area_is_an_error_for_people(tmp_path: Path) -> None:
    path = tmp_path / "aoi.geojson"
    with pytest.raises(OutputError, match="missing"):
        read_aoi_snapshot(path)
    path.write_text('{"features": []}')
    with pytest.raises(OutputError, match="no area"):
        read_aoi_snapshot(path)
