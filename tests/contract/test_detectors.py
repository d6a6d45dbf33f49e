"""What every detector promises, those of other packages too.

The checks run over all that `list_detectors` names. Below them stands a list of detectors that each
break one promise: the checks must notice every one.
"""

from __future__ import annotations

import ast
import inspect
import json
import pickle
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from odc.geo.geobox import GeoBox

from minewatch.cube.rasterise import rasterise
from minewatch.detect import broken_detectors, get_detection, get_detector, list_detectors
from minewatch.detect.overpass_rules import is_disturbed
from minewatch.errors import ContractError, SettingsError
from minewatch.model import (
    CHANGE_KINDS,
    CHANGES,
    DETECTIONS,
    FEATURE_KINDS,
    FEATURES,
    OBSERVATIONS,
    POOL_COLUMNS,
    RADAR_BANDS,
    SHOWN_LAYERS,
    WATER_COLUMNS,
    Alternative,
    Chunk,
    Detector,
    Evidence,
    Findings,
    Grid,
    Period,
    PixelState,
    backscatter_numbers,
    bands_of,
    check_columns,
    describe_rules,
    rule_values,
    sees_pools_at,
    split_months,
    split_periods,
)

SPAN = Period(date(2018, 11, 1), date(2022, 10, 31))
SIZE = 32
BOX = GeoBox.from_bbox((400_000, 2_800_000, 400_320, 2_800_320), "EPSG:32647", resolution=10)
GRID = Grid(geobox=BOX, chunks=(Chunk(row=0, col=0, geobox=BOX),))
PERIODS = split_periods(SPAN, "dry-season")
TIMES = pd.date_range(SPAN.start, SPAN.end, freq="MS")
STARTS = [time.date() for time in TIMES]
BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")
FOREST = (0.018, 0.036, 0.020, 0.28, 0.15, 0.06)
BARE = (0.10, 0.16, 0.22, 0.31, 0.34, 0.22)
WATER = (0.13, 0.19, 0.15, 0.07, 0.03, 0.02)
MINE, FIELD, HIDDEN = np.s_[8:16, 8:16], np.s_[20:30, 4:14], np.s_[0:4, 0:SIZE]

NAMES = [name for name in list_detectors() if name not in broken_detectors()]

every_detector = pytest.mark.parametrize("detector", [get_detector(n) for n in NAMES], ids=NAMES)


def made_months() -> xr.Dataset:
    """Simulated forest: a mine with pools, a field of one season, ground that no overpass shows."""
    shape = (len(TIMES), SIZE, SIZE)
    bare, water, clear = np.zeros(shape), np.zeros(shape), np.full(shape, 4)
    worked, burnt = TIMES >= "2020-12-01", (TIMES >= "2020-01-01") & (TIMES < "2020-06-01")
    bare[worked, *MINE] = 1
    water[worked, 11:13, 9:15], bare[worked, 11:13, 9:15] = 1, 0
    bare[burnt, *FIELD] = 1
    clear[:, *HIDDEN] = 0
    clear[5] = 0
    noise, seen = np.random.default_rng(1), clear > 0
    cube = {}
    for band, *parts in zip(BANDS, FOREST, BARE, WATER, strict=True):
        light = (1 - bare - water) * parts[0] + bare * parts[1] + water * parts[2]
        light = light * noise.normal(1, 0.03, shape) * 10_000
        cube[band] = np.where(seen, np.maximum(light, 1), 0).astype("uint16")
    lost = is_disturbed(cube) & seen
    for band, decibels in (("vv", (-7.0, -12.0, -19.0)), ("vh", (-13.0, -19.0, -26.0))):
        shares = zip(decibels, (1 - bare - water, bare, water), strict=True)
        power = np.sum([10 ** (level / 10) * share for level, share in shares], axis=0)
        numbers = backscatter_numbers(power * noise.normal(1, 0.05, shape))
        cube[band] = np.where(seen, numbers, 0).astype("uint16")
    cube["clear_looks"] = clear.astype("uint16")
    cube["doubtful_looks"] = np.zeros(shape, "uint16")
    cube["disturbed_looks"] = np.where(lost, clear, 0).astype("uint16")
    cube["last_undisturbed_day"] = np.where(seen & ~lost, 26, 0).astype("uint16")
    cube["disturbed_since_day"] = np.where(lost, 5, 0).astype("uint16")
    layers = {name: (("time", "y", "x"), values) for name, values in cube.items()}
    return xr.Dataset(layers, coords={"time": TIMES})


