"""Areas of interest: where we look, and who held the ground when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

WGS84 = "EPSG:4326"


@dataclass(frozen=True, kw_only=True)
class ControlInterval:
    """Who controlled an area, from when to when, and who says so."""

    group: str
    """Name of the controlling group, in the words of the source."""
    start: date | None
    """First day, or None when the beginning is open."""
    end: date | None
    """Last day, or None when still so."""
    source: str
    """Where it is written."""
    note: str = ""
    """What the dates do not say (inferred year, month only, part of the area)."""


@dataclass(frozen=True, kw_only=True)
class AreaOfInterest:
    """A polygon to watch, repaired and checked."""

    id: str
    """Short name used in files and column values: lower case, digits, hyphens."""
    name: str
    """Name for people."""
    geometry: BaseGeometry
    """Polygon or MultiPolygon, WGS 84, (lon, lat)."""
    utm_epsg: int
    """EPSG code of the UTM zone in which every area is computed."""
    control: tuple[ControlInterval, ...] = ()
    """Who held it, as intervals; may overlap, may be empty."""
    properties: Mapping[str, Any] = field(default_factory=dict)
    """Everything else the file said of it."""
    notes: tuple[str, ...] = ()
    """What was repaired or assumed when it was read, in words."""

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the normalised geometry rounded to 7 decimals."""
        rounded = shapely.set_precision(self.geometry, 1e-7).normalize()
        return hashlib.sha256(shapely.to_wkb(rounded, byte_order=1)).hexdigest()

    @cached_property
    def geometry_utm(self) -> BaseGeometry:
        """The geometry in metres, in `utm_epsg`."""
        project = pyproj.Transformer.from_crs(WGS84, self.utm_epsg, always_xy=True).transform
        return shapely.transform(self.geometry, project, interleaved=False)

    @property
    def area_m2(self) -> float:
        """Area in square metres, in the UTM zone."""
        return float(self.geometry_utm.area)

    def outline(self, max_vertices: int = 60) -> BaseGeometry:
        """A simplified outline that covers the whole area, for a STAC `intersects`.

        Parameters
        ----------
        max_vertices
            Most vertices the outline may have.

        Returns
        -------
        shapely geometry
            WGS 84; contains `geometry`.
        """
        tolerance = 0.0005
        outline = self.geometry
        while shapely.get_num_coordinates(outline) > max_vertices:
            outline = self.geometry.buffer(tolerance).simplify(tolerance)
            if not outline.contains(self.geometry):
                outline = outline.buffer(tolerance).simplify(tolerance / 2)
            if tolerance > 1:
                return self.geometry.envelope
            tolerance *= 2
        return outline if outline.covers(self.geometry) else self.geometry.envelope
