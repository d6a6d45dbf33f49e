"""The interactive map of a run in a real Chromium, the Debian one, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

import minewatch as mw
from minewatch.model import RunResult
from minewatch.model.palette import STATE_COLOURS

CHROMIUM = shutil.which("chromium")
WITHOUT_A_SCREEN = (
    "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
)  # fmt: skip
pytestmark = pytest.mark.real


@pytest.fixture
def page() -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install --no-install-recommends chromium")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=list(WITHOUT_A_SCREEN))
        yield browser.new_page(viewport={"width": 900, "height": 600})
        browser.close()


def test_the_map_is_drawn_without_a_network_and_says_what_it_shows(
    simulated_run: RunResult, page: Page, tmp_path: Path
) -> None:
    run = mw.open_run(simulated_run.directory)
    path = tmp_path / "map.html"
    path.write_text(run.explore().page, "utf-8")
    asked: list[str] = []
    troubles: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)

    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]", state="attached", timeout=60_000)

    assert troubles == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
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