MONTHS = made_months()
UNSEEN = xr.zeros_like(MONTHS)


def judge(detector: Detector, months: xr.Dataset = MONTHS) -> Evidence:
    """The evidence of all periods, as a run gathers it."""
    shape = months.sizes["y"], months.sizes["x"]
    state, parts = detector.start(shape[0] * shape[1]), []
    for period, at in split_months(STARTS, PERIODS):
        state, part = detector.update(state, months.isel(time=at), period=period)
        parts += [part] if period else []
    whole = detector.conclude(state, shape=shape)
    return Evidence(xr.merge([xr.concat(parts, "period", join="exact"), whole]), PERIODS)


def find(detector: Detector, evidence: Evidence, pixel_m: float = 10.0) -> Findings:
    return detector.find(evidence, grid=GRID, pixel_m=pixel_m)


def site_at(*places: tuple[slice, slice]) -> gpd.GeoDataFrame:
    """Sites over parts of the grid, as linking gives them."""
    west, _, _, north = BOX.boundingbox.bbox
    shapes = [
        shapely.box(west + 10 * x.start, north - 10 * y.stop, west + 10 * x.stop,
                    north - 10 * y.start)
        for y, x in places
    ]  # fmt: skip
    rows = {
        "site_id": [f"simulated-{n}" for n in range(len(places))], "first_detected": "2020-12-05",
        "last_undisturbed": None, "merged_from": [[] for _ in places],
        "split_from": [[] for _ in places],
    }  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=GRID.epsg)


def measure(
    detector: Detector, evidence: Evidence, tracks: gpd.GeoDataFrame, pixel_m: float = 10.0
) -> pd.DataFrame:
    return detector.measure(evidence, tracks, grid=GRID, pixel_m=pixel_m, rasterise=rasterise)


def same_state(one: PixelState, other: PixelState) -> bool:
    return (
        (one.months, one.first_day) == (other.months, other.first_day)
        and one.layers.keys() == other.layers.keys()
        and all(np.array_equal(one.layers[n], other.layers[n]) for n in one.layers)
    )


def copied(state: PixelState) -> PixelState:
    return PixelState(state.months, state.first_day, state.copied())


def is_periodic(detector: Detector, name: str) -> bool:
    return detector.evidence_layers[name].dims[0] == "period"


def check_dates(table: pd.DataFrame, last: str) -> None:
    """Days are ISO days, and lie in order."""
    for row in table.to_dict("records"):
        days = [row["last_undisturbed"], row["first_detected"], row[last]]
        days = [date.fromisoformat(day) for day in days if day is not None]
        assert days == sorted(days)
        assert row["last_undisturbed"] is None or row["last_undisturbed"] < row["first_detected"]


def check_ranges(table: pd.DataFrame) -> None:
    """Areas are none below zero; pools and water lie in their ranges, water in pools."""
    areas = [c for c in table.columns if c.endswith("_m2")]
    assert (table[areas].fillna(0) >= 0).all().all()
    pools = table.dropna(subset=["pool_area_m2"])
    assert (pools["pool_area_low_m2"] <= pools["pool_area_m2"]).all()
    assert (pools["pool_area_m2"] <= pools["pool_area_high_m2"]).all()
    assert (pools["pool_count_low"] <= pools["pool_count_high"]).all()
    if "water_area_m2" in table:
        assert pools["water_area_m2"].notna().all()
        assert (pools["water_area_low_m2"] <= pools["water_area_m2"]).all()
        assert (pools["water_area_m2"] <= pools["water_area_high_m2"]).all()
        assert (pools["water_area_m2"] <= pools["pool_area_m2"]).all()


# What it says of itself.


@every_detector
def test_it_is_registered_under_its_own_name(detector: Detector) -> None:
    assert get_detector(detector.name) == detector


@every_detector
def test_it_says_who_it_is(detector: Detector) -> None:
    assert detector.name == detector.name.lower().replace("_", "-").replace(" ", "-")
    assert detector.title
    assert detector.confidence_basis
    assert type(detector.version) is int
    assert detector.version >= 1


@every_detector
def test_it_cannot_be_changed(detector: Detector) -> None:
    with pytest.raises(FrozenInstanceError):
        detector.rules = None  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        setattr(detector.rules, fields(detector.rules)[0].name, None)


