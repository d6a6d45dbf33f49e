"""A file of rules is read whole, and what is wrong with it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from minewatch.detect import get_detection
from minewatch.errors import SettingsError
from minewatch.pipeline.rule_files import read_rules


def test_a_file_replaces_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text("[dry-season-thresholds]\nbare_ndvi = 0.3\nlasting_days = [30, 90]\n", "utf-8")
    rules = get_detection("dry-season-thresholds", read_rules(file)).detector.rules
    assert (rules.bare_ndvi, rules.lasting_days, rules.green_ndvi) == (0.3, (30, 90), 0.6)


@pytest.mark.parametrize("text", [None, "a = = 1"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "r.toml"
    if text:
        file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as refused:
        read_rules(file)
    assert str(file) in refused.value.problem
    assert "docs/rules.md" in refused.value.hint


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"pool-bank": {}}, "pool-bank"),
        ({"overpass": {"cloud": 1}}, "cloud_dn"),
        ({"dry-season-thresholds": {"bare_ndvi": "low"}}, "bare_ndvi"),
        ({"dry-season-thresholds": {"bare_ndvi": float("nan")}}, "a number"),
        ({"dry-season-thresholds": {"bare_ndvi": True}}, "a number"),
        ({"dry-season-thresholds": {"swidden_days": 1.5}}, "whole number"),
        ({"dry-season-thresholds": {"lasting_days": [1]}}, "2 values"),
        ({"dry-season-thresholds": {"ranges": 3}}, "group of rules"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rules: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        get_detection("dry-season-thresholds", rules)  # type: ignore[arg-type]
