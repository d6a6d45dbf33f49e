"""How heavy the report of 300 simulated sites over eight periods is, and how fast it answers.

`python -m tests.bench.report_page` prints size, time until ready, and the longest task while the
page is filtered, in the system's Chromium: without months, and with made-up ones of every site.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright
from tests.large_run import PERIODS, write_large_run

from minewatch import reports, sites
from minewatch.analysis.report_inputs import ground_pictures, run_evidence
from minewatch.model import RunResult

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


def made_up_months(run: RunResult) -> dict[str, pd.DataFrame]:
    """A year's swing with noise for every site, every fifth month not seen; no real place."""
    rng, index = np.random.default_rng(5), pd.date_range("2016-05-01", "2024-04-01", freq="MS")
    season = 0.6 + 0.15 * np.cos(2 * np.pi * np.arange(len(index)) / 12)
    table = {}
    for site in run.sites["site_id"]:
        middle = season + rng.normal(0, 0.05, len(index))
        middle[rng.uniform(size=len(index)) < 0.2] = np.nan
        table[str(site)] = pd.DataFrame(
            {
                "greenness": middle, "greenness_low": middle - 0.1, "greenness_high": middle + 0.1,
                "baseline": season, "baseline_sd": 0.05,
            },
            index=index,
        )  # fmt: skip
    return table


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as player:
        directory = Path(folder) / "run"
        directory.mkdir()
        run = write_large_run(directory)
        browser = player.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for title, months in (("without months", {}), ("with months", made_up_months(run))):
            began = perf_counter()
            path = reports.write_report(
                run, Path(folder) / "report.html", totals=sites.total_by_period(run.inventory),
                ground=ground_pictures(run), evidence=run_evidence(run), months=months,
            )["report"]  # fmt: skip
            sys.stdout.write(
                f"{title}: written in {perf_counter() - began:.1f} s, "
                f"{path.stat().st_size / 1e6:.2f} MB\n"
            )
            measure(browser, path)
        browser.close()


def measure(browser: Browser, path: Path) -> None:
    """Open the page some times, use it, and print what it took."""
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


if __name__ == "__main__":
    main()
