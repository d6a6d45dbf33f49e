"""From a finished run to areas with intervals: labelled, assessed. Simulated."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import rasterio
from tests.accuracy.sampled_worlds import LABELLINGS, label, truth_grid
from typer.testing import CliRunner

from minewatch import synthetic
from minewatch.analysis import (
    assess,
    assessment_lines,
    draw_sample,
    report,
    write_assessment,
)
from minewatch.analysis.evidence_sheets import SheetDesk
from minewatch.cli import app
from minewatch.errors import OutputError, SettingsError
from minewatch.model import RunResult
from minewatch.samples import LabelEntry, append_labels, read_design, read_units
from minewatch.store import open_result

pytestmark = pytest.mark.timeout(900)
LAST = "2020-11-01"


@pytest.fixture
def own_run(small_run: RunResult, tmp_path: Path) -> Path:
    """A copy of the small run that a test may add to."""
    folder = tmp_path / "run"
    shutil.copytree(small_run.directory, folder)
    return folder


def labelled(run: Path, spec: synthetic.WorldSpec, **options: object) -> Path:
    """A sample of pixels or blocks, labelled without mistakes."""
    drawn = draw_sample(run, **options)  # type: ignore[arg-type]
    label(drawn.folder, truth_grid(spec, drawn.folder), LABELLINGS["none"], seed=1)
    return drawn.folder


def test_the_same_seed_draws_the_same_bytes_and_no_sample_is_replaced(
    own_run: Path, tmp_path: Path
) -> None:
    first = draw_sample(own_run, size=60)
    other = draw_sample(own_run, size=60, out=tmp_path / "elsewhere")
    for path in first.files:
        assert path.read_bytes() == (other.folder / path.name).read_bytes(), path.name
    assert not draw_sample(own_run, size=60).is_new
    with pytest.raises(OutputError, match="holds another sample"):
        draw_sample(own_run, size=60, seed="2")


def test_the_frame_holds_every_pixel_of_the_area_once(own_run: Path) -> None:
    for options in ({}, {"unit": "block"}, {"design": "two-stage"}, {"design": "simple"}):
        design = draw_sample(own_run, only_plan=True, **options).plan.design  # type: ignore[arg-type]
        area = open_result(own_run).aoi.geometry_utm.area
        assert design.seen_m2 + design.not_seen_m2 == pytest.approx(area, rel=0.01)


def test_files_for_people_give_no_class_away(own_run: Path) -> None:
    drawn = draw_sample(own_run, size=60)
    for name in ("units.geojson", "labels.csv", "collect-earth-online.csv"):
        text = (drawn.folder / name).read_text("utf-8")
        assert "stratum" not in text
        assert '"rest"' not in text
        assert ",rest," not in text
    table = gpd.read_file(drawn.folder / "labels.gpkg", layer="labels")
    assert "stratum" not in table
    assert table["label"].isna().all()
    units = read_units(drawn.folder)
    assert [u.unit for u in units] == sorted(u.unit for u in units)
    assert [u.stratum for u in units] != sorted(u.stratum for u in units)


def test_collect_earth_online_takes_the_plots_and_acatama_the_points(own_run: Path) -> None:
    """Rules of their readers: `external_file.clj`, `core/response_design.py`, `core/map.py`."""
    drawn = draw_sample(own_run, size=60)
    units = read_units(drawn.folder)
    plots = (drawn.folder / "collect-earth-online.csv").read_text("utf-8").splitlines()
    header = [name.lower() for name in plots[0].split(",")]
    assert header[:3] == ["lon", "lat", "plotid"]
    assert len(set(header)) == len(header)
    rows = [dict(zip(header, line.split(","), strict=True)) for line in plots[1:]]
    assert '"' not in "".join(plots)
    numbers = [int(row["plotid"]) for row in rows]  # a word becomes -1, and -1 twice is refused
    assert len(set(numbers)) == len(rows) == len(units)
    assert {row["unit"]: int(row["plotid"]) for row in rows} == {u.unit: u.number for u in units}
    assert all(-180 <= float(row["lon"]) <= 180 and abs(float(row["lat"])) < 90 for row in rows)

    points = gpd.read_file(drawn.folder / "acatama.gpkg", layer="sampling")
    assert points["id"].tolist() == [u.number for u in units]
    assert set(points.geom_type) == {"Point"}
    with rasterio.open(drawn.folder / "acatama-frame.tif") as frame:
        assert points.crs == frame.crs, "AcATaMa looks a point up without reprojecting it"
        values = [int(v[0]) for v in frame.sample([(p.x, p.y) for p in points.geometry])]
    codes = read_design(drawn.folder).codes
    assert [codes[str(v)]["stratum"] for v in values] == [u.stratum for u in units]


def test_areas_without_mistakes_stand_beside_those_of_the_labels_as_they_are(
    own_run: Path, small_archive: synthetic.Archive
) -> None:
    drawn = draw_sample(own_run, size=300)
    grid = truth_grid(small_archive.spec, drawn.folder)
    wrong = LABELLINGS["5 % any other label, mines looked at again"]
    label(drawn.folder, grid, wrong, seed=3)
    alone = assess(own_run, "sample", interpreter="first")
    assert not any(f.figure == "area_corrected" for f in alone.figures), (
        "nothing was looked at twice"
    )
    found = assess(own_run, "sample")
    by = {(f.figure, f.of): f.estimate for f in found.figures}
    first = next(f.estimate for f in alone.figures if (f.figure, f.of) == ("area", "mine"))
    true = 0.01 * float((grid < 2).sum())
    assert first.low > true, "one interpreter with mistakes sees mines everywhere"
    assert by["area_corrected", "mine"].low <= true <= by["area_corrected", "mine"].high
    assert sum("mistakes of interpreters taken out" in said for said in found.sentences()) == 2
    assert any("a look calls" in note for note in found.notes)
    (pair,) = found.agreement
    seconds = sum(unit.second for unit in read_units(drawn.folder))
    assert pair["units"] == seconds, "agreement is of units drawn at random alone"
    write_assessment(open_result(own_run), found)
    lines = assessment_lines(open_result(own_run))
    assert len(lines) == 4
    desk = SheetDesk(open_result(own_run), language="en", profile="private")
    assert [said for word, said in desk.maker._made if "sample" in word] == lines
    assert "area corrected" in report(own_run)["report"].read_text("utf-8")


def test_what_was_not_seen_is_an_outcome_of_its_own_and_never_drawn(own_run: Path) -> None:
    seen = own_run / "rasters" / "observed" / f"{LAST}.tif"
    with rasterio.open(seen) as file:
        profile, values = file.profile, file.read(1)
    values[:80] = 0
    with rasterio.open(seen, "w", **{**profile, "driver": "GTiff"}) as file:
        file.write(values, 1)
    drawn = draw_sample(own_run, size=60)
    assert drawn.plan.design.not_seen_m2 > 0.4 * drawn.plan.design.seen_m2
    assert all(unit.row >= 80 for unit in read_units(drawn.folder))
    append_labels(
        drawn.folder,
        [
            LabelEntry(unit=u.unit, period=LAST, interpreter="a", label="other")
            for u in read_units(drawn.folder)
        ],
    )
    found = assess(own_run, "sample")
    areas = {f.of: f.estimate.value for f in found.figures if f.figure == "area"}
    assert areas["not_seen"] * 10_000 == pytest.approx(drawn.plan.design.not_seen_m2)
    assert areas["other"] * 10_000 == pytest.approx(drawn.plan.design.seen_m2)
    assert any("not seen" in note for note in found.notes)


def test_an_estimated_area_stands_beside_the_mapped_one_and_never_in_its_place(
    own_run: Path, small_archive: synthetic.Archive
) -> None:
    before = report(own_run)["report"].read_bytes()
    labelled(own_run, small_archive.spec, size=300)
    found = assess(own_run, "sample")
    mine = next(f for f in found.figures if (f.figure, f.of) == ("area", "mine"))
    assert mine.estimate.low <= mine.estimate.value <= mine.estimate.high
    assert mine.mapped is not None
    files = write_assessment(open_result(own_run), found)
    assert {path.suffix for path in files} == {".json", ".csv", ".geojson", ".png"}
    values = json.loads(files[0].read_text("utf-8"))
    assert values["simulated"] is True
    properties = json.loads(files[2].read_text("utf-8"))["features"][-1]["properties"]
    assert properties["area_mine_ha_low"] == round(mine.estimate.low, 6)
    page = report(own_run)["report"].read_text("utf-8")
    assert b"Areas that a sample estimates" not in before
    assert "Areas that a sample estimates" in page
    assert "It is not a confidence interval" in page
    lines = assessment_lines(open_result(own_run), period_start=LAST)
    assert len(lines) == 2
    assert "the map has" in lines[0]


def test_labels_in_a_file_say_the_same_as_those_in_the_log(
    own_run: Path, small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    folder = labelled(own_run, small_archive.spec, size=60)
    in_log = assess(own_run, "sample")
    log = tmp_path / "labels.jsonl"
    (folder / "labels.jsonl").rename(log)
    with pytest.raises(SettingsError, match="no labels yet"):
        assess(own_run, "sample")
    in_file = assess(own_run, "sample", labels=[log])
    assert [f.as_row() for f in in_file.figures] == [f.as_row() for f in in_log.figures]


def test_blocks_counted_and_blocks_named_give_the_same_area(
    own_run: Path, small_archive: synthetic.Archive
) -> None:
    folder = labelled(own_run, small_archive.spec, unit="block", size=80)
    named = assess(own_run, "sample")
    grid = truth_grid(small_archive.spec, folder)
    entries = []
    for unit in read_units(folder):
        inside = [int(grid[r, c]) for r, c, _ in unit.cells]
        text = f"pool={inside.count(0)};pad={inside.count(1)}"
        entries.append(LabelEntry(unit=unit.unit, period=LAST, interpreter="b", label=text))
    append_labels(folder, entries)
    counted = assess(own_run, "sample", interpreter="b")
    area = [
        next(f.estimate.value for f in of.figures if (f.figure, f.of) == ("area", "pool"))
        for of in (named, counted)
    ]
    assert area[0] == pytest.approx(area[1])
    assert not counted.matrices
    assert named.matrices


@pytest.mark.parametrize(
    "options",
    [{"design": "two-stage", "size": 8}, {"design": "simple"}, {"design": "systematic"}],
    ids=lambda of: of["design"],
)
def test_every_design_holds_the_true_area(
    own_run: Path, small_archive: synthetic.Archive, options: dict[str, object]
) -> None:
    labelled(own_run, small_archive.spec, **options)
    truth = synthetic.read_truth(small_archive.truth).seasons
    true = truth[truth["period_start"] == LAST]["pool_area_m2"].sum() / 10_000
    found = assess(own_run, "sample")
    pool = next(f for f in found.figures if (f.figure, f.of) == ("area", "pool"))
    assert pool.estimate.low <= true <= pool.estimate.high


def test_two_periods_give_a_change_from_the_same_units(
    own_run: Path, small_archive: synthetic.Archive
) -> None:
    folder = draw_sample(own_run, size=200, periods=["2019-11-01", LAST]).folder
    entries = [
        LabelEntry(unit=u.unit, period=p["start"], interpreter="a", label=name)
        for p, name in zip(read_design(folder).periods, ("other", "pool"), strict=True)
        for u in read_units(folder)
    ]
    append_labels(folder, entries)
    found = {(f.figure, f.of): f.estimate for f in assess(own_run, "sample").figures}
    seen = read_design(folder).seen_m2 / 10_000
    assert found["gain", "pool"].value == pytest.approx(seen)
    assert found["loss", "pool"].value == 0
    assert found["net_change", "pool"].value == pytest.approx(seen)


def test_a_sample_of_sites_gives_precision_and_recall_says_how_mines_were_matched(
    own_run: Path, small_archive: synthetic.Archive
) -> None:
    folder = draw_sample(own_run, unit="site", name="sites").folder
    units = read_units(folder)
    append_labels(
        folder,
        [LabelEntry(unit=u.unit, period=LAST, interpreter="a", label="mine") for u in units],
    )
    found = assess(own_run, "sites")
    assert {f.figure for f in found.figures} == {"precision"}
    assert found.figures[0].estimate.value == 1
    pixels = draw_sample(own_run, size=100).folder
    append_labels(
        pixels,
        [
            LabelEntry(
                unit=u.unit, period=LAST, interpreter="a", begun="within", site_area_m2=3_000.0,
                label="pool" if u.stratum == "pool" else "other",
            )
            for u in read_units(pixels)
        ],
    )  # fmt: skip
    found = assess(own_run, "sample")
    recall = {f.of: f.estimate.value for f in found.figures if f.figure == "recall"}
    assert recall == {"all": 1, "within": 1, "up to 0.5 ha": 1}
    assert any("within 50 m" in note for note in found.notes)


def test_a_map_that_changed_since_says_so(own_run: Path, small_archive: synthetic.Archive) -> None:
    labelled(own_run, small_archive.spec, size=60)
    manifest = json.loads((own_run / "manifest.json").read_text("utf-8"))
    manifest["outputs"]["inventory.geojson"] = "0" * 64
    (own_run / "manifest.json").write_text(json.dumps(manifest))
    assert any("has changed since" in note for note in assess(own_run, "sample").notes)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"periods": ["1999"]}, "1999"), ({"half_width": "wide"}, "wide"),
        ({"expect": {"pond": 0.1}}, "pond"), ({"take": {"pond": 3}}, "pond"),
        ({"design": "two-stage", "unit": "block"}, "two stages"), ({"second_share": 2.0}, "2"),
        ({"periods": [LAST, LAST]}, "twice"), ({"target": "forest"}, "forest"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said_by_name(
    own_run: Path, options: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        draw_sample(own_run, **options)  # type: ignore[arg-type]


@pytest.fixture
def call(own_run: Path) -> Callable[..., str]:
    def of(*words: str) -> str:
        done = CliRunner().invoke(app, [words[0], str(own_run), *words[1:]])
        assert done.exit_code == 0, done.output
        return done.output

    return of


def test_the_commands_plan_draw_and_assess(
    own_run: Path, small_archive: synthetic.Archive, call: Callable[..., str]
) -> None:
    plan = call("sample", "--size", "60", "--plan", "--json")
    assert json.loads(plan)["files"] == []
    assert not (own_run / "review" / "samples").exists()
    call("sample", "--size", "60", "--take", "pool=12")
    folder = own_run / "review" / "samples" / "sample"
    label(folder, truth_grid(small_archive.spec, folder), LABELLINGS["none"], seed=1)
    call("assess", "--largest", "0.5")
    values = json.loads(call("assess", "--json"))
    assert values["labelled"] == values["drawn"] == sum(s["drawn"] for s in values["strata"])
