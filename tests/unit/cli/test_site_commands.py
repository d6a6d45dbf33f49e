"""`sites` and `diff`: for people, for programs, as figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from minewatch import cli
from minewatch.model import RunResult

A = "simulated-aaaa"


@pytest.fixture
def directory(write_simulated_run: Callable[[Path], RunResult], tmp_path: Path) -> str:
    return str(write_simulated_run(tmp_path / "run").directory)


def call(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(list(words))
    return int(caught.value.code or 0)


def test_sites_are_a_table_that_says_when_it_is_simulated(
    directory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("sites", directory) == 0
    shown = capsys.readouterr().out
    assert "SIMULATED" in shown
    assert A in shown


def test_one_site_is_told_period_by_period(
    directory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("sites", directory, "--site", A) == 0
    shown = capsys.readouterr().out
    assert "not" in shown
    assert "first seen 2022-01-14" in shown
    assert call("sites", directory, "--site", "nobody") == 2
    assert A in capsys.readouterr().err


def test_programs_get_numbers_and_nulls(directory: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("sites", directory, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["site_id"] for row in told["sites"]} >= {A}
    assert [row["sites_high"] for row in told["periods"]] == [3, 3, 3]
    assert call("sites", directory, "--site", A, "--json") == 0
    first = json.loads(capsys.readouterr().out)["periods"][0]
    assert first["disturbed_area_m2"] is None
    assert first["disturbed_area_m2_high"] == 7600


@pytest.mark.parametrize("more", [(), ("--site", A)])
def test_a_figure_is_written_where_it_was_asked_for(
    directory: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    path = tmp_path / "new" / "figure.png"
    assert call("sites", directory, *more, "--figure", str(path)) == 0
    assert path.read_bytes().startswith(b"\x89PNG")
    assert str(path) in capsys.readouterr().out.replace("\n", "")


def test_diff_of_two_periods_counts_each_kind(
    directory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("diff", directory, "--from", "2022/23 dry season", "--to", "2023/24 dry season")
    assert call(*words) == 0
    shown = capsys.readouterr().out
    assert "1 grew" in shown
    assert "1 vanished" in shown
    assert "SIMULATED" in shown
    assert call(*words, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["simulated"] is True
    assert [row["change"] for row in told["sites"]] == ["grew", "vanished"]
    assert told["sites"][0]["before"]["disturbed_area_m2"] == 4200
    assert call(*words, "--json", "--all") == 0
    assert len(json.loads(capsys.readouterr().out)["sites"]) == 3


def test_diff_without_a_second_side_is_a_usage_error(
    directory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("diff", directory) == 2
    assert "--from" in capsys.readouterr().err
