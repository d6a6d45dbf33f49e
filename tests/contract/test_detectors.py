"""What every detector promises, of this package or of another."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox

from minewatch.detect import get_detector, list_detectors
from minewatch.errors import SettingsError
from minewatch.model import (
    CHANGE_KINDS,
    CHANGES,
    DETECTIONS,
    FEATURES,
    SHOWN_LAYERS,
    Chunk,
    Detector,
    Evidence,
    Findings,
    Grid,
    Period,
    PixelState,
    check_columns,
    describe_rules,
    split_periods,
    with_overrides,
)

SPAN = Period(date(2018, 11, 1), date(2021, 10, 31))
BANDS = {
    "blue": (180, 1000, 1300), "green": (360, 1600, 1900), "red": (200, 2200, 1500),
    "nir": (2800, 3100, 700), "swir16": (1500, 3400, 300), "swir22": (600, 2200, 200),
}  # fmt: skip
"""Forest, bare ground and water, reflectance x 10,000. Nothing here is real."""
SIZE = 30
BOX = GeoBox.from_bbox((700_000, 2_800_000, 700_300, 2_800_300), "EPSG:32647", resolution=10)
GRID = Grid(geobox=BOX, chunks=(Chunk(row=0, col=0, geobox=BOX),))
PERIODS = split_periods(SPAN, "dry-season")
State = tuple[PixelState, xr.Dataset]


@pytest.fixture(params=list_detectors())
def detector(request: pytest.FixtureRequest) -> Detector:
    return get_detector(request.param)


def month_cube(*, seen: bool = True) -> xr.Dataset:
    """Three years of forest, in which a mine is opened in the second; or of no overpass at all."""
    times = np.arange("2018-11", "2021-11", dtype="datetime64[M]").astype("datetime64[ns]")
    ground = np.zeros((len(times), SIZE, SIZE), int)
    ground[14:, 8:18, 8:18] = 1
    ground[14:, 11:14, 10:16] = 2
    if not seen:
        zeros = np.zeros(ground.shape, "uint16")
        names = (*BANDS, "clear_looks", "disturbed_looks", "last_undisturbed_day",
                 "disturbed_since_day")  # fmt: skip
        cube = {name: zeros.copy() for name in names}
    else:
        lost = ground > 0
        cube = {name: np.array(of, "uint16")[ground] for name, of in BANDS.items()}
        cube["clear_looks"] = np.full(ground.shape, 4, "uint16")
        cube["disturbed_looks"] = np.where(lost, 4, 0).astype("uint16")
        cube["last_undisturbed_day"] = np.where(lost, 0, 26).astype("uint16")
        cube["disturbed_since_day"] = np.where(lost, 5, 0).astype("uint16")
    layers = {name: (("time", "y", "x"), values) for name, values in cube.items()}
    return xr.Dataset(layers, coords={"time": times})


def of_period(cube: xr.Dataset, first: date, last: date) -> xr.Dataset:
    return cube.sel(time=slice(str(first), str(last)))


def judged(detector: Detector, cube: xr.Dataset) -> tuple[PixelState, list[xr.Dataset]]:
    """A cube taken in step by step as the pipeline does; evidence of each period, and the whole."""
    height, width = cube.sizes["y"], cube.sizes["x"]
    state, found, begin = detector.start(height * width), [], SPAN.start
    for period in PERIODS:
        state, evidence = detector.update(state, of_period(cube, begin, period.end), period=period)
        found.append(evidence)
        begin = date(period.end.year, period.end.month + 1, 1)
    return state, [*found, detector.conclude(state, shape=(height, width))]


def evidence_of(detector: Detector, cube: xr.Dataset) -> Evidence:
    _, found = judged(detector, cube)
    layers = xr.concat(found[:-1], "period").assign(found[-1].data_vars)
    layers = layers.assign_coords({n: BOX.coordinates[n].values for n in ("y", "x")})
    return Evidence(layers, tuple(PERIODS))


def findings(detector: Detector, *, seen: bool = True) -> Findings:
    return detector.find(evidence_of(detector, month_cube(seen=seen)), grid=GRID, pixel_m=10.0)


def same_state(one: PixelState, other: PixelState) -> bool:
    return (one.months, one.first_day) == (other.months, other.first_day) and all(
        np.array_equal(one.layers[n], other.layers[n], equal_nan=True) for n in one.layers
    )


def test_it_says_who_it_is(detector: Detector) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", detector.name)
    assert detector.name in list_detectors()
    assert detector.title
    assert isinstance(detector.version, int)
    assert detector.version >= 1


def test_it_has_all_that_the_protocol_asks_for(detector: Detector) -> None:
    asked = {name for name in vars(Detector) if not name.startswith("_")}
    assert [name for name in sorted(asked) if not hasattr(detector, name)] == []
    assert set(SHOWN_LAYERS) <= set(detector.evidence_layers)


def test_it_can_be_sent_to_a_worker(detector: Detector) -> None:
    back = pickle.loads(pickle.dumps(detector))
    assert back.rules == detector.rules
    assert findings(back).detections.equals(findings(detector).detections)


def test_evidence_is_as_declared(detector: Detector) -> None:
    layers = evidence_of(detector, month_cube()).layers
    declared = {n: (of.dims, of.dtype) for n, of in detector.evidence_layers.items()}
    assert {str(n): (v.dims, str(v.dtype)) for n, v in layers.items()} == declared


def test_a_state_is_as_declared(detector: Detector) -> None:
    for state in (detector.start(7), judged(detector, month_cube())[0]):
        pixels = len(next(iter(state.layers.values())))
        held = {n: (str(v.dtype), v.shape) for n, v in state.layers.items()}
        assert held == {
            n: (of.dtype, (pixels, *of.fields)) for n, of in detector.state_layers.items()
        }


def test_an_update_changes_nothing_that_it_is_given(detector: Detector) -> None:
    cube = month_cube()
    before, _ = judged(detector, cube)
    copy, months = (
        PixelState(before.months, before.first_day, before.copied()),
        cube.copy(deep=True),
    )
    detector.update(before, cube, period=PERIODS[-1])
    assert same_state(before, copy)
    assert cube.identical(months)


def test_finding_changes_no_evidence_and_finds_the_same_again(detector: Detector) -> None:
    evidence = evidence_of(detector, month_cube())
    copy = evidence.layers.copy(deep=True)
    first = detector.find(evidence, grid=GRID, pixel_m=10.0)
    again = detector.find(evidence, grid=GRID, pixel_m=10.0)
    assert evidence.layers.identical(copy)
    for table in ("detections", "features", "changes"):
        assert getattr(first, table).equals(getattr(again, table))


def test_no_pixel_looks_at_its_neighbours(detector: Detector) -> None:
    cube = month_cube()
    state, whole = judged(detector, cube)
    halves = [judged(detector, cube.isel(y=part)) for part in (slice(0, 13), slice(13, SIZE))]
    for name, layer in state.layers.items():
        assert np.array_equal(np.concatenate([h[0].layers[name] for h in halves]), layer), name
    for at, evidence in enumerate(whole):
        assert evidence.equals(xr.concat([h[1][at] for h in halves], "y")), at


def test_months_after_the_last_period_may_be_taken_in_alone(detector: Detector) -> None:
    cube = month_cube()
    state, _ = judged(detector, cube)
    rest = of_period(cube, date(2021, 5, 1), SPAN.end)
    after, nothing = detector.update(state, rest, period=None)
    assert not nothing.data_vars
    assert after.months == state.months + rest.sizes["time"]


def test_no_overpass_gives_no_findings(detector: Detector) -> None:
    found = findings(detector, seen=False)
    assert [len(t) for t in (found.detections, found.features, found.changes)] == [0, 0, 0]


def test_what_it_finds_keeps_the_contracts(detector: Detector) -> None:
    found = findings(detector)
    assert len(found.detections) > 0
    contracts = {"detections": DETECTIONS, "features": FEATURES, "changes": CHANGES}
    for name, contract in contracts.items():
        check_columns(getattr(found, name), contract, name=name, epsg=GRID.epsg)
    assert {"anchor_x", "anchor_y"} <= set(found.detections)
    assert set(found.changes["kind"]) <= {
        name for name, kind in CHANGE_KINDS.items() if detector.name in kind.detectors
    }


def test_every_evidence_term_is_described_and_lies_within_0_and_1(detector: Detector) -> None:
    assert all(of.meaning and of.weight == of.weight for of in detector.terms.values())
    for terms in findings(detector).detections["terms"]:
        assert set(terms) <= set(detector.terms)
        assert all(0 <= value <= 1 for value in terms.values())


def test_every_layer_figure_and_state_is_described(detector: Detector) -> None:
    described = (detector.evidence_layers, detector.state_layers, detector.figures)
    assert [name for layers in described for name, of in layers.items() if not of.meaning] == []


def test_every_threshold_is_described(detector: Detector) -> None:
    rows = list(describe_rules(detector.rules))
    assert rows
    assert [row.name for row in rows if not (row.unit and row.source and row.moves)] == []


def nested(name: str, value: float) -> dict[str, object]:
    """A threshold as a file of rules holds it."""
    *groups, last = name.split(".")
    found: dict[str, object] = {last: value}
    for group in reversed(groups):
        found = {group: found}
    return found


def test_any_threshold_can_be_replaced_and_an_unknown_one_is_refused(detector: Detector) -> None:
    numbers = [r for r in describe_rules(detector.rules) if isinstance(r.value, int | float)]
    assert numbers
    for row in numbers:
        changed = with_overrides(detector.rules, nested(row.name, row.value + 1))
        assert {r.name: r.value for r in describe_rules(changed)}[row.name] == row.value + 1
        assert replace(detector, rules=changed).rules == changed  # type: ignore[type-var]
        with pytest.raises(SettingsError) as refused:
            with_overrides(detector.rules, nested(f"{row.name}_x", 1.0))
        assert f"{row.name}_x" in str(refused.value)
        assert row.name.split(".")[-1] in str(refused.value.hint)
