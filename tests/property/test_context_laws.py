"""Laws of what lies below sites and of counts as ranges."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from minewatch.context.controllers import Claim, find_candidates
from minewatch.context.downstream import (
    trace,
)
from minewatch.context.drainage import Drainage, Heights, find_drainage, path_down
from minewatch.context.ground_cells import (
    PlacesNear,
    Starts,
    find_places_near,
    find_starts,
)
from minewatch.context.happenings import count_between
from minewatch.context.river_network import RiverNetwork, find_rivers
from minewatch.context.upstream_totals import (
    totals_below,
)
from minewatch.synthetic import draw_river_terrain

PERIODS = [("2021-11-01", "2022-04-30"), ("2022-11-01", "2023-04-30"), ("2023-11-01", "2024-04-30")]
STATES = ("active", "idle", "abandoned_wet", "abandoned_dry", "not_observed")
FEW = settings(max_examples=25, deadline=None)
FEWER = settings(max_examples=8, deadline=None)
"""For laws whose every example adds up many tables."""


@cache
def world() -> tuple[Drainage, RiverNetwork, PlacesNear]:
    """A rough terrain, its rivers, and places all over it."""
    terrain = draw_river_terrain(seed=5, size_m=6000, tributaries=3, roughness_m=25)
    drainage = find_drainage(
        Heights(metres=terrain.metres, transform=terrain.transform, epsg=terrain.epsg)
    )
    rng = np.random.default_rng(1)
    x, y = drainage.xy(rng.choice(len(drainage.downstream), 60, replace=False))
    near = find_places_near(drainage, list(shapely.points(x, y)), reach_m=150)
    return drainage, find_rivers(drainage, least_km2=0.5), near


def below(cell: int) -> dict[str, set[int]]:
    """Rivers, reaches and places below a cell."""
    drainage, network, near = world()
    starts = Starts(site=np.array([0]), cell=np.array([cell]), sites=("a",))
    tables = trace(drainage, starts, network, near)
    return {name: set(tables[name]["target"]) for name in ("river", "reach", "place")}


@FEW
@given(st.integers(0, 39_999), st.floats(0, 1))
def test_moving_a_site_downstream_never_adds_what_lies_below_it(cell: int, share: float) -> None:
    drainage, _, _ = world()
    cells, metres = path_down(drainage, cell % len(drainage.downstream))
    lower = int(cells[int(share * (len(cells) - 1))])
    upper, moved = below(int(cells[0])), below(lower)
    for name, found in moved.items():
        assert found <= upper[name], name
    assert (np.diff(metres) > 0).all()


@FEW
@given(st.integers(0, 39_999))
def test_catchments_grow_downstream_and_every_walk_ends_at_an_edge(cell: int) -> None:
    drainage, _, _ = world()
    cells, _ = path_down(drainage, cell % len(drainage.downstream))
    assert (np.diff(drainage.catchment_m2[cells]) > 0).all()
    rows, cols = np.divmod(cells[-1], drainage.shape[1])
    assert rows in (0, drainage.shape[0] - 1) or cols in (0, drainage.shape[1] - 1)


def test_all_ground_leaves_the_heights_once() -> None:
    drainage, _, _ = world()
    ends = drainage.downstream == np.arange(len(drainage.downstream))
    assert np.isclose(drainage.catchment_m2[ends].sum(), len(drainage.downstream) * 900.0)


@st.composite
def inventories(draw: st.DrawFn) -> pd.DataFrame:
    """Rows of up to six sites, each known from some period on."""
    rows = []
    for number in range(draw(st.integers(1, 6))):
        alert = draw(st.sampled_from(("confirmed", "provisional", "candidate")))
        for start, end in PERIODS[draw(st.integers(0, 2)) :]:
            state = draw(st.sampled_from(STATES))
            pool = None if state == "not_observed" else float(draw(st.integers(0, 900)))
            rows.append({
                "site_id": f"s{number}", "period_start": start, "period_end": end, "alert": alert,
                "state": state, "disturbed_area_m2": pool and 4 * pool,
                "pool_area_low_m2": pool and 0.5 * pool, "pool_area_high_m2": pool and 2 * pool,
                "water_area_low_m2": pool and 0.3 * pool, "water_area_high_m2": pool,
                "pool_count_low": pool and pool // 200, "pool_count_high": pool and pool // 50,
                "observed_fraction": 0.0 if pool is None else 0.9,
            })  # fmt: skip
    return pd.DataFrame(rows)


@FEWER
@given(inventories(), st.data())
def test_totals_by_river_add_up_and_are_ranges(
    inventory: pd.DataFrame, data: st.DataObject
) -> None:
    sites = tuple(sorted(set(inventory["site_id"])))
    rivers = [data.draw(st.integers(1, 3)) for _ in sites]
    pairs = pd.DataFrame({"site": range(len(sites)), "target": rivers, "share": 1.0})
    by_river = totals_below(pairs, sites, inventory, PERIODS)
    of_all = totals_below(pairs.assign(target=1), sites, inventory, PERIODS)
    measures = [c.removesuffix("_low") for c in of_all.columns if c.endswith("_low")]
    for measure in measures:
        assert (by_river[f"{measure}_low"] <= by_river[f"{measure}_high"] + 1e-6).all(), measure
        if measure == "pool_count":  # its high end is rounded up, river by river
            continue
        for end in ("low", "high"):
            summed = by_river.groupby("period_start")[f"{measure}_{end}"].sum().to_numpy()
            assert np.allclose(summed, of_all[f"{measure}_{end}"]), (measure, end)


@FEWER
@given(inventories(), st.data())
def test_an_unsure_share_only_widens_ranges(inventory: pd.DataFrame, data: st.DataObject) -> None:
    sites = tuple(sorted(set(inventory["site_id"])))
    shares = [data.draw(st.sampled_from((0.15, 0.5, 0.95))) for _ in sites]
    pairs = pd.DataFrame({"site": range(len(sites)), "target": 1, "share": shares})
    wide = totals_below(pairs, sites, inventory, PERIODS)
    sure = totals_below(pairs.assign(share=1.0), sites, inventory, PERIODS)
    for column in sure.columns[sure.columns.str.endswith("_low")]:
        assert (wide[column] <= sure[column] + 1e-6).all()
        high = column.replace("_low", "_high")
        assert np.allclose(wide[high], sure[high])


@FEWER
@given(inventories())
def test_sites_known_above_a_place_never_become_fewer(inventory: pd.DataFrame) -> None:
    sites = tuple(sorted(set(inventory["site_id"])))
    pairs = pd.DataFrame({"site": range(len(sites)), "target": 1, "share": 1.0})
    table = totals_below(pairs, sites, inventory, PERIODS)
    for name in ("sites_low", "sites_high", "ever_disturbed_m2_low"):
        assert (table[name].diff().dropna() >= 0).all(), name


DAYS = st.integers(0, 1500).map(lambda n: date(2019, 1, 1) + timedelta(days=n))


@FEW
@given(st.lists(st.tuples(DAYS, st.integers(0, 400)), max_size=12), DAYS, st.integers(0, 700))
def test_halves_of_a_span_bound_the_whole(windows, first: date, days: int) -> None:
    table = pd.DataFrame(
        {
            "what": "opened", "alert": "confirmed",
            "earliest": pd.Series([a for a, _ in windows], dtype=object),
            "latest": pd.Series([a + timedelta(days=n) for a, n in windows], dtype=object),
        }
    )  # fmt: skip
    last = first + timedelta(days=days + 1)
    middle = first + timedelta(days=days // 2)
    whole = count_between(table, first, last)
    halves = [count_between(table, first, middle),
              count_between(table, middle + timedelta(days=1), last)]  # fmt: skip
    assert whole["low"] <= whole["high"]
    assert sum(h["low"] for h in halves) <= whole["low"]
    assert sum(h["high"] for h in halves) >= whole["high"]


CLAIMS = st.builds(
    lambda name, first, days, sure: Claim(
        controller=name, valid_from=first, valid_to=first + timedelta(days=days), source="s",
        certainty=sure, outline=None,
    ),
    st.sampled_from("ABC"), DAYS, st.integers(0, 900), st.sampled_from(("low", "medium", "high")),
)  # fmt: skip


@FEW
@given(st.lists(CLAIMS, max_size=5), DAYS, st.integers(0, 200), st.integers(0, 200))
def test_a_wider_window_never_makes_anybody_surer(
    claims, first: date, days: int, more: int
) -> None:
    place = shapely.box(0, 0, 1, 1)
    narrow = find_candidates(claims, place, first, first + timedelta(days=days))
    wide = find_candidates(claims, place, first, first + timedelta(days=days + more))
    assert set(narrow.all) <= set(wide.all)
    if wide.sure:
        assert narrow.sure == wide.sure
    if narrow.sure:
        assert narrow.likely == narrow.sure
        assert narrow.all == (narrow.sure,)


def test_a_site_on_a_ridge_drains_to_both_sides() -> None:
    metres = (500 - 10 * np.abs(np.arange(60) - 29.5))[None, :].repeat(60, 0).astype(np.float32)
    metres += np.linspace(3, 0, 60, dtype=np.float32)[:, None]
    from affine import Affine

    drainage = find_drainage(
        Heights(metres=metres, transform=Affine(30, 0, 0, 0, -30, 1800), epsg=32647)
    )
    site = gpd.GeoDataFrame({"site_id": ["a"]}, geometry=[shapely.Point(900, 900).buffer(120)])
    starts = find_starts(drainage, site)
    places = [shapely.Point(15, 900), shapely.Point(1785, 900)]
    network = find_rivers(drainage, least_km2=99)
    table = trace(drainage, starts, network, find_places_near(drainage, places, reach_m=900))
    shares = table["place"].set_index("target")["share"]
    assert 0.3 < shares[0] < 0.7
    assert 0.3 < shares[1] < 0.7
