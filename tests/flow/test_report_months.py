"""The report's panel of a site has its months, and the page begins in the language asked for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minewatch.analysis import report, report_inputs
from minewatch.analysis.month_series import months_of_sites
from minewatch.errors import SettingsError
from minewatch.model import RunResult


def data_of(page: Path) -> dict[str, Any]:
    """What the script of a page draws from."""
    text = page.read_text("utf-8")
    found = re.search(r'<script id="run" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found
    values: dict[str, Any] = json.loads(found[1])
    return values


def test_the_panel_has_the_months_of_every_site(small_run: RunResult, tmp_path: Path) -> None:
    series = dict(months_of_sites(small_run, small_run.sites["site_id"].tolist()))
    page = report(small_run.directory, out=tmp_path / "a.html", language="my")["report"]
    values = data_of(page)
    assert values["language"] == "my"
    assert '<option value="my" lang="my" selected>' in page.read_text("utf-8")
    for site in values["sites"]:
        months = site["months"]
        of = series[site["site_id"]]
        assert months["start"] == str(of.index[0].date())
        for name, column in (("middle", "greenness"), ("baseline", "baseline")):
            expected = [None if v != v else round(100 * v) for v in of[column]]
            assert months[name] == expected
        assert any(v is None for v in months["middle"])  # what was not seen


def test_months_are_read_without_asking_what_makes_catalogues_and_samples(
    small_run: RunResult, tmp_path: Path
) -> None:
    code = (
        "import sys; from minewatch.analysis import report\n"
        f"page = report({str(small_run.directory)!r}, out={str(tmp_path / 'a.html')!r})['report']\n"
        "print(sorted({'pystac', 'jsonschema', 'minewatch.analysis.sampling'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(site["months"] for site in data_of(tmp_path / "a.html")["sites"])


def test_where_reading_months_takes_long_the_panel_does_without(
    small_run: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_inputs, "MOST_MONTHS", 3)
    values = data_of(report(small_run.directory, out=tmp_path / "a.html")["report"])
    assert {site["months"] for site in values["sites"]} == {None}


def test_a_language_that_the_report_does_not_have_is_an_error(
    small_run: RunResult, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="language 'de'"):
        report(small_run.directory, out=tmp_path / "a.html", language="de")
    assert list(tmp_path.iterdir()) == []
