"""What docs/context.md tells people to type runs as written, and its numbers are true."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest
from tests.docs.conftest import offline

from minewatch.analysis.context_files import QUESTIONS
from minewatch.analysis.context_inputs import packaged_table
from minewatch.context.absence import recall_with_bounds, smallest_found
from minewatch.context.trade import check_figures, compare_all

pytestmark = pytest.mark.timeout(900)
PAGE = (Path(__file__).parents[2] / "docs" / "context.md").read_text("utf-8")
WORDS = " ".join(PAGE.split())
FENCED = re.findall(r"^```(\S*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
BLOCKS = [text for kind, text in FENCED if not kind]


AREA_ARCHIVE = "write_area_archive"


def type_in(text: str) -> None:
    """A block of the page in a shell; it must end well and say that it is simulated."""
    script = "set -e\n" + text.replace("python -c", f'"{sys.executable}" -c')
    done = subprocess.run(
        ["bash", "-c", script], env=offline(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SIMULATED, no real place" in done.stdout or "report" in text


def test_the_page_runs_as_written_on_the_demo(beside_the_demo: Path) -> None:
    demo = beside_the_demo / "demo"
    shared = demo.resolve()
    demo.unlink()
    shutil.copytree(shared / "run", demo / "run")  # what is asked is kept in its folder
    assert len(BLOCKS) == 9
    for text in BLOCKS:
        if AREA_ARCHIVE not in text:
            type_in(text)
    (python,) = (text for kind, text in FENCED if kind == "python")
    names: dict[str, Any] = {}
    exec(python, names)
    assert len(names["answer"].tables["periods"]) == 4
    places = pd.read_csv("demo/run/context/downstream/places_by_period.csv")
    assert set(places["name"]) == {"Simulated village"}
    assert places["sites_high"].max() > 0
    page = Path("demo/run/report.html").read_text("utf-8")
    layers = set(pyogrio.list_layers("demo/run/export/minewatch.gpkg")[:, 0])
    assert {"context_places", "context_rivers", "context_paths", "context_claims"} <= layers
    for question in QUESTIONS:
        assert f'<h2 id="context-{question}">' in page
        about = json.loads(Path(f"demo/run/context/{question}/about.json").read_text("utf-8"))
        assert about["simulated"] is True
        assert about["profile"] == "private"


@pytest.mark.usefixtures("beside_the_demo")
@pytest.mark.parametrize(("folder", "km2"), [("nba-pa", 177), ("ding-sing-pa", 196)])
def test_absence_of_the_candidate_areas_runs_as_written(folder: str, km2: int) -> None:
    """Whole areas at their true size: half a minute of processor time each."""
    (text,) = (t for t in BLOCKS if AREA_ARCHIVE in t and f"--aoi {folder} " in t)
    type_in(text)
    periods = pd.read_csv(f"{folder}/context/absence/periods.csv")
    assert periods["words"].tolist() == ["no site found; all of the ground was seen"] * 2
    assert (periods[["confirmed", "provisional", "candidate", "rejected"]] == 0).all(axis=None)
    rejected = pd.read_csv(f"{folder}/context/absence/rejected.csv")
    assert set(rejected["kind"]) <= {"swidden", "paddy", "road", "other_clearing"}
    assert rejected["reject_reason"].notna().all()
    smallest = pd.read_csv(f"{folder}/context/absence/smallest_found.csv")
    assert smallest["from_ha"].tolist() == [0.2, 0.1]
    about = json.loads(Path(folder, "manifest.json").read_text("utf-8"))
    assert about["simulated"] is True
    assert round(about["aoi"]["area_km2"]) == km2
    assert f"{km2} km²" in WORDS


def test_the_recall_on_the_page_is_that_of_the_table() -> None:
    table = pd.DataFrame(packaged_table("recall_by_size"))
    columns = ["from_ha", "site_seasons", "found", "sites"]
    table[columns] = table[columns].astype(float)
    rows = smallest_found(recall_with_bounds(table)).set_index("begun")
    for begun, words in (("older", "for mines older than the archive"),
                         ("within", "for those begun in it")):  # fmt: skip
        row = rows.loc[begun]
        low, high = row["recall_low"], row["recall_high"]
        expected = f"{row['from_ha']:g} ha {words} ({row['sites']:.0f} sites, "
        expected += f"95 % interval {low:.2f} to {high:.2f})" if begun == "older" else (
            f"{low:.2f} to {high:.2f})"
        )  # fmt: skip
        assert expected in WORDS
        assert low < 0.9


def test_the_pairs_of_figures_on_the_page_are_those_of_the_table() -> None:
    figures = check_figures(pd.DataFrame(packaged_table("trade_figures")), where="bundled")
    pairs = compare_all(figures)
    words = f"Of the {len(pairs)} pairs of bundled figures {int(pairs['ratio'].notna().sum())} "
    assert words in WORDS
