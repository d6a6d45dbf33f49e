"""The command writes every format for a partner and for the public, or says what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.release_world import draw_sites, write_world
from tests.unit.cli.test_small_faults import call

from minewatch.cli.share_commands import FORMATS
from minewatch.publishing import read_ledger


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    return write_world(folder, draw_sites(3, 40, seasons=1), seasons=1).directory


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "postgis"])
def test_the_command_writes_a_release_that_the_check_lets_through(
    format: str, directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, ledger = str(tmp_path / "out"), str(tmp_path / "ledger")
    words = ["--format", format, "--profile", "public", "--ledger", ledger, "--out", out]
    assert call("export", str(directory), *words) == 0
    (entry,) = read_ledger(tmp_path / "ledger")
    assert entry.content["format"] == format
    assert entry.content["files"]
    capsys.readouterr()
    check = ["publish", "check", out, "--run", str(directory), "--ledger", ledger]
    assert call(*check) == 0, capsys.readouterr().out


@pytest.mark.parametrize("profile", ["partner", "public"])
def test_a_database_without_an_address_is_refused_and_nothing_is_entered(
    profile: str,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("MINEWATCH_POSTGIS_DSN", raising=False)
    before = sorted(directory.rglob("*"))
    assert call("export", str(directory), "--format", "postgis", "--profile", profile) != 0
    assert "--dsn" in capsys.readouterr().err
    assert sorted(directory.rglob("*")) == before


def test_a_check_of_nothing_is_an_error(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("publish", "check", "--run", str(directory)) != 0
    assert "nothing to check" in capsys.readouterr().err
