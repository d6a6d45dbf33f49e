"""Where a scene lies beside where it should: shifts of a fraction of a pixel.

Overpasses are compared on a few patches with the first one that shows most of them clear. It may
lie askew itself: the place that counts is the median of the first few clear overpasses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from minewatch.cube.cloud_masks import GROUND, flag
from minewatch.cube.correlate import Edges, find_edges, find_offset
from minewatch.cube.grid import snapped_geobox
from minewatch.cube.held_pixels import HeldPixels
from minewatch.errors import ReadError
from minewatch.model import AreaOfInterest, Band, Overpass, PixelReader, Scene, group_overpasses
from minewatch.sensors import SensorProfile, get_sensor

UInt16 = NDArray[np.uint16]

PATCH_PX = 128
"""Side of a patch in pixels of the band, whatever their size: so many samples a correlation needs.
It is, as is `CLEAR_SHARE`, from a simulated archive: on nine patches, of which two must
speak, it finds the shift of most usable overpasses to 0.6 m (median; nine in ten to 1.2 m), where
larger or clearer patches find fewer."""
PATCHES_ACROSS = 3
"""Patches are spread over the area in as many rows and columns at most [D]."""
CLEAR_SHARE = 0.6
"""Share of a patch that must be clear, in a scene and in common with the reference."""
LEAST_PATCHES = 2
"""Fewest patches that must speak [D], where the reference has as many."""
MOST_SHIFT_M = 20.0
"""Largest shift believed, metres: Sentinel-2 products lie within 3, at times 10 [DOMAIN §3]; those
of Landsat within 12 (Collection 2, Tier 1)."""
AGREE_SHARE = 0.3
"""Largest median deviation between patches for their shift to be believed, in pixels of the band
[D]: how finely a shift can be measured goes with the pixel, so this is no length on the ground."""
STEP_M = 1 / 16
"""Shifts are whole numbers of this, so that coordinates stay exact in binary."""
FIRST_OVERPASSES = 9
"""Clear overpasses whose median place counts: with a third of a pixel of scatter it is known to an
eighth [D]."""
MOST_UNREAD = 3
"""Overpasses that cannot be read before the search for a reference is given up [D]."""
BAND: Band = "red"
"""Shows roads and clearings in forest, and less of the slopes' changing light than infrared."""


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A square of the reference."""

    geobox: GeoBox
    """Its pixels."""
    pixels: UInt16
    """Digital numbers of `BAND`, dims (y, x), 0 where not clear."""
    scene_id: str
    """The scene it is of."""

    @cached_property
    def edges(self) -> Edges | None:
        """Its edges: every scene is laid against them."""
        return find_edges(self.pixels)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "edges"}


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What later scenes are laid against, and what it was chosen from."""

    patches: tuple[Patch, ...] = ()
    """Row by row; none while too few overpasses are clear enough."""
    middle_xy_m: tuple[float, float] = (0.0, 0.0)
    """Where the first clear overpasses lie against the patches: median (east, north), metres."""
    looked_at: tuple[str, ...] = ()
    """Scenes in order of time, up to the last of these overpasses."""
    is_sure: bool = True
    """False when one of them could not be read: it may be the better choice."""


def find_patch_shift(scene_patch: UInt16, patch: Patch) -> tuple[float, float] | None:
    """How far a patch of a scene is misplaced against the same patch of the reference.

    Edges are compared, not brightness, by phase correlation refined to a fraction of a pixel.

    Parameters
    ----------
    scene_patch
        Digital numbers of `BAND` on the pixels of the patch, dims (y, x), 0 = not seen.
    patch
        The patch of the reference.

    Returns
    -------
    (east, north) or None
        Metres, to be subtracted; None when too little is clear in both, or the peak is absurd.

    References
    ----------
    Guizar-Sicairos et al. 2008, doi:10.1364/OL.33.000156.
    """
    if _share((scene_patch > 0) & (patch.pixels > 0)) < CLEAR_SHARE:
        return None
    # Each keeps its own clouds: holes in both at one place would pull the shift towards nothing.
    scene, pixel_m = find_edges(scene_patch), abs(float(patch.geobox.resolution.x))
    if scene is None or patch.edges is None:
        return None
    found = find_offset(scene, patch.edges, most_px=MOST_SHIFT_M / pixel_m)
    if found is None:
        return None
    down, right = found
    return _stepped(-right * pixel_m), _stepped(down * pixel_m)


def make_reference(
    scenes: Iterable[Scene],
    aoi: AreaOfInterest,
    *,
    reader: PixelReader,
    sensor: SensorProfile | None = None,
) -> Reference:
    """What scenes are laid against: patches of the first clear overpass, and the median place.

    Parameters
    ----------
    scenes
        All scenes; more at the end change nothing once there are patches.
    aoi
        The area of interest.
    reader
        How pixels come. One overpass that cannot be read is passed over, a few end the search.
    sensor
        Profile; None takes that of the scenes.

    Returns
    -------
    Reference
        Without patches when fewer than `FIRST_OVERPASSES` overpasses are clear enough.
    """
    patches: tuple[Patch, ...] = ()
    places: list[tuple[float, float]] = []
    looked_at: list[str] = []
    unread = 0
    for overpass in group_overpasses(scenes):
        looked_at += [scene.id for scene in overpass]
        profile = sensor or get_sensor(overpass[0].sensor)
        if profile.is_radar:  # laid on a model of heights by its orbit, better than speckle shows
            return Reference()
        around = snapped_geobox(aoi, profile.native_pixel_m[BAND])
        held = HeldPixels(reader, around=around)
        try:
            if patches:
                shift, _ = measure_shift(overpass[0], patches, reader=held, sensor=profile)
                places += [shift] if shift else []
            else:
                patches = _clear_patches(overpass, aoi, held, profile)
                places = [(0.0, 0.0)] if patches else []
        except ReadError:
            unread += 1
            if unread == MOST_UNREAD:
                break
            continue
        if len(places) == FIRST_OVERPASSES:
            east, north = np.median(places, axis=0)
            return Reference(
                patches=patches, middle_xy_m=(_stepped(east), _stepped(north)),
                looked_at=tuple(looked_at), is_sure=unread == 0,
            )  # fmt: skip
    return Reference(looked_at=tuple(looked_at), is_sure=unread == 0)


