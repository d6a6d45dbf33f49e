"""Evidence sheets in a real Chromium: no network, no complaint, readable on a phone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from minewatch.analysis.evidence_sheets import write_evidence
from minewatch.model import RunResult
from minewatch.reports import render_page, summarise
from minewatch.sites import total_by_period

from .chromium import chromium, watch

pytestmark = pytest.mark.real


def test_axe_finds_nothing_in_a_sheet_and_no_page_is_wider_than_its_screen(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    written = write_evidence(simulated_run, tmp_path, sites=["simulated-aaaa"])
    pages = [path for path in written if path.suffix == ".html"]
    package = find_spec("axe_playwright_python")
    assert package
    assert package.origin
    axe = Path(package.origin).with_name("axe.min.js").read_text("utf-8")
    assert len(pages) == 2
    with chromium() as browser:
        for path in pages:
            for width in (390, 1280):
                page = browser.new_page(viewport={"width": width, "height": 844})
                seen = watch(page)
                page.goto(path.as_uri())
                assert "SIMULATED" in page.inner_text(".banner")
                assert page.evaluate("document.documentElement.scrollWidth") == width, path.name
                drawn = page.eval_on_selector_all(
                    "svg", "all => all.every(one => one.getBoundingClientRect().width > 20)"
                )
                assert drawn
                assert seen.troubles == []
                assert seen.requests == []
                page.evaluate(axe)
                found = page.evaluate("axe.run()")
                said = [
                    (v["id"], [n["html"][:200] for n in v["nodes"][:3]])
                    for v in found["violations"]
                ]
                assert said == [], path.name
                page.close()


def test_the_panel_of_the_report_draws_the_months_of_a_site(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    index = pd.date_range("2021-11-01", periods=30, freq="MS", name="month")
    green = np.where(np.arange(30) % 3 == 0, np.nan, 0.5)
    series = pd.DataFrame(
        {
            "greenness": green, "greenness_low": green - 0.1, "greenness_high": green + 0.1,
            "baseline": 0.8, "baseline_sd": 0.05,
        },
        index=index,
    )  # fmt: skip
    periods = summarise(simulated_run, total_by_period(simulated_run.inventory))
    path = tmp_path / "page.html"
    text = render_page(simulated_run, periods, months={"simulated-aaaa": series}, language="zh")
    path.write_text(text, "utf-8")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844})
        seen = watch(page)
        page.goto(f"{path.as_uri()}#simulated-aaaa")
        page.wait_for_selector("#panel.open")
        assert page.locator("#panel .months .look").count() == 20
        assert page.locator("#panel .months .unseen").count() == 10
        assert page.locator("#panel .months .start").count() == 2
        assert page.locator("#panel .months rect").count() == 3
        assert "逐月" in page.inner_text("#panel")
        assert page.get_attribute("html", "lang") == "zh"
        page.evaluate("location.hash = '#simulated-bbbb'")
        page.wait_for_selector("#panel h3:has-text('bbbb')")
        assert "state/" in page.inner_text("#panel")
        assert page.locator("#panel .months").count() == 0
        assert seen.troubles == []
        page.close()