@every_detector
def test_every_threshold_has_a_unit_a_source_and_what_it_moves(detector: Detector) -> None:
    rows = list(describe_rules(detector.rules))
    assert rows
    assert [row.name for row in rows if not (row.unit and row.source and row.moves)] == []
    assert json.loads(json.dumps(rule_values(detector.rules))) == rule_values(detector.rules)


@every_detector
def test_a_threshold_can_be_replaced(detector: Detector) -> None:
    values = rule_values(detector.rules)
    changed = get_detection(detector.name, {detector.name: values}).detector
    assert rule_values(changed.rules) == values
    before = list(describe_rules(detector.rules))
    number = next(row for row in before if isinstance(row.value, float))
    override: Any = 0.9 * number.value or 0.1
    for name in reversed(number.name.split(".")):
        override = {name: override}
    changed = get_detection(detector.name, {detector.name: override}).detector
    assert [r.name for r in describe_rules(changed.rules) if r not in before] == [number.name]
    with pytest.raises(SettingsError, match="no-such-rule") as error:
        get_detection(detector.name, {detector.name: {"no-such-rule": 1}})
    assert error.value.hint


@every_detector
def test_it_can_be_sent_to_a_worker(detector: Detector) -> None:
    assert pickle.loads(pickle.dumps(detector)) == detector


@every_detector
def test_its_terms_and_figures_are_said_in_words(detector: Detector) -> None:
    assert detector.terms
    assert all(term.meaning for term in detector.terms.values())
    assert all(figure.meaning and figure.unit for figure in detector.figures.values())


@every_detector
def test_its_package_imports_nothing_that_touches_files_or_the_network(detector: Detector) -> None:
    project = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    forbidden = next(c for c in contracts if c["id"] == "pure")["forbidden_modules"]
    module = Path(inspect.getfile(type(detector)))
    alone = not (module.parent / "__init__.py").exists()
    used: set[str] = set()
    for path in [module] if alone else module.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                used |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                used |= {f"{node.module}.{name.name}" for name in node.names}
    assert [u for u in used if any(f"{u}.".startswith(f"{f}.") for f in forbidden)] == []


# What it keeps of each pixel, and says of it.


@every_detector
def test_its_layers_are_as_a_run_stores_and_shows_them(detector: Detector) -> None:
    layers = detector.evidence_layers
    assert set(SHOWN_LAYERS) <= set(layers)
    assert layers["clear_looks"].dims == layers["score"].dims == ("period", "y", "x")
    assert layers["first_detected"].dims == ("y", "x")
    for layer in layers.values():
        assert layer.dims[-2:] == ("y", "x")
        assert set(layer.dims) - {"period", "y", "x"} <= set(detector.evidence_sizes)
        assert np.dtype(layer.dtype).type(layer.missing) == layer.missing
        assert layer.unit
        assert layer.meaning


@every_detector
def test_it_starts_from_the_initial_values_that_it_declares(detector: Detector) -> None:
    state = detector.start(7)
    assert (state.months, state.first_day) == (0, 0)
    assert state.layers.keys() == detector.state_layers.keys()
    for name, layer in detector.state_layers.items():
        assert state.layers[name].shape == (7, *layer.fields)
        assert state.layers[name].dtype == layer.dtype
        assert (state.layers[name] == layer.initial).all()
        assert layer.meaning


@every_detector
def test_an_update_changes_nothing_that_it_is_given(detector: Detector) -> None:
    months = MONTHS.isel(time=slice(0, 20)).copy(deep=True)  # those of other tests stay whole
    before, _ = detector.update(detector.start(SIZE**2), months, period=None)
    kept, months = copied(before), MONTHS.isel(time=slice(20, 30))
    given = months.copy(deep=True)
    detector.update(before, given, period=PERIODS[2])
    assert same_state(before, kept)
    assert given.identical(months)
    detector.conclude(before, shape=(SIZE, SIZE))
    assert same_state(before, kept)


