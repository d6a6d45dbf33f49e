"""Pixels of plain COGs, near or far, in the fewest requests and without GDAL."""

from __future__ import annotations

import logging
import math
import os
import stat
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import deflate
import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling
from rasterio.windows import Window
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as NoAnswerError

from minewatch.cube.block_memory import Block, BlockCache, blocks_under
from minewatch.cube.block_store import BlockStore, name_of
from minewatch.cube.cog_header import (
    TIFF,
    BeyondHeaderError,
    BlockLayout,
    CogHeader,
    GarbageError,
    is_coarse,
    parse_cog,
)
from minewatch.cube.fetch import Fetcher, Place, RefusedError, is_far
from minewatch.cube.gdal_reader import RasterioReader
from minewatch.cube.pixel_kernels import average_between, place_block
from minewatch.cube.resampling import COARSER_FROM, OnlyGdalError, read_onto
from minewatch.errors import ReadError
from minewatch.http_answers import BrokenError, FileVersion, ReplacedError
from minewatch.model import REPLACED, Asset, Band
from minewatch.redaction import redact
from minewatch.sensors import gdal_path
from minewatch.settings import Settings

log = logging.getLogger(__name__)

HEAD_BYTES = 32_768
"""First request of a file, as GDAL's `GDAL_INGESTED_BYTES_AT_OPEN`: all tags of the full image of a
Sentinel-2 COG are in it."""
LONGEST_HEAD_BYTES = 1 << 20
"""A longer header is GDAL's [D]."""
CACHE_BYTES = 384 << 20
"""Unpacked blocks kept [D]: those that two chunks in work share with the chunks beside them."""
MOST_SHARED = 1 / 2
"""A window that fills more of its blocks shares few with the windows beside it: it passes the cache
by. One of the default 512 px, laid anyhow on blocks of as many or more, fills a quarter."""
MOST_KNOWN = 20_000
"""Headers kept, about 3 KB each [D]."""
MARK_SIGNS = 12
"""Hexadecimal signs: enough for the versions of one file."""
FAILED_ATTEMPTS = (HTTPError, OSError, deflate.DeflateError, BrokenError)
"""What is tried again."""
GDALS_OWN = ("GDAL_HTTP_", "GDAL_PROXY", "CPL_VSIL_CURL", "CPL_CURL", "VSICURL_")
"""Variables that say to GDAL how to talk to servers begin so: where one is set, GDAL does."""


class _Known(NamedTuple):
    """What is known of a file."""

    header: CogHeader | OnlyGdalError
    """Its header, or why it is GDAL's."""
    version: FileVersion
    """Which version of the file it is of."""
    name: str
    """What names file and version; blocks are kept under it."""
    mark: str
    """What names the version of the file in later jobs."""


