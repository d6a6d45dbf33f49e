"""What every exporter promises, present and future."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pmtiles.reader import MemorySource, Reader, all_tiles

from minewatch.errors import OutputError
from minewatch.exporters import EXPORTERS, LAYERS, DatabaseExporter, LayerExporter, layers_of
from minewatch.model import RunResult

FORMATS = [name for name in sorted(EXPORTERS) if not isinstance(EXPORTERS[name], DatabaseExporter)]
NAMES = re.compile(
    rb"simulated[- _](valley|group|archive|[a-d]{4})|simulated; no real place", re.IGNORECASE
)
"""Names that the run of the tests has: they are no statement about it."""


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def content(path: Path) -> bytes:
    """All that a file says, unpacked."""
    if path.suffix == ".pmtiles":
        return tiles(path)
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return repr((table.schema.metadata, table.to_pydict())).encode()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    return path.read_bytes()


def tiles(path: Path) -> bytes:
    reader = Reader(MemorySource(path.read_bytes()))
    unpacked = (gzip.decompress(tile) for _, tile in all_tiles(reader.get_bytes))
    return json.dumps(reader.metadata()).encode() + b"".join(unpacked)


@pytest.mark.parametrize("name", FORMATS)
def test_it_returns_what_it_wrote_and_leaves_nothing_else(
    name: str, simulated_run: RunResult, tmp_path: Path
) -> None:
    written = EXPORTERS[name](simulated_run, tmp_path / "out")
    assert written
    assert sorted(written) == sorted(p for p in (tmp_path / "out").rglob("*") if p.is_file())


@pytest.mark.parametrize("name", FORMATS)
def test_equal_runs_give_equal_bytes(name: str, simulated_run: RunResult, tmp_path: Path) -> None:
    for out in (tmp_path / "one", tmp_path / "two"):
        EXPORTERS[name](simulated_run, out)
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")


@pytest.mark.parametrize("name", FORMATS)
def test_writing_again_replaces(name: str, simulated_run: RunResult, tmp_path: Path) -> None:
    EXPORTERS[name](simulated_run, tmp_path)
    once = hashes(tmp_path)
    EXPORTERS[name](simulated_run, tmp_path)
    assert hashes(tmp_path) == once


@pytest.mark.parametrize("name", FORMATS)
def test_it_leaves_the_run_as_it_was(name: str, simulated_run: RunResult, tmp_path: Path) -> None:
    before = hashes(simulated_run.directory)
    EXPORTERS[name](simulated_run, tmp_path)
    assert hashes(simulated_run.directory) == before


@pytest.mark.parametrize("name", FORMATS)
def test_a_simulated_run_says_so_in_every_file(
    name: str, simulated_run: RunResult, tmp_path: Path
) -> None:
    as_real = replace(simulated_run, manifest={**simulated_run.manifest, "simulated": False})
    EXPORTERS[name](as_real, tmp_path / "real")
    for path in EXPORTERS[name](simulated_run, tmp_path / "simulated"):
        assert b"simulated" in NAMES.sub(b"", content(path)).lower(), path.name
        twin = tmp_path / "real" / path.relative_to(tmp_path / "simulated")
        copied = simulated_run.directory / path.relative_to(tmp_path / "simulated")
        is_copy = copied.is_file() and content(copied) == content(path)
        assert is_copy or content(path) != content(twin), path.name


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_that_found_nothing_is_written_too(
    name: str, empty_run: RunResult, tmp_path: Path
) -> None:
    assert all(path.stat().st_size for path in EXPORTERS[name](empty_run, tmp_path))


@pytest.mark.parametrize("name", FORMATS)
def test_no_path_of_this_machine_is_written(
    name: str, simulated_run: RunResult, tmp_path: Path
) -> None:
    for path in EXPORTERS[name](simulated_run, tmp_path):
        for place in (tmp_path, simulated_run.directory, Path.home()):
            assert str(place).encode() not in content(path), path.name


@pytest.mark.parametrize("name", FORMATS)
def test_a_folder_that_cannot_be_written_is_an_error_for_people(
    name: str, simulated_run: RunResult, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError) as caught:
        EXPORTERS[name](simulated_run, tmp_path / "file" / "out")
    assert str(tmp_path / "file") in caught.value.problem
    assert caught.value.hint


LAYER_FORMATS = [name for name in FORMATS if isinstance(EXPORTERS[name], LayerExporter)]


@pytest.mark.parametrize("name", LAYER_FORMATS)
def test_layers_that_were_left_out_leave_no_trace(
    name: str, simulated_run: RunResult, tmp_path: Path
) -> None:
    whole = layers_of(simulated_run)
    few = replace(
        whole,
        layers={"sites": replace(whole.layers["sites"], table=whole.layers["sites"].table[:1])},
        area=None, name="Somewhere", source="", attribution="",
    )  # fmt: skip
    exporter = EXPORTERS[name]
    assert isinstance(exporter, LayerExporter)
    for path in exporter.write_layers(few, tmp_path):
        written = content(path)
        for word in (b"simulated-bbbb", b"SIM_20211220", b"swidden", b"Simulated valley"):
            assert word not in written, (path.name, word)
        assert simulated_run.manifest["outputs"]["inventory.geojson"].encode() not in written


def test_the_geojson_of_a_run_is_the_bytes_that_it_left(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    written = EXPORTERS["geojson"](simulated_run, tmp_path)
    assert [path.name for path in written] == [layer.filename for layer in LAYERS.values()]
    for path in written:
        assert path.read_bytes() == (simulated_run.directory / path.name).read_bytes()
