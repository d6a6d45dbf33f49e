"""The interactive map of a run in a real Chromium, the Debian one, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

import minewatch as mw
from minewatch.model import RunResult
from minewatch.model.palette import STATE_COLOURS

from .chromium import chromium, watch

pytestmark = pytest.mark.real


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 900, "height": 600})


def test_the_map_is_drawn_without_a_network_and_says_what_it_shows(
    simulated_run: RunResult, page: Page, tmp_path: Path
) -> None:
    run = mw.open_run(simulated_run.directory)
    path = tmp_path / "map.html"
    path.write_text(run.explore().page, "utf-8")
    seen = watch(page)

    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]", state="attached", timeout=60_000)

    assert seen.troubles == []
    assert seen.requests == []
    text = page.inner_text("body")
    assert "SIMULATED" in text.upper()
    last = run.manifest["periods"][-1]
    assert last["label"] in text
    states = set(run.inventory["state"])
    assert all(state.replace("_", " ") in text for state in states & set(STATE_COLOURS))

    slider = page.locator("#period")
    slider.evaluate("s => { s.value = 0; s.dispatchEvent(new Event('input')); }")
    assert page.inner_text("#label") == run.manifest["periods"][0]["label"]
    drawn = page.evaluate("() => map.querySourceFeatures('sites').length")
    first = run.inventory[run.inventory["period_start"] == run.manifest["periods"][0]["start"]]
    assert (drawn > 0) == (len(first) > 0)


def test_the_map_of_an_area_is_drawn_without_a_complaint(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    path.write_text(mw.aoi("chipwe-pangwa").explore().page, "utf-8")
    seen = watch(page)
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]", state="attached", timeout=60_000)
    assert seen.troubles == []
    assert seen.requests == []
