"""`docs/area-estimates.md` runs as written, and says what comes out."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.docs.conftest import offline

pytestmark = pytest.mark.timeout(900)
PAGE = (Path(__file__).parents[2] / "docs" / "area-estimates.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.usefixtures("beside_the_demo")
def test_the_page_leads_from_a_run_to_an_area_with_an_interval() -> None:
    names: dict[str, Any] = {}
    shown = ""
    for kind, text in BLOCKS:
        if kind == "python":
            exec(text, names)
        elif kind == "":
            done = subprocess.run(
                ["bash", "-ec", text.replace("cp -r", "cp -rL")], env=offline(),
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            shown += done.stdout
    figures = re.findall(r"^> (.*? covered .*?)$", PAGE, re.MULTILINE)
    assert len(figures) == 2
    for figure in figures:
        assert figure in shown
