"""Pixels from files, near or far: the only module of `cube` with input."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio._err import CPLE_BaseError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.transform import array_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from minewatch.cube.kernels import FINE, resample
from minewatch.errors import ReadError
from minewatch.model import Asset, Band
from minewatch.sensors import gdal_options, gdal_path
from minewatch.settings import Settings, guard_logs, redact

log = logging.getLogger(__name__)

CACHE_MB = 128
"""Decoded blocks GDAL keeps [D]: GDAL's own 5 % of the machine's memory is not ours to take."""
_FORGET = {"CPL_VSIL_CURL_NON_CACHED": "/vsicurl:/vsis3"}
_INTEGER_KINDS = ("uint8", "uint16", "int16")
COARSER_FROM = 1.5
"""Pixels of the file to one of the target from which values are averaged, not interpolated."""
EXACT_PX = 1e-9
"""GDAL's tolerance of a warp. Its default, 1/8 pixel, makes pixels depend on their window."""


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
        guard_logs()  # rasterio logs whole addresses
        self._settings = settings or Settings()
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
            except (RasterioError, CPLE_BaseError, ValueError) as error:
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
            **(_FORGET if forget else {}),
        }
        with rasterio.Env(**options), self._opened(path) as file:
            if file.dtypes[0] not in _INTEGER_KINDS:
                raise ValueError(f"holds {file.dtypes[0]}, not digital numbers of 16 bits")
            pixels, window, step = read_onto(file, geobox, band=band, nodata=asset.nodata)
            touched = block_bytes(file, window, step)
            self._tally.bytes = getattr(self._tally, "bytes", 0) + touched
            return pixels

    @contextmanager
    def _opened(self, path: str) -> Iterator[DatasetReader]:
        """A file that no other thread uses meanwhile; kept open afterwards unless it failed."""
        with self._lock:
            idle = self._idle.get(path)
            file = idle.pop() if idle else None
        file = file or rasterio.open(path)
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


def _restore(settings: Settings, locate: Callable[[str], str], max_open: int) -> RasterioReader:
    return RasterioReader(settings, locate=locate, max_open=max_open)


def read_onto(
    file: DatasetReader, geobox: GeoBox, *, band: Band, nodata: float | None = None
) -> tuple[NDArray[np.uint16], Window | None, float]:
    """One band of an open file on a grid.

    Parameters
    ----------
    file
        An open raster; its first band is read.
    geobox
        Target grid; may reach beyond the file.
    band
        Our name of the band; decides the resampling rule.
    nodata
        Value of "no pixel" when the file itself does not say; None: 0.

    Returns
    -------
    pixels
        Dims (y, x), uint16, 0 where the file has no pixel.
    window
        Pixels of the file that were needed; None when it lies elsewhere.
    step
        Pixels of the file to one of the grid, 1 when not coarser.
    """
    if file.crs is None:
        raise ValueError("the file has no CRS")
    empty = file.nodata if file.nodata is not None else (nodata or 0)
    if file.crs == rasterio.CRS.from_user_input(geobox.crs):
        to_file = ~file.transform * geobox.affine
        step = round(to_file.a)
        if to_file.almost_equals(
            Affine(step, 0, round(to_file.c), 0, step, round(to_file.f)), 1e-6
        ):
            return _cut(file, geobox, step, band, empty)
        if to_file.is_rectilinear and 0 < to_file.a < COARSER_FROM and to_file.e > 0:
            return _between(file, geobox, band, empty)
    return _warp(file, geobox, band, empty)


