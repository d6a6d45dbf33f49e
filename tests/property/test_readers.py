"""The own engine gives GDAL's pixels and odc-stac's, on any grid. All pixels are simulated."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import odc.stac
import pystac
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from shapely.geometry import box, mapping

from minewatch.cube import RangeReader, RasterioReader
from minewatch.model import Asset

WEST, NORTH = 500_000, 2_800_000
FOLDER = TemporaryDirectory(prefix="minewatch-readers-")


@cache
def written(side, block, kind, nodata, res, zone, predictor, overviews):
    """A COG of noise with holes, and its asset."""
    rng = np.random.default_rng(side)
    pixels = rng.integers(0, 200 if kind == "uint8" else 12_000, (side, side + 8)).astype(kind)
    pixels[rng.random(pixels.shape) < 0.03] = nodata
    pixels[: side // 5, : side // 3] = nodata
    path = (
        Path(FOLDER.name)
        / f"{side}-{block}-{kind}-{nodata}-{res}-{zone}-{predictor}-{overviews}.tif"
    )
    with rasterio.open(
        path, "w", driver="COG", width=side + 8, height=side, count=1, dtype=kind, nodata=nodata,
        crs=f"EPSG:{zone}", transform=Affine(res, 0, WEST, 0, -res, NORTH), compress="deflate",
        blocksize=block, predictor=predictor, overviews=overviews, overview_count=3,
    ) as file:  # fmt: skip
        file.write(pixels, 1)
    return Asset(href=str(path), epsg=zone)


files = st.builds(
    written,
    st.sampled_from([64, 153, 248, 305]),
    st.sampled_from([128, 256]),
    st.sampled_from(["uint8", "uint16", "int16"]),
    st.sampled_from([0, 5]),
    st.sampled_from([10, 20]),
    st.sampled_from([32646, 32647]),
    st.sampled_from(["yes", "no"]),
    st.sampled_from(["none", "auto"]),
)
sizes = st.tuples(st.integers(1, 180), st.integers(1, 180))
places = st.tuples(st.integers(-60, 320), st.integers(-60, 320))
OURS, GDALS = RangeReader(), RasterioReader()


@settings(max_examples=120, deadline=None)
@given(files, sizes, places, st.sampled_from([10, 20, 5, 15, 40, 80]),
       st.sampled_from([0, 3.4375, 5]), st.sampled_from(["red", "mask"]))  # fmt: skip
def test_the_same_pixels_as_gdal_on_any_grid(asset, size, place, res, shift, band):
    west, north = WEST + 10 * place[1] + shift, NORTH - 10 * place[0] - shift
    geobox = GeoBox(size, Affine(res, 0, west, 0, -res, north), "EPSG:32647")
    found = OURS.read(asset, geobox, band=band)
    np.testing.assert_array_equal(found, GDALS.read(asset, geobox, band=band))
    assert found.dtype == np.uint16
    assert found.flags.c_contiguous
    assert found.flags.writeable


def ask_nobody(*_, **__):
    raise AssertionError("GDAL was asked")


ALONE = RangeReader()
ALONE._gdal.read = ask_nobody


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([64, 248]), st.sampled_from(["yes", "no"]), sizes, places,
       st.sampled_from([20, 40, 80]))  # fmt: skip
def test_overviews_of_any_window_are_gdals_and_need_it_not(side, predictor, size, place, res):
    asset = written(side, 128, "uint16", 0, 10, 32647, predictor, "auto")
    corner = Affine(res, 0, WEST + 10 * place[1], 0, -res, NORTH - 10 * place[0])
    geobox = GeoBox(tuple(1 + side % 60 for side in size), corner, "EPSG:32647")
    found = ALONE.read(asset, geobox, band="red")
    np.testing.assert_array_equal(found, GDALS.read(asset, geobox, band="red"))


@settings(max_examples=25, deadline=None)
@given(files, sizes, places)
def test_the_same_pixels_as_odc_stac_on_aligned_grids(asset, size, place):
    with rasterio.open(asset.href) as file:
        res, nodata = file.res[0], file.nodata
    place = (place[0] // 2 * 20, place[1] // 2 * 20)
    corner = Affine(res, 0, WEST + place[1], 0, -res, NORTH - place[0])
    geobox = GeoBox(size, corner, f"EPSG:{asset.epsg}")
    bbox = [92, 24, 100, 26]
    item = pystac.Item("a", mapping(box(*bbox)), bbox, datetime(2024, 1, 1, tzinfo=UTC), {})
    item.add_asset("b", pystac.Asset(asset.href, media_type=pystac.MediaType.COG, roles=["data"]))
    theirs = odc.stac.load([item], bands=["b"], geobox=geobox, dtype="int32", nodata=int(nodata))
    expected = theirs["b"].values[0]
    # where "no pixel" is another number than 0, dark ground of 0 is seen, and kept apart as 1
    expected = np.where(expected == nodata, 0, np.maximum(expected, 1)).astype(np.uint16)
    np.testing.assert_array_equal(OURS.read(asset, geobox, band="red"), expected)
