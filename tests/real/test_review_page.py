"""`minewatch review serve` in a real Chromium: keys, undo, outlines, two reviewers, a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import shapely
from playwright.sync_api import Browser, Page, expect
from tests.flow.conftest import SMALL, run_archive, shared_archive
from tests.large_run import write_large_run

from minewatch import exporters
from minewatch.analysis import compare_reviewers, draw_sample, open_review
from minewatch.model import RunResult
from minewatch.pipeline import update
from minewatch.review import read_verdicts
from minewatch.samples import read_label_log
from minewatch.serving import ReviewServer, SampleTask, SiteTask
from minewatch.store import open_result

from .chromium import chromium, watch

pytestmark = pytest.mark.real
HOSTILE = """<img src=x onerror="alert(1)"></script><script>alert(2)</script>'"&"""


@dataclass
class Table:
    """A page that one reviewer sits at."""

    page: Page
    server: ReviewServer

    @property
    def place(self) -> str:
        return self.page.inner_text("#judge-heading")

    def press(self, *keys: str) -> None:
        """Press keys one after the other, each when the one before is kept."""
        for key in keys:
            self.page.keyboard.press(key)
            self.page.evaluate("() => busy")

    def judged(self) -> str:
        return self.page.inner_text("#progress-words")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def large_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large") / "run"
    folder.mkdir()
    return write_large_run(folder, name=HOSTILE).directory


@pytest.fixture
def large(large_run: Path) -> Iterator[Path]:
    """The large run, without a verdict before and after."""
    log = large_run / "review" / "verdicts.jsonl"
    log.unlink(missing_ok=True)
    yield large_run
    log.unlink(missing_ok=True)


@pytest.fixture
def folder(tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]) -> Path:
    return write_simulated_run(tmp_path / "run").directory


@contextmanager
def sit_down(
    browser: Browser,
    folder: Path,
    *,
    reviewer: str = "Kai",
    is_blind: bool = False,
    width: int = 1280,
    scheme: Any = "light",
    tables: bool = False,
    task: SampleTask | None = None,
) -> Iterator[Table]:
    """Start a server, open its page; whatever leaves the machine or goes wrong fails the test."""
    write = {} if tables else {"write_tables": lambda _: ""}
    server = ReviewServer(task or SiteTask(folder, reviewer=reviewer, is_blind=is_blind, **write))
    thread = Thread(target=server.run)
    thread.start()
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, has_touch=width < 600
    )
    page = context.new_page()
    seen = watch(page)
    try:
        page.goto(server.visitors.entrance)
        page.wait_for_selector("body[data-ready]", state="attached")
        yield Table(page=page, server=server)
        home = f"http://127.0.0.1:{server.port}/"
        assert [url for url in seen.requests if not url.startswith(home)] == []
        assert seen.troubles == []
    finally:
        context.close()
        server.stop()
        thread.join()


def test_forty_sites_are_judged_by_keys_and_every_verdict_is_where_it_belongs_later(
    browser: Browser, large: Path
) -> None:
    said: dict[str, tuple[str, str | None]] = {}
    with sit_down(browser, large) as table:
        assert "0 of 300 judged by you" in table.judged()
        for number in range(40):
            site, way = table.place, number % 4
            keys = (["m"], ["n", "1"], ["u"], ["n", "d"])[way]
            said[site] = (
                ("mine", None), ("not_mine", "swidden"), ("unsure", None),
                ("not_mine", "other_clearing"),
            )[way]  # fmt: skip
            table.press(*keys)
            expect(table.page.locator("#judge-heading")).not_to_have_text(site)
        assert len(said) == 40
        assert "40 of 300 judged by you" in table.judged()
    entries = read_verdicts(large).entries
    assert {e.site_id: (e.verdict, e.reason) for e in entries} == said
    assert {e.reviewer for e in entries} == {"Kai"}
    result = open_result(large, verify=False)
    renamed = {site: f"later-{n:03d}" for n, site in enumerate(sorted(said)[:15])}
    files = {n: large / f"{n}.geojson" for n in ("inventory", "sites")}
    kept = {path: path.read_bytes() for path in (*files.values(), large / "manifest.json")}
    for name, path in files.items():  # what another month may do to ids
        later = exporters.LAYERS[name].table(result).replace({"site_id": renamed})
        exporters.write_geojson(later, path, exporters.LAYERS[name].contract)
    outputs = {**result.manifest["outputs"], **exporters.hash_outputs(large, files.values())}
    exporters.write_manifest({**result.manifest, "outputs": outputs}, large / "manifest.json")
    try:
        with sit_down(browser, large) as table:
            assert "40 of 300 judged by you" in table.judged()
            found = table.page.evaluate(
                "Object.fromEntries(Object.entries(said.units).map(([id, of]) => "
                "[id, [of.verdict, of.reason]]))"
            )
            assert found == {renamed.get(s, s): list(words) for s, words in said.items()}
            assert table.place not in found, "the queue goes on where it was left"
    finally:
        for path, content in kept.items():
            path.write_bytes(content)


