"""Tests that need a real server, QGIS or imagery: here they skip without it, in CI they fail.

Imagery is the exception: it is never committed, so its absence is a skip in CI, too, unless
`MINEWATCH_SHARED` says where it is expected.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
NO_SHARED_DATA = "no shared data"
"""How the one skip begins that CI allows, where nobody said that there is real imagery."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    report = yield
    reason = str(call.excinfo.value) if call.excinfo else ""
    skipped = report.skipped and not hasattr(report, "wasxfail")
    of_imagery = reason.startswith(NO_SHARED_DATA)
    expected = os.environ.get("MINEWATCH_SHARED" if of_imagery else "MINEWATCH_CI")
    if skipped and expected:
        where = f"MINEWATCH_SHARED={expected} must have" if of_imagery else "CI must have"
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: {where} what this needs: {reason}"
    return report


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Finds a folder or file of the shared real data by name, or skips."""
    default = HERE.parents[1].parent / "shared"
    root = Path(os.environ.get("MINEWATCH_SHARED", default)) / "data"

    def find(name: str) -> Path:
        if not (root / name).exists():
            pytest.skip(f"{NO_SHARED_DATA} {name!r}: set MINEWATCH_SHARED to the folder with data/")
        return root / name

    return find
