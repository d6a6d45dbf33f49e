"""Which sites of two runs are one: by place."""

from __future__ import annotations

import geopandas as gpd
from shapely import box

from minewatch.sites import match_places


def at(**places: tuple[float, float]) -> gpd.GeoDataFrame:
    """Sites of 60 m at places, metres."""
    outlines = [box(x, y, x + 60, y + 60) for x, y in places.values()]
    return gpd.GeoDataFrame({"site_id": list(places)}, geometry=outlines, crs=32647)


def test_sites_that_overlap_are_one() -> None:
    assert match_places(at(a=(0, 0), b=(500, 0)), at(x=(30, 30))) == {"a": ["x"]}


def test_a_site_that_covers_two_belongs_to_both() -> None:
    wide = gpd.GeoDataFrame({"site_id": ["x"]}, geometry=[box(0, 0, 600, 60)], crs=32647)
    assert match_places(at(a=(0, 0), b=(500, 0)), wide) == {"a": ["x"], "b": ["x"]}


def test_a_site_beside_belongs_to_the_nearest_only() -> None:
    assert match_places(at(a=(0, 0), b=(200, 0)), at(x=(80, 0))) == {"a": ["x"]}


def test_a_site_further_away_than_patches_are_linked_is_another() -> None:
    assert match_places(at(a=(0, 0)), at(x=(159, 0))) == {"a": ["x"]}
    assert match_places(at(a=(0, 0)), at(x=(162, 0))) == {}


def test_a_site_that_overlaps_one_is_not_drawn_to_a_neighbour() -> None:
    assert match_places(at(a=(0, 0), b=(100, 0)), at(x=(20, 0))) == {"a": ["x"]}


def test_without_sites_there_is_nothing_to_match() -> None:
    assert match_places(at(), at(x=(0, 0))) == {} == match_places(at(a=(0, 0)), at())
