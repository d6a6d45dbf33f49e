"""What reading will cost, by arithmetic alone: nothing is opened."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from minewatch.cube.grid import block_of
from minewatch.cube.overpasses import with_halo
from minewatch.model import WGS84, Asset, Band, Grid, Scene
from minewatch.sensors import SensorProfile, get_sensor

Bool = NDArray[np.bool_]
Float = NDArray[np.float64]
Groups = Sequence[list[int]]

BAND_BYTES_PER_PX = 1.5
"""Deflated bytes of a reflectance pixel: 1.35-1.69 (mean 1.50) in the full blocks of real
Sentinel-2 COGs, `tests/real/test_cube_real.py` holds it."""
MASK_BYTES_PER_PX = 0.15
"""Deflated bytes of a class: 0.03 (clear) to 0.2 (broken cloud) in the same files."""
BLOCK_PX = 1024
"""Side of a block of the public COGs [D]: Earth Search has 1024, Planetary Computer 512."""
FULL_SHARE = 0.75
"""Share of a COG's bytes that are of full size: overviews of half the side each add a third."""
OVERVIEW_BYTES = 300_000
"""Bytes a scene to look over it once: the overviews of a band and of the mask, and their headers
[D]; at most a third of the two files where these are small."""
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
"""Time to decode, mask and reduce a pixel of a band of a look, on one core: 0.18 s for six looks of
six bands of 512 x 512 pixels from disk."""


@dataclass(frozen=True, kw_only=True)
class ReadEstimate:
    """What reading is expected to cost: an estimate from footprints and cloud cover alone."""

    bytes: int
    """Compressed bytes to fetch: whole blocks, once for the chunks that lie on them."""
    requests: int
    """Range requests to send."""
    seconds: float
    """Time to fetch and to work, on an assumed line of 80 Mbit/s with 50 ms a request."""


