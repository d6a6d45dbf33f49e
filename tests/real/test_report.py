"""The report in a real Chromium: 300 simulated sites over eight periods, without a network."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import shapely
from playwright.sync_api import Browser, Page, expect
from shapely.geometry import shape
from tests.large_run import PERIODS, write_large_run

from minewatch.analysis import report
from minewatch.model import RunResult

from .chromium import chromium, watch

pytestmark = pytest.mark.real
HOSTILE = """<img src=x onerror="alert(1)"></script><script>alert(2)</script>'"&"""
MOST_BYTES = 6_000_000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("large") / "run"
    folder.mkdir()
    return write_large_run(folder, name=HOSTILE, verdicts=("mine", None, "=not_mine"))


@pytest.fixture(scope="module")
def address(run: RunResult, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    report(run.directory, out=path)
    assert path.stat().st_size < MOST_BYTES
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page at 1,280 px; whatever it asks of a network or trips over fails the test."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    seen = watch(page)
    page.goto(address)
    page.wait_for_selector("body[data-ready]", state="attached")
    yield page
    assert seen.troubles == []
    assert seen.requests == []
    page.close()


def shown(page: Page) -> list[str]:
    """Ids of the sites in the table, in its order."""
    return page.eval_on_selector_all(
        "#site-table tbody tr:not([hidden])", "lines => lines.map(line => line.dataset.site)"
    )


def on_the_map(page: Page) -> int:
    return page.locator("#marks .mark:not(.off)").count()


def slide(page: Page, period: int) -> None:
    page.locator("#period").fill(str(period))


def expected(run: RunResult, period: int, *, rejected: bool = False) -> dict[str, dict[str, Any]]:
    """Rows of the inventory that a period knows of, by site."""
    start = str(PERIODS[period].start)
    return {
        row["site_id"]: row
        for row in run.read_rows("inventory")
        if row["period_start"] == start and (rejected or row["alert_then"] != "rejected")
    }


def test_a_name_from_outside_is_text_and_the_page_says_that_it_is_simulated(page: Page) -> None:
    assert HOSTILE in page.inner_text("h1")
    assert page.locator("img[src=x]").count() == 0
    assert "SIMULATED" in page.inner_text(".banner")
    assert page.title().startswith("SIMULATED: ")


def test_the_slider_shows_only_what_existed_then(page: Page, run: RunResult) -> None:
    for period in (0, 3, len(PERIODS) - 1):
        slide(page, period)
        known = expected(run, period)
        assert set(shown(page)) == set(known)
        assert on_the_map(page) == len(known)
        status = page.inner_text("#status")
        unseen = sum(row["state"] == "not_observed" for row in known.values())
        total = len(expected(run, period, rejected=True))
        assert f"{len(known)} of {total} sites known then are shown; {unseen} of those" in status
        assert "7 % of the area was never seen clear" in status
    slide(page, 0)
    line = page.locator(f'tr[data-site="{shown(page)[0]}"]')
    assert "candidate" in line.inner_text()  # the alert as it was then, not as it is known now


def test_play_goes_through_the_periods_and_stops(page: Page) -> None:
    slide(page, len(PERIODS) - 3)
    page.click("#play")
    assert page.inner_text("#play") == "Stop"
    expect(page.locator("#period")).to_have_value(str(len(PERIODS) - 1))
    expect(page.locator("#play")).to_have_text("Play")


def test_filters_hold_for_the_map_and_the_table(page: Page, run: RunResult) -> None:
    known = expected(run, len(PERIODS) - 1)
    page.click("#filters summary")
    page.uncheck("input[name=states][value=active]")
    page.uncheck("input[name=alerts][value=candidate]")
    page.locator("#least-confidence").fill("0.5")
    left = {
        site
        for site, row in known.items()
        if row["state"] != "active"
        and row["alert_then"] != "candidate"
        and row["confidence"] >= 0.5
    }
    assert set(shown(page)) == left
    assert on_the_map(page) == len(left)
    page.locator("#least-area").fill("4000")
    most: dict[str, float] = {}
    for row in run.read_rows("inventory"):
        most[row["site_id"]] = max(most.get(row["site_id"], 0), row["disturbed_area_m2"] or 0)
    assert set(shown(page)) == {site for site in left if most[site] >= 4000}
    page.locator("#least-area").fill("999999999")
    assert page.is_visible("#no-site")
    page.click("#reset")
    assert set(shown(page)) == set(known)
    page.uncheck('input[name=verdicts][value=""]')
    page.uncheck('input[name=verdicts][value="=not_mine"]')
    said = page.eval_on_selector_all(
        "#site-table tbody tr:not([hidden])", "rows => rows.map(r => r.innerText.includes('mine'))"
    )
    assert said
    assert all(said)


def test_the_table_sorts_by_its_heads(page: Page, run: RunResult) -> None:
    known = expected(run, len(PERIODS) - 1)
    page.click("th button[data-sort=confidence]")
    by_confidence = [known[site]["confidence"] for site in shown(page)]
    assert by_confidence == sorted(by_confidence, reverse=True)
    assert page.get_attribute("th:has(button[data-sort=confidence])", "aria-sort") == "descending"
    page.click("th button[data-sort=site]")
    assert shown(page) == sorted(known)


def test_what_is_shown_can_be_taken_home(page: Page, run: RunResult, tmp_path: Path) -> None:
    slide(page, 2)
    known = expected(run, 2)
    with page.expect_download() as taken:
        page.click("#csv")
    taken.value.save_as(tmp_path / "a.csv")
    assert taken.value.suggested_filename == f"simulated-large-{PERIODS[2].start}.csv"
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["site_id"] for row in rows} == set(known)
    for row in rows:
        area = known[row["site_id"]]["disturbed_area_m2"]
        assert row["disturbed_area_m2"] == ("" if area is None else f"{area:g}")
        assert row["simulated"] == "true"
        assert row["verdict"] in ("mine", "", "'=not_mine")  # no formula in a spreadsheet
    with page.expect_download() as taken:
        page.click("#geojson")
    taken.value.save_as(tmp_path / "a.geojson")
    collection = json.loads((tmp_path / "a.geojson").read_text("utf-8"))
    assert collection["simulated"] is True
    start = str(PERIODS[2].start)
    table = run.inventory[run.inventory["period_start"] == start].set_index("site_id")
    assert len(collection["features"]) == len(known)
    for feature in collection["features"]:
        kept = table.loc[feature["properties"]["site_id"]].geometry
        assert shapely.hausdorff_distance(shape(feature["geometry"]), kept) < 1e-6


