"""Parts of other packages: found by their entry points, and never in the way of others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from minewatch import plugins
from minewatch.errors import SettingsError
from minewatch.plugins import Registry

GROUP = "minewatch.test_parts"


def install(folder: Path, name: str, entries: dict[str, str], module: str = "") -> None:
    """A distribution in a folder of packages, as an installer leaves it."""
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"[{GROUP}]", *(f"{part} = {value}" for part, value in entries.items())]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (folder / f"{name}.py").write_text(module)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which packages are looked for."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def registry() -> Registry[str]:
    return Registry(kind="part", group=GROUP, built_in={"ours": "minewatch.plugins:__doc__"})


def test_a_part_of_another_package_is_found_by_its_name(folder: Path) -> None:
    install(folder, "simulated_friend", {"theirs": "simulated_friend:PART"}, "PART = 'a part'")
    parts = registry()
    assert list(parts) == ["ours", "theirs"]
    assert parts["theirs"] == "a part"
    assert parts.problems() == {}


def test_no_other_package_is_looked_at_for_a_part_that_is_built_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plugins, "entry_points", lambda **_: pytest.fail("looked"))
    assert registry()["ours"] == plugins.__doc__


def test_a_list_of_names_loads_no_package(folder: Path) -> None:
    install(folder, "simulated_heavy", {"heavy": "simulated_heavy:PART"}, "PART = 1")
    parts = registry()
    assert "heavy" in parts
    assert list(parts) == ["ours", "heavy"]
    assert "simulated_heavy" not in sys.modules


def test_a_broken_part_is_named_with_its_reason_and_breaks_no_other(folder: Path) -> None:
    install(folder, "simulated_broken", {"broken": "simulated_broken:PART"}, "1 / 0")
    install(folder, "simulated_sound", {"sound": "simulated_sound:PART"}, "PART = 2")
    parts = registry()
    assert list(parts) == ["ours", "broken", "sound"]
    assert parts["sound"] == 2
    with pytest.raises(SettingsError, match=r"'broken'.*simulated_broken:PART.*division by zero"):
        parts["broken"]
    assert list(parts.problems()) == ["broken"]


def test_the_name_of_a_part_of_ours_is_refused_to_others(folder: Path) -> None:
    install(folder, "simulated_thief", {"ours": "simulated_thief:PART"}, "PART = 'stolen'")
    parts = registry()
    assert parts["ours"] == plugins.__doc__
    assert list(parts) == ["ours"]
    assert "simulated_thief:PART" in parts.problems()["ours"]
    with pytest.raises(SettingsError) as caught:
        parts["other"]
    assert "ours is refused (simulated_thief:PART" in caught.value.hint


def test_a_name_that_two_packages_bring_is_refused_to_both(folder: Path) -> None:
    for name in ("simulated_one", "simulated_two"):
        install(folder, name, {"same": f"{name}:PART"}, "PART = 3")
    parts = registry()
    assert "same" not in parts
    with pytest.raises(SettingsError, match="simulated_one:PART, simulated_two:PART"):
        parts["same"]


def test_an_unknown_name_lists_those_of_all_packages(folder: Path) -> None:
    install(folder, "simulated_listed", {"listed": "simulated_listed:PART"}, "PART = 4")
    with pytest.raises(SettingsError, match="unknown part 'lost'; known: listed, ours"):
        registry()["lost"]