@every_detector
def test_states_and_evidence_have_the_layers_that_it_declares(detector: Detector) -> None:
    state, evidence = detector.update(detector.start(SIZE**2), MONTHS.isel(time=slice(0, 6)),
                                      period=PERIODS[0])  # fmt: skip
    whole = detector.conclude(state, shape=(SIZE, SIZE))
    assert state.months == 6
    assert {n: (a.shape, str(a.dtype)) for n, a in state.layers.items()} == {
        n: ((SIZE**2, *layer.fields), layer.dtype) for n, layer in detector.state_layers.items()
    }
    sizes = {**detector.evidence_sizes, "y": SIZE, "x": SIZE}
    for given, periodic in ((evidence, True), (whole, False)):
        declared = {n for n in detector.evidence_layers if is_periodic(detector, n) is periodic}
        assert {str(n) for n in given.data_vars} == declared
        for name in declared:
            layer, dims = detector.evidence_layers[name], detector.evidence_layers[name].dims
            dims = dims[1:] if periodic else dims
            assert given[name].dims == dims
            assert given[name].shape == tuple(sizes[dim] for dim in dims)
            assert given[name].dtype == layer.dtype


@every_detector
def test_months_without_a_period_give_no_evidence(detector: Detector) -> None:
    _, evidence = detector.update(detector.start(SIZE**2), MONTHS.isel(time=[0]), period=None)
    assert not evidence.data_vars


@every_detector
def test_months_that_lack_a_band_are_refused(detector: Detector) -> None:
    band = bands_of(detector)[-1]
    with pytest.raises(ContractError, match=band):
        detector.update(detector.start(SIZE**2), MONTHS.drop_vars(band), period=PERIODS[0])


@every_detector
@pytest.mark.parametrize("cut", [1, 7, 12])
def test_months_taken_in_by_halves_leave_what_all_at_once_do(detector: Detector, cut: int) -> None:
    # all months of a period come with it, as in a run
    months = MONTHS.isel(time=slice(0, 18))
    assert cut <= STARTS.index(PERIODS[1].start)
    once, evidence = detector.update(detector.start(SIZE**2), months, period=PERIODS[1])
    half, _ = detector.update(detector.start(SIZE**2), months.isel(time=slice(0, cut)), period=None)
    twice, again = detector.update(half, months.isel(time=slice(cut, None)), period=PERIODS[1])
    assert same_state(once, twice)
    assert again.identical(evidence)


@every_detector
def test_no_pixel_is_judged_by_its_neighbours(detector: Detector) -> None:
    whole = judge(detector).layers
    for part in (slice(0, 11), slice(11, SIZE)):
        alone = judge(detector, MONTHS.isel(x=part)).layers
        assert all(np.array_equal(alone[n], whole[n].isel(x=part)) for n in whole.data_vars)


@every_detector
def test_ground_that_no_overpass_shows_is_not_observed(detector: Detector) -> None:
    layers = judge(detector).layers.isel(y=HIDDEN[0])
    assert (layers["clear_looks"] == 0).all()
    assert (layers["score"] == detector.evidence_layers["score"].missing).all()
    assert (layers["first_detected"] == detector.evidence_layers["first_detected"].missing).all()


# What it finds and measures.


@every_detector
@pytest.mark.parametrize("months", [MONTHS, UNSEEN], ids=["ground", "nothing seen"])
@pytest.mark.parametrize("pixel_m", [10.0, 30.0])
def test_its_tables_keep_their_contracts(
    detector: Detector, months: xr.Dataset, pixel_m: float
) -> None:
    found = find(detector, judge(detector, months), pixel_m)
    check_columns(found.detections, DETECTIONS, name="detections", epsg=GRID.epsg)
    check_columns(found.features, FEATURES, name="features", epsg=GRID.epsg)
    check_columns(found.changes, CHANGES, name="changes", epsg=GRID.epsg)
    assert {"anchor_x", "anchor_y"} <= set(found.detections) or found.detections.empty
    if months is UNSEEN:
        assert [len(t) for t in (found.detections, found.features, found.changes)] == [0, 0, 0]


@every_detector
def test_a_mine_is_found_where_it_lies_and_not_where_none_is(detector: Detector) -> None:
    found = find(detector, judge(detector))
    mine = site_at(MINE).geometry.iloc[0]
    assert len(found.detections)
    assert (found.detections.intersection(mine).area > 0.5 * mine.area).all()
    anchors = gpd.points_from_xy(found.detections["anchor_x"], found.detections["anchor_y"])
    assert mine.covers(anchors).all()
    periods = {(p.start.isoformat(), p.end.isoformat()) for p in PERIODS}
    rows = found.detections
    assert set(zip(rows["period_start"], rows["period_end"], strict=True)) <= periods
    check_dates(rows, "period_end")
    check_ranges(rows)