def test_a_site_opens_by_click_by_address_and_closes(page: Page, run: RunResult) -> None:
    page.locator("#marks .mark:not(.off)").last.click(force=True)
    site = page.inner_text("#panel h3")
    assert page.evaluate("location.hash") == f"#{site}"
    text = page.inner_text("#panel")
    rows = [row for row in run.read_rows("inventory") if row["site_id"] == site]
    labels = [p["label"] for p in run.manifest["periods"]]
    starts = [p["start"] for p in run.manifest["periods"]]
    for row in rows:
        assert labels[starts.index(row["period_start"])] in text
        assert all(scene in text for scene in row["evidence"])
        if row["disturbed_area_m2"] is None:
            assert "not seen" in text
        else:
            assert f"{row['pool_count_low']} – {row['pool_count_high']}" in text
    assert "speaks for a mine" in text or "leaves it open" in text
    assert "landslide: " in text
    assert page.evaluate("document.activeElement.tagName") == "H3"
    page.keyboard.press("Escape")
    assert page.evaluate("location.hash") == ""
    assert "Choose a site" in page.inner_text("#panel")
    page.evaluate("location.hash = '#simulated-0002'")
    expect(page.locator("#panel h3")).to_have_text("simulated-0002")
    page.click("#panel button:has-text('Next site')")
    expect(page.locator("#panel h3")).not_to_have_text("simulated-0002")
    page.evaluate("location.hash = '#nowhere<b>'")
    page.wait_for_selector("#panel [role=alert]")
    assert "nowhere<b>" in page.inner_text("#panel")


def test_the_map_moves_and_zooms_by_keys_and_buttons(page: Page) -> None:
    box = "document.getElementById('map').getAttribute('viewBox').split(' ').map(Number)"
    whole = page.evaluate(box)
    page.focus("#map")
    page.keyboard.press("+")
    near = page.evaluate(box)
    assert near[2] < whole[2]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(box)[0] > near[0]
    page.click("#zoom-out")
    assert page.evaluate(box)[2] > near[2]
    page.keyboard.press("Tab")
    page.focus("#map")
    page.keyboard.press("0")
    assert page.evaluate(box) == whole


