"""Exports that replace nothing of somebody else, and products that say they are of an older run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from minewatch.analysis import export, report, stale_products
from minewatch.errors import OutputError
from minewatch.exporters import read_manifest, write_manifest
from minewatch.model import RunResult


@pytest.fixture
def folder(tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]) -> Path:
    return write_simulated_run(tmp_path / "run").directory


@pytest.mark.parametrize("format", ["csv", "qgis"])
def test_an_export_is_replaced_by_the_next_one_and_leaves_other_files_alone(
    folder: Path, format: str
) -> None:
    export(folder, format=format)
    mine = folder / "export" / "my-project.qgz"
    mine.write_bytes(b"a user's")
    written = export(folder, format=format)
    assert written
    assert all((folder / "export") in path.parents and path.exists() for path in written)
    assert mine.read_bytes() == b"a user's"
    assert not list(folder.glob(".export-*"))


@pytest.mark.parametrize("is_foreign", [True, False])
def test_a_file_that_somebody_made_or_changed_is_refused_by_name_and_nothing_is_replaced(
    folder: Path, is_foreign: bool
) -> None:
    out = folder / "export"
    first = export(folder, format="csv", out=folder / "other" if is_foreign else None)[0].name
    out.mkdir(exist_ok=True)
    (out / first).write_bytes(b"by hand")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(OutputError, match=first) as caught:
        export(folder, format="csv")
    assert "--out" in caught.value.hint
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_what_was_made_from_an_earlier_inventory_is_named(folder: Path) -> None:
    report(folder)
    written = export(folder, format="csv")
    (folder / "export" / "notes.txt").write_text("a user's")
    assert stale_products(folder) == []
    manifest = dict(read_manifest(folder))
    manifest["outputs"] = {**manifest["outputs"], "inventory.geojson": "0" * 64}
    write_manifest(manifest, folder / "manifest.json")
    expected = {"report.html", *(path.relative_to(folder).as_posix() for path in written)}
    assert set(stale_products(folder)) == expected
