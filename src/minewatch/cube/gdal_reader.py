"""Pixels from files, near or far, by GDAL."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import AffineError
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio._err import CPLE_BaseError
from rasterio.enums import Interleaving
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from minewatch.access import Access
from minewatch.cube.resampling import read_onto
from minewatch.errors import PixelKindError, ReadError
from minewatch.model import RADAR_BANDS, Asset, Band
from minewatch.redaction import guard_gdal_logs, redact
from minewatch.sensors import gdal_options, gdal_path
from minewatch.settings import Settings

log = logging.getLogger(__name__)

CACHE_MB = 128
"""Decoded blocks GDAL keeps [D]: GDAL's own 5 % of the machine's memory is not ours to take."""
DRIVERS = ["GTiff", "JP2OpenJPEG"]
"""GDAL's drivers that may open a file, whatever it is called: no other format can make GDAL open
further files or addresses."""
FAR = (
    "/vsicurl/http://", "/vsicurl/https://", "/vsicurl?pc_url_signing=yes&", "/vsis3/", "/vsigs/",
    "/vsiaz/",
)  # fmt: skip
"""How the names of far files begin; nothing else of GDAL's is opened."""
MOST_BLOCK_BYTES = 1 << 28
"""Of one block, all its bands: a whole Sentinel-2 tile of 10 m in one block fits [D]."""
_FORGET = {"CPL_VSIL_CURL_NON_CACHED": "/vsicurl:/vsis3"}
FAILED_ATTEMPTS = (RasterioError, CPLE_BaseError, AffineError, ArithmeticError, ValueError)
"""What a file can end in, a damaged header too."""
RADAR_KINDS = ("float32", "float64")
"""Backscatter in linear power."""
INTEGER_KINDS = ("uint8", "uint16", "int16")

AS_DIGITAL_NUMBERS = (
    "gdal_translate -ot UInt16 -scale 0 1 0 10000 -a_nodata 0 makes them of reflectance from 0 to 1"
)
"""The mend where pixels are no digital numbers."""


class RasterioReader:
    """A `PixelReader` on rasterio: windowed, from overviews when coarse, safe to share by threads.

    A target whose pixels are whole multiples or whole parts of the file's is cut out directly;
    any other (another zone, a shifted grid) is warped exactly, so that the answer never depends
    on how the grid is cut. Bands are bilinear when finer and averaged when coarser; classes are
    nearest when finer and the most frequent when coarser. 0 is nodata and never blended.

    Parameters
    ----------
    settings
        Timeouts, retries and waits of remote reads; None: the defaults.
    locate
        Address to the name under which GDAL opens it; signing at read time happens there.
    max_open
        How many files are kept open between reads.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        locate: Callable[[str], str] = gdal_path,
        max_open: int = 256,
    ) -> None:
        guard_gdal_logs()  # rasterio logs whole addresses
        self._settings = settings or Settings()
        self._access = Access(self._settings)
        self._locate = locate
        self._max_open = max_open
        # Retries are ours: they repeat the whole read, and the failure is forgotten first.
        self._options = self._settings.gdal_options | {
            "GDAL_HTTP_MAX_RETRY": "0",
            "GDAL_CACHEMAX": CACHE_MB,
        }
        self._idle: OrderedDict[str, list[DatasetReader]] = OrderedDict()
        self._lock = threading.Lock()
        self._tally = threading.local()

    def __reduce__(self) -> tuple[Callable[..., RasterioReader], tuple[Any, ...]]:
        return _restore, (self._settings, self._locate, self._max_open)

    def read(self, asset: Asset, geobox: GeoBox, *, band: Band) -> NDArray[np.uint16]:
        """Digital numbers on the grid; the contract is `minewatch.model.PixelReader.read`."""
        path = self._locate(asset.href)
        remote = path.startswith("/vsi")
        attempts = 1 + (self._settings.http_retries if remote else 0)
        for attempt in range(attempts):
            try:
                return self._read_once(path, asset, geobox, band, forget=attempt > 0)
            except FAILED_ATTEMPTS as error:
                reason = _reason(error)
                log.debug("%s: attempt %d failed: %s", redact(asset.href), attempt + 1, reason)
                if attempt + 1 < attempts:
                    time.sleep(self._settings.http_backoff_s * 2**attempt)
        raise ReadError(
            f"{redact(asset.href)} cannot be read: {reason}",
            hint="run again with --resume: only what is missing is read",
        )

    def take_bytes(self) -> int:
        """Compressed bytes of the blocks this thread has read since it last asked."""
        taken: int = getattr(self._tally, "bytes", 0)
        self._tally.bytes = 0
        return taken

    def _read_once(
        self, path: str, asset: Asset, geobox: GeoBox, band: Band, *, forget: bool
    ) -> NDArray[np.uint16]:
        options: dict[str, Any] = {
            **self._options,
            **gdal_options(asset.href),
            **self._authorisation(asset.href),
            **(_FORGET if forget else {}),
        }
        with rasterio.Env(**options), self._opened(path) as file:
            if asset.index > file.count:
                raise ValueError(f"has {file.count} bands, no band {asset.index}")
            kind = file.dtypes[asset.index - 1]
            if kind not in (RADAR_KINDS if band in RADAR_BANDS else INTEGER_KINDS):
                is_radar = band in RADAR_BANDS
                raise PixelKindError(
                    f"{redact(asset.href)} holds {kind}, not "
                    f"{'backscatter in power' if is_radar else 'digital numbers of 16 bits'}",
                    hint="give backscatter as fractions" if is_radar else AS_DIGITAL_NUMBERS,
                )
            pixels, window, step = read_onto(
                file, geobox, band=band, nodata=asset.nodata, index=asset.index
            )
            touched = block_bytes(file, window, step)
            self._tally.bytes = getattr(self._tally, "bytes", 0) + touched
            return pixels

    def _authorisation(self, href: str) -> dict[str, str]:
        """GDAL's option that says to this host who asks; only for reads of this file."""
        headers = {} if self._access.signs(href) else self._access.headers(href)
        lines = "\r\n".join(f"{name}: {value}" for name, value in headers.items())
        return {"GDAL_HTTP_HEADERS": lines} if lines else {}

    @contextmanager
    def _opened(self, path: str) -> Iterator[DatasetReader]:
        """A file that no other thread uses meanwhile; kept open afterwards unless it failed."""
        with self._lock:
            idle = self._idle.get(path)
            file = idle.pop() if idle else None
        file = file or open_image(path)
        try:
            yield file
        except BaseException:
            file.close()
            raise
        with self._lock:
            self._idle.setdefault(path, []).append(file)
            self._idle.move_to_end(path)
            stale = self._idle.popitem(last=False)[1] if len(self._idle) > self._max_open else []
        for old in stale:
            old.close()


