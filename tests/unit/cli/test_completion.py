"""The shell is told which commands and options there are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

MAIN = "from minewatch.cli import main; main()"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("minewatch re", {"report", "review"}), ("minewatch run --cat", {"--catalog"})],
)
def test_bash_is_offered_what_fits(typed: str, offered: set[str]) -> None:
    asked = {
        "_MINEWATCH_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", MAIN],
        env={**os.environ, **asked}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert set(done.stdout.split()) == offered, done.stderr