def _clear_patches(
    overpass: Overpass, aoi: AreaOfInterest, reader: PixelReader, sensor: SensorProfile
) -> tuple[Patch, ...]:
    """The patches that an overpass shows clear; none when they are not most of them."""
    wanted = patch_geoboxes(aoi, sensor.native_pixel_m[BAND])
    found = [_first_clear(overpass, geobox, reader, sensor) for geobox in wanted]
    patches = tuple(patch for patch in found if patch)
    return patches if 2 * len(patches) > len(wanted) else ()


def _first_clear(
    overpass: Overpass, geobox: GeoBox, reader: PixelReader, sensor: SensorProfile
) -> Patch | None:
    for scene in overpass:
        pixels = read_clear(scene, geobox, reader=reader, sensor=sensor)
        if pixels is not None:
            return Patch(geobox=geobox, pixels=pixels, scene_id=scene.id)
    return None


def find_misplacement(
    scene: Scene, reference: Reference, *, reader: PixelReader, sensor: SensorProfile
) -> tuple[tuple[float, float], tuple[str, ...]]:
    """How far a scene lies from the median place, and what is uncertain.

    Returns
    -------
    misplacement
        (east, north), metres; (0, 0) when it is not known.
    notes
        Why it cannot, when something could have been compared.
    """
    shift, notes = measure_shift(scene, reference.patches, reader=reader, sensor=sensor)
    if shift is None:
        return (0.0, 0.0), notes
    return (shift[0] - reference.middle_xy_m[0], shift[1] - reference.middle_xy_m[1]), notes


def measure_shift(
    scene: Scene, patches: Sequence[Patch], *, reader: PixelReader, sensor: SensorProfile
) -> tuple[tuple[float, float] | None, tuple[str, ...]]:
    """The median shift of a scene against patches, metres, and what is uncertain.

    Returns
    -------
    shift
        (east, north); None when patches are too few or disagree.
    notes
        That they disagree.
    """
    shifts = []
    for patch in patches:
        pixels = read_clear(scene, patch.geobox, reader=reader, sensor=sensor)
        if pixels is not None:
            shift = find_patch_shift(pixels, patch)
            shifts += [shift] if shift else []
    if not shifts or len(shifts) < min(LEAST_PATCHES, len(patches)):
        return None, ()
    middle = np.median(shifts, axis=0)
    spread = np.median(np.abs(np.array(shifts) - middle), axis=0).max()
    if spread > AGREE_SHARE * abs(float(patches[0].geobox.resolution.x)):
        return None, (f"patches disagree on the shift by {spread:.1f} m: none is applied",)
    return (_stepped(middle[0]), _stepped(middle[1])), ()


def whole_pixels(shift_m: tuple[float, float], pixel_m: float) -> tuple[float, float]:
    """The part of a shift that moves pixels without mixing them.

    Between pixels values must be interpolated, and that smears a pool of one pixel over its
    neighbours: on a simulated archive it cost sites and, above all, their dates
    (`docs/decisions/0005`).

    Examples
    --------
    >>> whole_pixels((6.5, -3.0), 10.0)
    (10.0, 0.0)
    """
    east, north = (round(metres / pixel_m) * pixel_m + 0.0 for metres in shift_m)
    return east, north


def read_clear(
    scene: Scene, geobox: GeoBox, *, reader: PixelReader, sensor: SensorProfile
) -> UInt16 | None:
    """`BAND` of a patch where clear; None when too little of it is, or it has no mask."""
    if "mask" not in scene.assets or BAND not in scene.assets:
        return None
    mask = reader.read(scene.assets["mask"], geobox, band="mask")
    clear = flag(mask, sensor.mask_of(scene)) & GROUND > 0
    if _share(clear) < CLEAR_SHARE:
        return None
    pixels = reader.read(scene.assets[BAND], geobox, band=BAND) * clear
    return pixels if _share(pixels > 0) >= CLEAR_SHARE else None


def _share(where: NDArray[np.bool_]) -> float:
    return np.count_nonzero(where) / where.size


def patch_geoboxes(aoi: AreaOfInterest, resolution_m: float) -> list[GeoBox]:
    """Squares spread evenly over the box of an area whose centres lie in it."""
    box = snapped_geobox(aoi, resolution_m)
    rows, cols = box.shape
    size = min(PATCH_PX, rows, cols)
    tops, lefts = (
        sorted({(side - size) * (2 * n + 1) // (2 * PATCHES_ACROSS) for n in range(PATCHES_ACROSS)})
        for side in (rows, cols)
    )
    patches = [box[top : top + size, left : left + size] for top in tops for left in lefts]
    inside = [
        patch
        for patch in patches
        if shapely.intersects_xy(aoi.geometry_utm, *(patch.affine * (size / 2, size / 2)))
    ]
    return inside or patches[:1]


def _stepped(metres: float) -> float:
    return round(float(metres) / STEP_M) * STEP_M + 0.0