def _cut(
    file: DatasetReader, geobox: GeoBox, step: int, band: Band, empty: float
) -> tuple[NDArray[np.uint16], Window | None, float]:
    """Pixels of the file as they are, or whole blocks of them made one."""
    rows, cols = geobox.shape
    to_file = ~file.transform * geobox.affine
    top, left = round(to_file.f), round(to_file.c)
    first_row, first_col = max(0, -(top // step)), max(0, -(left // step))
    last_row = min(rows, (file.height - top) // step)
    last_col = min(cols, (file.width - left) // step)
    out = np.zeros((rows, cols), np.uint16)
    if first_row >= last_row or first_col >= last_col:
        return out, None, step
    window = Window(
        left + first_col * step,
        top + first_row * step,
        (last_col - first_col) * step,
        (last_row - first_row) * step,
    )
    shape = (last_row - first_row, last_col - first_col)
    how = Resampling.nearest if step == 1 else _coarser(band)
    pixels = file.read(1, window=window, out_shape=shape, resampling=how)
    out[first_row:last_row, first_col:last_col] = _digital(pixels, empty)
    return out, window, step


def _between(
    file: DatasetReader, geobox: GeoBox, band: Band, empty: float
) -> tuple[NDArray[np.uint16], Window | None, float]:
    """Values between the pixels of a file in the same CRS: finer, or shifted."""
    ys = _positions(
        geobox.affine.f, geobox.affine.e, geobox.shape[0], file.transform.f, file.transform.e
    )
    xs = _positions(
        geobox.affine.c, geobox.affine.a, geobox.shape[1], file.transform.c, file.transform.a
    )
    row, col = int(ys[0]) // FINE, int(xs[0]) // FINE
    size = (int(ys[-1]) // FINE + 2 - row, int(xs[-1]) // FINE + 2 - col)
    around = GeoBox(size, file.transform * Affine.translation(col, row), geobox.crs)
    pixels, window, _ = _cut(file, around, 1, band, empty)
    ys, xs = ys - row * FINE, xs - col * FINE
    if band == "scl":
        rows, cols = (ys + FINE // 2) // FINE, (xs + FINE // 2) // FINE
        return pixels[np.ix_(rows, cols)], window, 1
    return resample(pixels, ys, xs), window, 1


def _positions(
    start: float, step: float, count: int, file_start: float, file_step: float
) -> NDArray[np.int64]:
    """Where pixel centres of a target axis lie on a file's, in `1 / FINE` of its pixels.

    Rounded, so that a centre has one position whatever window it is read in.
    """
    centres = start + (np.arange(count) + 0.5) * step
    return np.asarray(np.rint(FINE * ((centres - file_start) / file_step - 0.5)), np.int64)


def _warp(
    file: DatasetReader, geobox: GeoBox, band: Band, empty: float
) -> tuple[NDArray[np.uint16], Window | None, float]:
    """Pixels of a file in another CRS or between the pixels of the grid."""
    rows, cols = geobox.shape
    step = abs(geobox.resolution.x) / abs(file.transform.a)
    if step >= COARSER_FROM:
        how = _coarser(band)
    else:
        how = Resampling.nearest if band == "scl" else Resampling.bilinear
    # A fixed scale: GDAL would otherwise guess one a window, and pixels would depend on chunks.
    scale = {"XSCALE": str(1 / step), "YSCALE": str(1 / step)}
    with WarpedVRT(
        file,
        crs=str(geobox.crs),
        transform=geobox.affine,
        width=cols,
        height=rows,
        resampling=how,
        src_nodata=empty,
        nodata=0,
        tolerance=EXACT_PX,
        **scale,
    ) as warped:
        pixels = _digital(warped.read(1), 0)
    return pixels, _source_window(file, geobox), max(1.0, step)


def _source_window(file: DatasetReader, geobox: GeoBox) -> Window | None:
    """Pixels of the file under a grid of another CRS."""
    bounds = array_bounds(*geobox.shape, geobox.affine)
    west, south, east, north = transform_bounds(str(geobox.crs), file.crs, *bounds)
    left, top = ~file.transform * (west, north)
    right, bottom = ~file.transform * (east, south)
    left, top = max(0.0, left), max(0.0, top)
    right, bottom = min(file.width, right), min(file.height, bottom)
    return Window(left, top, right - left, bottom - top) if right > left and bottom > top else None


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


def _digital(pixels: NDArray[Any], empty: float) -> NDArray[np.uint16]:
    """Digital numbers as uint16, with 0 for "no pixel"."""
    digital = np.where(pixels < 0, 0, pixels) if pixels.dtype.kind == "i" else pixels
    if empty:
        digital = np.where(pixels == empty, 0, digital)
    return digital.astype(np.uint16, copy=False)


def _coarser(band: Band) -> Resampling:
    return Resampling.mode if band == "scl" else Resampling.average


def _reason(error: BaseException) -> str:
    """The innermost cause in one line, without secrets."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = getattr(error, "errmsg", None) or str(error) or type(error).__name__
    return redact(" ".join(text.split()))
