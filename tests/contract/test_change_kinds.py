"""The one catalogue of kinds of change, held against the code of every detector and QGIS."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable

import pytest

from minewatch.detect import plain_patches
from minewatch.detect.pair import clearing_kinds
from minewatch.detect.pool_banks.change_rules import RULES
from minewatch.exporters.qgis import vector_renderers
from minewatch.model import CHANGE_KINDS, ChangeKind
from minewatch.model.change_kinds import PAIR, RADAR, THRESHOLDS, TIME_SERIES


def kinds_written_in(code: Callable[..., object]) -> set[str]:
    """Kinds of change that the source of something names, comments apart."""
    tree = ast.parse(inspect.getsource(code))
    words = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    return {str(word) for word in words} & set(CHANGE_KINDS)


@pytest.mark.parametrize(
    ("detector", "given"),
    [
        (TIME_SERIES, {rule.kind for rule in RULES}),
        (THRESHOLDS, kinds_written_in(plain_patches.change_rows)),
        (RADAR, kinds_written_in(plain_patches.change_rows)),
        (PAIR, kinds_written_in(clearing_kinds.name_kind)),
    ],
)
def test_the_catalogue_names_a_detector_for_exactly_the_kinds_that_its_code_gives(
    detector: str, given: set[str]
) -> None:
    assert given == {name for name, kind in CHANGE_KINDS.items() if detector in kind.detectors}


def test_no_kind_is_in_the_catalogue_that_nothing_gives() -> None:
    assert [name for name, kind in CHANGE_KINDS.items() if not kind.detectors] == []


def test_qgis_has_a_style_for_any_number_of_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    some: ChangeKind = CHANGE_KINDS["swidden"]
    monkeypatch.setattr(vector_renderers, "CHANGE_KINDS", {f"kind_{i}": some for i in range(40)})
    renderer = vector_renderers.vector_renderer("changes")
    assert len(renderer.findall("categories/category")) == 40
    assert len(renderer.findall("symbols/symbol")) == 40


def test_no_two_kinds_look_the_same_in_maps() -> None:
    assert len({(k.colour, k.hatch) for k in CHANGE_KINDS.values()}) == len(CHANGE_KINDS)