def test_every_period_has_its_picture_and_the_site_its_chips(page: Page) -> None:
    picture = "document.getElementById('picture-now').getAttribute('href')"
    pictures = set()
    for period in range(len(PERIODS)):
        slide(page, period)
        pictures.add(page.evaluate(picture))
    assert len(pictures) == len(PERIODS)
    page.click("#site-table tbody tr:not([hidden]) a")
    page.wait_for_selector("#panel.open")
    assert page.locator("#panel .chips button").count() == len(PERIODS)
    page.click("#panel .chips button >> nth=4")
    assert page.input_value("#period") == "4"
    size = page.evaluate(
        "async () => { const i = new Image(); i.src = run.periods[0].chips; await i.decode();"
        " return [i.naturalWidth, i.naturalHeight]; }"
    )
    assert size == [20 * 48, 15 * 48]


def test_two_periods_are_swiped_by_keys(page: Page) -> None:
    assert not page.is_visible("#swipe-control")
    page.select_option("#compare", str(1))
    assert page.is_visible("#swipe-control")
    href = "id => document.getElementById(id).getAttribute('href')"
    assert page.evaluate(href, "picture-then") == page.evaluate("run.periods[1].picture")
    assert page.evaluate(href, "picture-now") == page.evaluate("run.periods[7].picture")
    width = "Number(document.getElementById('swipe-rect').getAttribute('width'))"
    half = page.evaluate(width)
    page.focus("#swipe")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(width) < half
    slide(page, 1)  # nothing to compare with itself
    assert not page.is_visible("#swipe-control")


def test_labels_change_their_language_in_every_part(page: Page) -> None:
    page.evaluate("location.hash = '#simulated-0003'")
    page.wait_for_selector("#panel.open")
    page.select_option("#language", "zh")
    assert page.get_attribute("html", "lang") == "zh"
    for part, said in (
        ("h2#sites", "矿点"), ("#status", "从未清晰观测到"), ("#panel", "还可能是什么"),
        ("#site-table thead", "置信度"), ("#filters summary", "仅显示"), ("#play", "播放"),
        ("#site-table tbody", "开采中"), (".charts", "扰动面积"),
    ):  # fmt: skip
        assert said in page.inner_text(part), part
    assert "地图" in (page.get_attribute("#map", "aria-label") or "")
    page.select_option("#language", "my")
    assert "လုပ်ကိုင်ဆဲ" in page.inner_text("#site-table tbody")
    page.select_option("#language", "en")
    assert "active" in page.inner_text("#site-table tbody")


def test_charts_draw_the_ranges_of_every_period(page: Page) -> None:
    charts = page.locator(".charts svg")
    assert charts.count() == 4
    text = page.eval_on_selector_all(".charts title", "titles => titles.map(t => t.textContent)")
    shown_then = page.inner_text("dl.figures dd >> nth=0")
    assert f"2023/24 dry season: {shown_then}" in text
    assert len(text) == (2 + 2 + 1 + 1) * len(PERIODS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_no_page_is_wider_than_its_screen(
    browser: Browser, simulated_run: RunResult, tmp_path: Path, width: int, scheme: Any
) -> None:
    address = report(simulated_run.directory, out=tmp_path / "page.html")["report"].as_uri()
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    seen = watch(page)
    page.goto(f"{address}#simulated-aaaa")
    page.wait_for_selector("#panel.open")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    package = find_spec("axe_playwright_python")
    assert package
    assert package.origin
    page.evaluate(Path(package.origin).with_name("axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run()")
    said = [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found["violations"]]
    assert said == []
    assert len(found["passes"]) > 20
    assert seen.troubles == []
    page.close()


def test_printed_it_holds_the_table_and_no_controls(page: Page) -> None:
    page.emulate_media(media="print")
    assert not page.is_visible("#csv")
    assert not page.is_visible("#period")
    assert page.is_visible("#map")
    assert page.evaluate("getComputedStyle(document.querySelector('.tall')).maxHeight") == "none"


def test_without_its_script_the_page_still_has_its_tables(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.is_visible("text=The tables below do not.")
    assert not page.is_visible("#csv")
    assert page.is_visible('tr[data-site="simulated-0027"]')
    context.close()
