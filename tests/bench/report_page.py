"""How heavy the report of 300 simulated sites over eight periods is, and how fast it answers.

`python -m tests.bench.report_page` prints size, time until ready, and the longest task while the
page is filtered, in the system's Chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from playwright.sync_api import Page, sync_playwright
from tests.large_run import PERIODS, write_large_run

from minewatch.analysis import report

REPEATS = 3
WATCH = """window.tasks = [];
new PerformanceObserver((list) => list.getEntries().forEach((task) => tasks.push(task.duration)))
  .observe({type: 'longtask'});"""


def use_filters(page: Page) -> None:
    """Every filter, every period, and back."""
    page.click("#filters summary")
    for state in ("active", "idle", "abandoned_wet"):
        page.uncheck(f"input[name=states][value={state}]")
        page.check(f"input[name=states][value={state}]")
    for period in range(len(PERIODS)):
        page.locator("#period").fill(str(period))
    for least in ("0.2", "0.5", "0.9", "0"):
        page.locator("#least-confidence").fill(least)
    page.locator("#least-area").fill("3000")
    page.click("#reset")
    page.wait_for_timeout(500)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as player:
        run = Path(folder) / "run"
        run.mkdir()
        write_large_run(run)
        began = perf_counter()
        path = report(run, out=Path(folder) / "report.html")["report"]
        sys.stdout.write(
            f"written in {perf_counter() - began:.1f} s, {path.stat().st_size / 1e6:.2f} MB\n"
        )
        browser = player.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for _ in range(REPEATS):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(path.as_uri())
            page.wait_for_selector("body[data-ready]", state="attached")
            page.evaluate(WATCH)
            ready = page.evaluate("performance.getEntriesByType('navigation')[0].duration")
            use_filters(page)
            tasks = page.evaluate("tasks")
            sys.stdout.write(
                f"ready after {ready:.0f} ms, longest task {max(tasks, default=0):.0f} ms\n"
            )
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
