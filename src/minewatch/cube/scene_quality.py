"""What is found once a scene, on a coarse overview, before any chunk is read."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from minewatch.cube.cloud_masks import GROUND, flag
from minewatch.cube.grid import aoi_mask, coarse_geobox
from minewatch.cube.registration import Reference, find_misplacement, whole_pixels
from minewatch.model import AreaOfInterest, PixelReader, Scene, SceneQuality
from minewatch.sensors import OffsetRule, SensorProfile, get_sensor

log = logging.getLogger(__name__)

UInt16 = NDArray[np.uint16]

OVERVIEW_PX = 512
"""Most pixels a side of the overview on which quality is measured."""
DARK_PERCENTILE = 5
"""Percentile of red over clear vegetation that is compared with the offset."""
DARK_STAYS_DN = 1000
"""From this red of dark vegetation on, an addend of 1000 is in the pixels: evergreen forest has
.018 [DOMAIN §2], so 180 without it and 1,180 with it; only thick haze reaches 1,000 without."""
DARK_GONE_DN = 800
"""Up to this red of dark vegetation, it is not: reflectance would be below -0.02."""
LEAST_VEGETATION_PX = 100
"""Fewest overview pixels of clear vegetation on which pixels may overrule metadata [D]."""


def measure_scene_quality(
    scene: Scene,
    aoi: AreaOfInterest,
    *,
    reader: PixelReader,
    reference: Reference | None = None,
    sensor: SensorProfile | None = None,
) -> SceneQuality:
    """Offset, clear fraction, shift and warnings of one scene, from an overview of the area.

    The offset is decided by metadata, then verified on the red of dark vegetation: the pixels
    overrule it only when they are clear-cut, and both values are kept.

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
    geobox = coarse_geobox(aoi, max_px=OVERVIEW_PX, native_m=profile.native_pixel_m["red"])
    inside = aoi_mask(aoi, geobox)
    red = reader.read(scene.assets["red"], geobox, band="red")
    notes: tuple[str, ...] = ()
    if "mask" in scene.assets:
        mask = reader.read(scene.assets["mask"], geobox, band="mask")
        clear = (flag(mask, profile.mask) & GROUND > 0) & (red > 0) & inside
        green = clear & np.isin(mask, profile.mask.vegetation)
    else:
        notes = ("no cloud mask: every pixel counts as clear",)
        clear = (red > 0) & inside
        green = clear
    decision = profile.offset_from_metadata(scene)
    offset_dn, source, dark = decision.offset_dn, decision.source, None
    warnings: tuple[str, ...] = ()
    if profile.offset is not None:
        dark = dark_vegetation_dn(red, green)
        offset_dn, source, warnings = verify_offset(
            decision.offset_dn, decision.source, dark, profile.offset
        )
    misplaced, uncertain = find_misplacement(
        scene, reference or Reference(), reader=reader, sensor=profile
    )
    warnings += uncertain
    for warning in warnings:
        log.warning("%s: %s", scene.id, warning)
    return SceneQuality(
        scene_id=scene.id,
        scale=profile.scale,
        offset_dn=offset_dn,
        offset_source=source,
        offset_metadata_dn=decision.offset_dn,
        dark_vegetation_dn=dark,
        clear_fraction=round(float(clear.sum() / max(1, inside.sum())), 6),
        shift_xy_m=whole_pixels(misplaced, profile.native_pixel_m["red"]),
        misplaced_xy_m=misplaced,
        notes=(*decision.notes, *warnings, *notes),
    )


def dark_vegetation_dn(red: UInt16, green: NDArray[np.bool_]) -> float | None:
    """Low percentile of red over clear vegetation, digital numbers; None: too little of it."""
    if green.sum() < LEAST_VEGETATION_PX:
        return None
    return float(np.percentile(red[green], DARK_PERCENTILE, method="lower"))


def verify_offset(
    offset_dn: int, source: str, dark_dn: float | None, rule: OffsetRule
) -> tuple[int, str, tuple[str, ...]]:
    """The offset after the pixels had their say, who decided, and warnings.

    Examples
    --------
    >>> rule = OffsetRule(offset_dn=-1000, since_baseline="04.00")
    >>> verify_offset(0, "flag", 1180, rule)[:2]
    (-1000, 'pixels')
    >>> verify_offset(0, "flag", 180, rule)
    (0, 'flag', ())
    """
    if dark_dn is None:
        return offset_dn, source, ("too little clear vegetation to verify the offset on pixels",)
    if DARK_GONE_DN < dark_dn < DARK_STAYS_DN:
        return offset_dn, source, (f"dark vegetation at {dark_dn:.0f} DN decides no offset",)
    seen_dn = rule.offset_dn if dark_dn >= DARK_STAYS_DN else 0
    if seen_dn == offset_dn:
        return offset_dn, source, ()
    warning = (
        f"{source} means an offset of {offset_dn} DN, but dark vegetation has {dark_dn:.0f} DN: "
        f"{seen_dn} is used"
    )
    return seen_dn, "pixels", (warning,)
