from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from minewatch.model import FEATURES, TRACKS, empty_table
from minewatch.sites import assign, link
from minewatch.sites.site_features import stands_alone

EPSG = 32647
EAST, NORTH = 240_030.0, 2_850_040.0


def features(*rows: tuple[str, shapely.Geometry]) -> gpd.GeoDataFrame:
    table = {
        "kind": [kind for kind, _ in rows],
        "first_detected": "2020-12-16",
        "last_undisturbed": None,
        "last_seen": "2021-04-01",
        "area_m2": [shape.area for _, shape in rows],
    }
    return gpd.GeoDataFrame(table, geometry=[shape for _, shape in rows], crs=EPSG)


def box(x: float, y: float, width: float = 10, height: float = 10) -> shapely.Polygon:
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


@pytest.fixture
def tracks(detect) -> gpd.GeoDataFrame:
    table = link(detect((2020, 0, 0, 60, 60), (2020, 400, 0, 60, 60)), area_key="demo", epsg=EPSG)
    return table.tracks.sort_values(by="site_id", ignore_index=True)


def site_at(tracks: gpd.GeoDataFrame, x: float) -> str:
    return tracks["site_id"][tracks.distance(box(x, 0)).argmin()]


def test_a_feature_belongs_to_the_nearest_site(tracks):
    found = assign(features(("pool", box(10, 10)), ("pad", box(300, 0))), tracks)
    assert found["site_id"].tolist() == [site_at(tracks, 0), site_at(tracks, 400)]
    assert found["kind"].tolist() == ["pool", "pad"]


@pytest.mark.parametrize(("gap", "count"), [(199, 1), (201, 0)])
def test_a_road_that_reaches_no_site_is_left_out(tracks, gap, count):
    assert len(assign(features(("road", box(-300, -gap - 10, 500, 10))), tracks)) == count


def test_a_road_that_passes_two_sites_belongs_to_the_one_it_shares_most_ground_with(tracks):
    found = assign(features(("road", box(50, 20, 390, 5))), tracks)
    assert found["site_id"].tolist() == [site_at(tracks, 400)]


def test_the_order_of_sites_does_not_matter(tracks):
    road = features(("road", box(60, 20, 340, 5)))
    assert assign(road, tracks)["site_id"].tolist() == [min(tracks["site_id"])]
    assert assign(road, tracks[::-1])["site_id"].tolist() == [min(tracks["site_id"])]


def test_without_sites_or_features_nothing_is_left(tracks):
    nobody = assign(features(("pad", box(0, 0))), empty_table(TRACKS, epsg=EPSG))
    nothing = assign(empty_table(FEATURES, epsg=EPSG), tracks)
    assert isinstance(nobody, pd.DataFrame)
    assert (len(nobody), len(nothing)) == (0, 0)
    assert "site_id" in nobody
    assert "site_id" in nothing


def test_a_site_stands_alone_when_neither_another_site_nor_a_road_is_near(tracks):
    ids = set(tracks["site_id"])
    a_road = assign(features(("road", box(10, 10))), tracks)
    reached = set(a_road["site_id"])
    assert stands_alone(a_road, tracks, alone_m=50) == ids - reached
    assert stands_alone(a_road, tracks, alone_m=1000) == frozenset()


def test_where_no_road_was_drawn_nothing_is_known_of_roads(tracks):
    no_road = assign(features(("pad", box(10, 10))), tracks)
    assert stands_alone(no_road, tracks, alone_m=50) == frozenset()
