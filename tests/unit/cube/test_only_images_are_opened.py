"""Nothing that a catalogue names makes GDAL open other formats, files or addresses."""

import os

import numpy as np
import pytest
import rasterio
from odc.geo.geobox import GeoBox
from tests.unit.cube.conftest import Archive

from minewatch.cube import RangeReader, RasterioReader
from minewatch.errors import ReadError
from minewatch.model import Asset
from minewatch.settings import Settings

PIXELS = np.random.default_rng(0).integers(1, 9999, (200, 200)).astype(np.uint16)
VRT = """<VRTDataset rasterXSize="200" rasterYSize="200"><SRS>EPSG:32647</SRS>
<GeoTransform>500000, 10, 0, 2800000, 0, -10</GeoTransform>
<VRTRasterBand dataType="UInt16" band="1"><SimpleSource>
<SourceFilename>{path}</SourceFilename><SourceBand>1</SourceBand>
</SimpleSource></VRTRasterBand></VRTDataset>"""


@pytest.fixture(params=[RangeReader, RasterioReader])
def reader(request):
    return request.param(Settings(http_retries=0, http_timeout_s=5))


@pytest.mark.parametrize("is_far", [False, True])
def test_a_vrt_is_never_opened_whatever_it_is_called(archive, server, reader, is_far):
    archive.url = None
    private = archive.cog("private.tif", PIXELS)
    (archive.folder / "sly.tif").write_text(VRT.format(path=private.href))
    href = f"{server.url}/sly.tif" if is_far else str(archive.folder / "sly.tif")
    with rasterio.open(archive.folder / "sly.tif") as file:
        assert file.driver == "VRT", "GDAL would read it"
    with pytest.raises(ReadError, match="not recognized"):
        reader.read(Asset(href=href), archive.geobox(64, 64), band="red")


@pytest.mark.parametrize(
    "name",
    ["vrt://{path}", "GTIFF_DIR:1:{path}", "/vsigzip/{path}", "/vsicurl/file://{path}",
     "/vsisubfile/0_9999,{path}", "WMS:{path}", "file://{path}"],
)  # fmt: skip
def test_no_driver_and_no_virtual_file_is_opened(archive, reader, name):
    path = archive.cog("a.tif", PIXELS).href
    with pytest.raises(ReadError):
        reader.read(Asset(href=name.format(path=path)), archive.geobox(64, 64), band="red")


def test_a_pipe_is_no_file_and_is_not_waited_for(archive: Archive, reader):
    os.mkfifo(archive.folder / "pipe.tif")
    grid: GeoBox = archive.geobox(64, 64)
    with pytest.raises(ReadError, match="is no file"):
        reader.read(Asset(href=str(archive.folder / "pipe.tif")), grid, band="red")


def test_a_block_that_would_fill_the_memory_is_not_read(archive, reader):
    path = archive.folder / "wide.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=65536, height=4096, count=1, dtype="uint16", tiled=True,
        blockxsize=65536, blockysize=4096, crs="EPSG:32647", SPARSE_OK="TRUE",
        transform=archive.geobox(1, 1).affine, compress="lzw",
    ):  # fmt: skip
        pass
    with pytest.raises(ReadError, match="blocks of 512 MiB"):
        reader.read(Asset(href=str(path)), archive.geobox(64, 64), band="red")