class RangeReader:
    """A `PixelReader` that fetches and unpacks blocks itself; its pixels are `RasterioReader`'s.

    It knows tiled, little-endian GeoTIFFs of one band, plain or deflated, on grids in their own CRS
    at their own pixel, finer, or as coarse as one of their overviews, from disk or plain HTTP. The
    header is fetched once, then the blocks under a window in one request, or one a row of blocks
    where rows lie far apart. All else is read by GDAL: other coarse grids, other zones, other
    formats, buckets, addresses that GDAL signs, and whatever GDAL's own variables or a proxy are
    set for.

    A reader gives pixels of one version of a file only: of the one from which it gave the first.
    What it reads of a file that was replaced since is a `ReadError`. An answer that does not hold
    what was asked for, be it a header that is none or a block of other bytes, is a failed attempt.

    Parameters
    ----------
    settings
        Timeouts, retries and waits of remote reads; None: the defaults.
    locate
        Address to the name under which GDAL opens it.
    cache_bytes
        Unpacked blocks kept for the chunks beside.
    store
        Where blocks of remote files are kept for later runs; None: nowhere. Each file is still
        asked for its header once, which shows whether it is the one that was kept. Kept is only
        what carries its own checksum, of files whose server says which version they are.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        locate: Callable[[str], str] = gdal_path,
        cache_bytes: int = CACHE_BYTES,
        store: BlockStore | None = None,
    ) -> None:
        self._store = store
        self._name = uuid.uuid4()
        self._settings = settings or Settings()
        self._locate = locate
        self._gdal = RasterioReader(self._settings, locate=locate)
        self._blocks = BlockCache(cache_bytes)
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._addresses: dict[str, str] = {}
        self._given: dict[str, str] = {}
        self._marks: dict[str, str] = {}
        self._expected: dict[str, str] = {}
        self._lock = threading.Lock()
        self._tally = threading.local()
        self._leave_http = any(name.startswith(GDALS_OWN) for name in os.environ)
        self._fetcher = Fetcher(self._settings)

    def __reduce__(self) -> tuple[Callable[..., RangeReader], tuple[Any, ...]]:
        kept = (self._store.folder, self._store.most_bytes) if self._store else None
        return _restore, (self._name, self._settings, self._locate, self._blocks.most_bytes, kept)

    def read(self, asset: Asset, geobox: GeoBox, *, band: Band) -> NDArray[np.uint16]:
        """Digital numbers on the grid; the contract is `minewatch.model.PixelReader.read`."""
        address = self._address(asset, geobox)
        if address is None:
            return self._gdal.read(asset, geobox, band=band)
        attempts = 1 + (self._settings.http_retries if is_far(address) else 0)
        for attempt in range(attempts):
            try:
                return self._read_once(address, asset, geobox, band)
            except OnlyGdalError as reason:
                log.debug("%s is left to GDAL: %s", redact(asset.href), reason)
                return self._read_by_gdal(address, asset, geobox, band)
            except FAILED_ATTEMPTS as error:
                self._forget(address)
                reason_ = _reason(error)
                log.debug("%s: attempt %d failed: %s", redact(asset.href), attempt + 1, reason_)
                if attempt + 1 < attempts:
                    time.sleep(self._wait_s(error, attempt))
        raise ReadError(
            f"{redact(asset.href)} cannot be read: {reason_}",
            hint="run again with --resume: what is missing is read, and all of a replaced scene",
        )

    def expect(self, marks: Mapping[str, str]) -> None:
        """From now on give pixels of these versions of files only.

        Parameters
        ----------
        marks
            Address of a file to what `marks_of` said in an earlier job, or in another process.
        """
        with self._lock:
            self._expected.update(marks)

    def marks_of(self, hrefs: Iterable[str]) -> dict[str, str]:
        """Of which version of each file pixels were given; files that GDAL read have none.

        On disk a file is known by its size and its header, since copies have other times.
        """
        with self._lock:
            return {href: self._marks[href] for href in hrefs if href in self._marks}

    def take_bytes(self) -> int:
        """Compressed bytes of the blocks this thread has fetched since it last asked.

        Blocks that were kept, in memory or in the folder of `--cache`, are not fetched again.
        """
        taken: int = getattr(self._tally, "bytes", 0)
        self._tally.bytes = 0
        return taken + self._gdal.take_bytes()

    def _address(self, asset: Asset, geobox: GeoBox) -> str | None:
        """Where to fetch an asset; None when it is GDAL's from the start."""
        if asset.index != 1:
            return None
        if asset.transform and not _may_serve(abs(geobox.resolution.x / asset.transform[0])):
            return None
        if asset.epsg and geobox.crs and asset.epsg != geobox.crs.epsg:
            return None
        address = self._addresses.get(asset.href) or self._found(asset.href)
        is_ours = not self._is_gdals(address) if is_far(address) else _is_file(address)
        return address if is_ours else None

    def _found(self, href: str) -> str:
        """Where the file of an asset is fetched; it is asked for in every chunk."""
        address = self._locate(href).removeprefix("/vsicurl/")
        if self._fetcher.access.signs(href):
            address = href  # GDAL would sign it, and check nothing of what it is given
        if len(self._addresses) < MOST_KNOWN:
            self._addresses[href] = address
        return address

    def _is_gdals(self, address: str) -> bool:
        parts = urlsplit(address)
        proxied = parts.scheme in getproxies() and not proxy_bypass(parts.hostname or "")
        return self._leave_http or proxied

    def _read_by_gdal(
        self, address: str, asset: Asset, geobox: GeoBox, band: Band
    ) -> NDArray[np.uint16]:
        """What GDAL reads; when it fails, the file is looked at anew the next time."""
        try:
            return self._gdal.read(asset, geobox, band=band)
        except ReadError:
            self._forget(address)
            raise

    def _read_once(
        self, address: str, asset: Asset, geobox: GeoBox, band: Band
    ) -> NDArray[np.uint16]:
        try:
            return self._read_blocks(address, asset, geobox, band)
        except RefusedError as refused:
            if asset.href in self._given:  # GDAL does not say which version of it it reads
                raise BrokenError(str(refused)) from None
            raise

    def _read_blocks(
        self, address: str, asset: Asset, geobox: GeoBox, band: Band
    ) -> NDArray[np.uint16]:
        known = self._header(address, asset, abs(geobox.resolution.x))
        header, version, name = known.header, known.version, known.name
        self._check_given(asset.href, known)
        if isinstance(header, OnlyGdalError):
            raise OnlyGdalError(*header.args)
        is_kept = is_far(address) and header.image.is_deflated and version.is_named
        file = _CogFile(
            header, partial(self._fetcher.blocks, address, version=version), self._blocks,
            self._store if is_kept else None, name,
        )  # fmt: skip
        pixels, _, _ = read_onto(file, geobox, band=band, nodata=asset.nodata)
        self._check_given(asset.href, known, is_given_now=True)
        self._tally.bytes = getattr(self._tally, "bytes", 0) + file.bytes_read
        return pixels

    def _check_given(self, href: str, known: _Known, *, is_given_now: bool = False) -> None:
        """Raise where pixels of another version of a file were given before."""
        with self._lock:
            given = self._given.get(href, known.name)
            expected = self._expected.get(href, known.mark)
            if is_given_now and expected == known.mark:
                self._given[href] = given
                self._marks[href] = known.mark
        if given != known.name or expected != known.mark:
            raise ReplacedError(f"{REPLACED} after a part of it was read")

    def _header(self, address: str, asset: Asset, grid_px: float = 0.0) -> _Known:
        with self._lock:
            known = self._known.get(address)
        if known is None or _lacks_overviews(known.header, grid_px):
            known = self._read_header(address, asset, grid_px)
            with self._lock:
                self._known[address] = known
                while len(self._known) > MOST_KNOWN:
                    self._known.popitem(last=False)
        return known

    def _read_header(self, address: str, asset: Asset, grid_px: float) -> _Known:
        """The header of a file; one that is not as expected counts when it came twice."""
        known = self._read_header_once(address, asset.href, grid_px)
        if is_far(address) and not _is_expected(known.header, asset):
            again = self._read_header_once(address, asset.href, grid_px)
            if again.name != known.name:
                raise BrokenError("comes with one header, and then with another")
        return known

    def _read_header_once(self, address: str, href: str, grid_px: float) -> _Known:
        size = HEAD_BYTES
        header: CogHeader | OnlyGdalError
        while True:
            head, version = self._fetcher.head(address, size)
            try:
                header = parse_cog(head, grid_px=grid_px)
            except OnlyGdalError as reason:
                header = reason
            except GarbageError as error:
                if is_far(address) or head.startswith(TIFF):  # on disk lie other formats, too
                    raise BrokenError(str(error)) from None
                header = OnlyGdalError(str(error))
            except BeyondHeaderError:
                if len(head) < size:
                    raise BrokenError(f"is cut off after {len(head)} bytes") from None
                size *= 4
                if size <= LONGEST_HEAD_BYTES:
                    continue
                header = OnlyGdalError("its header is long")
            if is_far(address):
                name = name_of(href, version, head=head)
                return _Known(header, version, name, name[:MARK_SIGNS])
            lasting = name_of(href, replace(version, modified=""), head=head)
            return _Known(header, version, f"{lasting} {version.modified}", lasting[:MARK_SIGNS])

    def _forget(self, address: str) -> None:
        with self._lock:
            self._known.pop(address, None)

    def _wait_s(self, error: Exception, attempt: int) -> float:
        asked = error.wait_s if isinstance(error, BrokenError) else 0.0
        asked = min(asked, self._settings.http_max_wait_s)
        return max(asked, self._settings.http_backoff_s * 2.0**attempt)


