"""The harness says what it should on small worlds; nothing here says how good minewatch is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread
from scipy.special import expit

from minewatch.model import DEFAULT_DETECTOR
from minewatch.synthetic import HONEST_KINDS, PRESETS, read_truth

from . import harness
from .calibration import (
    Map,
    draw,
    fit_map,
    off_by,
    patch_verdicts,
    reliability,
    reliability_figure,
)
from .comparison import make_comparison
from .curve import curve
from .harness import Ran, run_worlds
from .honest_page import kind_table, make_honest_page
from .labels import label_table
from .page import BEGIN, END, make_page, write_page
from .pooled import by_kind, left_dry_before, overlap_of_hits, score_together, score_world
from .worlds import (
    FIRST_HONEST_REPORTING_SEED,
    FIRST_REPORTING_SEED,
    HONEST,
    HONEST_MORE,
    HONEST_REPORTING,
    QUICK,
    REPORTING,
    SETS,
    TUNING,
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("accuracy")


@pytest.fixture(scope="module")
def worlds(cache: Path) -> list[Ran]:
    return run_worlds([QUICK["quick-none"], QUICK["quick-steep"]], cache=cache, processes=1)


def test_no_world_is_both_tuned_on_and_reported() -> None:
    assert all(w.seed >= FIRST_REPORTING_SEED for w in REPORTING.values())
    assert all(w.seed <= 50 for n in ("tune", "quick") for w in SETS[n].values())
    assert len({w.seed for w in REPORTING.values()}) == len(REPORTING) >= 12
    assert len({w.seed for w in TUNING.values()}) == len(TUNING)


def test_reporting_worlds_cover_six_dry_seasons_and_both_dialects() -> None:
    assert {w.dialect for w in REPORTING.values()} == {"earth-search", "planetary-computer"}
    assert {len(w.bands) for w in REPORTING.values()} == {4, 6}
    assert all((w.end - w.start).days > 5.4 * 365 for w in REPORTING.values())
    assert sum(w.mines == 0 for w in REPORTING.values()) >= 3


def test_a_run_that_is_up_to_date_is_not_repeated(
    worlds: list[Ran], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness.pipeline, "run", lambda *a, **k: pytest.fail("ran again"))
    monkeypatch.setattr(harness.synthetic, "write_archive", lambda *a: pytest.fail("made again"))
    again = run_worlds([ran.spec for ran in worlds], cache=cache, processes=1)
    assert [ran.result.directory for ran in again] == [ran.result.directory for ran in worlds]


def test_a_change_after_the_months_keeps_what_was_read(
    worlds: list[Ran], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = worlds[0].spec
    _, out = harness._folders(spec, DEFAULT_DETECTOR, cache)
    stamp = dict(harness._stamp(out))
    harness._write_stamp(out, {**stamp, "code": "older"})
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(harness.pipeline, "run", lambda *a, **k: asked.append(k))
    run_worlds([spec], cache=cache, processes=1)
    assert asked[0]["resume"] is True
    assert (out / "state" / "months").is_dir()
    assert harness._stamp(out) == stamp


def test_words_about_the_code_change_nothing_but_the_code_does() -> None:
    source = 'def f():\n    """Says one."""\n    return 1  # one\n'
    assert harness._meaning(source) == harness._meaning("def f():\n\n    return 1\n")
    assert harness._meaning(source) != harness._meaning(source.replace("return 1", "return 2"))


def test_truth_given_as_inventory_scores_without_fault(worlds: list[Ran]) -> None:
    perfect = [_as_true(ran) for ran in worlds]
    together = score_together(perfect)
    assert together.f1 == 1
    assert together.false_per_km2_season == 0
    assert together.area_ratio == pytest.approx(1)
    true = sum(score_world(ran).seasons["true_sites"].sum() for ran in perfect)
    assert together.seasons["true_sites"].sum() == true >= 1
    assert overlap_of_hits(perfect[1], score_world(perfect[1])).tolist() == pytest.approx([1.0])


def test_the_worlds_together_count_what_each_counts_alone(worlds: list[Ran]) -> None:
    together = score_together(worlds).seasons
    alone = [score_world(ran).seasons for ran in worlds]
    for column in ("true_sites", "hits", "false", "duplicates"):
        assert together[column].sum() == sum(table[column].sum() for table in alone)


def test_the_page_says_that_it_is_a_simulation_and_keeps_the_words_round_it(
    worlds: list[Ran], tmp_path: Path
) -> None:
    page = make_page(worlds, command="try", commit="abc", today=pd.Timestamp("2026-01-02").date())
    assert "simulation, not Kachin" in page
    assert "`try` from commit `abc` on 2026-01-02" in page
    assert all(ran.spec.name in page for ran in worlds)
    header = next(line for line in page.splitlines() if line.startswith("| world (seed)"))
    assert all(f" {name} |" in header for name in ("older", "within", "isolated"))
    assert "| **mean over worlds** |" in page
    path = tmp_path / "accuracy.md"
    path.write_text(f"before\n{BEGIN}\nstale words\n{END}\nafter\n", encoding="utf-8")
    write_page(path, page)
    text = path.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "stale words" not in text


def test_a_true_patch_is_known_from_a_false_one(worlds: list[Ran]) -> None:
    verdicts = patch_verdicts(worlds[1])
    assert verdicts["is_mine"].any()
    assert verdicts["confidence"].between(0, 1).all()


def test_the_map_finds_what_bent_the_confidence_and_never_falls() -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal(0, 2, 4000)
    is_mine = rng.random(4000) < expit(-1 + 0.5 * odds)
    verdicts = pd.DataFrame({"confidence": expit(odds), "is_mine": is_mine})
    fitted = fit_map(verdicts)
    assert fitted.offset == pytest.approx(-1, abs=0.15)
    assert fitted.slope == pytest.approx(0.5, abs=0.1)
    assert (np.diff(fitted(np.linspace(0, 1, 50))) >= 0).all()
    given = verdicts["confidence"].to_numpy()
    assert off_by(reliability(verdicts, fitted(given))) < off_by(reliability(verdicts, given)) / 3


def test_no_verdicts_leave_the_confidence_as_it_is() -> None:
    fitted = fit_map(pd.DataFrame({"confidence": np.zeros(0), "is_mine": np.zeros(0)}))
    assert fitted == Map(offset=pytest.approx(0), slope=pytest.approx(1))


def _as_true(ran: Ran) -> Ran:
    """The run with the truth in place of what it found."""
    truth = read_truth(ran.archive.truth)
    sites = truth.sites.rename(columns={"id": "site_id"})
    rows = truth.seasons.merge(sites[["site_id", "geometry"]], on="site_id")
    rows = rows.assign(
        alert="confirmed", pool_count_low=rows["pool_count"], pool_count_high=rows["pool_count"]
    )
    rows = rows[rows["disturbed_area_m2"] >= 1000]
    empty = gpd.GeoSeries([shapely.Point()], crs=truth.sites.crs).iloc[:0]
    inventory = gpd.GeoDataFrame(rows, geometry=rows["geometry"] if len(rows) else empty)
    found = sites.assign(first_detected=sites["start"], last_undisturbed=sites["start"])
    result = ran.result.with_tables(inventory=inventory.set_crs(truth.sites.crs), sites=found)
    return replace(ran, result=result)


def test_changes_are_judged_by_the_ground_that_most_of_them_lies_on(worlds: list[Ran]) -> None:
    ran = worlds[0]
    truth = read_truth(ran.archive.truth).confusers
    slide = truth[truth["kind"] == "swidden"].iloc[[0]]
    other = truth[truth["kind"] != "swidden"].geometry.iloc[0].representative_point().buffer(1)
    changes = slide.assign(kind="road", geometry=slide.union(other))
    changes = changes.to_crs("EPSG:4326")[["kind", "geometry"]]
    fooled = replace(ran, result=ran.result.with_tables(changes=changes))
    table = label_table([fooled])
    assert table.loc["swidden", ["changes", "right", "else_called"]].tolist() == [1, 0, "road (1)"]
    right = replace(ran, result=ran.result.with_tables(changes=changes.assign(kind="swidden")))
    assert label_table([right]).loc["**all**", "right"] == 1


def test_a_lower_confidence_that_counts_finds_no_fewer_sites(worlds: list[Ran]) -> None:
    table = curve(worlds, levels=(0.3, 0.55, 0.99))
    assert table["recall"].is_monotonic_decreasing
    assert table["recall"].iloc[0] > table["recall"].iloc[-1]
    steep = score_world(worlds[1])
    assert table.loc[0.55, "recall"] == pytest.approx(steep.recall, abs=0.2)


def test_sites_left_dry_before_the_archive_are_counted_apart(worlds: list[Ran]) -> None:
    ran = worlds[1]
    assert left_dry_before(ran, score_world(ran)) == 0
    truth = json.loads(ran.archive.truth.read_text("utf-8"))
    for site in truth["features"]:
        if site["properties"]["kind"] == "mine":
            site["properties"] |= {"ended": "2018-04-15", "fate": "dry"}
    original = ran.archive.truth.read_text("utf-8")
    nothing = replace(ran, result=ran.result.with_tables(inventory=ran.result.inventory.iloc[:0]))
    try:
        ran.archive.truth.write_text(json.dumps(truth))
        score = score_world(nothing)
        assert left_dry_before(nothing, score) == len(score.matches) > 0
    finally:
        ran.archive.truth.write_text(original)


def test_every_source_that_decides_a_key_is_there() -> None:
    named = {*harness._SIMULATOR, *harness._MONTHS, *harness._BLIND}
    assert [name for name in sorted(named) if not (harness.SOURCE / name).exists()] == []


def test_runs_of_two_detectors_lie_in_two_folders_beside_one_archive(tmp_path: Path) -> None:
    spec = PRESETS["demo"]
    one = harness._folders(spec, DEFAULT_DETECTOR, tmp_path)
    other = harness._folders(spec, "dry-season-thresholds", tmp_path)
    assert one[0] == other[0]
    assert one[1] != other[1]


def test_two_detectors_are_compared_on_the_same_worlds(cache: Path, worlds: list[Ran]) -> None:
    other = run_worlds(
        [ran.spec for ran in worlds], detector="dry-season-thresholds", cache=cache, processes=1
    )
    text = make_comparison(
        {"pool-banks": worlds, "dry-season-thresholds": other},
        command="try", commit="abc", today=pd.Timestamp("2026-01-02").date(),
    )  # fmt: skip
    assert "2 of the simulated reporting worlds" in text
    assert "simulation, not Kachin" in text
    assert all(f"{ran.spec.name} ({ran.spec.seed})" in text for ran in worlds)
    header = next(line for line in text.splitlines() if line.startswith("| all of them"))
    assert header == "| all of them together | `pool-banks` | `dry-season-thresholds` |"
    assert [ran.detector for ran in other] == ["dry-season-thresholds"] * 2
    assert [r.result.manifest["parameters"]["detector"] for r in other] == [
        "dry-season-thresholds"
    ] * 2


def test_a_page_without_the_marks_of_a_table_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("no marks here")
    with pytest.raises(ValueError, match="lacks"):
        write_page(path, "a table")
    assert path.read_text() == "no marks here"


def test_the_picture_of_reliability_says_that_it_is_simulated_and_holds_its_legends(
    tmp_path: Path,
) -> None:
    """Once the legends were cut off below."""
    given = np.linspace(0.05, 0.95, 40)
    verdicts = pd.DataFrame({"confidence": given, "is_mine": given > 0.5})
    panels = {f"{name} worlds": {"patches as given": (verdicts, given),
                                 "patches, map fitted on tuning": (verdicts, given),
                                 "sites as given": (verdicts, given)}
              for name in ("tuning", "reporting")}  # fmt: skip
    figure = reliability_figure(panels)
    assert figure.get_suptitle().startswith("SIMULATED worlds, no real place: share of detections")
    assert {axes.get_xlabel() for axes in figure.axes} == {"confidence given"}
    draw(panels, tmp_path / "picture.png")
    height, width, _ = imread(tmp_path / "picture.png").shape
    FigureCanvasAgg(figure).draw()
    box = figure.get_tightbbox()
    assert height >= 100 * box.height
    assert width >= 100 * box.width


def test_honest_worlds_for_tuning_and_for_reporting_share_no_seed() -> None:
    tuned = [*HONEST.values(), *HONEST_MORE.values()]
    assert {w.kind for w in HONEST.values()} == set(HONEST_KINDS)
    assert all(w.seed <= 50 for w in tuned)
    assert all(w.seed >= FIRST_HONEST_REPORTING_SEED >= 300 for w in HONEST_REPORTING.values())
    others = {w.seed for n in ("honest-former", "report") for w in SETS[n].values()}
    assert not others & {w.seed for w in HONEST_REPORTING.values()}
    assert len(HONEST_REPORTING) == 4 * len(HONEST_KINDS)


def test_a_kind_with_few_sites_counts_as_much_as_one_with_many(worlds: list[Ran]) -> None:
    few, many = _of_kind(worlds[1], "few"), _of_kind(_as_true(worlds[1]), "many")
    runs = [few, many, replace(many, spec=replace(many.spec, name="many-2"))]
    kinds = by_kind(runs)
    assert {kind: len(ran) for kind, ran in kinds.items()} == {"few": 1, "many": 2}
    nothing = few.result.inventory.iloc[:0]
    runs[0] = replace(few, result=few.result.with_tables(inventory=nothing))
    scores = {kind: score_together(ran) for kind, ran in by_kind(runs).items()}
    table = kind_table(scores, score_together(runs))
    assert table.loc["**mean over kinds**", "recall"] == pytest.approx(1 / 2)
    assert table.loc["**pooled**", "recall"] == pytest.approx(2 / 3)


def test_the_honest_page_holds_every_kind_and_every_missed_site(worlds: list[Ran]) -> None:
    ran = _of_kind(worlds[1], "steep-kind")
    nothing = ran.result.inventory.iloc[:0]
    runs = [replace(ran, result=ran.result.with_tables(inventory=nothing)), worlds[0]]
    text = make_honest_page(
        runs, command="try", commit="abc", today=pd.Timestamp("2026-01-02").date()
    )
    assert "simulation, not Kachin" in text
    assert "| steep-kind |" in text
    assert "| **mean over kinds** |" in text
    assert "| false sites per km² and season, worlds without mines |" in text
    missed = score_world(runs[0]).matches["site_id"].unique()
    assert all(f"- {ran.spec.name} {site}: " in text for site in missed)


def _of_kind(ran: Ran, kind: str) -> Ran:
    return replace(ran, spec=replace(ran.spec, name=kind, kind=kind))
