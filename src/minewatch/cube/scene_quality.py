"""What is found once a scene, on a coarse overview, before any chunk is read."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from minewatch.cube.cloud_masks import GROUND, find_green
from minewatch.cube.grid import aoi_mask, coarse_geobox
from minewatch.cube.held_pixels import HeldPixels
from minewatch.cube.pixel_kernels import count_numbers
from minewatch.cube.registration import Reference, find_misplacement, whole_pixels
from minewatch.errors import ReadError
from minewatch.model import AreaOfInterest, Band, PixelReader, Scene, SceneQuality
from minewatch.sensors import SensorProfile, get_sensor

log = logging.getLogger(__name__)

UInt16 = NDArray[np.uint16]

OVERVIEW_PX = 512
"""Most pixels a side of the overview on which the quality is measured."""
ENDS_PX = 128
"""Most pixels a side on which bands other than red are measured for the offset: 16,384 pixels are
plenty for a percentile, and overviews of files serve them in a block [D]."""
END_BANDS: tuple[Band, ...] = ("nir", "swir22")
"""Bands beside red whose ends are measured. Bright leaves in near-infrared are where an addend and
fog part; smoke, however thick in red, hardly reaches 2.2 micrometres. Blue says nothing that red
does not: haze lifts it first."""
DARK_PERCENTILE = 5
"""Percentile of a band over clear vegetation that is its dark end."""
BRIGHT_PERCENTILE = 95
"""Percentile that is its bright end."""
LEAST_VEGETATION_PX = 100
"""Fewest pixels of clear vegetation on which pixels may overrule metadata [D]."""


def measure_scene_quality(
    scene: Scene,
    aoi: AreaOfInterest,
    *,
    reader: PixelReader,
    reference: Reference | None = None,
    sensor: SensorProfile | None = None,
) -> SceneQuality:
    """Clear fraction, shift and what decides the offset of one scene, from an overview of the area.

    The offset is the one of metadata: `decide_offsets` verifies it on the ends measured here, when
    those of all scenes are known.

    Parameters
    ----------
    scene
        The scene.
    aoi
        The area of interest.
    reader
        How pixels come.
    reference
        From `make_reference`: what the scene's shift is found against; None: no shift.
    sensor
        Profile; None takes that of the scene.

    Returns
    -------
    SceneQuality

    Raises
    ------
    ReadError
        When the scene cannot be opened.
    """
    profile = sensor or get_sensor(scene.sensor)
    band: Band = "vh" if profile.is_radar else "red"
    area = _Area(aoi.sha256, aoi.utm_epsg, aoi)
    geobox, inside = _overview(area, OVERVIEW_PX, profile.native_pixel_m[band])
    reader = HeldPixels(reader)  # patches lie in the overview where that has native pixels
    red = reader.read(scene.assets[band], geobox, band=band)
    notes: tuple[str, ...] = ()
    if "mask" in scene.assets:
        mask = reader.read(scene.assets["mask"], geobox, band="mask")
        clear, green = find_green(
            mask,
            red,
            inside,
            profile.mask_of(scene),
            wanted=GROUND,
            vegetation=profile.mask.vegetation,
        )
    else:
        hidden = "mask of layover and shadow" if profile.is_radar else "cloud mask"
        notes = (f"no {hidden}: every pixel counts as clear",)
        clear = (red > 0) & inside
        green = clear
    decision = profile.offset_from_metadata(scene)
    ends: dict[Band, tuple[float, float]] = {}
    unread: tuple[Band, ...] = ()
    if profile.offset is not None and (found := measure_ends(red, green)) is not None:
        others, unread = _find_ends(
            scene, area, green, geobox, reader=reader, native_m=profile.native_pixel_m["red"]
        )
        ends = {"red": found, **others}
    misplaced, uncertain = find_misplacement(
        scene, reference or Reference(), reader=reader, sensor=profile
    )
    for note in uncertain:
        log.warning("%s: %s", scene.id, note)
    return SceneQuality(
        scene_id=scene.id,
        scale=profile.scale_of(scene),
        offset_dn=decision.offset_dn,
        offset_source=decision.source,
        offset_reason=decision.source,
        offset_metadata_dn=decision.offset_dn,
        dark_vegetation_dn=ends["red"][0] if ends else None,
        ends_dn=ends,
        unread=unread,
        clear_fraction=round(float(clear.sum() / max(1, inside.sum())), 6),
        shift_xy_m=whole_pixels(misplaced, profile.native_pixel_m[band]),
        misplaced_xy_m=misplaced,
        notes=(*decision.notes, *uncertain, *notes),
    )


def measure_ends(pixels: UInt16, vegetation: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Dark and bright end of a band over clear vegetation, digital numbers.

    Parameters
    ----------
    pixels
        Raw digital numbers, dims (y, x), 0 = no pixel.
    vegetation
        Where clear vegetation is, dims (y, x).

    Returns
    -------
    tuple or None
        Low and high percentile; None: too little vegetation.

    Examples
    --------
    >>> measure_ends(np.full((10, 10), 1180, np.uint16), np.ones((10, 10), bool))
    (1180.0, 1180.0)
    """
    until = np.cumsum(count_numbers(pixels, vegetation))
    if until[-1] < LEAST_VEGETATION_PX:
        return None
    # as numpy's percentiles by the method "lower", without putting pixels in order
    shares = np.array([DARK_PERCENTILE, BRIGHT_PERCENTILE]) / 100
    at = np.floor((until[-1] - 1) * shares).astype(np.int64)
    dark, bright = np.searchsorted(until, at, side="right")
    return float(dark), float(bright)


