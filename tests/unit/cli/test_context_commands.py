"""`minewatch context` from a terminal: what is asked is answered, written and labelled."""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from minewatch import analysis
from minewatch.cli import main
from minewatch.model import RunResult
from minewatch.synthetic import draw_river_terrain, write_river_terrain

EPSG = 32647


@pytest.fixture(scope="module")
def hills(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Simulated heights and rivers over the run of the tests."""
    terrain = draw_river_terrain(seed=3, size_m=6000, tributaries=2, centre=(701_000, 2_831_000))
    return write_river_terrain(terrain, tmp_path_factory.mktemp("hills"))


@pytest.fixture
def run(write_simulated_run: Callable[[Path], RunResult], tmp_path: Path) -> RunResult:
    return write_simulated_run(tmp_path / "run")


def call(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    return int(end.value.code or 0)


def village(folder: Path, x: float = 701_000, y: float = 2_829_000) -> Path:
    path = folder / "villages.gpkg"
    place = gpd.GeoDataFrame({"name": ["Simulated village"]}, geometry=[shapely.Point(x, y)])
    place.set_crs(EPSG).to_file(path)
    return path


def test_downstream_writes_every_table_labelled_and_says_where_paths_end(
    run: RunResult, hills: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["context", "downstream", run.directory, "--dem", hills["heights"], "--rivers",
             hills["rivers"], "--draws", 2, "--beyond", 1.5, "--river-km2", 0.5, "--reach", 3000,
             "--places", f"village={village(tmp_path, 700_500, 2_830_500)}"]  # fmt: skip
    assert call(*words) == 0
    shown = capsys.readouterr().out
    assert "SIMULATED, no real place: places by period" in shown
    assert "every path ends where the heights end" in shown
    folder = run.directory / "context" / "downstream"
    places = pd.read_csv(folder / "places_by_period.csv")
    assert places["simulated"].all()
    assert set(places["name"]) == {"Simulated village"}
    assert len(places) == 3
    assert (places["abandoned_wet_low"] <= places["abandoned_wet_high"]).all()
    paths = json.loads((folder / "paths.geojson").read_text("utf-8"))
    assert paths["minewatch"]["simulated"] is True
    assert paths["minewatch"]["profile"] == "private"
    assert len(paths["features"]) == 3
    for feature in paths["features"]:
        assert "leaves the heights at" in feature["properties"]["words"]
    about = json.loads((folder / "about.json").read_text("utf-8"))
    assert (about["draws"], about["seed"]) == (2, 1)
    layers = {str(name) for name in gpd.list_layers(folder / "downstream.gpkg")["name"]}
    assert layers == {"paths", "places_by_period", "rivers_by_period", "reaches_by_period"}
    again = (folder / "places_by_period.csv").read_bytes()
    assert call(*words, "--quiet") == 0
    assert (folder / "places_by_period.csv").read_bytes() == again


def test_the_inputs_of_downstream_are_checked(
    run: RunResult, hills: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["context", "downstream", run.directory, "--dem", hills["heights"], "--beyond", 1]
    far = village(tmp_path, 200_000, 2_000_000)
    for more, problem in (
        (["--draws", "-1"], "--draws -1"), (["--river-km2", 0], "--river-km2 0"),
        (["--places", "villages.gpkg"], "unknown layer 'villages.gpkg'"),
        (["--places", f"village={far}"], "none of its 1 features lies on the heights"),
    ):  # fmt: skip
        assert call(*words, *more) != 0
        assert problem in capsys.readouterr().err.replace("\n", "")


def test_without_pyflwdir_the_error_says_what_to_install(
    run: RunResult, hills: dict[str, Path], monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    real = builtins.__import__

    def without(name: str, *args: object, **more: object) -> object:
        if name == "pyflwdir":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.delitem(sys.modules, "pyflwdir", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    assert call("context", "downstream", run.directory, "--dem", hills["heights"]) == 2
    assert "pip install 'minewatch[context]'" in capsys.readouterr().err


def test_absence_of_an_empty_run_says_what_was_seen_and_what_would_have_been_found(
    empty_run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("context", "absence", empty_run.directory, "--out", tmp_path / "a") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "no site found on the 90 % of the ground that were seen" in shown
    assert "measured on simulated worlds, not on real ground" in shown
    assert "not found is not the same as not there" in shown
    assert {p.name for p in (tmp_path / "a").iterdir()} >= {"periods.csv", "seen.png", "about.json"}


def test_absence_claims_no_recall_for_another_detector(run: RunResult) -> None:
    parameters = {**run.manifest["parameters"], "detector": "dry-season-thresholds"}
    manifest = {**run.manifest, "parameters": parameters}
    from dataclasses import replace

    answer = analysis.absence(replace(run, manifest=manifest))
    assert answer.tables["recall_by_size"].empty
    assert any("no recall by size was measured for the detector" in line for line in answer.notes)


def test_control_takes_a_layer_of_claims_and_a_table_of_events(
    run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = tmp_path / "claims.gpkg"
    table = pd.DataFrame(
        {
            "controller": ["Simulated A", "Simulated B"], "valid_from": ["", "2022-06"],
            "valid_to": ["2022-06", ""], "source": ["none, simulated"] * 2,
            "certainty": ["high", "high"],
        }
    )  # fmt: skip
    area = [run.aoi.geometry] * 2
    gpd.GeoDataFrame(table, geometry=area, crs=4326).to_file(claims)
    events = tmp_path / "events.csv"
    events.write_text(
        "event,words,first_day,last_day,source\nhandover,it changed hands,2022-06-01,2022-06-30,"
        "simulated\n", encoding="utf-8",
    )  # fmt: skip
    words = ["context", "control", run.directory, "--claims", claims, "--events", events]
    assert call(*words, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    rows = {(r["controller"], r["what"]): r for r in answer["tables"]["by_controller"]}
    assert rows[("Simulated A", "opened")]["low"] == 1  # bbbb is older, cccc is provisional
    assert rows[("Simulated A", "opened")]["high"] == 3
    assert rows[("Simulated B", "abandoned")]["low"] == 1
    assert {r["date"] for r in answer["tables"]["before_after"]} == {"event", "placebo"}
    assert not any(w in " ".join(answer["notes"]) for w in ("because of", "caused", "led to"))
    assert call("context", "control", run.directory, "--events", claims) == 2
    assert call("context", "control", run.directory, "--months", 0) == 2


def test_trade_keeps_published_figures_apart_from_what_is_simulated(run: RunResult) -> None:
    assert call("context", "trade", run.directory, "--quiet") == 0
    folder = run.directory / "context" / "trade"
    assert not pd.read_csv(folder / "figures.csv")["simulated"].any()
    assert pd.read_csv(folder / "activity.csv")["simulated"].all()


def test_trade_takes_figures_of_ones_own_and_no_name_twice(
    run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.csv"
    head = "figure,first_day,last_day,value,unit,commodity,hs_codes,reporter,flow,source\n"
    first_quarters = (("a", 2022, 5), ("b", 2023, 9), ("c", 2024, 2))
    rows = [
        f"{name},{year}-01-01,{year}-03-31,{value},t,oxides,2846,customs,imports,simulated\n"
        for name, year, value in first_quarters
    ]
    own.write_text(head + "".join(rows), encoding="utf-8")
    answer = analysis.trade(run, figures=own)
    table = answer.tables["directions"]
    assert table.loc[table["basis"].str.startswith("t, oxides"), "points"].max() == 3
    own.write_text(head + rows[0].replace("a,", "oxides-2023,", 1), encoding="utf-8")
    assert call("context", "trade", run.directory, "--figures", own) == 2
    assert "'oxides-2023' is the name of a bundled figure" in capsys.readouterr().err.replace(
        "\n", " "
    )


def test_slopes_rank_every_site_and_name_the_factors(
    run: RunResult, hills: dict[str, Path]
) -> None:
    answer = analysis.slopes(run, dem=str(hills["heights"]))
    table = answer.tables["screen"]
    assert sorted(table["rank"]) == [1, 2, 3]
    assert table["slope_deg"].notna().all()
    assert any(line.startswith("a screen, no forecast") for line in answer.notes)


def test_people_counts_and_says_it_is_private(
    run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = village(tmp_path, 701_000, 2_831_000)
    assert call("context", "people", run.directory, "--layer", f"village={path}") == 0
    assert "private" in capsys.readouterr().out
    counts = pd.read_csv(run.directory / "context" / "people" / "counts.csv")
    assert (counts["low"] <= counts["high"]).all()
    assert counts["high"].max() == 1


@pytest.mark.parametrize("verb", ["absence", "control", "trade"])
def test_an_empty_inventory_is_answered(verb: str, empty_run: RunResult, tmp_path: Path) -> None:
    assert call("context", verb, empty_run.directory, "--out", tmp_path, "--quiet") == 0


def test_an_empty_inventory_has_nothing_below_it(
    empty_run: RunResult, hills: dict[str, Path], tmp_path: Path
) -> None:
    words = ["context", "downstream", empty_run.directory, "--dem", hills["heights"], "--beyond", 1,
             "--draws", 1, "--out", tmp_path / "d", "--quiet"]  # fmt: skip
    assert call(*words) == 0
    assert pd.read_csv(tmp_path / "d" / "places_by_period.csv").empty
    words = ["context", "slopes", empty_run.directory, "--dem", hills["heights"], "--out",
             tmp_path / "s", "--quiet"]  # fmt: skip
    assert call(*words) == 0
    path = village(tmp_path)
    assert call("context", "people", empty_run.directory, "--layer", f"v={path}", "--out",
                tmp_path / "p", "--quiet") == 0  # fmt: skip


def test_answers_give_named_layers_and_lines_to_a_report(run: RunResult) -> None:
    answer = analysis.control(run)
    assert set(answer.layers) == {"claims", "happenings", "observations"}
    assert answer.lines[0] == "SIMULATED, no real place"


def test_an_alert_is_given_once_and_survives_a_cut(run: RunResult) -> None:
    directory = run.directory
    analysis.note_known_sites(directory)
    assert analysis.find_alert(directory).exit_code == 0
    ledger = directory / "context" / "alerts.json"
    ledger.write_text(json.dumps({"known_sites": ["simulated-aaaa", "simulated-bbbb"]}))
    analysis.note_known_sites(directory)  # a job that was cut: what is known stays as it was
    news = analysis.find_alert(directory)
    assert [site["site_id"] for site in news.sites] == ["simulated-cccc"]
    assert news.exit_code == 5
    assert news.line.startswith("SIMULATED, no real place: Simulated valley: 1 new site: ")
    assert "\n" not in news.line
    assert analysis.find_alert(directory).line == ""
    ledger.write_text("{")
    from minewatch.errors import OutputError

    with pytest.raises(OutputError, match="cannot be read"):
        analysis.find_alert(directory)
