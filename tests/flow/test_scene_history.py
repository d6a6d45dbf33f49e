"""Scenes that come late, are processed anew or withdrawn: taken up, and named."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from minewatch import synthetic
from minewatch.catalog import read_scene_list
from minewatch.model import RunResult, Scene, SceneList
from minewatch.pipeline import update
from minewatch.store import read_log
from minewatch.store.job_log import GONE

from .conftest import TINY, all_bytes, run_archive


@pytest.fixture(scope="module")
def whole(tiny_archive: synthetic.Archive, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return run_archive(tiny_archive, tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture(scope="module")
def scenes(whole: RunResult) -> SceneList:
    return read_scene_list(whole.directory / "scenes.json")


def without(scenes: SceneList, *left_out: Scene) -> SceneList:
    return replace(scenes, scenes=tuple(s for s in scenes if s not in left_out))


def processed_anew(scene: Scene) -> Scene:
    """The same pass in a newer baseline, as a catalogue would hold it."""
    name = f"{scene.id}_anew"
    item = json.loads(json.dumps(scene.item))
    item["id"] = name
    item["properties"]["s2:processing_baseline"] = "09.99"
    return replace(scene, id=name, baseline="09.99", item=item)


def months_on_disk(out: Path) -> dict[str, int]:
    return {f"{p.parent.name} {p.stem}": p.stat().st_mtime_ns for p in out.rglob("months/*/*.tif")}


Before = Callable[[SceneList], SceneList]
STORIES: Mapping[str, tuple[Before, str]] = {
    "late": (lambda s: without(s, s.scenes[4]), "came late"),
    "reprocessed": (
        lambda s: replace(
            s, scenes=(*s.scenes[:4], processed_anew(s.scenes[4]), *s.scenes[5:])
        ),
        "processed anew",
    ),
    "withdrawn": (
        lambda s: replace(s, scenes=(*s.scenes, processed_anew(moved(s.scenes[4])))),
        "withdrawn",
    ),
}  # fmt: skip


def moved(scene: Scene) -> Scene:
    """A scene of another pass on the same ground, some hours later."""
    stamp = scene.acquired.replace(hour=scene.acquired.hour + 3)
    item = json.loads(json.dumps(scene.item))
    item["properties"]["datetime"] = stamp.isoformat()
    item["properties"]["s2:datatake_id"] = "another"
    return replace(scene, acquired=stamp, datatake="another", item=item)


@pytest.mark.parametrize("story", STORIES)
def test_what_the_catalogue_holds_now_counts_whatever_it_held_before(
    tiny_archive: synthetic.Archive, whole: RunResult, scenes: SceneList, tmp_path: Path, story: str
) -> None:
    before, words = STORIES[story]
    out = tmp_path / "run"
    run_archive(tiny_archive, out, scenes=before(scenes))
    months = months_on_disk(out)
    result = update(out, end=TINY.end)
    assert all_bytes(result) == all_bytes(whole)
    entry = read_log(out)[-1]
    assert any(words in sentence for sentence in entry.words())
    now = months_on_disk(out)
    assert {m.split()[1] for m in now if now[m] != months.get(m)} == {
        f"{scenes.scenes[4].day:%Y-%m}"
    }


def test_the_log_names_the_scenes(
    tiny_archive: synthetic.Archive, scenes: SceneList, tmp_path: Path
) -> None:
    late, old, gone = scenes.scenes[2], scenes.scenes[5], scenes.scenes[7]
    out = tmp_path / "run"
    run_archive(tiny_archive, out, scenes=without(scenes, late))
    anew = processed_anew(old)
    now = [anew if s == old else s for s in scenes if s != gone]
    update(out, end=TINY.end, scenes=replace(scenes, scenes=tuple(now)))
    changes = read_log(out)[-1].changes
    assert changes.new == ()
    assert changes.late == (late.id,)
    assert changes.reprocessed == {old.id: anew.id}
    assert changes.withdrawn == {gone.id: GONE}


def test_a_scene_replaced_in_place_is_looked_over_and_read_again(
    tiny_archive: synthetic.Archive, whole: RunResult, scenes: SceneList, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    run_archive(tiny_archive, out)
    old = scenes.scenes[5]
    item = json.loads(json.dumps(old.item))
    item["properties"]["s2:generation_time"] = "2026-01-01T00:00:00Z"
    anew = replace(old, item=item, made="20260101000000")
    now = replace(scenes, scenes=tuple(anew if s == old else s for s in scenes))
    result = update(out, end=TINY.end, scenes=now)
    entry = read_log(out)[-1]
    assert entry.changes.reprocessed == {old.id: old.id}
    assert entry.months_read > 0
    assert all_bytes(result)["inventory.geojson"] == all_bytes(whole)["inventory.geojson"]


def test_an_update_with_nothing_new_reads_nothing_and_leaves_the_same_bytes(
    tiny_archive: synthetic.Archive, whole: RunResult, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    run_archive(tiny_archive, out)
    result = update(out, end=TINY.end, reader=NoReader())
    assert all_bytes(result) == all_bytes(whole)
    entry = read_log(out)[-1]
    assert entry.months_read == 0
    assert not entry.changes


class NoReader:
    """Imagery that must not be touched."""

    def read(self, asset: object, geobox: object, *, band: str) -> object:
        raise AssertionError(f"{band} of {asset} was read")
