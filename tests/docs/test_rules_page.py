"""The page of thresholds is what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_thresholds_is_up_to_date() -> None:
    render = runpy.run_path(str(ROOT / "scripts/rules-table"))["render"]
    assert (ROOT / "docs" / "rules.md").read_text("utf-8") == render(), "run scripts/rules-table"
