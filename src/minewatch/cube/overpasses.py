"""What one must read of the overpasses of a satellite: which scenes, and how much around."""

from __future__ import annotations

from collections.abc import Iterable

import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.transform import array_bounds
from rasterio.warp import transform_bounds

from minewatch.cube.cloud_masks import reach_of
from minewatch.model import WGS84, Chunk, Scene
from minewatch.sensors import SensorProfile, get_sensor


def scenes_over(
    scenes: Iterable[Scene], chunk: Chunk, *, sensor: SensorProfile | None = None
) -> list[Scene]:
    """The scenes that can matter to a chunk: their footprints touch it or its surroundings.

    A cloud just outside a chunk still casts its margin into it, so the surroundings count.

    Parameters
    ----------
    scenes
        Scenes of one sensor.
    chunk
        The chunk.
    sensor
        Its profile; None takes that of the scenes.
    """
    found = list(scenes)
    if not found:
        return found
    wide, _ = with_halo(chunk.geobox, sensor or get_sensor(found[0].sensor))
    bounds = array_bounds(*wide.shape, wide.affine)
    ground = shapely.box(*transform_bounds(str(wide.crs), WGS84, *bounds))
    touches = shapely.intersects([scene.footprint for scene in found], ground)
    return [scene for scene, is_near in zip(found, touches, strict=True) if is_near]


def with_halo(geobox: GeoBox, sensor: SensorProfile) -> tuple[GeoBox, tuple[slice, slice]]:
    """A geobox with everything around it that its masks depend on, and where it lies in that."""
    halo = reach_of(sensor.mask, abs(float(geobox.resolution.x))).halo
    rows, cols = geobox.shape
    return geobox.pad(halo), (slice(halo, halo + rows), slice(halo, halo + cols))


def shifted(geobox: GeoBox, shift_xy_m: tuple[float, float]) -> GeoBox:
    """Where a scene misplaced by `shift_xy_m` (east, north) shows the ground of a geobox."""
    if not any(shift_xy_m):
        return geobox
    return GeoBox(geobox.shape, Affine.translation(*shift_xy_m) * geobox.affine, geobox.crs)
