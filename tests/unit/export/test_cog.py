from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox

from minewatch.errors import OutputError
from minewatch.export import read_cog, write_cog

GEOBOX = GeoBox.from_bbox((700_000, 2_830_000, 706_000, 2_835_000), "EPSG:32647", resolution=10)
TAGS = {"meaning": "clear looks per period", "unit": "1"}


def pixels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 90, (2, *GEOBOX.shape), dtype="uint16")


def test_a_raster_is_a_cog_that_says_what_it_means(tmp_path: Path) -> None:
    path = write_cog(
        tmp_path / "a.tif", pixels(), geobox=GEOBOX, tags=TAGS, band_names=["é", "b"], nodata=0
    )
    with rasterio.open(path) as file:
        structure = file.tags(ns="IMAGE_STRUCTURE")
        assert structure["LAYOUT"] == "COG"
        assert structure["COMPRESSION"] == "DEFLATE"
        assert file.overviews(1)
        assert file.descriptions == ("é", "b")
        assert TAGS.items() <= file.tags().items()
        assert (file.crs.to_epsg(), file.nodata) == (32647, 0)
        assert file.transform.almost_equals(GEOBOX.transform)
        assert (file.read() == pixels()).all()
        half = file.read(1, out_shape=(250, 300))
    assert np.isin(half, pixels()[0]).all(), "overviews are nearest, never mixed"


def test_equal_arrays_give_equal_bytes(tmp_path: Path) -> None:
    one, two = (
        write_cog(tmp_path / name, pixels(), geobox=GEOBOX, tags=TAGS, band_names=["a", "b"])
        for name in ("1.tif", "2.tif")
    )
    assert one.read_bytes() == two.read_bytes()
    assert sorted(tmp_path.iterdir()) == [one, two]


def test_a_raster_comes_back_with_crs_and_tags(tmp_path: Path) -> None:
    path = write_cog(tmp_path / "a.tif", pixels(), geobox=GEOBOX, tags=TAGS, band_names=["a", "b"])
    back = read_cog(path)
    assert back.dims == ("band", "y", "x")
    assert (back.to_numpy() == pixels()).all()
    assert back.rio.crs.to_epsg() == 32647
    assert back.attrs["meaning"] == TAGS["meaning"]


def test_a_raster_that_cannot_be_written_or_read_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match="cannot write"):
        write_cog(
            tmp_path / "file" / "a.tif", pixels(), geobox=GEOBOX, tags=TAGS, band_names=["a", "b"]
        )
    with pytest.raises(OutputError, match="cannot read"):
        read_cog(tmp_path / "file")
