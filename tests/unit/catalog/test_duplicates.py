"""One scene per pass and tile."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from shapely.geometry import box, mapping

from minewatch.catalog import drop_duplicates, scene_from_item
from minewatch.model import Scene
from minewatch.sensors import get_sensor

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def scene(item: Make) -> Callable[..., Scene]:
    """Makes a scene of a made-up item."""

    def make(name: str, **what: Any) -> Scene:
        made = item(name, **{k: v for k, v in what.items() if k != "outline"})
        if "outline" in what:
            made["geometry"] = mapping(what["outline"])
        return scene_from_item(made, profile=get_sensor("sentinel-2-l2a"), base="https://h/a")

    return make


def test_the_newest_baseline_is_kept(scene: Callable[..., Scene]) -> None:
    versions = [
        scene("old", baseline="02.14"),
        scene("new", baseline="05.00"),
        scene("middle", baseline="03.01"),
    ]
    for order in permutations(versions):
        kept, dropped = drop_duplicates(order)
        assert [s.id for s in kept] == ["new"]
        assert dropped["old"] == (
            "duplicate of new: same pass and tile, baseline 02.14 is older than 05.00"
        )


def test_of_one_baseline_the_newest_processing_is_kept(scene: Callable[..., Scene]) -> None:
    kept, dropped = drop_duplicates(
        [scene("late", made="20230301T000000"), scene("soon", made="20230105T081500")]
    )
    assert [s.id for s in kept] == ["late"]
    assert dropped == {"soon": "duplicate of late: same pass, tile and baseline 05.09"}


def test_baselines_compare_as_numbers(scene: Callable[..., Scene]) -> None:
    kept, _ = drop_duplicates([scene("ten", baseline="05.10"), scene("nine", baseline="05.09")])
    assert [s.id for s in kept] == ["ten"]


def test_versions_are_found_although_the_pass_names_its_baseline(
    scene: Callable[..., Scene],
) -> None:
    a, b = scene("a", baseline="02.14"), scene("b", baseline="05.00")
    assert a.item["properties"]["s2:datatake_id"] != b.item["properties"]["s2:datatake_id"]
    assert a.datatake == b.datatake


@pytest.mark.parametrize(
    "other",
    [{"tile": "47RLJ"}, {"day": "2023-01-10"}, {"craft": "B"}],
    ids=["another tile", "another day", "another spacecraft"],
)
def test_different_ground_time_or_spacecraft_are_no_duplicates(
    scene: Callable[..., Scene], other: dict[str, str]
) -> None:
    kept, dropped = drop_duplicates([scene("a"), scene("b", **other)])
    assert len(kept) == 2
    assert not dropped


def test_both_ends_of_a_datastrip_are_kept(scene: Callable[..., Scene]) -> None:
    north = scene("north", outline=box(98, 25.45, 99, 26))
    south = scene("south", outline=box(98, 25, 99, 25.5), made="20230301T000000")
    kept, dropped = drop_duplicates([north, south])
    assert {s.id for s in kept} == {"north", "south"}
    assert not dropped


def test_a_partial_copy_within_a_whole_one_is_a_duplicate(scene: Callable[..., Scene]) -> None:
    part = scene("part", outline=box(98, 25, 98.3, 26))
    kept, _ = drop_duplicates([part, scene("whole", baseline="05.10")])
    assert [s.id for s in kept] == ["whole"]


def test_scenes_come_in_order_of_time_and_then_of_tile(scene: Callable[..., Scene]) -> None:
    scenes = [
        scene("a", day="2023-03-01"),
        scene("b", day="2023-02-01", tile="47RMK"),
        scene("c", day="2023-02-01", tile="47RLJ"),
    ]
    for order in permutations(scenes):
        assert [s.id for s in drop_duplicates(order)[0]] == ["c", "b", "a"]


def test_an_item_listed_twice_counts_once(scene: Callable[..., Scene]) -> None:
    kept, dropped = drop_duplicates([scene("a"), scene("a")])
    assert [s.id for s in kept] == ["a"]
    assert not dropped


def test_without_a_tile_nothing_is_called_a_duplicate(scene: Callable[..., Scene]) -> None:
    silent = {"grid:code": None, "s2:product_uri": None}
    kept, _ = drop_duplicates([scene("a", **silent), scene("b", **silent)])
    assert len(kept) == 2