@dataclass(frozen=True)
class _Area:
    """An area that is known by its outline."""

    sha256: str
    epsg: int
    aoi: AreaOfInterest = field(compare=False)


@lru_cache(maxsize=8)
def _overview(area: _Area, max_px: int, native_m: float) -> tuple[GeoBox, NDArray[np.bool_]]:
    """The pixels of an overview, the same for all scenes, and which of them lie in the area."""
    geobox = coarse_geobox(area.aoi, max_px=max_px, native_m=native_m)
    return geobox, aoi_mask(area.aoi, geobox)


def _find_ends(
    scene: Scene,
    area: _Area,
    vegetation: NDArray[np.bool_],
    geobox: GeoBox,
    *,
    reader: PixelReader,
    native_m: float,
) -> tuple[dict[Band, tuple[float, float]], tuple[Band, ...]]:
    """Ends of the other bands, on pixels so coarse that they cost little; and the unread bands.

    A read that fails costs this comparison, not the scene.
    """
    coarse, _ = _overview(area, ENDS_PX, native_m)
    there = _sample(vegetation, geobox, coarse)
    ends: dict[Band, tuple[float, float]] = {}
    unread: list[Band] = []
    for band in END_BANDS:
        if band not in scene.assets or there.sum() < LEAST_VEGETATION_PX:
            continue
        try:
            found = measure_ends(reader.read(scene.assets[band], coarse, band=band), there)
        except ReadError as error:
            log.warning("%s: %s cannot be compared: %s", scene.id, band, error.problem)
            unread.append(band)
            continue
        if found is not None:
            ends[band] = found
    return ends, tuple(unread)


def _sample(mask: NDArray[np.bool_], geobox: GeoBox, coarse: GeoBox) -> NDArray[np.bool_]:
    """The mask at the middle of larger pixels; False beyond its edges."""
    to_fine = ~geobox.affine * coarse.affine
    rows, cols = (np.arange(px) + 0.5 for px in coarse.shape)
    at = np.floor(cols * to_fine.a + to_fine.c), np.floor(rows * to_fine.e + to_fine.f)
    inside = [(a >= 0) & (a < px) for a, px in zip(at, reversed(geobox.shape), strict=True)]
    sampled = np.zeros(tuple(coarse.shape), bool)
    col, row = (a[ok].astype(int) for a, ok in zip(at, inside, strict=True))
    sampled[np.ix_(inside[1], inside[0])] = mask[np.ix_(row, col)]
    return sampled
