"""Reads that fail: not observed, never "no change", named in the manifest, mended by resume."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio

from minewatch import synthetic
from minewatch.cube import RangeReader
from minewatch.errors import PixelKindError
from minewatch.model import RunResult
from minewatch.pipeline import update

from .conftest import geojson_bytes, run_archive


def assets(archive: synthetic.Archive, band: str) -> list[Path]:
    """Files of one band, in order of time."""
    found = sorted(p for p in archive.directory.rglob("*.tif") if band in p.name.lower())
    assert found
    return found


def damage(path: Path, how: str) -> None:
    """Make a file unreadable in one of the ways that happen."""
    if how == "missing":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(path.read_bytes()[:900])
    else:
        path.write_bytes(b"<html>504 Gateway Time-out</html>")


@pytest.mark.parametrize("how", ["missing", "truncated", "no TIFF"])
def test_a_damaged_asset_is_in_the_manifest_and_resume_reads_it_when_it_is_back(
    broken_archive: synthetic.Archive, small_run: RunResult, tmp_path: Path, how: str
) -> None:
    path = next(
        p for p in assets(broken_archive, "b08") if "202002" in str(p) or "202003" in str(p)
    )
    shutil.copy(path, tmp_path / "good.tif")
    damage(path, how)
    out = tmp_path / "run"
    result = run_archive(broken_archive, out)
    failures = result.manifest["failures"]
    assert {f["scene_id"] for f in failures} == {path.parent.name}
    assert {f["band"] for f in failures} == {"nir"}
    assert all(f["reason"] for f in failures)

    months = {p: p.stat().st_mtime_ns for p in out.rglob("months/*/*.tif")}
    shutil.copy(tmp_path / "good.tif", path)
    mended = run_archive(broken_archive, out, resume=True)
    assert mended.manifest["failures"] == []
    assert geojson_bytes(mended) == geojson_bytes(small_run)
    assert mended.manifest["facts"] == small_run.manifest["facts"]
    reread = {p.stem for p, then in months.items() if p.stat().st_mtime_ns != then}
    assert len(reread) == 1


def test_a_scene_that_cannot_be_opened_at_all_is_one_failure_and_the_rest_is_done(
    broken_archive: synthetic.Archive, tmp_path: Path
) -> None:
    first = assets(broken_archive, "b04")[0].parent
    for path in first.glob("*.tif"):
        path.unlink()
    result = run_archive(broken_archive, tmp_path / "run")
    assert [(f["scene_id"], f["band"]) for f in result.manifest["failures"]] == [(first.name, "*")]
    assert first.name not in {f["scene_id"] for f in result.manifest["facts"]}
    assert len(result.inventory) > 0


def test_a_file_replaced_in_the_middle_is_not_observed_and_resume_reads_its_scene_as_a_whole(
    broken_archive: synthetic.Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = next(p for p in assets(broken_archive, "b08") if "202002" in str(p))
    scene, reads = path.parent.name, list[bool]()
    with rasterio.open(path) as file:
        brighter = {**file.profile, "driver": "COG"}, np.minimum(file.read(1) + 300, 10_000)
        for key in ("tiled", "blockxsize", "blockysize", "interleave"):
            brighter[0].pop(key, None)
    read = RangeReader.read

    def replace_after_two_reads(self, asset, geobox, *, band):
        pixels = read(self, asset, geobox, band=band)
        reads.append(asset.href == str(path) and abs(geobox.resolution.x) == 10)
        if reads[-1] and sum(reads) == 2:  # one for its quality, one of a chunk
            with rasterio.open(path, "w", **brighter[0]) as file:
                file.write(brighter[1], 1)
        return pixels

    monkeypatch.setattr(RangeReader, "read", replace_after_two_reads)
    out = tmp_path / "run"
    keeps_none = RangeReader(cache_bytes=0)
    result = run_archive(broken_archive, out, chunk_px=80, workers=1, reader=keeps_none)
    failures = result.manifest["failures"]
    assert {(f["scene_id"], f["band"]) for f in failures} == {(scene, "nir")}
    assert all("was replaced" in f["reason"] for f in failures)
    assert len(failures) == 3
    monkeypatch.undo()
    mended = run_archive(broken_archive, out, resume=True, chunk_px=80)
    whole = run_archive(broken_archive, tmp_path / "whole", chunk_px=80)
    assert mended.manifest["failures"] == []
    assert mended.manifest["facts"] == whole.manifest["facts"]
    for month in out.rglob("months/*/*.tif"):
        twin = tmp_path / "whole" / month.relative_to(out)
        assert month.read_bytes() == twin.read_bytes(), month


def test_an_archive_of_fractions_is_refused_before_the_run_begins(
    tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    shutil.copytree(tiny_archive.directory, tmp_path / "archive")
    archive = synthetic.Archive(directory=tmp_path / "archive", spec=tiny_archive.spec)
    for path in archive.directory.rglob("*.tif"):
        with rasterio.open(path) as file:
            profile, pixels = file.profile, file.read()
        path.unlink()
        with rasterio.open(path, "w", **{**profile, "dtype": "float32"}) as file:
            file.write(pixels.astype("float32") / 10_000)
    with pytest.raises(PixelKindError, match="holds float32") as caught:
        run_archive(archive, tmp_path / "run")
    assert "gdal_translate" in caught.value.hint
    assert not list((tmp_path / "run").rglob("months/*/*.tif"))


def records_with(out: Path, scene: str) -> list[Path]:
    """Records of frozen months in which near-infrared of a scene was read."""
    found = [
        path
        for path in sorted(out.rglob("months/*/*.json"))
        if "nir=" in json.loads(path.read_text("utf-8"))["versions"].get(scene, "")
    ]
    assert len(found) > 1
    return found


def test_a_file_replaced_between_two_jobs_is_not_observed_and_then_read_as_a_whole(
    broken_archive: synthetic.Archive, tmp_path: Path
) -> None:
    path = next(p for p in assets(broken_archive, "b08") if "202002" in str(p))
    out = tmp_path / "run"
    run_archive(broken_archive, out, chunk_px=80)
    lost = records_with(out, path.parent.name)[-1]
    lost.unlink()  # as if the run had been killed before
    with rasterio.open(path) as file:
        profile, pixels = {**file.profile, "driver": "COG"}, np.minimum(file.read(1) + 300, 10_000)
    for key in ("tiled", "blockxsize", "blockysize", "interleave"):
        profile.pop(key, None)
    with rasterio.open(path, "w", **profile) as file:
        file.write(pixels, 1)
    resumed = run_archive(broken_archive, out, resume=True, chunk_px=80)
    failures = resumed.manifest["failures"]
    assert {(f["scene_id"], f["band"]) for f in failures} == {(path.parent.name, "nir")}
    assert {f["chunk"] for f in failures} == {lost.parent.name}
    assert all("was replaced" in f["reason"] for f in failures)
    mended = run_archive(broken_archive, out, resume=True, chunk_px=80)
    whole = run_archive(broken_archive, tmp_path / "whole", chunk_px=80)
    assert mended.manifest["failures"] == []
    assert geojson_bytes(mended) == geojson_bytes(whole)
    for month in out.rglob("months/*/*.tif"):
        twin = tmp_path / "whole" / month.relative_to(out)
        assert month.read_bytes() == twin.read_bytes(), month


def test_workers_that_met_different_versions_are_told_and_the_scene_is_read_again(
    broken_archive: synthetic.Archive, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    whole = run_archive(broken_archive, out, chunk_px=80)
    path = next(p for p in assets(broken_archive, "b08") if "202002" in str(p))
    scene = path.parent.name
    record = records_with(out, scene)[-1]
    held = json.loads(record.read_text("utf-8"))
    versions = held["versions"]
    versions[scene] = re.sub("nir=.", "nir=x", versions[scene])  # as another worker met it
    record.write_text(json.dumps(held))
    other = update(out, end=broken_archive.spec.end, period="month")
    assert other.manifest["failures"] == []
    assert "nir=x" not in record.read_text("utf-8")
    record.write_text(json.dumps(held | {"key": json.loads(record.read_text("utf-8"))["key"]}))
    told = update(out, period="dry-season")
    assert [(f["scene_id"], f["band"]) for f in told.manifest["failures"]] == [(scene, "nir")]
    assert geojson_bytes(told) == geojson_bytes(whole)