@lru_cache(maxsize=1)
def _restore(
    name: uuid.UUID, settings: Settings, locate: Callable[[str], str], cache_bytes: int,
    kept: tuple[Path, int] | None,
) -> RangeReader:  # fmt: skip
    """The same reader in another process: one for all tasks of a run, with all that it keeps."""
    store = BlockStore(*kept) if kept else None
    return RangeReader(settings, locate=locate, cache_bytes=cache_bytes, store=store)


def _lacks_overviews(header: CogHeader | OnlyGdalError, grid_px: float) -> bool:
    """Whether overviews are wanted that were not looked for."""
    if isinstance(header, OnlyGdalError) or header.overviews is not None:
        return False
    return is_coarse(header.transform, grid_px)


def _is_expected(header: CogHeader | OnlyGdalError, asset: Asset) -> bool:
    """Whether a header is one of ours, of no missing block, and says what the catalogue says."""
    if isinstance(header, OnlyGdalError):
        return False
    return (
        bool(header.image.counts.all())
        and (asset.nodata or 0) == (header.nodata or 0)
        and asset.epsg in (None, header.crs.to_epsg())
        and asset.shape in (None, header.image.shape)
        and (
            asset.transform is None
            or header.transform.almost_equals(Affine(*asset.transform[:6]), 1e-6)
        )
    )


