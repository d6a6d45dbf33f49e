"""pyarrow is an extra: what does not need it runs without, what does says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from minewatch.model import RunResult

WITHOUT = """
import sys
sys.modules["pyarrow"] = None
from minewatch.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    sys.exit(end.code)
"""


def called(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WITHOUT, *map(str, words)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["qgis", "csv", "kml"])
def test_a_run_is_handed_on_without_pyarrow(
    name: str, simulated_run: RunResult, tmp_path: Path
) -> None:
    done = called("export", simulated_run.directory, "--format", name, "--out", tmp_path / name)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / name).iterdir())


def test_what_needs_it_names_the_extra(simulated_run: RunResult, tmp_path: Path) -> None:
    table = tmp_path / "items.parquet"
    table.write_bytes(b"PAR1")
    asked = (
        ("export", simulated_run.directory, "--format", "geoparquet", "--out", tmp_path / "out"),
        ("scenes", "--aoi", "chipwe-pangwa", "--start", "2020", "--end", "2021", "--catalog",
         table),
    )  # fmt: skip
    for words in asked:
        done = called(*words)
        assert done.returncode == 2
        assert "needs the package pyarrow" in done.stderr
        assert "pip install 'minewatch[parquet]'" in done.stderr
