"""Parts of other packages: loaded when asked for, and never in place of a built-in one."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from minewatch import plugins
from minewatch.errors import SettingsError


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> plugins.Registry[object]:
    points = [
        EntryPoint("own", "math:tau", "group"), EntryPoint("other", "math:pi", "group"),
        EntryPoint("broken", "no_such_package.part:x", "group"),
    ]  # fmt: skip
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    return plugins.Registry(kind="part", group="group", built_in={"own": "math:e", "plain": 1})


def test_a_built_in_part_wins_and_the_other_is_said_to_be_left_out(
    registry: plugins.Registry[object], caplog: pytest.LogCaptureFixture
) -> None:
    assert 2.7 < float(str(registry["own"])) < 2.8
    assert sorted(registry) == ["broken", "other", "own", "plain"]
    assert "math:tau" in caplog.text
    assert len(registry) == 4


def test_a_broken_part_names_its_package_and_the_mend(registry: plugins.Registry[object]) -> None:
    with pytest.raises(SettingsError) as refused:
        registry["broken"]
    assert "no_such_package.part:x" in refused.value.problem
    assert "remove the package" in refused.value.hint


def test_an_unknown_part_is_named_with_the_known_ones(registry: plugins.Registry[object]) -> None:
    with pytest.raises(SettingsError) as refused:
        registry["othe"]
    assert "othe" in refused.value.problem
    assert "other" in refused.value.problem
    assert "group" in refused.value.hint
