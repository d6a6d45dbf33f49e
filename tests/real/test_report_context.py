"""The tab `Context` of the report in a real Chromium: wide, on a phone, in three languages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.context_answers import VILLAGE, answers_of

from minewatch import analysis
from minewatch.model import ContextAnswer, RunResult
from minewatch.store import open_result

from .chromium import chromium, watch

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def address(simulated_run: RunResult, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("asked")
    shutil.copytree(simulated_run.directory, folder / "run")
    run = open_result(folder / "run")
    answers = answers_of(run)
    sides = [
        {"event": "made-up", "date": date, "side": side, "what": "opened", "low": 1, "high": 3,
         "first_day": "2022-01-01", "last_day": "2022-12-31", "covered": 0.5}
        for date in ("event", "placebo") for side in ("before", "after")
    ]  # fmt: skip
    of_control = {**answers["control"].tables, "before_after": pd.DataFrame(sides)}
    answers["control"] = ContextAnswer(
        name="control", title="control", simulated=True, tables=of_control
    )
    for answer in answers.values():
        analysis.write_answer(answer, run)
    analysis.report(run.directory, out=folder / "report.html")
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["wide", "phone"])
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, scheme = request.param
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    seen = watch(page)
    page.goto(address)
    page.wait_for_selector("body[data-ready]", state="attached")
    yield page
    assert seen.troubles == []
    assert seen.requests == []
    page.close()


def test_the_tab_opens_by_pointer_keys_and_address(page: Page, address: str) -> None:
    run, context = page.locator("#of-the-run"), page.locator("#context")
    expect(run).to_be_visible()
    expect(context).to_be_hidden()
    page.click("#tab-context")
    expect(context).to_be_visible()
    expect(run).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    expect(run).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "tab-run"
    page.goto(f"{address}#context-control")
    expect(page.locator("#context-control")).to_be_in_viewport()
    page.locator("#context a[href]").first.click()
    expect(run).to_be_visible()  # a site leads to its panel on the other tab
    expect(page.locator("#panel h3")).to_be_visible()


def test_nothing_is_wider_than_the_screen_in_any_language(page: Page, tmp_path: Path) -> None:
    page.click("#tab-context")
    for language, heading in (("my", "မြစ်"), ("zh", "河流"), ("en", "Rivers and places")):
        page.select_option("#language", language)
        assert heading in page.inner_text("#context-downstream")
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert len(page.screenshot(full_page=True, path=tmp_path / "context.png")) > 20_000


def test_one_period_is_shown_at_a_time_with_its_range(page: Page) -> None:
    page.click("#tab-context")
    rows = page.locator("#context tr[data-start]:visible")
    assert rows.count() == 2  # a place and a river
    assert VILLAGE in rows.first.inner_text()
    assert "1–2" in rows.first.inner_text()
    page.select_option("#context-period", "2022-11-01")
    assert "0–1" in rows.first.inner_text()
    page.select_option("#context-period", "")
    assert rows.count() == 6


def test_the_map_and_the_charts_are_drawn(page: Page) -> None:
    page.click("#tab-context")
    assert page.locator("#context .context-map .river.wet-sure").count() == 2  # and in the legend
    assert page.locator("#context .context-map .at").count() == 4
    box = page.locator("#context .context-map > svg").bounding_box()
    assert box is not None
    assert box["width"] > 300
    assert page.locator("#context .charts .sure").count() > 3


def test_without_a_script_both_are_there(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#context")).to_be_visible()
    expect(page.locator("#of-the-run")).to_be_visible()
    context.close()
