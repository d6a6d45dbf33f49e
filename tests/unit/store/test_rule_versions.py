"""A rule cannot change behind its version, and every key knows the rules by value."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import shapely
from tests.unit.store.rule_sources import (
    TABLE,
    changes,
    current_table,
    hash_meaning,
    path_of,
    read_source,
)

from minewatch import sensors
from minewatch.detect import DETECTORS, get_detection
from minewatch.model import Detection, Scene, SceneList
from minewatch.store.rule_versions import (
    DETECTOR_ROOTS,
    RULE_VERSIONS,
    changed_rules,
    rule_versions,
)

SCENES = SceneList(
    scenes=(
        Scene(
            id="S", collection="c", sensor="sentinel-2-l2a", footprint=shapely.box(98, 25, 99, 26),
            acquired=datetime(2021, 3, 4, tzinfo=UTC), assets={},
        ),
    ),
    catalog="here", collection="c",
)  # fmt: skip
MASKS = "minewatch.cube.cloud_masks"


def test_no_rule_changed_behind_its_version() -> None:
    found = changes(json.loads(TABLE.read_text("utf-8")), current_table())
    assert not found, "\n".join(found)


def test_a_rule_in_an_imported_helper_does_not_escape() -> None:
    """Masks decide months, though the rules of months name only what reduces them."""
    assert MASKS.removeprefix("minewatch.") not in RULE_VERSIONS["months"].roots
    before = current_table()

    def edited(module: str) -> str:
        source = read_source(module)
        return source.replace("OPEN_SKY_M = ", "OPEN_SKY_M = 1 + ") if module == MASKS else source

    found = changes(before, current_table(edited))
    assert [sentence.split(":")[0] for sentence in found if MASKS in sentence]
    sentence = next(sentence for sentence in found if sentence.startswith("months:"))
    assert MASKS in sentence
    assert "raise the version of 'months'" in sentence
    assert "make rule-hashes" in sentence


def test_a_raised_version_asks_for_a_new_table() -> None:
    now = current_table()
    raised = {**now, "months": {**now["months"], "version": 99}}
    assert changes(now, raised) == [
        f"months: version {now['months']['version']} is now 99: `make rule-hashes`"
    ]


def test_comments_docstrings_and_layout_do_not_count() -> None:
    source = 'LEAST = 3\n"""Looks."""\n\ndef f(x):\n    """Doc."""\n    return x + LEAST\n'
    same = "LEAST = 3  # why\n'''Other words.'''\ndef f(x):\n    return (x +\n      LEAST)\n"
    assert hash_meaning(source) == hash_meaning(same)
    assert hash_meaning(source) != hash_meaning(source.replace("3", "4"))
    assert hash_meaning(source) != hash_meaning(source.replace("x + L", "x - L"))
    assert hash_meaning('def f():\n    """Doc."""\n') == hash_meaning("def f():\n    pass\n")


def test_every_root_is_a_module() -> None:
    for rules in RULE_VERSIONS.values():
        for module in (*rules.roots, *rules.constants):
            assert path_of(f"minewatch.{module}").exists(), module


def kinds_changed_by(detection: Detection | None = None) -> set[str]:
    """Kinds whose rules are others than those shipped, by what is in force now."""
    now = rule_versions(detection or get_detection("pool-banks"), SCENES)
    return {kind for kind in now if now[kind] != SHIPPED[kind]}


SHIPPED = rule_versions(get_detection("pool-banks"), SCENES)


def test_thresholds_are_part_of_the_rules_by_value() -> None:
    assert kinds_changed_by() == set()
    overpass = get_detection("pool-banks", {"overpass": {"red_over_nir": 0.6}})
    assert kinds_changed_by(overpass) == {"months", "evidence"}
    shipped = get_detection("pool-banks")
    fewer = replace(shipped.cloud_commission, windows=((1, 2), (3, 3)))
    clouds = replace(shipped, cloud_commission=fewer)
    assert kinds_changed_by(clouds) == {"evidence"}
    other = get_detection("dry-season-thresholds")
    assert kinds_changed_by(other) == {"evidence"}


def test_constants_of_masks_and_sensors_are_part_of_the_rules_by_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(f"{MASKS}.OPEN_SKY_M", 300.0)
        assert kinds_changed_by() == {"months"}
    profile = sensors.SENSORS["sentinel-2-l2a"]
    stricter = replace(profile, mask=replace(profile.mask, keep=(4, 5, 6)))
    renamed = replace(profile, title="another title")
    for changed, kinds in ((stricter, {"months", "scene_quality", "reference"}), (renamed, set())):
        monkeypatch.setattr(sensors, "SENSORS", {profile.name: changed})
        assert kinds_changed_by() == kinds


def test_how_heights_are_searched_for_is_part_of_the_rules_of_terrain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once only their reading was: other heights would have stayed in use."""
    search = "minewatch.catalog.dem_search"

    def edited(module: str) -> str:
        source = read_source(module)
        return source.replace("sorted(found)", "list(found)") if module == search else source

    found = changes(current_table(), current_table(edited))
    assert [sentence.split(":")[0] for sentence in found] == ["terrain"]
    monkeypatch.setattr(f"{search}.ELEVATION_ASSETS", ("dem",))
    assert kinds_changed_by() == {"terrain"}


def test_what_is_of_other_rules_is_named() -> None:
    before = {"months": "2-aa", "terrain": "1"}
    now = {"months": "3-aa", "terrain": "1", "rasters": "1"}
    assert changed_rules(before, now) == ["months 2-aa, now 3-aa", "rasters unknown, now 1"]


def test_every_detector_that_is_shipped_is_held_to_its_version() -> None:
    assert set(DETECTOR_ROOTS) == set(DETECTORS.built_in)
