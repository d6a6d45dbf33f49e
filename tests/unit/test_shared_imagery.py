"""Imagery from outside is optional; where a variable says that it is there, its absence fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("is_expected", "outcome"), [(False, "skipped"), (True, "failed")])
def test_absent_imagery_is_told_and_fails_where_it_is_expected(
    is_expected: bool, outcome: str, tmp_path: Path
) -> None:
    real = tmp_path / "project" / "tests" / "real"
    real.mkdir(parents=True)
    (real / "conftest.py").write_bytes((ROOT / "tests/real/conftest.py").read_bytes())
    (real / "test_of_imagery.py").write_text(
        "def test_that_needs_it(shared_data):\n    shared_data('pictures')\n", "utf-8"
    )
    environment = {k: v for k, v in os.environ.items() if k != "MINEWATCH_SHARED"}
    environment["MINEWATCH_CI"] = "1"
    if is_expected:
        environment["MINEWATCH_SHARED"] = str(tmp_path / "nothing")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", real],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f"1 {outcome}" in done.stdout
    assert "MINEWATCH_SHARED" in done.stdout
