"""`minewatch demo`: one command, no network, and an archive that is made only once."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from minewatch import cli, synthetic
from minewatch.cli import demo_command

from .conftest import TINY


@pytest.fixture
def tiny_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    worlds = {**synthetic.PRESETS, demo_command.PRESET: TINY}
    monkeypatch.setattr(synthetic, "PRESETS", worlds)


def call(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(["demo", *words])
    return int(caught.value.code or 0)


@pytest.mark.usefixtures("tiny_demo")
def test_the_demo_ends_by_saying_where_everything_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "demo"
    assert call() == 0
    shown = capsys.readouterr().out
    assert "SIMULATED" in shown
    text = shown.replace("\n", "")
    for name in ("inventory.geojson", "report.html", "report-map.png"):
        path = out / "run" / name
        assert str(path) in text
        assert path.stat().st_size > 0
    last = shown[shown.rindex("look:") :]
    assert [word for word in last.split() if word.endswith(":") or word == "on:"] == [
        "look:", "on:", "learn:",
    ]  # fmt: skip
    assert str(out / "run" / "report.html") in last.replace("\n", "")
    words = re.search(r"go on:\s+minewatch (explain \S+ s\w+)", last.replace("\n", " "))
    assert words
    with pytest.raises(SystemExit) as caught:
        cli.main(words[1].split())
    assert not caught.value.code
    assert (Path(__file__).parents[2] / re.search(r"docs/\S+\.md", last)[0]).exists()
    capsys.readouterr()
    made = {p: p.stat().st_mtime_ns for p in (out / "archive").rglob("*.tif")}
    assert call("--out", str(out), "--quiet") == 0
    assert capsys.readouterr().out == ""
    assert {p: p.stat().st_mtime_ns for p in (out / "archive").rglob("*.tif")} == made


def test_an_archive_half_written_or_of_another_world_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "catalog.json").write_text("{")
    first = demo_command.open_archive(folder, TINY, listener=print)
    assert first.catalog.read_text() != "{"
    other = demo_command.open_archive(folder, replace(TINY, seed=5), listener=print)
    assert '"SIM_tiny_5"' in other.catalog.read_text()


def test_a_folder_with_other_files_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    assert call("--out", str(tmp_path)) == 1
    assert "other files" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]
