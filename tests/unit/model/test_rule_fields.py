"""Thresholds as data: every one is described, used, and held to a range when it is replaced."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import pytest

import minewatch
from minewatch.detect.overpass_thresholds import CLOUD_COMMISSION, OVERPASS
from minewatch.detect.pair.pair_rules import PAIR_RULES
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.detect.radar.radar_rules import RadarRules
from minewatch.detect.thresholds.threshold_rules import ThresholdRules
from minewatch.errors import SettingsError
from minewatch.model import describe_rules, rule_values, with_overrides
from minewatch.model.rule_fields import check_order, rule

DETECT = Path(minewatch.__file__).parent / "detect"
SHIPPED = {
    "pool-banks": (DEFAULT, "pool_banks"),
    "dry-season-thresholds": (ThresholdRules(), "thresholds"),
    "radar-clearings": (RadarRules(), "radar"),
    "detect_pair": (PAIR_RULES, "pair"),
    "overpass": (OVERPASS, "."),
    "cloud_commission": (CLOUD_COMMISSION, "."),
}
"""Name of a set of rules to the rules, and the folder of those who read them."""
SIZES = {
    "BLOCK_PIXELS", "BLOCK_VALUES", "FIT_FIELDS", "LANES", "MOST_COURSES", "NDWI_ZERO", "NIR_SCALE",
    "NONE", "NOT_SEEN",
    "NO_SCORE", "NO_SHARE", "RESIDUAL_SCALE", "RUNS", "SCORE_SCALE", "START_MONTHS", "SWING_BINS",
    "YEAR_FIELDS", "_BIN_HUNDREDTHS", "_BLOCK", "_DARKEST", "_RIDGE", "BRIGHTEST_MEDIAN",
}  # fmt: skip
"""Numbers that are no threshold: how layers are stored, how much is worked on at a time, and what
input is refused."""


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """A set of rules of a test."""

    low: float = rule(0.2, unit="1", moves="less")
    high: float = rule(0.8, unit="1", moves="more")
    share_pct: int = rule(50, unit="%", moves="fewer")
    spread: float = rule(0.03, unit="greenness", moves="lower", least=0.001)
    bounds: tuple[int, int] = rule((10, 30), unit="days", moves="longer")

    def __post_init__(self) -> None:
        check_order(self, "low", "high")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_threshold_says_its_unit_its_source_and_what_moves(name: str) -> None:
    rows = list(describe_rules(SHIPPED[name][0]))
    assert rows
    assert [row.name for row in rows if not (row.unit and row.source and row.moves)] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_lies_within_its_own_ranges(name: str) -> None:
    rules = SHIPPED[name][0]
    assert with_overrides(rules, rule_values(rules)) == rules


@pytest.mark.parametrize("name", SHIPPED)
def test_every_threshold_is_read_by_the_code_it_belongs_to(name: str) -> None:
    rules, folder = SHIPPED[name]
    words = set[str]()
    for path in [*DETECT.glob("*.py"), *(DETECT / folder).glob("*.py")]:
        words |= _words(path)
    leaves = [row.name.rsplit(".", 1)[-1] for row in describe_rules(rules)]
    unread = [leaf for leaf in leaves if leaf not in words]
    assert [leaf for leaf in unread if leaf.removesuffix("_weight") not in words] == []


def _words(path: Path) -> set[str]:
    """Attributes that a module reads, and keys of its tables: some are read by name."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    keys = {
        key.value
        for node in nodes if isinstance(node, ast.Dict)
        for key in node.keys if isinstance(key, ast.Constant)
    }  # fmt: skip
    return keys | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_no_module_of_a_detector_has_a_threshold_of_its_own() -> None:
    found = {
        f"{path.name}: {target.id}"
        for path in DETECT.rglob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign | ast.AnnAssign) and _is_number(node.value)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id not in SIZES
    }
    assert found == set()


def _is_number(node: ast.expr | None) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _is_number(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_number(node.left) and _is_number(node.right)
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def test_a_threshold_is_replaced_and_the_others_stay() -> None:
    changed = with_overrides(Ramp(), {"share_pct": 40, "bounds": [1, 2], "low": 0})
    assert changed == Ramp(share_pct=40, bounds=(1, 2), low=0.0)
    assert type(changed.share_pct) is int
    assert type(changed.low) is float


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "beyond its unit": ({"share_pct": 500}, "500", "from 0 to 100"),
    "below nothing": ({"low": -1}, "-1", "at least 0"),
    "divided by nothing": ({"spread": 0}, "spread is 0", "from 0.001"),
    "without end": ({"share_pct": inf}, "inf", "a whole number"),
    "a ramp that falls": ({"bounds": [30, 10]}, r"\[30, 10\]", "more than the one before"),
    "one above the other": ({"low": 0.9}, r"x\.low is 0.9 and high is 0.8", "below high"),
    "a name there is not": ({"share": 40}, "x.share", "share_pct"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_value_that_makes_no_sense_is_refused_with_the_mend(what: str) -> None:
    overrides, problem, mend = REFUSED[what]
    with pytest.raises(SettingsError, match=problem) as caught:
        with_overrides(Ramp(), overrides, prefix="x.")
    assert mend in caught.value.hint
