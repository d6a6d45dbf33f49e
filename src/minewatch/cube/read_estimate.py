"""What reading will cost, by arithmetic alone: nothing is opened.

Files are fetched in whole blocks, each about once: the mask band of every scene, other bands where
the sky lets any ground through. How many bytes a pixel takes follows from the size of its file
where the item states it, and else from what was measured in real files. Ground beyond the edge of
a swath takes nothing.
"""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from minewatch.cube.block_lattice import Lattice, covered_px, lattice_of
from minewatch.cube.grid import coarse_geobox
from minewatch.cube.overpasses import with_halo
from minewatch.cube.registration import BAND, patch_geoboxes
from minewatch.cube.scene_quality import END_BANDS, ENDS_PX, OVERVIEW_PX
from minewatch.model import WGS84, AreaOfInterest, Band, Grid, Scene
from minewatch.sensors import SensorProfile, get_sensor

Bool = NDArray[np.bool_]
Float = NDArray[np.float64]

BAND_BYTES_PER_PX = 1.5
"""Deflated bytes of a reflectance pixel: 1.35-1.69 (mean 1.50) in the full blocks of real
Sentinel-2 COGs, `tests/real/test_cube_real.py` holds it; files of whole tiles of Collection 1 have
1.3 (cloud) to 2.1 with their overviews, so 1.0 to 1.6 (`tests/real/test_recorded_items.py`)."""
MASK_BYTES_PER_PX = 0.1
"""Deflated bytes of a class: 0.03 (clear) to 0.2 (broken cloud) in the same files; 0.01 to 0.1 in
those of whole tiles."""
FULL_SHARE = 0.75
"""Share of a COG's bytes that are of full size: overviews of half the side each add a third."""
OVERVIEW_BLOCK_PX = 512
"""Side of a block of an overview [D]."""
OPEN_REQUESTS = 1
"""Requests to open a file: its header, which is kept."""
CLEAR_CHUNKS = 3.0
"""Chunks that show any clear ground, per clear share of the scene [D]: clouds come in fields."""
LINE_BYTES_PER_S = 10e6
"""Speed of the line [D]: 80 Mbit/s."""
REQUEST_S = 0.05
"""Time a request waits for its first byte [D]."""
IN_FLIGHT = 8
"""Requests that wait at once in each worker."""
WORK_S_PER_PX = 20e-9
"""Time to decode, mask and reduce a pixel of a band of an overpass, on one core: 0.18 s for six
overpasses of six bands of 512 x 512 pixels from disk."""


@dataclass(frozen=True, kw_only=True)
class ReadEstimate:
    """What reading is expected to cost: an estimate from footprints and cloud cover alone."""

    bytes: int
    """Compressed bytes to fetch: whole blocks, once for the chunks that lie on them."""
    requests: int
    """Range requests to send."""
    seconds: float
    """Time to fetch and to work, on an assumed line of 80 Mbit/s with 50 ms a request."""


@dataclass(frozen=True)
class _Cost:
    """Bytes and requests of each scene, dims (scene,)."""

    bytes: Float
    requests: Float


def estimate_read(
    scenes: Iterable[Scene],
    grid: Grid,
    *,
    bands: Sequence[Band],
    aoi: AreaOfInterest | None = None,
    sensor: SensorProfile | None = None,
    workers: int | None = None,
) -> ReadEstimate:
    """Bytes, requests and time that reading the scenes over the grid will take.

    Parameters
    ----------
    scenes
        Scenes of one sensor.
    grid
        The grid of the run.
    bands
        Reflectance bands to read.
    aoi
        The area: with it the first look over each scene is counted, too (offset, misplacement).
    sensor
        Profile; None takes that of the scenes.
    workers
        Chunks in work at once; None takes one a core.
    """
    found = list(scenes)
    if not found or not grid.chunks:
        return ReadEstimate(bytes=0, requests=0, seconds=0.0)
    profile = sensor or get_sensor(found[0].sensor)
    workers = workers or os.cpu_count() or 1
    chunks = [chunk.geobox for chunk in grid.chunks]
    wide = [with_halo(box, profile)[0] for box in chunks]
    touches = _touches(found, grid.epsg, chunks)
    clear = np.array([_clear_share(scene) for scene in found])
    fetched = requests = 0.0
    for band in ("mask", *bands):
        windows, share = (wide, np.ones_like(clear)) if band == "mask" else (chunks, clear)
        cost = _cost(found, band, windows, touches, grid, profile)
        fetched += float((cost.bytes * share).sum())
        requests += float((cost.requests * share).sum())
    if aoi is not None:
        survey = _survey_cost(found, aoi, grid, profile)
        fetched, requests = fetched + survey.bytes.sum(), requests + survey.requests.sum()
    chunk_px = np.array([box.shape[0] * box.shape[1] for box in chunks])
    pixels = float(((touches * chunk_px).sum(1) * clear).sum()) * len(bands)
    waiting = requests * REQUEST_S / (IN_FLIGHT * workers)
    return ReadEstimate(
        bytes=math.ceil(fetched),
        requests=math.ceil(requests),
        seconds=float(max(waiting, fetched / LINE_BYTES_PER_S, pixels * WORK_S_PER_PX / workers)),
    )


def _touches(scenes: Sequence[Scene], epsg: int, windows: Sequence[GeoBox]) -> Bool:
    """Which footprints touch which windows, dims (scene, window)."""
    footprints = gpd.GeoSeries([s.footprint for s in scenes], crs=WGS84).to_crs(epsg)
    boxes = np.array([shapely.box(*window.boundingbox.bbox) for window in windows])
    pairs = shapely.STRtree(boxes).query(footprints.to_numpy(), predicate="intersects")
    touches = np.zeros((len(scenes), len(boxes)), bool)
    touches[tuple(pairs)] = True
    return touches