@every_detector
def test_confidence_and_terms_lie_between_0_and_1(detector: Detector) -> None:
    found = find(detector, judge(detector))
    for table in (found.detections, found.changes):
        assert table["confidence"].between(0, 1).all()
    for terms in found.detections["terms"]:
        assert set(terms) <= set(detector.terms)
        assert all(0 <= value <= 1 for value in terms.values())


@every_detector
def test_what_is_no_mine_is_called_by_a_name_of_the_catalogue(detector: Detector) -> None:
    found = find(detector, judge(detector))
    assert len(found.changes)
    assert set(found.changes["kind"]) <= set(CHANGE_KINDS)
    assert set(found.features["kind"]) <= set(FEATURE_KINDS)
    for table in (found.changes, found.features):
        check_dates(table, "last_seen")
        assert (table["area_m2"] > 0).all()
    for table in (found.detections, found.changes, found.features):
        assert table.geometry.is_valid.all()
        assert not table.geometry.is_empty.any()


@every_detector
def test_every_site_is_measured_in_every_period_seen_or_not(detector: Detector) -> None:
    evidence = judge(detector)
    table = measure(detector, evidence, site_at(MINE, HIDDEN, FIELD))
    check_columns(table, OBSERVATIONS, name="observations")
    wanted = [(f"simulated-{n}", p.start.isoformat()) for n in range(3) for p in PERIODS]
    assert sorted(zip(table["site_id"], table["period_start"], strict=True)) == wanted
    check_ranges(table)
    assert table["observed_fraction"].between(0, 1).all()
    hidden = table[table["site_id"] == "simulated-1"]
    assert (hidden[["clear_looks", "observed_fraction"]] == 0).all().all()
    assert hidden["vegetated_fraction"].isna().all()
    mine = table[table["site_id"] == "simulated-0"].set_index("period_start")
    assert (mine["observed_fraction"] == 1).all()
    assert mine["disturbed_area_m2"].iloc[-1] > 0.5 * 6400 > mine["disturbed_area_m2"].iloc[0]


@every_detector
@pytest.mark.parametrize("pixel_m", [10.0, 30.0])
def test_pools_are_null_where_pixels_are_too_large_for_them(
    detector: Detector, pixel_m: float
) -> None:
    sees_pools = sees_pools_at(pixel_m) and bands_of(detector) != RADAR_BANDS
    evidence = judge(detector)
    found = find(detector, evidence, pixel_m)
    observed = measure(detector, evidence, site_at(MINE), pixel_m)
    for table in (found.detections[list(POOL_COLUMNS)],
                  observed[[*POOL_COLUMNS, *WATER_COLUMNS]]):  # fmt: skip
        known = table.notna().to_numpy()
        assert known.size == 0 or known.any() == sees_pools
    assert "pool" not in set(found.features["kind"]) or sees_pools


@every_detector
def test_no_site_leaves_an_empty_table_of_measures(detector: Detector) -> None:
    table = measure(detector, judge(detector), site_at())
    check_columns(table, OBSERVATIONS, name="observations")
    assert table.empty


@every_detector
def test_equal_months_give_equal_answers(detector: Detector) -> None:
    one, other = (judge(detector) for _ in range(2))
    assert one.layers.identical(other.layers)
    for first, second in zip(*(vars(find(detector, e)).values() for e in (one, other)),
                             strict=True):  # fmt: skip
        assert first.to_json() == second.to_json()


# What it says of them to people.


@every_detector
def test_other_readings_are_of_the_catalogue_the_most_open_one_first(detector: Detector) -> None:
    names = list(detector.terms)
    rising = {name: number / len(names) for number, name in enumerate(names)}
    falling = {name: 1 - value for name, value in rising.items()}
    for terms in (dict.fromkeys(names, 0.0), dict.fromkeys(names, 1.0), rising, falling):
        others = detector.alternatives(terms)
        assert {other.kind for other in others} <= set(CHANGE_KINDS)
        open_ones = [other.plausibility for other in others if other.plausibility is not None]
        assert open_ones == sorted(open_ones, reverse=True)
        assert all(0 <= plausibility <= 1 for plausibility in open_ones)
        assert all(other.reason for other in others)


@every_detector
def test_what_it_expected_has_a_row_a_month(detector: Detector) -> None:
    inside = np.zeros((SIZE, SIZE), bool)
    inside[MINE] = True
    table = detector.expected(MONTHS, inside)
    assert len(table) == MONTHS.sizes["time"]
    assert set(table) <= {"baseline", "baseline_sd"}


