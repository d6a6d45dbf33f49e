"""Scenes of one month to one month of a month cube, over one chunk."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from minewatch.cube.harmonise import harmonise
from minewatch.cube.masks import find_clear, is_seen, reach_of
from minewatch.cube.months import month_cube
from minewatch.errors import ContractError, ReadError
from minewatch.model import (
    CORE_BANDS,
    REFLECTANCE_BANDS,
    WGS84,
    Band,
    Chunk,
    Period,
    PixelReader,
    ReadFailure,
    Scene,
    SceneFacts,
)
from minewatch.sensors import SensorProfile, get_sensor

log = logging.getLogger(__name__)

UInt16 = NDArray[np.uint16]
Bool = NDArray[np.bool_]
Look = tuple[Scene, ...]
IsDisturbed = Callable[[Mapping[Band, UInt16]], Bool]


@dataclass(frozen=True, kw_only=True)
class MonthReduction:
    """One month of one chunk, and what came of reading it."""

    cube: xr.Dataset
    """Contract `minewatch.model.check_month_cube`; one step of time."""
    failures: tuple[ReadFailure, ...]
    """Reads that failed: their looks were not observed in this chunk. Sorted."""
    looks: int
    """Looks that showed any clear ground here."""
    bytes_read: int
    """Compressed bytes of the blocks that were read; 0 when the reader does not count."""


@dataclass(frozen=True)
class _Read:
    """One band of one scene, read or not."""

    scene: Scene
    band: Band
    pixels: UInt16 | None
    bytes_read: int
    problem: str = ""


def reduce_month(
    scenes: Iterable[Scene],
    facts: Mapping[str, SceneFacts],
    chunk: Chunk,
    *,
    month: Period,
    bands: Sequence[Band],
    reader: PixelReader,
    is_disturbed: IsDisturbed,
    sensor: SensorProfile | None = None,
    reads_in_flight: int = 8,
) -> MonthReduction:
    """Medians and counts of the clear looks of one month over one chunk.

    The mask band of every look is read first; other bands only of scenes that show clear ground.
    Tiles of one look are put together, the first by name winning where they overlap. A look of
    which anything cannot be read was not observed in this chunk. The order of the scenes and the
    size of the chunk change nothing.

    Parameters
    ----------
    scenes
        Scenes that may touch the chunk (see `scenes_over`); those of other months are left out.
    facts
        Facts of each scene, by id.
    chunk
        The pixels.
    month
        The calendar month.
    bands
        Reflectance bands wanted. One that no scene has is absent from the cube; where only some
        looks have it, it is the median of those.
    reader
        How pixels come.
    is_disturbed
        Band to reflectance x 10,000 of one look (dims (y, x), 0 = not seen) to where the ground
        shows no vegetation.
    sensor
        Profile with the mask rule; None takes that of the scenes.
    reads_in_flight
        How many reads run at once.

    Returns
    -------
    MonthReduction
    """
    looks = group_looks(s for s in scenes if s.day in month)
    profile = sensor or _sensor_of(looks)
    present = [
        b for b in REFLECTANCE_BANDS if b in bands and any(b in s.assets for s in _all(looks))
    ]
    columns = list(dict.fromkeys((*CORE_BANDS, *present)))
    with ThreadPoolExecutor(reads_in_flight) as pool:
        run = _Month(facts, chunk, profile, reader, pool)
        looks, values, source = run.read_masks(looks)
        clear = run.find_clear(values)
        looks, clear, stacks = run.read_bands(looks, clear, source, columns)
    disturbed = np.zeros_like(clear)
    for at in range(len(looks)):
        if clear[at].any():
            disturbed[at] = clear[at] & is_disturbed({b: stacks[b][at] for b in columns})
    cube = month_cube(
        stacks,
        clear,
        disturbed,
        [look[0].day.day for look in looks],
        month=month,
        geobox=chunk.geobox,
    )
    return MonthReduction(
        cube=cube,
        failures=tuple(sorted(run.failures)),
        looks=int(clear.any(axis=(1, 2)).sum()),
        bytes_read=run.bytes_read,
    )


def group_looks(scenes: Iterable[Scene]) -> list[Look]:
    """Scenes by look, in order of time; inside a look by tile, then id."""
    looks: dict[str, list[Scene]] = defaultdict(list)
    for scene in scenes:
        looks[scene.look].append(scene)
    ordered = [tuple(sorted(look, key=lambda s: (s.tile, s.id))) for look in looks.values()]
    return sorted(
        ordered, key=lambda look: (look[0].day, min(s.acquired for s in look), look[0].look)
    )


def scenes_over(
    scenes: Iterable[Scene], chunk: Chunk, *, sensor: SensorProfile | None = None
) -> list[Scene]:
    """The scenes that can matter to a chunk: their footprints touch it or its surroundings.

    A cloud just outside a chunk still casts its margin into it, so the surroundings count.
    """
    scenes = list(scenes)
    if not scenes:
        return []
    profile = sensor or get_sensor(scenes[0].sensor)
    wide = _padded(chunk.geobox, profile)
    ground = wide.footprint(WGS84, npoints=8).geom
    return [scene for scene in scenes if shapely.intersects(scene.footprint, ground)]


class _Month:
    """The reads of one month of one chunk; lives for one call."""

    def __init__(
        self,
        facts: Mapping[str, SceneFacts],
        chunk: Chunk,
        profile: SensorProfile | None,
        reader: PixelReader,
        pool: ThreadPoolExecutor,
    ) -> None:
        self.facts, self.chunk, self.profile, self.reader = facts, chunk, profile, reader
        self.pool = pool
        self.failures: list[ReadFailure] = []
        self.bytes_read = 0
        self.wide = _padded(chunk.geobox, profile) if profile else chunk.geobox
        margin = (self.wide.shape[0] - chunk.geobox.shape[0]) // 2
        rows, cols = chunk.geobox.shape
        self.core = slice(margin, margin + rows), slice(margin, margin + cols)

    def read_masks(self, looks: list[Look]) -> tuple[list[Look], UInt16, NDArray[np.uint8]]:
        """Looks whose masks could all be read, their values and which tile each pixel is of."""
        done = self._read_all([(s, _mask_band(s), self.wide) for s in _all(looks)])
        kept = [
            look
            for look in looks
            if all(done[s.id, _mask_band(s)].pixels is not None for s in look)
        ]
        values = np.zeros((len(kept), *self.wide.shape), np.uint16)
        source = np.zeros((len(kept), *self.wide.shape), np.uint8)
        for at, look in enumerate(kept):
            for number, scene in enumerate(look, start=1):
                mask = self._as_mask(done[scene.id, _mask_band(scene)])
                fresh = (source[at] == 0) & is_seen(mask, self._rule)
                values[at][fresh] = mask[fresh]
                source[at][fresh] = number
        return kept, values, np.ascontiguousarray(source[:, *self.core])

    def find_clear(self, values: UInt16) -> Bool:
        """Where each look is clear, in the chunk itself."""
        if not len(values):
            return np.zeros((0, *self.chunk.geobox.shape), bool)
        resolution_m = abs(float(self.chunk.geobox.resolution.x))
        clear = find_clear(values, self._rule, resolution_m=resolution_m)
        return np.ascontiguousarray(clear[:, *self.core])

    def read_bands(
        self, looks: list[Look], clear: Bool, source: NDArray[np.uint8], bands: list[Band]
    ) -> tuple[list[Look], Bool, dict[Band, UInt16]]:
        """Looks whose bands could all be read, where they are clear, and their reflectance."""
        used = [
            [(n, s) for n, s in enumerate(look, start=1) if (clear[at] & (source[at] == n)).any()]
            for at, look in enumerate(looks)
        ]
        wanted = [
            (scene, band, self.chunk.geobox)
            for tiles in used
            for _, scene in tiles
            for band in bands
            if band in scene.assets
        ]
        done = self._read_all(wanted)
        broken = {scene_id for (scene_id, _), read in done.items() if read.pixels is None}
        kept = [at for at, look in enumerate(looks) if not any(s.id in broken for s in look)]
        clear = clear[kept]
        stacks = {band: np.zeros(clear.shape, np.uint16) for band in bands}
        for to, at in enumerate(kept):
            for number, scene in used[at]:
                here = clear[to] & (source[at] == number)
                for band in bands:
                    read = done.get((scene.id, band))
                    if read is not None and read.pixels is not None:
                        seen = harmonise(read.pixels, self.facts[scene.id])
                        np.copyto(stacks[band][to], seen, where=here)
            for band in CORE_BANDS:
                clear[to] &= stacks[band][to] > 0
            for band in bands:
                stacks[band][to][~clear[to]] = 0
        return [looks[at] for at in kept], clear, stacks

    def _read_all(self, wanted: list[tuple[Scene, Band, GeoBox]]) -> dict[tuple[str, Band], _Read]:
        done = {}
        for read in self.pool.map(lambda task: self._read(*task), wanted):
            done[read.scene.id, read.band] = read
            self.bytes_read += read.bytes_read
            if read.problem:
                self.failures.append(
                    ReadFailure(
                        scene_id=read.scene.id,
                        band=read.band,
                        chunk=self.chunk.name,
                        reason=read.problem,
                    )
                )
        return done

    def _read(self, scene: Scene, band: Band, geobox: GeoBox) -> _Read:
        take_bytes = getattr(self.reader, "take_bytes", int)
        try:
            if scene.id not in self.facts:
                raise ContractError(f"scene {scene.id} has no facts", hint="find_facts comes first")
            target = shifted(geobox, self.facts[scene.id].shift_xy_m)
            pixels = self.reader.read(scene.assets[band], target, band=band)
        except ReadError as error:
            log.warning(
                "%s %s %s: not observed: %s", scene.id, band, self.chunk.name, error.problem
            )
            return _Read(scene, band, None, take_bytes(), error.problem)
        return _Read(scene, band, pixels, take_bytes())

    def _as_mask(self, read: _Read) -> UInt16:
        """The mask band, or one that calls every pixel clear when the scene has none."""
        assert read.pixels is not None
        if read.band == "scl":
            return read.pixels
        clear_value = 1 << self._rule.keep[0] if self._rule.bits else self._rule.keep[0]
        return np.where(read.pixels > 0, clear_value, 0).astype(np.uint16)

    @property
    def _rule(self):  # type: ignore[no-untyped-def]
        assert self.profile is not None
        return self.profile.mask


def shifted(geobox: GeoBox, shift_xy_m: tuple[float, float]) -> GeoBox:
    """Where a scene misplaced by `shift_xy_m` (east, north) shows the ground of a geobox."""
    east, north = shift_xy_m
    if not east and not north:
        return geobox
    return GeoBox(geobox.shape, Affine.translation(east, north) * geobox.affine, geobox.crs)


def _padded(geobox: GeoBox, profile: SensorProfile) -> GeoBox:
    halo = reach_of(profile.mask, abs(float(geobox.resolution.x))).halo
    return geobox.pad(halo)


def _mask_band(scene: Scene) -> Band:
    return "scl" if "scl" in scene.assets else "blue"


def _sensor_of(looks: list[Look]) -> SensorProfile | None:
    return get_sensor(looks[0][0].sensor) if looks else None


def _all(looks: list[Look]) -> list[Scene]:
    return [scene for look in looks for scene in look]
