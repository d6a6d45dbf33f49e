"""What became of the scenes between two jobs, in numbers and words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import shapely

from minewatch.model import Asset, Scene, SceneList
from minewatch.store.job_log import (
    GONE,
    Entry,
    SceneChanges,
    compare_scenes,
    extend_log,
    read_log,
)


def scene(day: int, *, tile: str = "47RMJ", baseline: str = "05.09") -> Scene:
    return Scene(
        id=f"S2_{tile}_{day:02d}_{baseline}", collection="c", sensor="sentinel-2-l2a", tile=tile,
        acquired=datetime(2024, 1, day, 4, tzinfo=UTC), datatake=f"take-{day}", baseline=baseline,
        footprint=shapely.box(98, 25, 99, 26), assets={"red": Asset(href=f"{day}{baseline}.tif")},
    )  # fmt: skip


def listed(*scenes: Scene, dropped: dict[str, str] | None = None) -> SceneList:
    return SceneList(scenes=scenes, catalog="c", collection="c", dropped=dropped or {})


def test_the_first_list_is_all_new() -> None:
    assert compare_scenes(None, listed(scene(3))) == SceneChanges(new=(scene(3).id,))


def test_equal_lists_differ_in_nothing() -> None:
    assert not compare_scenes(listed(scene(3), scene(8)), listed(scene(3), scene(8)))


def test_a_scene_older_than_the_newest_one_known_came_late() -> None:
    before, after = listed(scene(3), scene(13)), listed(scene(3), scene(8), scene(13), scene(18))
    assert compare_scenes(before, after) == SceneChanges(new=(scene(18).id,), late=(scene(8).id,))


def test_a_newer_processing_takes_the_place_of_the_old_and_is_neither_late_nor_withdrawn() -> None:
    anew = scene(3, baseline="05.11")
    changes = compare_scenes(listed(scene(3), scene(8)), listed(anew, scene(8)))
    assert changes == SceneChanges(reprocessed={scene(3).id: anew.id})


def test_the_other_tile_of_a_pass_takes_no_ones_place() -> None:
    other = scene(3, tile="47RMK")
    changes = compare_scenes(listed(scene(3), scene(8)), listed(other, scene(8)))
    assert changes == SceneChanges(late=(other.id,), withdrawn={scene(3).id: GONE})


def test_a_scene_replaced_under_its_own_name_is_reprocessed() -> None:
    anew = replace(scene(3), made="20250101000000")
    changes = compare_scenes(listed(scene(3)), listed(anew))
    assert changes == SceneChanges(reprocessed={scene(3).id: scene(3).id})


def test_a_scene_left_out_now_says_why() -> None:
    after = listed(scene(8), dropped={scene(3).id: "cloud cover 99.0 % > 90 %"})
    changes = compare_scenes(listed(scene(3), scene(8)), after)
    assert changes.withdrawn == {scene(3).id: "cloud cover 99.0 % > 90 %"}


ENTRY = Entry(
    job="update", end="2024-01-31", period="month", scenes=9, months_read=2, months_kept=7,
    bytes_read=3_400_000,
    changes=SceneChanges(
        new=("N1", "N2"), late=("L",), reprocessed={"A": "B"}, withdrawn={"W": GONE}
    ),
)  # fmt: skip


def test_an_entry_says_all_of_it_in_words() -> None:
    words = " | ".join(ENTRY.words())
    for part in (
        "9 scenes, 2 of them new", "1 came late: L", "replaced: A by B", f"W ({GONE})",
        "2 months read", "3 MB", "7 kept",
    ):  # fmt: skip
        assert part in words


def test_many_scenes_are_counted_not_listed() -> None:
    many = replace(ENTRY, changes=SceneChanges(late=tuple(f"L{k}" for k in range(9))))
    assert any("L2 and 6 more" in sentence for sentence in many.words())


def test_the_log_gives_back_what_was_written(tmp_path: Path) -> None:
    log = tmp_path / "state" / "log.jsonl"
    log.parent.mkdir()
    assert read_log(tmp_path) == []
    log.write_bytes(extend_log(log, ENTRY))
    second = replace(
        ENTRY, job="other periods", changes=SceneChanges(),
        other_rules=("months 2, now 3",), other_months=168, other_scenes=12,
    )  # fmt: skip
    log.write_bytes(extend_log(log, second))
    assert read_log(tmp_path) == [ENTRY, second]


def test_a_log_of_an_older_minewatch_is_read(tmp_path: Path) -> None:
    log = tmp_path / "state" / "log.jsonl"
    log.parent.mkdir()
    row = json.loads(extend_log(log, replace(ENTRY, job="retell")))
    del row["other_rules"], row["other_months"], row["other_scenes"]
    log.write_text(json.dumps(row) + "\n")
    assert read_log(tmp_path) == [replace(ENTRY, job="retell")]


def test_months_of_other_rules_are_said_to_be_such() -> None:
    entry = replace(ENTRY, other_rules=("months 2, now 3",), other_months=168, other_scenes=12)
    words = " | ".join(entry.words())
    assert "made by other rules before: months 2, now 3" in words
    assert "12 scenes were looked over and 168 months read again for it" in words
