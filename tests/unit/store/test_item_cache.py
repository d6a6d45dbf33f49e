"""Items are encoded once, and never outlive what they were encoded from."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely

from minewatch import catalog
from minewatch.model import Scene, SceneList
from minewatch.store.item_cache import ItemCache
from minewatch.store.state_folder import StateFolder


def scene(name: str, **properties: Any) -> Scene:
    return Scene(
        id=name, collection="c", sensor="sentinel-2-l2a", footprint=shapely.box(98, 25, 99, 26),
        acquired=datetime(2021, 3, 4, tzinfo=UTC), assets={},
        item={"id": name, "properties": {"cloud": 12, **properties}},
    )  # fmt: skip


SCENES = SceneList(scenes=(scene("a"), scene("b")), catalog="here", collection="c")


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    """A folder in which the lines of `SCENES` are remembered."""
    state = StateFolder(directory=tmp_path)
    state.write_job({}, SCENES, rules={})
    return state


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the scenes whose lines were encoded anew."""
    item_line, ids = catalog.item_line, list[str]()

    def counted(of: Scene) -> str:
        ids.append(of.id)
        return item_line(of)

    monkeypatch.setattr(catalog, "item_line", counted)
    return ids


def lines_of(state: StateFolder, scenes: SceneList) -> tuple[str, ...]:
    return ItemCache.read(state.item_cache_path, state.scenes_path).encode(scenes).lines


def test_a_scene_that_is_known_is_not_encoded_again(state: StateFolder, encoded: list[str]) -> None:
    more = replace(SCENES, scenes=(scene("c"), *SCENES.scenes))
    lines = lines_of(state, more)
    assert encoded == ["c"]
    assert lines == tuple(catalog.item_line(s) for s in more)


@pytest.mark.parametrize("cloud", [13, 12.0, True, None])
def test_an_item_that_changed_in_the_least_is_encoded_anew(
    state: StateFolder, encoded: list[str], cloud: object
) -> None:
    """A number of another kind is another text, though it is equal."""
    changed = replace(SCENES, scenes=(scene("a", cloud=cloud), scene("b")))
    lines = lines_of(state, changed)
    assert encoded == ["a"]
    assert json.loads(lines[0])["properties"]["cloud"] is cloud or cloud in (13, 12.0)
    assert lines[0] == catalog.item_line(changed.scenes[0])


@pytest.mark.parametrize("harm", ["marks", "line", "list", "rules"])
def test_what_is_damaged_is_encoded_anew(
    state: StateFolder, encoded: list[str], harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = tuple(catalog.item_line(s) for s in SCENES)
    encoded.clear()
    if harm == "marks":
        state.item_cache_path.write_text("[3]")
    elif harm == "line":
        state.scenes_path.write_text(state.scenes_path.read_text().replace("12", "12 ", 1))
    elif harm == "list":
        state.scenes_path.unlink()
    else:
        monkeypatch.setattr("minewatch.store.item_cache.version_of", lambda _: 99)
    assert lines_of(state, SCENES) == expected
    assert encoded == (["a"] if harm == "line" else ["a", "b"])


def test_equal_jobs_leave_equal_bytes_whatever_was_there_before(
    state: StateFolder, tmp_path: Path
) -> None:
    more = replace(SCENES, scenes=(*SCENES.scenes, scene("c")))
    state.write_job({}, more, rules={})
    other = StateFolder(directory=tmp_path / "other")
    other.directory.mkdir()
    other.write_job({}, more, rules={})
    for name in (state.scenes_path.name, state.item_cache_path.name):
        assert (state.directory / name).read_bytes() == (other.directory / name).read_bytes()
