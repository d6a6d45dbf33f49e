"""Formats that show single sites are never written for a partner or for the public."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.test_small_faults import call

from minewatch.model import RunResult

REFUSED = ("qgis", "stac", "smart", "postgis", "evidence")


@pytest.mark.parametrize("profile", ["partner", "public"])
@pytest.mark.parametrize("format", REFUSED)
def test_a_format_of_single_sites_is_refused_with_the_reason_and_the_mend(
    format: str,
    profile: str,
    simulated_run: RunResult,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    directory = simulated_run.directory
    before = sorted(directory.rglob("*"))
    words = ["--format", format, "--profile", profile, "--out", str(tmp_path / "out")]
    assert call("export", str(directory), *words) != 0
    problem, mend = " ".join(capsys.readouterr().err.split()), "--format gpkg"
    assert f"'{format}' shows" in problem
    assert "is for yourself only" in problem
    assert mend in problem
    assert not (tmp_path / "out").exists()
    assert sorted(directory.rglob("*")) == before
