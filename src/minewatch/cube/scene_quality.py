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
"""Most pixels a side of the overview on which the quality is measured."""
DARK_PERCENTILE = 5
"""Percentile of red over clear vegetation that is compared with the offset."""
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
    """Offset, clear fraction and shift of one scene, from an overview of the area.

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
        classes = profile.mask.vegetation
        green = clear & np.isin(mask, classes) if classes else clear
    else:
        notes = ("no cloud mask: every pixel counts as clear",)
        clear = (red > 0) & inside
        green = clear
    decision = profile.offset_from_metadata(scene)
    offset_dn, source, dark = decision.offset_dn, decision.source, None
    suspicions: tuple[str, ...] = ()
    if profile.offset is not None:
        dark = dark_vegetation_dn(red, green)
        offset_dn, source, suspicions = verify_offset(
            decision.offset_dn, decision.source, dark, profile.offset
        )
    misplaced, uncertain = find_misplacement(
        scene, reference or Reference(), reader=reader, sensor=profile
    )
    suspicions += uncertain
    for suspicion in suspicions:
        log.warning("%s: %s", scene.id, suspicion)
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
        notes=(*decision.notes, *suspicions, *notes),
    )


def dark_vegetation_dn(red: UInt16, green: NDArray[np.bool_]) -> float | None:
    """Low percentile of red over clear vegetation, digital numbers; None: too little of it."""
    if green.sum() < LEAST_VEGETATION_PX:
        return None
    return float(np.percentile(red[green], DARK_PERCENTILE, method="lower"))


def verify_offset(
    offset_dn: int, source: str, dark_dn: float | None, rule: OffsetRule
) -> tuple[int, str, tuple[str, ...]]:
    """The offset after the pixels had their say, who decided, and what is uncertain.

    Examples
    --------
    >>> rule = get_sensor("sentinel-2-l2a").offset
    >>> verify_offset(0, "flag", 1180, rule)[:2]
    (-1000, 'pixels')
    >>> verify_offset(0, "flag", 180, rule)
    (0, 'flag', ())
    """
    if dark_dn is None:
        return offset_dn, source, ("too little clear vegetation to verify the offset on pixels",)
    if rule.absent_up_to_dn < dark_dn < rule.carried_from_dn:
        return offset_dn, source, (f"dark vegetation at {dark_dn:.0f} DN decides no offset",)
    seen_dn = rule.offset_dn if dark_dn >= rule.carried_from_dn else 0
    if seen_dn == offset_dn:
        return offset_dn, source, ()
    note = (
        f"{source} means an offset of {offset_dn} DN, but dark vegetation has {dark_dn:.0f} DN: "
        f"{seen_dn} is used"
    )
    return seen_dn, "pixels", (note,)
