"""The tab of the report that shows what context commands have written."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from tests.large_run import write_large_run

import minewatch as mw
from minewatch import analysis
from minewatch.model import ContextAnswer, RunResult
from minewatch.reports.context_tab import MOST_ROWS, context_parts
from minewatch.store import open_result
from minewatch.synthetic import draw_river_terrain, write_river_terrain

EPSG = 32647
HOSTILE = '<b>Village</b> & "Sons"'


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, simulated_run: RunResult) -> Path:
    """Folder of the run of the tests after every question."""
    folder = tmp_path_factory.mktemp("asked")
    shutil.copytree(simulated_run.directory, folder / "run")
    run = open_result(folder / "run")
    terrain = draw_river_terrain(seed=3, size_m=6000, tributaries=2, centre=(701_000, 2_831_000))
    hills = write_river_terrain(terrain, folder / "hills")
    place = gpd.GeoDataFrame({"name": [HOSTILE]}, geometry=[shapely.Point(700_500, 2_830_500)])
    villages = folder / "villages.gpkg"
    place.set_crs(EPSG).to_file(villages)
    answers = [
        analysis.downstream(
            run, dem=str(hills["heights"]), rivers=hills["rivers"], beyond_km=1.5, draws=1,
            river_km2=0.5, reach_m=3000, places={"village": villages},
        ),
        analysis.slopes(run, dem=str(hills["heights"])), analysis.control(run),
        analysis.absence(run), analysis.trade(run),
        analysis.people(run, layers={"village": villages}),
    ]  # fmt: skip
    for answer in answers:
        analysis.write_answer(answer, run)
    return run.directory


@pytest.fixture
def asked(once: Path, tmp_path: Path) -> RunResult:
    """That run, to change."""
    shutil.copytree(once, tmp_path / "run")
    return open_result(tmp_path / "run")


def page(run: RunResult, tmp_path: Path) -> str:
    return analysis.report(run.directory, out=tmp_path / "page.html")["report"].read_text("utf-8")


def test_no_tab_where_nothing_was_asked(simulated_run: RunResult, tmp_path: Path) -> None:
    text = page(simulated_run, tmp_path)
    assert 'role="tab"' not in text
    assert "tab_context" not in text.split("<script>")[0]
    assert analysis.read_answers(simulated_run) == {}


def test_every_answer_is_a_part_of_the_tab_in_order(asked: RunResult, tmp_path: Path) -> None:
    text = page(asked, tmp_path)
    assert text.count('role="tab"') == 2
    headings = re.findall(r'<h2 id="context-(\w+)">', text)
    assert headings == ["downstream", "slopes", "control", "absence", "trade", "people"]
    assert "SIMULATED" in text.split('id="context"')[1]
    assert HOSTILE not in text
    assert "&lt;b&gt;Village&lt;/b&gt; &amp; &#34;Sons&#34;" in text
    assert "not found is not the same as not there" in text  # sentences stay beside the tables
    assert re.search(r"src=.http|href=.http", text) is None


def test_what_is_read_back_is_what_was_answered(asked: RunResult, tmp_path: Path) -> None:
    answers = analysis.read_answers(asked)
    fresh = analysis.absence(asked)
    read = answers["absence"]
    assert read.notes == fresh.notes
    assert read.simulated
    assert read.is_current
    assert set(read.tables) == set(fresh.tables)
    assert set(read.layers) == set(fresh.layers)
    pd.testing.assert_frame_equal(read.table("periods"), fresh.table("periods"), check_dtype=False)
    assert answers["trade"].is_simulated("figures") is False
    assert answers["trade"].is_simulated("activity") is True
    paths = answers["downstream"].layers["paths"]
    assert paths.crs.to_epsg() == 4326
    assert len(paths) == 3


def test_ranges_stand_in_the_cells_and_places_by_period(asked: RunResult) -> None:
    parts = context_parts(analysis.read_answers(asked), labels={})
    (places,) = (t for t in parts[0].tables if t.file == "places_by_period")
    table = analysis.read_answers(asked)["downstream"].table("places_by_period")
    assert [start for start, _ in places.rows] == list(table["period_start"].astype(str))
    at = [key for key, _ in places.columns].index("ctx_all_sites")
    for (_, cells), row in zip(places.rows, table.to_dict("records"), strict=True):
        low, high = int(row["sites_low"]), int(row["sites_high"])
        assert cells[at].text == (f"{low}" if low == high else f"{low}–{high}")
    drawing = parts[0].drawing
    assert drawing is not None
    assert [m.name for m in drawing.places] == [HOSTILE]
    assert len(drawing.paths) == len(drawing.sites) == 3


def test_an_answer_of_an_earlier_inventory_says_so(asked: RunResult, tmp_path: Path) -> None:
    about = asked.directory / "context" / "absence" / "about.json"
    values = json.loads(about.read_text("utf-8"))
    about.write_text(json.dumps(values | {"inventory_sha256": "0" * 64}), encoding="utf-8")
    assert not analysis.read_answers(asked)["absence"].is_current
    assert analysis.stale_products(asked.directory) == ["context/absence/about.json"]
    text = page(asked, tmp_path)
    assert text.count('<strong><span data-label="ctx_stale">') == 1


def test_a_damaged_answer_costs_only_itself(asked: RunResult, tmp_path: Path) -> None:
    (asked.directory / "context" / "control" / "by_controller.csv").unlink()
    (asked.directory / "context" / "trade" / "about.json").write_text("{", encoding="utf-8")
    answers = analysis.read_answers(asked)
    for name in ("control", "trade"):
        assert answers[name].tables == {}
        assert f"ask again with minewatch context {name}" in answers[name].notes[0]
    assert "ask again with minewatch context trade" in page(asked, tmp_path)


def test_what_was_written_is_known_as_minewatchs_own_until_it_is_changed(asked: RunResult) -> None:
    theirs = analysis.files_of_others(asked.directory)
    assert not [name for name in theirs if name.startswith("context/")]
    changed = asked.directory / "context" / "trade" / "activity.csv"
    changed.write_text(changed.read_text("utf-8") + "\n", encoding="utf-8")
    assert "context/trade/activity.csv" in analysis.files_of_others(asked.directory)


def test_publish_check_refuses_every_table_that_holds_anything_of_the_run(
    asked: RunResult,
) -> None:
    counts = pd.DataFrame({"kind": ["village"], "within_m": [250], "features": [2], "low": [1]})
    published = pd.DataFrame({"figure": ["a"], "value": [35_500.0]})
    answer = ContextAnswer(
        name="people", title="", simulated=True, published=frozenset({"published"}),
        tables={"counts": counts, "published": published},
    )  # fmt: skip
    files = {p.stem: p for p in analysis.write_answer(answer, asked) if p.suffix == ".csv"}
    assert list(mw.check_publication([files["counts"]], asked.directory)["kind"]) == ["column"]
    assert mw.check_publication([files["published"]], asked.directory).empty


def test_long_tables_are_cut_and_name_their_file(asked: RunResult) -> None:
    answer = analysis.read_answers(asked)["slopes"]
    many = pd.concat([answer.tables["screen"]] * 40, ignore_index=True)
    longer = type(answer)(
        name="slopes", title="", simulated=True, tables={**answer.tables, "screen": many}
    )
    (screen,) = (
        t for t in context_parts({"slopes": longer}, labels={})[0].tables if t.file == "screen"
    )
    assert len(screen.rows) == MOST_ROWS
    assert screen.left_off == len(many) - MOST_ROWS


@pytest.mark.parametrize("profile", ["public", "partner"])
def test_a_page_for_others_holds_nothing_of_the_tab(tmp_path: Path, profile: str) -> None:
    (tmp_path / "run").mkdir()
    run = write_large_run(tmp_path / "run", sites=60)
    path = gpd.GeoDataFrame(
        {"site_id": ["s1"], "metres_to_river": [5.0], "words": ["leaves the heights"]},
        geometry=[shapely.LineString([(700_000, 2_850_000), (705_000, 2_855_000)])], crs=EPSG,
    )  # fmt: skip
    claims = pd.DataFrame({"controller": ["Simulated holder"], "source": ["a simulated source"]})
    for name, table in (("downstream", {"paths": path}), ("control", {"claims": claims})):
        answer = ContextAnswer(
            name=name, title=name, simulated=True, tables=table, notes=("Simulated village",)
        )
        analysis.write_answer(answer, run)
    private = "".join(p.read_text("utf-8") for p in run.directory.glob("context/*/about.json"))
    private += (run.directory / "context" / "control" / "claims.csv").read_text("utf-8")
    written = analysis.publish_page(
        run.directory, choices=analysis.ReleaseChoices(profile=profile), out=tmp_path / "out"
    )
    for word in ("Simulated holder", "a simulated source", "Simulated village"):
        assert word in private
    for file in written:
        text = file.read_text("utf-8")
        for word in ("holder", "a simulated source", "Simulated village", "leaves the heights"):
            assert word not in text
        assert 'role="tab"' not in text
