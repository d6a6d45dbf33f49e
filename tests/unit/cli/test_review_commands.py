"""`minewatch review` in a terminal: what it says, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from minewatch import cli
from minewatch.model import RunResult

A, B = "simulated-aaaa", "simulated-bbbb"


@pytest.fixture
def folder(tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]) -> Path:
    return write_simulated_run(tmp_path / "run").directory


def call(*words: object) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main([str(word) for word in words])
    return int(caught.value.code or 0)


def test_a_verdict_is_set_and_listed_beside_the_detector(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("review", "set", folder, A, "not_mine", "--reason", "swidden", "--by", "Kai")
    assert call(*words) == 0
    assert "not mine (swidden)" in capsys.readouterr().out
    assert call("review", "list", folder) == 0
    shown = capsys.readouterr().out
    assert "SIMULATED" in shown
    assert all(word in shown for word in (A, "Kai", "confirmed"))
    assert call("review", "list", folder, "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)["verdicts"]
    assert (row["verdict"], row["alert"], row["found_by"]) == ("not_mine", "confirmed", "id")
    assert call("sites", folder) == 0
    shown = capsys.readouterr().out
    assert "people:" in shown
    assert "not_mine" in shown


def test_totals_for_a_program_say_whose_opinion_they_count(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("review", "set", folder, A, "not_mine", "--reason", "swidden", "--quiet")
    capsys.readouterr()
    found = {}
    for who in ("detector", "people"):
        assert call("sites", folder, "--json", "--count", who) == 0
        found[who] = json.loads(capsys.readouterr().out)
    assert found["detector"]["counted"] != found["people"]["counted"]
    assert [found[w]["periods"][-1]["sites_high"] for w in found] == [3, 2]


def test_a_conflict_is_listed_and_ends_with_an_exit_code(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("review", "set", folder, A, "mine", "--by", "Kai")
    path = folder.parent / "edited.csv"
    path.write_text(f"site_id,verdict\n{A},unsure\n{B},mine\n")
    capsys.readouterr()
    assert call("review", "import", folder, path) == 1
    shown = capsys.readouterr().out
    assert f"conflict: row 1: {A} is unsure there, and mine by Kai" in shown.replace("\n", " ")
    assert "1 taken" in shown
    assert call("review", "import", folder, path, "--prefer", "file", "--json") == 0
    assert [e["id"] for e in json.loads(capsys.readouterr().out)["taken"]] == [A]


def test_a_reason_that_is_no_kind_of_change_is_a_usage_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("review", "set", folder, A, "not_mine", "--reason", "magic") == 2
    assert "swidden" in capsys.readouterr().err


def test_verdicts_are_exported_and_a_torn_line_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("review", "set", folder, A, "mine")
    with (folder / "review" / "verdicts.jsonl").open("a") as log:
        log.write('{"version": 1, "ti')
    capsys.readouterr()
    assert call("review", "list", folder) == 0
    assert "line 2 of review/verdicts.jsonl is torn" in capsys.readouterr().out
    assert call("review", "export", folder, folder.parent / "verdicts.geojson") == 0
    table = json.loads((folder.parent / "verdicts.geojson").read_text())
    assert {f["properties"]["verdict"] for f in table["features"]} == {"mine", None}
