"""Pixels of a block are labelled one by one on the page, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from minewatch.analysis import assess, draw_sample
from minewatch.model import RunResult
from minewatch.samples import LabelEntry, append_labels, read_label_log, read_units
from minewatch.serving import SampleTask

from .test_review_page import browser, sit_down

__all__ = ["browser"]
pytestmark = pytest.mark.real


@pytest.fixture
def folder(tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]) -> Path:
    return write_simulated_run(tmp_path / "run").directory


def test_cells_that_differ_are_clicked_and_the_rest_is_named(browser, folder: Path) -> None:  # type: ignore[no-untyped-def]
    sample = draw_sample(folder, size=6, unit="block", least=2).folder
    task = SampleTask(folder, "sample", interpreter="Kai")
    with sit_down(browser, folder, task=task) as table:
        unit = max(read_units(sample), key=lambda of: len(of.cells))
        first, seen = unit.unit, len(unit.cells)
        table.page.click(f'tr[data-unit="{first}"] a')
        expect(table.page.locator("#judge-heading")).to_have_text(first)
        cells = table.page.locator("#cells button")
        expect(cells).to_have_count(seen)
        assert seen > 3
        assert table.page.locator("#block-lines").count() == 1
        cells.nth(0).click()  # pool
        cells.nth(1).click()
        cells.nth(1).click()  # pad
        cells.last.focus()
        table.press("u")
        assert cells.last.get_attribute("data-label") == "unsure"
        assert not read_label_log(sample).entries, "a key on a cell is of that cell alone"
        table.page.locator("#note").focus()
        table.page.locator("#judge-heading").click()
        table.press("o")
        expect(table.page.locator("#judge-heading")).not_to_have_text(first)
        line = table.page.inner_text(f'tr[data-unit="{first}"]')
        assert f"other {seen - 3}, pad 1, pool 1, unsure 1" in line
        assert table.page.locator("#cells button[data-label]").count() == 0, "the next one is blank"
        table.press("o")
        table.page.click(f'tr[data-unit="{first}"] a')
        expect(table.page.locator("#cells button[data-label]")).to_have_count(3)
    entries = read_label_log(sample).entries
    assert [e.label for e in entries] == [
        ";".join(["pool", "pad", *["other"] * (seen - 3), "unsure"]), "other",
    ]  # fmt: skip
    append_labels(
        sample,
        [
            LabelEntry(unit=u.unit, period=entries[0].period, interpreter="Kai", label="other")
            for u in read_units(sample)
            if u.unit not in {e.unit for e in entries}
        ],
    )
    (matrix,) = assess(folder, "sample").matrices.values()
    pixels = sum(len(unit.cells) for unit in read_units(sample))
    assert matrix.counts.sum() == pytest.approx(pixels)
    assert matrix.counts.sum(axis=0).tolist()[:2] == [1, 1]


def test_the_mine_that_a_pixel_is_on_goes_with_one_label_alone(browser, folder: Path) -> None:  # type: ignore[no-untyped-def]
    sample = draw_sample(folder, size=4, least=1).folder
    task = SampleTask(folder, "sample", interpreter="Kai")
    with sit_down(browser, folder, task=task) as table:
        table.page.fill("#mine-area", "0.35")
        table.page.select_option("#mine-begun", "older")
        table.page.locator("#judge-heading").click()
        table.press("p", "o")
        assert table.page.input_value("#mine-area") == ""
    said = [(e.label, e.site_area_m2, e.begun) for e in read_label_log(sample).entries]
    assert said == [("pool", 3500.0, "older"), ("other", None, None)]


def test_a_large_block_is_counted(browser, folder: Path) -> None:  # type: ignore[no-untyped-def]
    sample = draw_sample(folder, size=4, unit="block", block_px=10, least=1).folder
    sizes = {unit.unit: len(unit.cells) for unit in read_units(sample)}
    task = SampleTask(folder, "sample", interpreter="Kai")
    with sit_down(browser, folder, task=task) as table:
        unit = table.place
        table.page.fill("#counts input[data-of=pool]", "12")
        table.page.click("#answers button[data-value=other]")
        table.page.evaluate("() => busy")
        expect(table.page.locator("#judge-heading")).not_to_have_text(unit)
        assert table.page.input_value("#counts input[data-of=pool]") == ""
    (entry,) = read_label_log(sample).entries
    assert entry.label == f"pool=12;other={sizes[unit] - 12}"