class _CogFile:
    """A COG as a `Source`: its own pixels, and those of overviews that are as coarse as asked."""

    def __init__(
        self, header: CogHeader, fetch: Callable[[Sequence[Place]], Generator[bytes]],
        cache: BlockCache, store: BlockStore | None, name: str,
    ) -> None:  # fmt: skip
        self._header, self._fetch, self._cache = header, fetch, cache
        self._store, self._name = store, name
        self.crs, self.transform, self.nodata = header.crs, header.transform, header.nodata
        self.height, self.width = header.image.shape
        self.bytes_read = 0

    def read(
        self, band: int, *, window: Window, out_shape: tuple[int, int], resampling: Resampling
    ) -> NDArray[Any]:
        """Pixels of a window; see `minewatch.cube.resampling.Source.read`."""
        top, left = window.row_off, window.col_off
        if out_shape == (window.height, window.width):
            return self._window(self._header.image, (top, left), out_shape)
        step = window.height // out_shape[0]
        layout = self._header.overview(step)
        if layout is None:
            raise OnlyGdalError("it has no overview as coarse")
        (top, down), (left, right) = divmod(top, step), divmod(left, step)
        if not down and not right:
            return self._window(layout, (top, left), out_shape)
        if resampling is not Resampling.average or layout.kind != "u2" or self.nodata != 0:
            raise OnlyGdalError("its overview lies between the pixels of the grid")
        rows, cols = (min(n + 1, side - at) for n, side, at in zip(
            out_shape, layout.shape, (top, left), strict=True)
        )  # fmt: skip
        pixels = np.zeros((out_shape[0] + 1, out_shape[1] + 1), np.uint16)
        pixels[:rows, :cols] = self._window(layout, (top, left), (rows, cols))
        # As GDAL has it: a window begins at the nearest pixel of the overview.
        pixels[: 2 * down >= step] = 0
        pixels[:, : 2 * right >= step] = 0
        return average_between(pixels, down, right, step)

    def _window(
        self, layout: BlockLayout, at: tuple[int, int], shape: tuple[int, int]
    ) -> NDArray[Any]:
        """Pixels of one of the file's images as they are, from a row and column on."""
        blocks = blocks_under(layout.offsets, layout.counts, layout.block, at=at, shape=shape)
        out = np.empty(shape, layout.kind)
        if not layout.counts.all():
            out[:] = self.nodata or 0
        out = out.view(layout.kind.replace("i", "u"))
        for block, pixels in self._unpacked(layout, blocks, out.size):
            row, col = block.row - at[0], block.col - at[1]
            place_block(out, pixels.view(out.dtype), row, col, layout.has_differences)
        return out.view(layout.kind)

    def _unpacked(
        self, layout: BlockLayout, blocks: list[Block], wanted_px: int
    ) -> Iterator[tuple[Block, NDArray[Any]]]:
        """The blocks of a window of so many pixels."""
        high, wide = layout.block
        unpack = partial(self._unpack, layout)
        if wanted_px > MOST_SHARED * len(blocks) * high * wide:
            return unpack(blocks)
        return self._cache.get(self._name, blocks, unpack)

    def _unpack(
        self, layout: BlockLayout, blocks: list[Block]
    ) -> Iterator[tuple[Block, NDArray[Any]]]:
        kept = self._kept(blocks)
        missing = [(block.start, block.size) for block in blocks if block not in kept]
        self.bytes_read += sum(size for _, size in missing)
        with closing(self._fetch(missing)) as fetched:
            for block in blocks:
                packed = kept[block] if block in kept else next(fetched)
                pixels = _unpack(packed, layout)
                if self._store and block not in kept:
                    self._store.put(self._name, block.start, packed)
                yield block, pixels

    def _kept(self, blocks: list[Block]) -> dict[Block, bytes]:
        if self._store is None:
            return {}
        found = ((b, self._store.get(self._name, b.start, b.size)) for b in blocks)
        return {block: data for block, data in found if data is not None}


def _may_serve(step: float) -> bool:
    """Whether a file may have pixels for a grid so many times as coarse: overviews halve it."""
    return step < COARSER_FROM or math.log2(step).is_integer()


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - it is asked for every read
    except (OSError, ValueError):
        return False


def _unpack(packed: bytes, layout: BlockLayout) -> NDArray[Any]:
    """The pixels of a block, still as differences where they are packed so."""
    size = layout.block_bytes
    plain = deflate.zlib_decompress(packed, size) if layout.is_deflated else bytearray(packed)
    if len(plain) != size:
        raise BrokenError(f"has a block of {len(plain)} bytes instead of {size}")
    return np.frombuffer(plain, layout.kind).reshape(layout.block)


def _reason(error: Exception) -> str:
    """The cause in one line, without secrets."""
    if isinstance(error, NoAnswerError):
        return "no answer in time"
    return redact(" ".join(str(error).split()) or type(error).__name__)