def open_image(path: str) -> DatasetReader:
    """A GeoTIFF or JPEG 2000, of blocks that fit into memory; no other format is tried.

    Parameters
    ----------
    path
        As GDAL opens it: a file, or an address below one of `FAR`.

    Raises
    ------
    RasterioError, ValueError
        It is no such file.
    """
    if not path.startswith(FAR) and not Path(path).is_file():
        raise ValueError("is no file" if Path(path).exists() else "there is no such file")
    file = DatasetReader(path, driver=DRIVERS)
    bands = file.count if file.interleaving is Interleaving.pixel else 1
    size = math.prod(file.block_shapes[0]) * np.dtype(file.dtypes[0]).itemsize * bands
    if size > MOST_BLOCK_BYTES:
        file.close()
        raise ValueError(f"has blocks of {size >> 20} MiB")
    return file


def _restore(settings: Settings, locate: Callable[[str], str], max_open: int) -> RasterioReader:
    return RasterioReader(settings, locate=locate, max_open=max_open)


def block_bytes(file: DatasetReader, window: Window | None, step: float) -> int:
    """Compressed bytes of the blocks that a window touches, at the overview that serves `step`."""
    if window is None:
        return 0
    levels = [level for level in file.overviews(1) if level <= step]
    factor = max(levels, default=1)
    overview = file.overviews(1).index(factor) if levels else None
    height, width = file.block_shapes[0]  # a COG's overviews share the block of the full image
    rows = range(int(window.row_off / factor) // height, _last(window, "row", factor) // height + 1)
    cols = range(int(window.col_off / factor) // width, _last(window, "col", factor) // width + 1)
    sizes = (
        file.get_tag_item(f"BLOCK_SIZE_{col}_{row}", "TIFF", bidx=1, ovr=overview)
        for row in rows
        for col in cols
    )
    return sum(int(size) for size in sizes if size)


def _last(window: Window, axis: str, factor: int) -> int:
    start, length = (
        (window.row_off, window.height) if axis == "row" else (window.col_off, window.width)
    )
    return int((start + length - 1) / factor)


def _reason(error: BaseException) -> str:
    """The innermost cause in one line, without secrets."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = getattr(error, "errmsg", None) or str(error) or type(error).__name__
    return redact(" ".join(text.split()))