def estimate_read(
    scenes: Iterable[Scene],
    grid: Grid,
    *,
    bands: Sequence[Band],
    sensor: SensorProfile | None = None,
    workers: int | None = None,
) -> ReadEstimate:
    """Bytes, requests and time that reading the scenes over the grid will take.

    Counts for each scene the chunks its footprint touches: the mask band of all of them, other
    bands of the share that its cloud cover lets expect. True within a factor of about two: clouds
    are not evenly spread, and shifted scenes reach into the blocks beside.

    Parameters
    ----------
    scenes
        Scenes of one sensor.
    grid
        The grid of the run.
    bands
        Reflectance bands to read.
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
    touches = _touches(found, grid)
    clear = np.array([_clear_share(scene) for scene in found])
    total_bytes = total_requests = 0.0
    for band in ("mask", *bands):
        share = np.ones_like(clear) if band == "mask" else clear
        groups = _groups(grid, BLOCK_PX * profile.native_pixel_m[band])
        over = np.stack([touches[:, group].any(axis=1) for group in groups], axis=1)
        rows, blocks, pixels = _blocks(found, grid, groups, band, profile)
        per_px = np.array([_bytes_per_px(scene, band) for scene in found])
        requests = np.minimum(blocks, rows * [len(group) for group in groups])
        opened = OPEN_REQUESTS * (over & (blocks > 0)).any(axis=1)
        total_bytes += float(((over * pixels).sum(1) * share * per_px).sum())
        total_requests += float((((over * requests).sum(1) + opened) * share).sum())
    total_bytes += sum(_overview_bytes(scene) for scene in found)
    chunk_px = np.array([chunk.geobox.shape[0] * chunk.geobox.shape[1] for chunk in grid.chunks])
    worked = float(((touches * chunk_px).sum(1) * clear).sum()) * len(bands)
    waiting = total_requests * REQUEST_S / (IN_FLIGHT * workers)
    return ReadEstimate(
        bytes=math.ceil(total_bytes),
        requests=math.ceil(total_requests),
        seconds=max(waiting, total_bytes / LINE_BYTES_PER_S, worked * WORK_S_PER_PX / workers),
    )


def _touches(scenes: Sequence[Scene], grid: Grid) -> Bool:
    """Which footprints touch which chunks, dims (scene, chunk)."""
    footprints = gpd.GeoSeries([s.footprint for s in scenes], crs=WGS84).to_crs(grid.epsg)
    boxes = np.array([shapely.box(*chunk.geobox.boundingbox.bbox) for chunk in grid.chunks])
    pairs = shapely.STRtree(boxes).query(footprints.to_numpy(), predicate="intersects")
    touches = np.zeros((len(scenes), len(boxes)), bool)
    touches[tuple(pairs)] = True
    return touches


def _groups(grid: Grid, block_m: float) -> list[list[int]]:
    """Numbers of the chunks that lie on one block of the tile below."""
    groups: dict[tuple[int, int], list[int]] = {}
    for number, chunk in enumerate(grid.chunks):
        groups.setdefault(block_of(grid, chunk, block_m), []).append(number)
    return list(groups.values())


def _blocks(
    scenes: Sequence[Scene], grid: Grid, groups: Groups, band: Band, sensor: SensorProfile
) -> tuple[Float, Float, Float]:
    """Rows of blocks, blocks, and their pixels that each group needs of each scene.

    Dims (scene, group).

    Exact where the item tells the place of its pixels in the zone of the grid, else what a window
    meets on average; 0 for a band the scene lacks.
    """
    known: dict[object, tuple[Float, Float, Float]] = {}
    counted = []
    for scene in scenes:
        asset = scene.assets.get(band)
        place = (asset.transform, asset.epsg) if asset else None
        if place not in known:
            known[place] = _blocks_of(asset, grid, groups, band, sensor)
        counted.append(known[place])
    rows, blocks, pixels = zip(*counted, strict=True)
    return np.array(rows), np.array(blocks), np.array(pixels)


def _blocks_of(
    asset: Asset | None, grid: Grid, groups: Groups, band: Band, sensor: SensorProfile
) -> tuple[Float, Float, Float]:
    if asset is None:
        none = np.zeros(len(groups))
        return none, none, none
    windows = [
        with_halo(chunk.geobox, sensor)[0] if band == "mask" else chunk.geobox
        for chunk in grid.chunks
    ]
    boxes = np.array([window.boundingbox.bbox for window in windows])
    west, south, east, north = np.array(
        [[*boxes[group, :2].min(axis=0), *boxes[group, 2:].max(axis=0)] for group in groups]
    ).T
    if asset.transform is None or asset.epsg != grid.epsg:
        block_m = BLOCK_PX * sensor.native_pixel_m[band]
        rows, cols = (north - south) / block_m + 1, (east - west) / block_m + 1
        return rows, rows * cols, rows * cols * BLOCK_PX**2
    pixel, _, left, _, _, top = asset.transform[:6]
    block_m, last = BLOCK_PX * pixel, _last_block(asset)
    down, across = asset.shape or (math.inf, math.inf)
    rows, high = _span((top - north) / block_m, (top - south) / block_m, last[0], down)
    cols, wide = _span((west - left) / block_m, (east - left) / block_m, last[1], across)
    return rows, rows * cols, high * wide


def _span(start: Float, end: Float, last: float, size: float) -> tuple[Float, Float]:
    """How many blocks lie between two places along an axis, and how many pixels these have."""
    first, final = np.maximum(np.floor(start), 0), np.minimum(np.ceil(end) - 1, last)
    pixels = np.minimum((final + 1) * BLOCK_PX, size) - first * BLOCK_PX
    return np.maximum(final - first + 1, 0), np.maximum(pixels, 0)


def _bytes_per_px(scene: Scene, band: Band) -> float:
    """Bytes of a pixel of a band: of its file, where the item tells its size."""
    asset = scene.assets.get(band)
    if asset and asset.file_bytes and asset.shape:
        return FULL_SHARE * asset.file_bytes / (asset.shape[0] * asset.shape[1])
    return MASK_BYTES_PER_PX if band == "mask" else BAND_BYTES_PER_PX


def _overview_bytes(scene: Scene) -> float:
    """Bytes to look over a scene once: red and mask."""
    total = 0.0
    looked_at: tuple[Band, ...] = ("red", "mask")
    for band in looked_at:
        asset = scene.assets.get(band)
        if asset and asset.shape:
            total += asset.shape[0] * asset.shape[1] * _bytes_per_px(scene, band) / 3
        elif asset:
            total += OVERVIEW_BYTES / 2
    return min(total, OVERVIEW_BYTES)


def _last_block(asset: Asset) -> tuple[float, float]:
    if asset.shape is None:
        return math.inf, math.inf
    return (asset.shape[0] - 1) // BLOCK_PX, (asset.shape[1] - 1) // BLOCK_PX


def _clear_share(scene: Scene) -> float:
    """Share of chunks from which a scene's bands will be read."""
    cloud = (scene.cloud_cover_pct or 0.0) / 100
    return min(1.0, CLEAR_CHUNKS * (1 - cloud))
