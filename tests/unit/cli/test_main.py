"""The command line: exit codes, two-line errors, JSON, help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minewatch import cli
from minewatch.errors import MinewatchError
from minewatch.model import RunResult


def call(*words: str) -> int:
    """Exit code of a command line."""
    with pytest.raises(SystemExit) as caught:
        cli.main(list(words))
    return int(caught.value.code or 0)


def test_help_lists_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--help") == 0
    shown = capsys.readouterr().out
    for name in (
        "demo", "aoi", "scenes", "plan", "run", "update", "sites", "diff", "export", "report",
    ):  # fmt: skip
        assert name in shown
    assert "Exit codes" in shown


def test_help_at_80_columns_cuts_no_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for words in (["--help"], ["aoi", "--help"]):
        assert call(*words) == 0
        assert "..." not in capsys.readouterr().out.replace("[ARGS]...", "")


def test_an_error_is_two_lines_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("aoi", "show", "atlantis") == 1
    shown = capsys.readouterr()
    lines = [line for line in shown.err.splitlines() if line]
    assert lines[0].startswith("error:")
    assert "atlantis" in lines[0]
    assert lines[1].startswith("try:")
    assert "Traceback" not in shown.err


def test_debug_shows_the_traceback() -> None:
    with pytest.raises(MinewatchError):
        cli.main(["aoi", "show", "atlantis", "--debug"])


def test_a_missing_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("run", "--aoi", "chipwe-pangwa") == 2
    assert "--start" in capsys.readouterr().err


def test_a_date_that_is_none_is_a_usage_error() -> None:
    assert call("scenes", "--aoi", "nba-pa", "--start", "yesterday", "--end", "2024-01-01") == 2


def test_dates_swapped_are_a_usage_error_with_the_mend(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ("--aoi", "nba-pa", "--start", "2024-01-02", "--end", "2024-01-01")
    assert call("run", *words, "--out", str(tmp_path / "x")) == 2
    assert "swap" in capsys.readouterr().err


def test_aoi_list_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("aoi", "list", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"chipwe-pangwa", "nhkawng-pa"} <= {row["id"] for row in rows}


def test_aoi_check_says_what_a_run_would_use(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    outline = {
        "type": "Polygon",
        "coordinates": [[[98.0, 25.5], [98.1, 25.5], [98.1, 25.6], [98.0, 25.6], [98.0, 25.5]]],
    }
    path = tmp_path / "valley.geojson"
    path.write_text(json.dumps(outline))
    assert call("aoi", "check", str(path)) == 0
    assert "EPSG:32647" in capsys.readouterr().out


def test_a_catalogue_out_of_reach_is_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--aoi", "nba-pa", "--start", "2024-01-01", "--end", "2024-02-01")
    assert call("scenes", *words, "--catalog", "http://127.0.0.1:9/", "--quiet") == 1
    shown = capsys.readouterr().err
    assert "127.0.0.1:9" in shown
    assert "Traceback" not in shown


def test_a_folder_without_a_run_is_said_to_be_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("export", str(tmp_path), "--format", "gpkg") == 1
    assert "manifest.json" in capsys.readouterr().err
    assert call("update", str(tmp_path)) == 1
    assert "holds no run" in capsys.readouterr().err


def test_an_unknown_format_lists_the_known_ones(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call("export", str(tmp_path), "--format", "shp") == 2
    assert "gpkg" in capsys.readouterr().err


def test_the_help_of_export_lists_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    from minewatch.cli.share_commands import FORMATS
    from minewatch.exporters import EXPORTERS

    assert tuple(EXPORTERS) == FORMATS
    assert call("export", "--help") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in FORMATS)


def test_part_not_read_leaves_with_four(
    simulated_run: RunResult, capsys: pytest.CaptureFixture[str]
) -> None:
    import typer

    from minewatch.cli import job_commands

    assert simulated_run.manifest["failures"]
    with pytest.raises(typer.Exit) as caught:
        job_commands.close(simulated_run, json=False, quiet=False)
    assert caught.value.exit_code == 4
    shown = capsys.readouterr().out
    assert "not observed" in shown
    assert "--resume" in shown


def test_the_closing_words_count_what_was_found(
    simulated_run: RunResult, capsys: pytest.CaptureFixture[str]
) -> None:
    import typer

    from minewatch.cli import job_commands

    told = job_commands.summary(simulated_run)
    tables = {"sites": "sites", "rows": "inventory", "changes": "changes"}
    for word, name in tables.items():
        assert told[word] == len(getattr(simulated_run, name))
    with pytest.raises(typer.Exit):
        job_commands.close(simulated_run, json=False, quiet=False)
    assert f"{told['sites']} sites, {told['changes']} changes" in capsys.readouterr().out


def test_a_token_in_an_address_is_never_shown(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--aoi", "nba-pa", "--start", "2024-01-01", "--end", "2024-02-01")
    address = "http://127.0.0.1:9/stac?token=canary-5e1d"
    assert call("scenes", *words, "--catalog", address, "--quiet") == 1
    shown = capsys.readouterr()
    assert "canary-5e1d" not in shown.err + shown.out


def test_stopping_by_hand_says_how_to_go_on() -> None:
    from minewatch.cli import terminal
    from minewatch.errors import StoppedError

    with pytest.raises(StoppedError) as caught, terminal.progress(quiet=True):
        raise KeyboardInterrupt
    assert "--resume" in caught.value.hint
    assert caught.value.exit_code == 130
