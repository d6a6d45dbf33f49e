from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from minewatch.errors import ContractError, OutputError
from minewatch.exporters import read_cog, write_cog

GEOBOX = GeoBox.from_bbox((700_000, 2_830_000, 706_000, 2_835_000), "EPSG:32647", resolution=10)
SAYS = {"meaning": "clear overpasses per period", "unit": "1"}


def pixels() -> xr.DataArray:
    values = np.random.default_rng(1).choice(np.uint16([0, 7, 9000]), (2, *GEOBOX.shape))
    return xr.DataArray(values, dims=("band", "y", "x"), coords=xr_coords(GEOBOX))


def test_a_raster_is_a_cog_that_says_what_it_means(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_cog(pixels(), path, **SAYS, band_names=["é", "b"], nodata=0, simulated=True)
    with rasterio.open(path) as file:
        structure = file.tags(ns="IMAGE_STRUCTURE")
        assert structure["LAYOUT"] == "COG"
        assert structure["COMPRESSION"] == "DEFLATE"
        assert structure["PREDICTOR"] == "2"
        assert file.overviews(1)
        assert file.descriptions == ("é", "b")
        assert {**SAYS, "simulated": "true"}.items() <= file.tags().items()
        assert (file.crs.to_epsg(), file.nodata) == (32647, 0)
        assert file.transform.almost_equals(GEOBOX.transform)
        assert (file.read() == pixels().to_numpy()).all()
        half = file.read(1, out_shape=(250, 300))
    assert np.isin(half, pixels().to_numpy()[0]).all(), "overviews are nearest, never mixed"


def test_equal_arrays_give_equal_bytes(tmp_path: Path) -> None:
    one, two = (write_cog(pixels(), tmp_path / name, **SAYS) for name in ("1.tif", "2.tif"))
    assert one.read_bytes() == two.read_bytes()
    assert sorted(tmp_path.iterdir()) == [one, two]


def test_a_raster_comes_back_with_crs_and_tags(tmp_path: Path) -> None:
    back = read_cog(write_cog(pixels(), tmp_path / "a.tif", **SAYS))
    assert back.dims == ("band", "y", "x")
    assert (back.to_numpy() == pixels().to_numpy()).all()
    assert back.rio.crs.to_epsg() == 32647
    assert back.attrs["meaning"] == SAYS["meaning"]


def test_a_mask_is_written_as_0_and_1(tmp_path: Path) -> None:
    back = read_cog(write_cog(pixels() > 7, tmp_path / "a.tif", **SAYS))
    assert back.dtype == "uint8"
    assert set(np.unique(back)) == {0, 1}


def test_an_array_without_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="CRS"):
        write_cog(xr.DataArray(np.zeros((2, 2)), dims=("y", "x")), tmp_path / "a.tif", **SAYS)


def test_a_raster_that_cannot_be_written_or_read_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match="cannot write"):
        write_cog(pixels(), tmp_path / "file" / "a.tif", **SAYS)
    with pytest.raises(OutputError, match="cannot read"):
        read_cog(tmp_path / "file")
