from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from scipy import stats

from minewatch.context.drainage import Heights
from minewatch.context.slide_screen import FACTORS, ground_under, screen, slides_beside


def plane(east: float, north: float) -> Heights:
    """Ground that rises so much a metre to the east and to the north."""
    rows, cols = np.mgrid[0:100, 0:100]
    metres = 1000 + 30 * (east * cols - north * rows)
    return Heights(
        metres=metres.astype(np.float32), transform=Affine(30, 0, 0, 0, -30, 3000), epsg=32647
    )


@pytest.mark.parametrize(
    ("east", "north", "slope", "aspect"),
    [(0.5, 0, 26.565, 270), (-0.5, 0, 26.565, 90), (0, 0.2, 11.31, 180), (0, -0.2, 11.31, 0),
     (0.3, 0.3, 22.99, 225)],
)  # fmt: skip
def test_slope_and_aspect_of_a_plane_are_known(east, north, slope, aspect) -> None:
    found = ground_under(plane(east, north), [shapely.box(900, 900, 1100, 1100)]).iloc[0]
    assert found["slope_deg"] == pytest.approx(slope, abs=0.02)
    assert (found["aspect_deg"] - aspect + 180) % 360 - 180 == pytest.approx(0, abs=0.1)


def test_ground_without_heights_has_no_slope() -> None:
    heights = plane(0.5, 0)
    heights.metres[:] = np.nan
    table = ground_under(heights, [shapely.box(0, 0, 90, 90), shapely.box(9e5, 0, 9.1e5, 90)])
    assert table.isna().all().all()


def layers(slides: list[tuple[float, float, str | None, str]]) -> tuple[gpd.GeoDataFrame, ...]:
    sites = gpd.GeoDataFrame(
        {"site_id": ["s"], "last_undisturbed": ["2021-01-01"], "first_detected": ["2021-03-01"]},
        geometry=[shapely.box(1000, 1000, 1060, 1060)], crs=32647,
    )  # fmt: skip
    table = gpd.GeoDataFrame(
        {
            "last_undisturbed": [s[2] for s in slides], "first_detected": [s[3] for s in slides],
            "area_m2": 900.0,
        },
        geometry=[shapely.box(x, y, x + 30, y + 60) for x, y, _, _ in slides], crs=32647,
    )  # fmt: skip
    return sites, table


def test_a_slide_above_that_falls_towards_the_site_is_upslope() -> None:
    heights = plane(0.5, 0)  # falls to the west
    spots = [(1700, 1000, "2022-01-01", "2022-02-01"), (300, 1000, "2022-01-01", "2022-02-01"),
             (1100, 1800, "2022-01-01", "2022-02-01")]  # fmt: skip
    found = slides_beside(*layers(spots), heights)
    assert found["slide"].tolist() == [0]  # the second lies below, the third beside and far
    assert found["is_upslope"].tolist() == [True]


def test_order_is_known_only_where_windows_do_not_overlap() -> None:
    spots = [(1100, 1000, "2020-01-01", "2020-02-01"), (1100, 1100, "2021-04-01", "2021-05-01"),
             (1100, 900, "2020-12-01", "2021-02-01"), (1200, 1000, None, "2022-02-01")]  # fmt: skip
    found = slides_beside(*layers(spots), plane(0.5, 0))
    assert found["order"].tolist() == ["before", "after", "unknown", "unknown"]


def test_no_site_or_no_slide_gives_no_pair() -> None:
    sites, slides = layers([(1100, 1000, None, "2020-02-01")])
    assert slides_beside(sites.iloc[:0], slides, plane(0.5, 0)).empty
    assert slides_beside(sites, slides.iloc[:0], plane(0.5, 0)).empty


def test_the_screen_puts_sites_that_slid_in_a_simulation_first() -> None:
    rng = np.random.default_rng(12)
    count = 300
    factors = pd.DataFrame(
        {
            "site_id": [f"s{n:03d}" for n in range(count)],
            "slope_deg": rng.uniform(2, 45, count), "cut_m2": rng.gamma(2, 2000, count),
            "pool_area_m2": rng.gamma(2, 500, count), "wet_seasons": rng.integers(0, 6, count),
            "earlier_slides": rng.poisson(0.3, count),
        }
    )  # fmt: skip
    hazard = (
        0.08 * (factors["slope_deg"] - 25) + factors["cut_m2"] / 4000
        + factors["pool_area_m2"] / 1500 + 0.3 * factors["wet_seasons"]
        + 0.8 * factors["earlier_slides"] - 3
    )  # fmt: skip
    slid = rng.uniform(size=count) < 1 / (1 + np.exp(-hazard))
    table = screen(factors).set_index("site_id").loc[factors["site_id"]]
    assert stats.spearmanr(table["score"], hazard)[0] > 0.8
    auc = stats.mannwhitneyu(table["score"][slid.to_numpy()], table["score"][~slid.to_numpy()])
    assert auc.statistic / (slid.sum() * (~slid).sum()) > 0.75


def test_an_unknown_factor_is_named_and_left_out() -> None:
    factors = pd.DataFrame(
        {"site_id": ["a", "b"], "slope_deg": [np.nan, 30.0], "cut_m2": [10.0, 20.0],
         "pool_area_m2": [np.nan, 5.0], "wet_seasons": [1, 1], "earlier_slides": [0, 0]}
    )  # fmt: skip
    table = screen(factors).set_index("site_id")
    assert table.loc["a", "unknown"] == "slope_deg; pool_area_m2"
    assert table.loc["b", "rank"] == 1
    assert set(FACTORS) <= set(table.columns)
    assert screen(factors.iloc[:0]).empty