def test_verdicts_of_the_page_are_where_they_belong_after_a_real_update(
    browser: Browser, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path / "run"
    run_archive(shared_archive(tmp_path_factory, SMALL), out, end="2021-03-31")
    with sit_down(browser, out, tables=True) as table:
        expected = {}
        for keys, verdict in ((("m",), "mine"), (("n", "1"), "not_mine"), (("m",), "mine")):
            expected[table.place] = verdict
            table.press(*keys)
            if len(expected) < 3:
                expect(table.page.locator("#judge-heading")).not_to_have_text(list(expected)[-1])
    assert verdicts_of_sites(open_result(out)) == expected
    later = verdicts_of_sites(update(out, end="2021-04-30"))
    assert len(later) == 2  # a fish pond of a season with few overpasses is no site any more
    assert later == {site: expected[site] for site in later}
    assert {entry.site_id for entry in read_verdicts(out).entries} == set(expected)
    with sit_down(browser, out) as table:
        assert "2 of 2" in table.judged()


def verdicts_of_sites(result: RunResult) -> dict[str, str | None]:
    return {row["site_id"]: row["verdict"] for row in result.read_rows("sites")}


def test_undo_goes_back_to_the_place_and_what_was_said_before(
    browser: Browser, folder: Path
) -> None:
    with sit_down(browser, folder) as table:
        first = table.place
        table.press("m")
        expect(table.page.locator("#judge-heading")).not_to_have_text(first)
        table.press("u", "z")
        assert "1 of 3" in table.judged()
        table.press("z")
        assert table.place == first
        assert "0 of 3" in table.judged()
        assert table.page.is_disabled("#undo")
    assert open_review(folder).places == ()
    assert len(read_verdicts(folder).entries) == 4


def test_a_note_goes_with_the_verdict_and_keys_in_it_are_letters(
    browser: Browser, folder: Path
) -> None:
    with sit_down(browser, folder) as table:
        site = table.place
        table.page.focus("#note")
        table.page.keyboard.type("mnu z s [")
        table.page.click("#answers button[data-value=mine]")
        table.page.evaluate("() => busy")
        assert table.page.input_value("#note") == ""
        assert "mnu z s [" in table.page.inner_text(f'tr[data-unit="{site}"]')
    (entry,) = read_verdicts(folder).entries
    assert (entry.verdict, entry.note) == ("mine", "mnu z s [")


def test_how_sure_one_is_goes_with_one_label_of_a_sample_and_not_with_the_next(
    browser: Browser, folder: Path
) -> None:
    sample = draw_sample(folder, size=4, unit="site").folder
    task = SampleTask(folder, "sample", interpreter="Kai")
    with sit_down(browser, folder, task=task) as table:
        unit = table.place
        table.press("3", "n")
        expect(table.page.locator("#judge-heading")).not_to_have_text(unit)
        assert "low confidence" in table.page.inner_text(f'tr[data-unit="{unit}"]')
        assert table.page.input_value("#confidence") == ""
        table.press("m")
    labels = [(e.label, e.confidence) for e in read_label_log(sample).entries]
    assert labels == [("not_mine", "low"), ("mine", None)]


def test_a_skipped_place_comes_again_last(browser: Browser, folder: Path) -> None:
    with sit_down(browser, folder) as table:
        order = []
        for _ in range(3):
            order.append(table.place)
            table.page.keyboard.press("s")
            table.page.wait_for_timeout(100)
        assert len(set(order)) == 3
        assert table.place in order
        assert read_verdicts(folder).entries == ()


def test_an_outline_is_corrected_by_dragging_a_corner(browser: Browser, folder: Path) -> None:
    with sit_down(browser, folder) as table:
        site = table.place
        table.press("e")
        corner = table.page.locator(".corner").first
        at = corner.bounding_box()
        assert at
        x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
        table.page.mouse.move(x, y)
        table.page.mouse.down()
        table.page.mouse.move(x - 60, y - 60, steps=5)
        table.page.mouse.up()
        table.page.click("#keep-outline")
        table.page.evaluate("() => busy")
        assert "outline corrected" in table.page.inner_text("#said")
        assert table.page.locator(".corrected").count() == 1
    (entry,) = read_verdicts(folder).entries
    assert (entry.site_id, entry.verdict) == (site, None)
    detected = open_result(folder).sites.set_index("site_id").geometry[site]
    assert entry.corrected is not None
    assert entry.outline.equals_exact(detected, 1e-6)
    assert not entry.corrected.equals_exact(detected, 1e-4)
    assert entry.corrected.intersects(detected)


@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_a_new_place_is_drawn(browser: Browser, folder: Path, way: str) -> None:
    with sit_down(browser, folder) as table:
        table.press("d")
        box = table.page.locator("#map").bounding_box()
        assert box
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        degrees = []
        for dx, dy in ((-100, -150), (100, -150), (0, -60)):
            if way == "mouse":
                table.page.mouse.click(middle[0] + dx, middle[1] + dy)
            else:
                table.page.focus("#map")
                table.page.keyboard.press("ArrowUp" if dx else "ArrowLeft")
                table.page.keyboard.press("ArrowLeft" if dx < 0 else "ArrowUp")
                table.page.keyboard.press(" ")
            degrees = table.page.evaluate("draftOutline()[0] || []")
        assert len(degrees) == 3
        table.page.click("#keep-outline")
        table.page.evaluate("() => busy")
        assert table.page.locator(".drawn").count() == 1
        assert table.page.inner_text("#trouble") == ""
    (entry,) = read_verdicts(folder).entries
    assert (entry.site_id, entry.verdict) == (None, "mine")
    assert shapely.hausdorff_distance(entry.outline, shapely.Polygon(degrees)) < 1e-6


def test_a_blind_reviewer_and_another_are_compared(browser: Browser, folder: Path) -> None:
    said = {}
    for reviewer, is_blind in (("Kai", False), ("Min", True)):
        with sit_down(browser, folder, reviewer=reviewer, is_blind=is_blind) as table:
            if is_blind:
                text = table.page.inner_text("body")
                assert not any(w in text for w in ("confirmed", "active", "0.87", "Kai", "began"))
                assert "0 of 3 judged by you" in table.judged()
            for _ in range(3):
                site = table.place
                key = "u" if is_blind and site.endswith("c") else "m"
                said[reviewer, site] = key
                table.press(key)
                table.page.wait_for_timeout(100)
            assert "3 of 3" in table.judged()
    (pair,) = compare_reviewers(read_verdicts(folder).entries)
    assert pair.kappa.count == 3
    assert [d.subject for d in pair.disagreements] == ["simulated-cccc"]


def test_two_tabs_lose_nothing_and_the_other_one_sees_it_when_looked_at(
    browser: Browser, folder: Path
) -> None:
    with sit_down(browser, folder) as table:
        other = table.page.context.new_page()
        other.goto(f"http://127.0.0.1:{table.server.port}/")
        other.wait_for_selector("body[data-ready]", state="attached")
        first = table.place
        table.press("m")
        other.keyboard.press("u")
        other.evaluate("() => busy")
        assert [e.verdict for e in read_verdicts(folder).entries] == ["mine", "unsure"]
        table.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        table.page.evaluate("() => busy")
        assert "unsure" in table.page.inner_text(f'tr[data-unit="{first}"]')


def test_a_server_that_was_stopped_is_said_and_nothing_is_taken_for_kept(
    browser: Browser, folder: Path
) -> None:
    server = ReviewServer(SiteTask(folder, reviewer="Kai"))
    thread = Thread(target=server.run)
    thread.start()
    page = browser.new_page()
    page.goto(server.visitors.entrance)
    page.wait_for_selector("body[data-ready]", state="attached")
    site = page.inner_text("#judge-heading")
    server.stop()
    thread.join()
    page.keyboard.press("m")
    expect(page.locator("#trouble")).to_contain_text("Nothing was kept")
    assert page.inner_text("#judge-heading") == site
    assert "0 of 3" in page.inner_text("#progress-words")
    page.close()


def test_a_page_of_another_site_can_neither_read_nor_write(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    with sit_down(browser, folder) as table:
        home = f"http://127.0.0.1:{table.server.port}"
        evil = tmp_path / "evil.html"
        evil.write_text(
            f'<form id=f method=post enctype="text/plain" action="{home}/say">'
            '<input name=\'{"id":"simulated-aaaa","verdict":"mine","note":"\' value=\'"}\'></form>'
            f'<iframe src="{home}/"></iframe>'
        )
        context = table.page.context  # the same browser, with its cookie
        page = context.new_page()
        page.goto(evil.as_uri())
        tried = page.evaluate(
            """async (home) => {
              const json = {'Content-Type': 'application/json'};
              const body = '{"id":"simulated-aaaa","verdict":"mine"}';
              const write = {method: 'POST', body, credentials: 'include'};
              const ways = [{}, {credentials: 'include'}, {...write, mode: 'no-cors'},
                {...write, headers: json}];
              const seen = [];
              for (const way of ways) {
                const path = way.method ? '/say' : '/state';
                try { seen.push((await fetch(home + path, way)).type); }
                catch { seen.push('refused'); }
              }
              return seen;
            }""",
            home,
        )
        assert "basic" not in tried
        assert "cors" not in tried
        page.evaluate("document.getElementById('f').submit()")
        page.wait_for_url(f"{home}/say")
        assert "refused" in page.inner_text("body") or "open the address" in page.inner_text("body")
    assert read_verdicts(folder).entries == ()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_no_page_is_wider_than_its_screen(
    browser: Browser, folder: Path, width: int, scheme: Any
) -> None:
    package = find_spec("axe_playwright_python")
    assert package
    assert package.origin
    axe = Path(package.origin).with_name("axe.min.js").read_text("utf-8")
    with sit_down(browser, folder, width=width, scheme=scheme) as table:
        table.page.evaluate(axe)
        for keys in ([], ["n"], ["Escape", "e"]):  # plain, with reasons, with corners
            table.press(*keys)
            assert table.page.evaluate("document.documentElement.scrollWidth") == width
            found = table.page.evaluate("axe.run()")
            said = [
                (v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in found["violations"]
            ]
            assert said == []
            assert len(found["passes"]) > 20


def test_a_name_from_outside_is_text(browser: Browser, large: Path) -> None:
    with sit_down(browser, large) as table:
        assert HOSTILE in table.page.inner_text("h1")
        assert table.page.locator("img[src=x]").count() == 0
        assert "SIMULATED" in table.page.inner_text(".banner")
        assert table.page.title().startswith("SIMULATED: ")


def test_a_finger_judges_and_draws_on_a_phone(browser: Browser, folder: Path) -> None:
    with sit_down(browser, folder, width=390) as table:
        table.page.tap("#answers button[data-value=not_mine]")
        table.page.tap("#reasons button >> nth=1")
        table.page.evaluate("() => busy")
        table.page.tap("#draw")
        box = table.page.locator("#map").bounding_box()
        assert box
        for dx, dy in ((60, 100), (200, 110), (120, 180)):
            table.page.touchscreen.tap(box["x"] + dx, box["y"] + dy)
        assert table.page.locator(".corner").count() == 3
        table.page.tap("#keep-outline")
        table.page.evaluate("() => busy")
    assert [e.verdict for e in read_verdicts(folder).entries] == ["not_mine", "mine"]
