"""No server holds a read for ever, and none fills the memory."""

import numpy as np
import pytest

from minewatch.cube import RangeReader, RasterioReader
from minewatch.errors import ReadError
from minewatch.settings import Settings

PIXELS = np.random.default_rng(0).integers(1, 9999, (400, 400)).astype(np.uint16)
HASTY = Settings(http_retries=1, http_backoff_s=0, http_timeout_s=0.4)


@pytest.mark.timeout(60)  # a drip would last for hours
@pytest.mark.parametrize("kind", [RangeReader, RasterioReader])
@pytest.mark.parametrize("fault", ["drip", "drip of headers"])
def test_a_drip_ends_at_a_deadline(archive, server, kind, fault):
    asset = archive.cog("a.tif", PIXELS)
    server.faults["a.tif"] = [fault]
    with pytest.raises(ReadError):
        kind(HASTY).read(asset, archive.geobox(64, 64), band="red")


@pytest.mark.timeout(60)
def test_a_drip_within_the_blocks_ends_and_is_read_again(archive, server):
    asset = archive.cog("a.tif", PIXELS)
    server.faults["a.tif"] = [200, "drip", 200]
    pixels = RangeReader(HASTY).read(asset, archive.geobox(64, 64), band="red")
    np.testing.assert_array_equal(pixels, PIXELS[:64, :64])


def test_a_slow_line_that_brings_bytes_is_waited_for(archive, server):
    asset = archive.cog("a.tif", PIXELS)
    server.faults["a.tif"] = ["late"]
    pixels = RangeReader(HASTY).read(asset, archive.geobox(400, 400), band="red")
    np.testing.assert_array_equal(pixels, PIXELS)


@pytest.mark.parametrize("fault", ["cut", "reset"])
def test_a_line_that_breaks_is_a_failed_attempt(archive, server, fault):
    asset = archive.cog("a.tif", PIXELS)
    server.faults["a.tif"] = [fault, 200, fault, 200]
    settings = Settings(http_retries=3, http_backoff_s=0, http_timeout_s=5)
    pixels = RangeReader(settings).read(asset, archive.geobox(64, 64), band="red")
    np.testing.assert_array_equal(pixels, PIXELS[:64, :64])
