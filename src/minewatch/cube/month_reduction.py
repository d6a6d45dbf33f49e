"""Scenes of one month to one month of a month cube, over one chunk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from minewatch.cube.cloud_masks import GROUND, SEEN, find_clear, flag, lay_under, reach_of
from minewatch.cube.month_composites import month_cube
from minewatch.cube.overpasses import shifted, with_halo
from minewatch.cube.pixel_kernels import keep_whole, place
from minewatch.cube.reflectance_scale import reflectance_table
from minewatch.cube.speckle import filter_speckle
from minewatch.errors import ReadError
from minewatch.model import (
    DEFAULT_SENSOR,
    RADAR_BANDS,
    REFLECTANCE_BANDS,
    Band,
    Chunk,
    Overpass,
    Period,
    PixelReader,
    ReadFailure,
    Scene,
    SceneQuality,
    core_bands_of,
    group_overpasses,
)
from minewatch.sensors import SensorProfile, get_sensor

log = logging.getLogger(__name__)

UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]
Bool = NDArray[np.bool_]
IsDisturbed = Callable[[Mapping[str, UInt16]], Bool]


@dataclass(frozen=True, kw_only=True)
class MonthReduction:
    """One month of one chunk, and what came of reading it."""

    cube: xr.Dataset
    """Contract `minewatch.model.check_month_cube`; one step of time."""
    failures: tuple[ReadFailure, ...]
    """Reads that failed: their overpasses were not observed in this chunk. Sorted."""
    overpasses: int
    """Overpasses that showed any clear ground here."""
    bytes_read: int
    """Compressed bytes of the blocks that were read; 0 when the reader does not count."""


@dataclass(frozen=True)
class _Read:
    """One band of one scene, read or not."""

    pixels: UInt16
    """Empty when it could not be read."""
    bytes_read: int
    failure: ReadFailure | None = None


_Reads = dict[tuple[str, Band], _Read]
_ReadAll = Callable[[Iterable[tuple[Scene, Band]], GeoBox], _Reads]


def reduce_month(
    scenes: Iterable[Scene],
    quality: Mapping[str, SceneQuality],
    chunk: Chunk,
    *,
    month: Period,
    bands: Sequence[Band],
    reader: PixelReader,
    is_disturbed: IsDisturbed,
    sensor: SensorProfile | None = None,
    reads_in_flight: int = 8,
) -> MonthReduction:
    """Medians and counts of the clear overpasses of one month over one chunk.

    The mask band of every overpass is read first; other bands only of scenes that show clear
    ground. Tiles of one overpass are put together, the first by name winning where they overlap. An
    overpass of which anything cannot be read was not observed in this chunk. The order of the
    scenes and the size of the chunk change nothing.

    Parameters
    ----------
    scenes
        Scenes that may touch the chunk (see `scenes_over`); those of other months are left out.
    quality
        Quality of each scene, by id; a scene without could not be opened and is left out.
    chunk
        The pixels.
    month
        The calendar month.
    bands
        Reflectance bands wanted besides the core ones. One that no scene has is absent from the
        cube; where only some overpasses have it, it is the median of those.
    reader
        How pixels come.
    is_disturbed
        Band to reflectance x 10,000 of one overpass (dims (y, x), 0 = not seen) to where the ground
        shows no vegetation; of radar it is not asked, months alone show what fell.
    sensor
        Profile with the mask rule; None takes that of the scenes.
    reads_in_flight
        How many reads of far files run at once.

    Returns
    -------
    MonthReduction
    """
    overpasses = group_overpasses(s for s in scenes if s.day in month and s.id in quality)
    here = {band for overpass in overpasses for scene in overpass for band in scene.assets}
    known = (*bands, *here)
    profile = sensor or get_sensor(overpasses[0][0].sensor if overpasses else _default(known))
    columns = [
        b for b in (*REFLECTANCE_BANDS, *RADAR_BANDS)
        if b in profile.core_bands or (b in bands and b in here)
    ]  # fmt: skip
    wide, core = with_halo(chunk.geobox, profile)
    is_far = any("://" in a.href for o in overpasses for s in o for a in s.assets.values())
    with ThreadPoolExecutor(reads_in_flight) if is_far else nullcontext() as pool:
        read_all = _reading(reader, quality, chunk.name, pool)
        masks = read_all(((s, _mask_band(s)) for overpass in overpasses for s in overpass), wide)
        overpasses = [overpass for overpass in overpasses if not _failed(overpass, masks)]
        flags, tile = _mosaic_masks(overpasses, masks, profile, wide)
        reach = reach_of(profile.mask, abs(float(wide.resolution.x)))
        clear, suspect = (layer[:, *core] for layer in find_clear(flags, reach))
        tile = np.ascontiguousarray(tile[:, *core])
        needed = _shown_scenes(overpasses, clear | suspect, tile)
        wanted = [(s, b) for s in needed for b in columns if b in s.assets]
        pixels = read_all(wanted, wide if profile.is_radar else chunk.geobox)
    pixel_m = abs(float(wide.resolution.x))
    if profile.is_radar:
        pixels = {key: _without_speckle(read, core, pixel_m) for key, read in pixels.items()}
    kept = [at for at, overpass in enumerate(overpasses) if not _failed(overpass, pixels)]
    overpasses, clear, suspect, tile = (
        [overpasses[at] for at in kept],
        clear[kept],
        suspect[kept],
        tile[kept],
    )
    shown = clear | suspect
    stacks = _stack_overpasses(overpasses, pixels, quality, shown, tile, columns, profile)
    clear, suspect = clear & shown, suspect & shown
    disturbed = np.zeros_like(clear)
    for at in np.flatnonzero(shown.any(axis=(1, 2))) if not profile.is_radar else ():
        disturbed[at] = is_disturbed({band: stack[at] for band, stack in stacks.items()})
    every = (*masks.values(), *pixels.values())
    return MonthReduction(
        cube=month_cube(
            stacks,
            clear,
            suspect,
            disturbed,
            [overpass[0].day.day for overpass in overpasses],
            month=month,
            geobox=chunk.geobox,
        ),
        failures=tuple(sorted(read.failure for read in every if read.failure)),
        overpasses=int(clear.any(axis=(1, 2)).sum()),
        bytes_read=sum(read.bytes_read for read in every),
    )


def _reading(
    reader: PixelReader, quality: Mapping[str, SceneQuality], chunk: str, pool: Executor | None
) -> _ReadAll:
    """A function that reads bands of scenes onto a geobox, and never raises.

    Many at once where a pool waits for servers; files on disk come quicker one after the other.
    """
    take_bytes: Callable[[], int] = getattr(reader, "take_bytes", int)

    def read(scene: Scene, band: Band, geobox: GeoBox) -> _Read:
        target = shifted(geobox, quality[scene.id].shift_xy_m)
        try:
            return _Read(reader.read(scene.assets[band], target, band=band), take_bytes())
        except ReadError as error:
            log.warning("%s %s %s not observed: %s", scene.id, band, chunk, error.problem)
            failure = ReadFailure(scene_id=scene.id, band=band, chunk=chunk, reason=error.problem)
            return _Read(np.zeros((0, 0), np.uint16), take_bytes(), failure)

    def read_all(wanted: Iterable[tuple[Scene, Band]], geobox: GeoBox) -> _Reads:
        if pool is None:
            return {(s.id, b): read(s, b, geobox) for s, b in wanted}
        running = {(s.id, b): pool.submit(read, s, b, geobox) for s, b in wanted}
        return {key: future.result() for key, future in running.items()}

    return read_all


def _mosaic_masks(
    overpasses: Sequence[Overpass], reads: _Reads, sensor: SensorProfile, geobox: GeoBox
) -> tuple[UInt8, UInt8]:
    """Flags of each overpass, and which of its scenes (1, 2, ...; 0: none) a pixel is from."""
    flags = np.zeros((len(overpasses), *geobox.shape), np.uint8)
    tile = np.zeros_like(flags)
    for at, overpass in enumerate(overpasses):
        for number, scene in enumerate(overpass, start=1):
            band = _mask_band(scene)
            values = reads[scene.id, band].pixels
            # Without a mask band every pixel counts as clear; its quality says so.
            found = flag(values, sensor.mask_of(scene)) if band == "mask" else _all_ground(values)
            lay_under(flags[at], tile[at], found, number)
    return flags, tile


def _stack_overpasses(
    overpasses: Sequence[Overpass],
    reads: _Reads,
    quality: Mapping[str, SceneQuality],
    shown: Bool,
    tile: UInt8,
    bands: Sequence[Band],
    sensor: SensorProfile,
) -> dict[Band, UInt16]:
    """Band to reflectance x 10,000 of the overpasses, 0 where not shown.

    A pixel that lacks a core band is not shown: `shown` is corrected in place.
    """
    stacks = np.zeros((len(bands), *shown.shape), np.uint16)
    for at, overpass in enumerate(overpasses):
        for number, scene in enumerate(overpass, start=1):
            known = quality[scene.id]
            for band, stack in zip(bands, stacks, strict=True):
                if (scene.id, band) in reads:
                    line = sensor.line_of(scene, band)
                    table = reflectance_table(known.scale, known.offset_dn, line)
                    pixels = reads[scene.id, band].pixels
                    place(stack[at], pixels, table, shown[at], tile[at], number)
    core = [number for number, band in enumerate(bands) if band in sensor.core_bands]
    keep_whole(stacks, shown, np.array(core))
    return dict(zip(bands, stacks, strict=True))


def _shown_scenes(overpasses: Sequence[Overpass], shown: Bool, tile: UInt8) -> list[Scene]:
    """The scenes from which any clear or suspect pixel is taken."""
    return [
        scene
        for at, overpass in enumerate(overpasses)
        for number, scene in enumerate(overpass, start=1)
        if (shown[at] & (tile[at] == number)).any()
    ]


def _failed(overpass: Overpass, reads: _Reads) -> bool:
    ids = {scene.id for scene in overpass}
    return any(read.failure is not None for (scene_id, _), read in reads.items() if scene_id in ids)


def _without_speckle(read: _Read, core: tuple[slice, slice], pixel_m: float) -> _Read:
    """A read of radar with more around it, filtered and cut to the pixels asked for."""
    if read.failure:
        return read
    filtered = filter_speckle(read.pixels, pixel_m=pixel_m)
    return replace(read, pixels=np.ascontiguousarray(filtered[core]))


def _default(bands: Container[str]) -> str:
    """A sensor of the kind that has such bands, where no scene says one."""
    return "sentinel-1-rtc" if core_bands_of(bands) == RADAR_BANDS else DEFAULT_SENSOR


def _all_ground(values: UInt16) -> UInt8:
    return np.where(values > 0, SEEN | GROUND, 0).astype(np.uint8)


def _mask_band(scene: Scene) -> Band:
    return "mask" if "mask" in scene.assets else core_bands_of(scene.assets)[0]
