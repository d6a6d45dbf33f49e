"""The zone an area is measured in."""

import pytest
from pyproj.aoi import AreaOfInterest as Place
from pyproj.database import query_utm_crs_info
from shapely import MultiPolygon, Point, box

from minewatch.areas.utm import choose_utm_epsg, find_utm_epsg


@pytest.mark.parametrize("lon", [-179.9, -93.1, -0.1, 0.1, 95.9, 96.1, 98.35, 179.9])
@pytest.mark.parametrize("lat", [-55.5, -7.0, 0.5, 25.6, 50.0])
def test_the_zone_is_the_one_the_epsg_registry_gives(lon, lat):
    (info,) = query_utm_crs_info("WGS 84", Place(lon, lat, lon, lat))
    assert find_utm_epsg(Point(lon, lat)) == int(info.code)


def test_the_last_meridian_belongs_to_the_last_zone():
    assert find_utm_epsg(Point(180, 10)) == 32660


def test_an_area_across_two_zones_takes_one_and_says_so():
    epsg, (note,) = choose_utm_epsg(box(95.5, 25, 96.2, 25.5), None)
    assert epsg == 32646
    assert "zones 46 to 47" in note


def test_the_zone_in_the_file_is_kept_when_it_is_near():
    epsg, notes = choose_utm_epsg(box(95.5, 25, 95.9, 25.5), 32647)
    assert (epsg, notes) == (32647, ())


@pytest.mark.parametrize("stated", [32601, 3857, "47N", 32600, 32661, None])
def test_a_zone_that_does_not_fit_is_replaced_and_noted(stated):
    epsg, notes = choose_utm_epsg(MultiPolygon([box(98, 25, 98.1, 25.1)]), stated)
    assert epsg == 32647
    assert [repr(stated) in n for n in notes] == ([] if stated is None else [True])


@pytest.mark.parametrize(("lon", "stated"), [(178.0, 32661), (-178.0, 32600)])
def test_a_code_beyond_the_sixty_zones_is_not_taken_however_near(lon, stated):
    epsg, (note,) = choose_utm_epsg(box(lon, 25, lon + 0.1, 25.1), stated)
    assert epsg == (32660 if lon > 0 else 32601)
    assert str(stated) in note