def test_no_plugin_that_is_installed_is_broken() -> None:
    assert broken_detectors() == {}


# Detectors that break a promise, each noticed by a check.

GOOD = get_detector("dry-season-thresholds")


def bent(**changes: Any) -> Detector:
    """A sound detector with something else in place of some of its parts."""
    kind = type("Bent", (type(GOOD),), changes)
    made: Detector = kind(rules=changes.get("rules", GOOD.rules))
    return made


def in_place(self: Any, state: PixelState, months: xr.Dataset, *, period: Period | None) -> Any:
    after, evidence = GOOD.update(state, months, period=period)
    for name, layer in state.layers.items():
        layer[:] = after.layers[name]  # type: ignore[index]
    return after, evidence


def on_months(self: Any, state: PixelState, months: xr.Dataset, *, period: Period | None) -> Any:
    months["clear_looks"].to_numpy()[:] = 1
    return GOOD.update(state, months, period=period)


def forgetful(self: Any, state: PixelState, months: xr.Dataset, *, period: Period | None) -> Any:
    return GOOD.update(GOOD.start(len(state.layers["first"])), months, period=period)


def smeared(self: Any, state: PixelState, months: xr.Dataset, *, period: Period | None) -> Any:
    after, evidence = GOOD.update(state, months, period=period)
    return after, evidence.map(lambda v: v.copy(data=v + np.abs(v.to_numpy()).sum()))


def always_evidence(
    self: Any, state: PixelState, months: xr.Dataset, *, period: Period | None
) -> Any:
    return GOOD.update(state, months, period=period or PERIODS[0])


def wider(self: Any, state: PixelState, months: xr.Dataset, *, period: Period | None) -> Any:
    after, evidence = GOOD.update(state, months, period=period)
    return after, evidence.astype("float64")


def random(self: Any, state: PixelState, months: xr.Dataset, *, period: Period | None) -> Any:
    after, evidence = GOOD.update(state, months, period=period)
    noise = np.random.default_rng().integers(0, 3, (SIZE, SIZE)).astype("int16")
    return after, evidence.assign(score=evidence["score"] + noise) if period else evidence


def finding(table: str, **columns: Any) -> Callable[..., Findings]:
    """A `find` whose table has other values in some columns."""

    def find_other(self: Any, evidence: Evidence, **named: Any) -> Findings:
        found = vars(GOOD.find(evidence, **named))
        return Findings(**{**found, table: found[table].assign(**columns)})

    return find_other


def lost_column(self: Any, evidence: Evidence, **named: Any) -> Findings:
    found = GOOD.find(evidence, **named)
    rest = found.detections.drop(columns="pad_area_m2")
    return Findings(detections=rest, features=found.features, changes=found.changes)


