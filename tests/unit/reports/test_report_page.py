from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from minewatch.errors import OutputError
from minewatch.model import RunResult
from minewatch.reports import render_page, write_report
from minewatch.reports.run_summary import summarise
from minewatch.sites import total_by_period


class Reader(HTMLParser):
    """Collects tags, attributes and text of a page, and checks that tags close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page_of(run: RunResult) -> str:
    return render_page(run, summarise(run, total_by_period(run.inventory)))


@pytest.fixture(scope="module")
def page(simulated_run: RunResult) -> str:
    return page_of(simulated_run)


def words(page: str) -> str:
    return " ".join(" ".join(Reader(page).text).split())


def test_the_page_is_well_formed_and_loads_nothing(page: str) -> None:
    reader = Reader(page)
    assert reader.open == []
    for tag, attributes in reader.tags:
        assert tag not in {"link", "iframe", "object", "base"}
        assert not {a for a in attributes if a.startswith("on") or a == "style"}
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#"))
    assert page.count("url(") == page.count("url(#")
    assert "@import" not in page


def test_the_policy_allows_this_style_and_script_and_data_pictures_only(page: str) -> None:
    (policy,) = (
        a["content"] or ""
        for tag, a in Reader(page).tags
        if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    style, script = (
        re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("style", "script")
    )
    assert style
    assert script
    assert [a for tag, a in Reader(page).tags if tag == "script"] == [
        {"id": "run", "type": "application/json"}, {},
    ]  # fmt: skip
    css, code = (
        base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        for found in (style, script)
    )
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{css}'; "
        f"script-src 'sha256-{code}'; base-uri 'none'; form-action 'none'"
    )


def test_what_comes_from_outside_is_escaped(page: str) -> None:
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "duplicate &lt;b&gt;of" in page
    assert "long axis &lt;downslope&gt;" in page


def test_no_name_from_outside_ends_the_script_of_the_page(simulated_run: RunResult) -> None:
    name = "</script><script>alert(2)</script><img src=x>"
    aoi = replace(simulated_run.aoi, name=name)
    page = page_of(replace(simulated_run, read_aoi=lambda: aoi))
    assert "alert(2)" in page
    assert "<script>alert(2)" not in page
    assert [tag for tag, _ in Reader(page).tags].count("script") == 2
    assert [tag for tag, _ in Reader(page).tags].count("img") == 0


def test_a_simulated_run_says_so_first(page: str, simulated_run: RunResult) -> None:
    assert Reader(page).text.index("SIMULATED imagery: no real place, no real mine.") < 20
    assert "<title>SIMULATED: " in page
    real = replace(simulated_run, manifest={**simulated_run.manifest, "simulated": False})
    assert "SIMULATED" not in page_of(real)


def test_the_page_tells_what_an_editor_needs(page: str) -> None:
    text = words(page)
    for told in (
        "Simulated valley", "2021-11-01 to 2024-04-30", "4.0 km²", "61 scenes",
        "2–3",  # sites
        "It is not a confidence interval",
        "“Not seen” is not “not there”",
        "swir16, swir22", "no SWIR band in this catalogue",
        "simulated-aaaa", "2021-12-20 – 2022-01-14", "before the archive", "12–24",
        "green again within one monsoon", "1.4 ha",
        "05.10", "-1000", "pixels", "the flag said 0",
        "SIM_20230303", "Reads that failed: 1.",
        "minewatch 0.1.0", "Simulated; no real place", "2020-01-01 – … (none)",
        "This page holds exact positions and dates",
        "No accuracy is claimed here",
    ):  # fmt: skip
        assert told in text, told


def test_a_run_that_found_nothing_does_not_say_there_is_nothing(empty_run: RunResult) -> None:
    text = words(page_of(empty_run))
    assert "No site was found." in text
    assert "That says nothing about ground or periods that were not seen" in text


def test_long_lists_of_failures_are_cut_and_say_so(simulated_run: RunResult) -> None:
    failures = [
        {"scene_id": f"S{i:04d}", "band": "nir", "chunk": "*", "reason": "404"} for i in range(900)
    ]
    many = replace(simulated_run, manifest={**simulated_run.manifest, "failures": failures})
    text = words(page_of(many))
    assert "Reads that failed: 900." in text
    assert "S0199" in text
    assert "S0200" not in text
    assert "The rest is in manifest.json" in text


def test_the_report_is_written_with_its_pictures(simulated_run: RunResult, tmp_path: Path) -> None:
    written = write_report(
        simulated_run,
        tmp_path / "new" / "report.html",
        totals=total_by_period(simulated_run.inventory),
    )
    assert list(written) == ["report", "map", "before/after", "timeline"]
    assert sorted(written.values()) == sorted((tmp_path / "new").iterdir())
    assert written["before/after"].name == "report-before-after.png"


def test_a_report_that_cannot_be_written_is_an_error_for_people(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match="cannot write") as caught:
        write_report(
            simulated_run,
            tmp_path / "file" / "report.html",
            totals=total_by_period(simulated_run.inventory),
        )
    assert caught.value.hint


def test_no_path_of_this_machine_is_on_the_page(simulated_run: RunResult) -> None:
    local = str(Path.home() / "archive" / "catalog.json")
    parameters = {**simulated_run.manifest["parameters"], "catalog": local}
    manifest = {**simulated_run.manifest, "parameters": parameters}
    page = page_of(replace(simulated_run, manifest=manifest))
    assert "archive/catalog.json" in page
    assert str(simulated_run.directory) not in page
    assert str(Path.home()) not in page
