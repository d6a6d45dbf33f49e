"""`scenes.json` is exact, deterministic, atomic, free of secrets, and readable by others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pystac
import pytest

from minewatch.catalog import (
    find_scenes,
    item_line,
    item_lines,
    read_scene_list,
    write_scene_list,
)
from minewatch.errors import CatalogError, NoScenesError, OutputError
from minewatch.model import AreaOfInterest, Period, SceneList

CANARY = "cAnArY0123456789"
SIGNED = f"?sv=2021&se=2027-01-01&sig={CANARY}"
Item = dict[str, Any]
Make = Callable[..., Item]
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))


@pytest.fixture
def found(
    aoi: AreaOfInterest, item: Make, static: Callable[..., Path], tmp_path: Path
) -> SceneList:
    """A list of two scenes, one dropped, with a note; every address in the catalogue signed."""
    items = [
        item("a", boa=None),
        item("b", day="2023-01-10", cloud=None, **{"proj:epsg": None}),
        item("c", day="2023-01-11", cloud=99.0),
    ]
    for each in items:
        each["links"] = [{"rel": "self", "href": f"https://h/{each['id']}{SIGNED}"}]
        each["properties"]["preview"] = f"https://h/p.png{SIGNED}"
        for asset in each["assets"].values():
            asset["href"] += SIGNED
    return find_scenes(aoi, YEAR, catalog=str(static(tmp_path / "archive", items)))


def test_what_is_read_is_exactly_what_was_written(found: SceneList, tmp_path: Path) -> None:
    path = tmp_path / "scenes.json"
    write_scene_list(found, path)
    read = read_scene_list(path)
    assert read == found
    assert [s.item for s in read] == [s.item for s in found]
    assert read.sha256 == found.sha256
    assert read.dropped
    assert read.notes


def test_scenes_at_hand_are_not_read_again_unless_their_items_differ(
    found: SceneList, tmp_path: Path
) -> None:
    path = tmp_path / "scenes.json"
    write_scene_list(found, path)
    first, second = found.scenes
    other = replace(second, baseline="99.99", item={**second.item, "bbox": [0, 0, 1, 1]})
    assert item_lines(path) == [item_line(first), item_line(second)]
    for scenes in ((first, other), (other, second), (first, second), (other,)):
        read = read_scene_list(path, known={item_line(scene): scene for scene in scenes})
        assert read == found
        assert [s is f for s, f in zip(read, found, strict=True)] == [f in scenes for f in found]
    assert item_lines(tmp_path / "none.json") == []


def test_lines_at_hand_are_written_as_they_are(found: SceneList, tmp_path: Path) -> None:
    one, two = tmp_path / "a.json", tmp_path / "b.json"
    write_scene_list(found, one)
    write_scene_list(found, two, lines=item_lines(one))
    assert one.read_bytes() == two.read_bytes()


def test_each_item_stands_on_a_line(found: SceneList, tmp_path: Path) -> None:
    path = tmp_path / "scenes.json"
    write_scene_list(found, path)
    lines = [line.rstrip(",") for line in path.read_text("utf-8").splitlines()]
    told = [json.loads(line) for line in lines if line.startswith('{"assets"')]
    assert told == [scene.item for scene in found]


def test_equal_lists_give_equal_bytes(found: SceneList, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.json", "deep/b.json", "a.json")]
    for path in paths:
        write_scene_list(found, path)
    write_scene_list(read_scene_list(paths[0]), tmp_path / "c.json")
    texts = {p.read_bytes() for p in (*paths, tmp_path / "c.json")}
    assert len(texts) == 1


def test_the_order_of_members_in_a_catalogue_changes_no_byte(
    aoi: AreaOfInterest, item: Make, static: Callable[..., Path], tmp_path: Path
) -> None:
    made = item("a")
    turned = dict(reversed(made.items())) | {
        "properties": dict(reversed(made["properties"].items())),
        "assets": dict(reversed(made["assets"].items())),
    }
    texts = []
    for each in (made, turned):
        found = find_scenes(aoi, YEAR, catalog=str(static(tmp_path / "archive", [each])))
        write_scene_list(found, tmp_path / "scenes.json")
        texts.append((tmp_path / "scenes.json").read_bytes())
    assert texts[0] == texts[1]


def test_no_secret_is_written(found: SceneList, tmp_path: Path) -> None:
    path = tmp_path / "scenes.json"
    leaky = replace(
        found,
        catalog=f"https://h/stac{SIGNED}",
        notes=(f"GET https://h/{SIGNED} failed",),
        dropped={f"https://h/x.json{SIGNED}": f"token={CANARY}"},
    )
    write_scene_list(leaky, path)
    assert CANARY not in path.read_text()
    assert CANARY not in repr(found)


def test_it_is_an_item_collection_to_other_tools(found: SceneList, tmp_path: Path) -> None:
    path = tmp_path / "scenes.json"
    write_scene_list(found, path)
    items = pystac.ItemCollection.from_file(str(path)).items
    assert [item.id for item in items] == ["a", "b"]
    assert items[0].assets["blue"].href == "https://pixels.example/a/B02.tif"


def test_an_item_collection_of_other_tools_is_read(item: Make, tmp_path: Path) -> None:
    features = [item("b", day="2023-02-01"), item("a"), item("old", baseline="02.14")]
    features += [item("broken") | {"geometry": None, "bbox": None}]
    features[0]["assets"]["blue"]["href"] += SIGNED
    foreign = pystac.ItemCollection([pystac.Item.from_dict(f) for f in features[:3]]).to_dict()
    foreign["features"].append(features[3])
    path = tmp_path / "foreign.json"
    path.write_text(json.dumps(foreign))
    read = read_scene_list(path)
    assert [s.id for s in read] == ["a", "b"]
    assert read.scenes[1].assets["blue"].href == "https://pixels.example/b/B02.tif"
    assert set(read.dropped) == {"broken", "old"}
    assert read.collection == "sentinel-2-l2a"
    write_scene_list(read, tmp_path / "ours.json")
    assert read_scene_list(tmp_path / "ours.json") == read


def test_relative_addresses_of_a_foreign_list_are_found_beside_it(
    item: Make, tmp_path: Path
) -> None:
    made = item("a")
    made["assets"]["blue"]["href"] = "./B02.tif"
    (tmp_path / "x.json").write_text(json.dumps({"type": "FeatureCollection", "features": [made]}))
    (scene,) = read_scene_list(tmp_path / "x.json")
    assert scene.assets["blue"].href == str(tmp_path / "B02.tif")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ('{"type": "FeatureCollection", "feat', "not JSON"),
        ("[]", "holds no items"),
        ('{"type": "Catalog"}', "holds no items"),
        ('{"features": [], "minewatch": {"format": 99}}', "of format 99"),
        ('{"features": [], "minewatch": {"format": 1}}', "not a usable list"),
    ],
)
def test_a_damaged_or_foreign_file_is_a_clear_error(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "scenes.json"
    path.write_text(text)
    with pytest.raises(CatalogError, match=problem) as caught:
        read_scene_list(path)
    assert str(path) in caught.value.problem
    assert caught.value.hint


def test_a_list_from_which_a_scene_was_cut_is_damaged(found: SceneList, tmp_path: Path) -> None:
    path = tmp_path / "scenes.json"
    write_scene_list(found, path)
    document = json.loads(path.read_text())
    del document["features"][0]
    path.write_text(json.dumps(document))
    with pytest.raises(CatalogError, match="not those it was written with"):
        read_scene_list(path)


def test_a_list_whose_item_was_damaged_says_which_part(found: SceneList, tmp_path: Path) -> None:
    path = tmp_path / "scenes.json"
    write_scene_list(found, path)
    document = json.loads(path.read_text())
    document["features"][0] |= {"geometry": None, "bbox": None}
    path.write_text(json.dumps(document))
    with pytest.raises(CatalogError, match="has no geometry"):
        read_scene_list(path)


def test_a_foreign_list_without_a_usable_item_gives_the_reason(item: Make, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"features": [item() | {"geometry": None, "bbox": None}]}))
    with pytest.raises(NoScenesError, match="has no geometry"):
        read_scene_list(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="No such file"):
        read_scene_list(tmp_path / "none.json")


def test_a_failed_write_leaves_the_old_list_and_no_litter(
    found: SceneList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out" / "scenes.json"
    write_scene_list(found, path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_scene_list(replace(found, notes=()), path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["scenes.json"]


def test_a_place_that_cannot_be_written_is_a_clear_error(found: SceneList, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_scene_list(found, tmp_path / "file" / "scenes.json")