def measuring(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    """A `measure` whose table is another."""

    def measure_other(self: Any, evidence: Evidence, tracks: Any, **named: Any) -> pd.DataFrame:
        return change(GOOD.measure(evidence, tracks, **named))

    return measure_other


LAYERS: Mapping[str, Any] = GOOD.evidence_layers
no_score = {n: of for n, of in LAYERS.items() if n != "score"}
flip = {n: of for n, of in GOOD.state_layers.items() if n != "last"}


@dataclass(frozen=True)
class Wordless:
    """Rules without a word on them."""

    limit: float = 0.5


elsewhere = Alternative(kind="quarrel", plausibility=0.5, terms=(), reason="a name of its own")
likely, unlikely = (
    Alternative(kind="swidden", plausibility=p, terms=(), reason="a reason") for p in (0.9, 0.1)
)

BROKEN: list[tuple[Callable[..., None], dict[str, Any], dict[str, Any]]] = [
    (test_it_says_who_it_is, {"version": "1"}, {}),
    (test_it_says_who_it_is, {"confidence_basis": ""}, {}),
    (test_it_cannot_be_changed, {"__setattr__": object.__setattr__}, {}),
    (
        test_every_threshold_has_a_unit_a_source_and_what_it_moves,
        {"rules": Wordless()},
        {},
    ),
    (
        test_its_package_imports_nothing_that_touches_files_or_the_network,
        {"__module__": "minewatch.cube.rasterise"},
        {},
    ),
    (
        test_other_readings_are_of_the_catalogue_the_most_open_one_first,
        {"alternatives": lambda self, terms: (elsewhere,)},
        {},
    ),
    (
        test_other_readings_are_of_the_catalogue_the_most_open_one_first,
        {"alternatives": lambda self, terms: (unlikely, likely)},
        {},
    ),
    (test_it_can_be_sent_to_a_worker, {"title": "made in a test"}, {}),
    (test_its_terms_and_figures_are_said_in_words, {"terms": {}}, {}),
    (test_its_layers_are_as_a_run_stores_and_shows_them, {"evidence_layers": no_score}, {}),
    (test_it_starts_from_the_initial_values_that_it_declares, {"state_layers": flip}, {}),
    (test_an_update_changes_nothing_that_it_is_given, {"update": in_place}, {}),
    (test_an_update_changes_nothing_that_it_is_given, {"update": on_months}, {}),
    (test_states_and_evidence_have_the_layers_that_it_declares, {"update": wider}, {}),
    (test_states_and_evidence_have_the_layers_that_it_declares, {"evidence_layers": no_score}, {}),
    (test_months_without_a_period_give_no_evidence, {"update": always_evidence}, {}),
    (
        test_months_taken_in_by_halves_leave_what_all_at_once_do,
        {"update": forgetful},
        {"cut": 12},
    ),
    (test_no_pixel_is_judged_by_its_neighbours, {"update": smeared}, {}),
    (test_ground_that_no_overpass_shows_is_not_observed, {"update": smeared}, {}),
    (
        test_its_tables_keep_their_contracts,
        {"find": lost_column},
        {"months": MONTHS, "pixel_m": 10.0},
    ),
    (
        test_a_mine_is_found_where_it_lies_and_not_where_none_is,
        {"find": finding("detections", anchor_x=0.0)},
        {},
    ),
    (
        test_a_mine_is_found_where_it_lies_and_not_where_none_is,
        {"find": finding("detections", first_detected="2031-01-01")},
        {},
    ),
    (
        test_a_mine_is_found_where_it_lies_and_not_where_none_is,
        {"find": finding("detections", pool_area_low_m2=1e9)},
        {},
    ),
    (
        test_confidence_and_terms_lie_between_0_and_1,
        {"find": finding("detections", confidence=1.2)},
        {},
    ),
    (test_confidence_and_terms_lie_between_0_and_1, {"terms": {}}, {}),
    (
        test_what_is_no_mine_is_called_by_a_name_of_the_catalogue,
        {"find": finding("changes", kind="quarrel")},
        {},
    ),
    (
        test_every_site_is_measured_in_every_period_seen_or_not,
        {"measure": measuring(lambda t: t.iloc[1:])},
        {},
    ),
    (
        test_every_site_is_measured_in_every_period_seen_or_not,
        {"measure": measuring(lambda t: t.assign(vegetated_fraction=0.5))},
        {},
    ),
    (
        test_no_site_leaves_an_empty_table_of_measures,
        {"measure": measuring(lambda t: t.drop(columns="clear_looks", errors="ignore"))},
        {},
    ),
    (
        test_pools_are_null_where_pixels_are_too_large_for_them,
        {"find": finding("detections", pool_area_m2=100.0)},
        {"pixel_m": 30.0},
    ),
    (
        test_months_that_lack_a_band_are_refused,
        {"update": lambda self, state, months, period: (state, xr.Dataset())},
        {},
    ),
    (test_equal_months_give_equal_answers, {"update": random}, {}),
    (
        test_what_it_expected_has_a_row_a_month,
        {"expected": lambda self, months, inside: pd.DataFrame({"baseline": [0.8]})},
        {},
    ),
]


@pytest.mark.parametrize(("check", "changes", "arguments"), BROKEN)
def test_the_contract_notices_a_detector_that_breaks_it(
    check: Callable[..., None], changes: dict[str, Any], arguments: dict[str, Any]
) -> None:
    noticed = (AssertionError, ContractError, pickle.PicklingError, pytest.fail.Exception)
    with pytest.raises(noticed):
        check(bent(**changes), **arguments)


@pytest.mark.parametrize(
    ("check", "arguments"),
    [(check, words) for check, _, words in BROKEN if check is not test_it_can_be_sent_to_a_worker],
)
def test_what_the_contract_notices_is_the_part_that_was_changed(
    check: Callable[..., None], arguments: dict[str, Any]
) -> None:
    # to a worker no class can be sent that a test makes
    check(bent(), **arguments)