def _cost(
    scenes: Sequence[Scene],
    band: Band,
    windows: Sequence[GeoBox],
    touches: Bool,
    grid: Grid,
    sensor: SensorProfile,
) -> _Cost:
    """What one band of each scene costs under clear sky; nothing for a band that it lacks."""
    fetched, requests = np.zeros(len(scenes)), np.zeros(len(scenes))
    for lattice, members in _by_lattice(scenes, band, grid, sensor).items():
        needs = lattice.needs(windows, epsg=grid.epsg)
        wanted = touches[members].astype(float) @ needs.matrix > 0
        footprints = gpd.GeoSeries([scenes[n].footprint for n in members], crs=WGS84)
        footprints = footprints.to_crs(lattice.epsg).to_numpy()
        covered = covered_px(needs, footprints, wanted, lattice.pixel_m)
        per_px = [_bytes_per_px(scenes[n], band, lattice) for n in members]
        fetched[members] = covered.sum(axis=1) * per_px
        blocks = (covered > 0).sum(axis=1)
        requests[members] = np.minimum(blocks, touches[members] @ needs.rows) + OPEN_REQUESTS * (
            blocks > 0
        )
    return _Cost(fetched, requests)


def _by_lattice(
    scenes: Sequence[Scene], band: Band, grid: Grid, sensor: SensorProfile
) -> dict[Lattice, list[int]]:
    """Numbers of the scenes that have the band, by how their files are cut."""
    members: defaultdict[Lattice, list[int]] = defaultdict(list)
    for number, scene in enumerate(scenes):
        if asset := scene.assets.get(band):
            members[lattice_of(asset, grid, sensor.native_pixel_m[band])].append(number)
    return members


def _survey_cost(
    scenes: Sequence[Scene], aoi: AreaOfInterest, grid: Grid, sensor: SensorProfile
) -> _Cost:
    """The first look over each scene: overviews of the area, and patches for its misplacement."""
    first: Band = "vh" if sensor.is_radar else BAND
    native_m = sensor.native_pixel_m[first]
    overview = coarse_geobox(aoi, max_px=OVERVIEW_PX, native_m=native_m)
    step = abs(float(overview.resolution.x)) / native_m
    patches = [] if sensor.is_radar else patch_geoboxes(aoi, native_m)
    windows = patches + ([overview] if step == 1 else [])
    touches = _touches(scenes, grid.epsg, windows)
    side = OVERVIEW_PX + OVERVIEW_BLOCK_PX  # a window lies on a block more than it fills
    fetched, requests = np.zeros(len(scenes)), np.zeros(len(scenes))
    looked_at: tuple[tuple[Band, float], ...] = (
        (first, BAND_BYTES_PER_PX),
        ("mask", MASK_BYTES_PER_PX),
    )
    for band, per_px in looked_at:
        cost = _cost(scenes, band, windows, touches, grid, sensor)
        # Red of a patch is read where it is clear; an overview of full size, always.
        share = np.array([1 - (s.cloud_cover_pct or 0.0) / 100 for s in scenes])
        share = share if band == first and step > 1 else np.ones(len(scenes))
        coarse = np.array([_overview_px(scene, band, step) for scene in scenes])
        there = touches.any(axis=1)
        fetched += cost.bytes * share + there * np.minimum(coarse, side**2) * per_px * (step > 1)
        requests += cost.requests * share + there * (step > 1)
    if sensor.offset is not None:
        ends = _ends_cost(scenes, aoi, sensor)
        fetched, requests = fetched + ends.bytes, requests + ends.requests
    return _Cost(fetched, requests)


def _ends_cost(scenes: Sequence[Scene], aoi: AreaOfInterest, sensor: SensorProfile) -> _Cost:
    """Overviews of the bands whose ends verify the offset: a block or two of each."""
    native_m = sensor.native_pixel_m[BAND]
    overview = coarse_geobox(aoi, max_px=ENDS_PX, native_m=native_m)
    step = abs(float(overview.resolution.x))
    side = ENDS_PX + OVERVIEW_BLOCK_PX
    fetched, requests = np.zeros(len(scenes)), np.zeros(len(scenes))
    for band in END_BANDS:
        px = np.array([_overview_px(s, band, step / sensor.native_pixel_m[band]) for s in scenes])
        fetched += np.minimum(px, side**2) * BAND_BYTES_PER_PX
        requests += (px > 0) * (1 + OPEN_REQUESTS)
    return _Cost(fetched, requests)


def _overview_px(scene: Scene, band: Band, step: float) -> float:
    """Pixels of the overview of a file that serves pixels so many times as large."""
    asset = scene.assets.get(band)
    if asset is None:
        return 0.0
    return asset.shape[0] * asset.shape[1] / step**2 if asset.shape else math.inf


def _bytes_per_px(scene: Scene, band: Band, lattice: Lattice) -> float:
    """Bytes of a pixel that holds anything: of its file, where the item states its size."""
    asset = scene.assets[band]
    if asset.file_bytes:
        footprint = gpd.GeoSeries([scene.footprint], crs=WGS84).to_crs(lattice.epsg)[0]
        if held := lattice.held_px(footprint):
            return FULL_SHARE * asset.file_bytes / held
    return MASK_BYTES_PER_PX if band == "mask" else BAND_BYTES_PER_PX


def _clear_share(scene: Scene) -> float:
    """Share of chunks from which a scene's bands will be read."""
    cloud = (scene.cloud_cover_pct or 0.0) / 100
    return min(1.0, CLEAR_CHUNKS * (1 - cloud))
