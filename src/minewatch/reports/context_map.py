"""Rivers, paths, places and sites of an answer, as a drawing that follows the colours of a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from minewatch.model import ContextAnswer

SIDE: Final = 1000
"""Longer side of the drawing."""
_MARGIN: Final = 0.04
_MOST_NAMES: Final = 20
_STEP: Final = 1.5
"""Lines are straightened within so much of the drawing."""


Points = NDArray[np.float64]
Drawn = Callable[[shapely.Geometry], Points]
"""Metres to points of the drawing, dims (point, xy)."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A point of the drawing."""

    x: float
    """From the left."""
    y: float
    """From the top."""
    name: str
    """What it is."""
    is_named: bool = False
    """Whether its name is written beside it."""


@dataclass(frozen=True, kw_only=True)
class ContextMap:
    """The drawing."""

    width: int
    """Its width."""
    height: int
    """Its height."""
    rivers: Sequence[tuple[str, str, str]]
    """Name, path of SVG, and class: `wet-sure`, `wet-maybe` or `wet-none` in the last period."""
    paths: Sequence[tuple[str, str]]
    """Site, and the path of SVG of its water to the first river."""
    places: Sequence[Mark]
    """Places within reach."""
    sites: Sequence[Mark]
    """Where the paths begin."""
    bar: tuple[float, str]
    """Length of the scale bar in the drawing, and what it is on the ground."""


def downstream_drawing(answer: ContextAnswer) -> ContextMap | None:
    """The map of an answer about what lies below sites; None when it has no paths.

    Parameters
    ----------
    answer
        Its layers `paths`, `rivers_by_period` and `places_by_period`, in any CRS.
    """
    layers = answer.layers
    if "paths" not in layers or layers["paths"].empty:
        return None
    crs = layers["paths"].estimate_utm_crs()
    paths = layers["paths"].to_crs(crs)
    rivers = _latest(layers.get("rivers_by_period"), "river", crs)
    places = _latest(layers.get("places_by_period"), "name", crs)
    lines = [
        substring(line, 0, metres) if metres == metres and metres > 0 else line
        for line, metres in zip(paths.geometry, paths["metres_to_river"].astype(float), strict=True)
    ]
    shown = [*lines, *(rivers.geometry if rivers is not None else ()),
             *(places.geometry if places is not None else ())]  # fmt: skip
    west, south, east, north = shapely.total_bounds(np.array(shown, object))
    margin = _MARGIN * max(east - west, north - south, 1.0)
    west, south, east, north = west - margin, south - margin, east + margin, north + margin
    scale = SIDE / max(east - west, north - south)

    def drawn(geometry: shapely.Geometry) -> Points:
        points = shapely.get_coordinates(shapely.simplify(geometry, _STEP / scale))
        return np.column_stack([(points[:, 0] - west) * scale, (north - points[:, 1]) * scale])

    length = 10 ** np.floor(np.log10((east - west) / 3))
    return ContextMap(
        width=round((east - west) * scale), height=round((north - south) * scale),
        rivers=[] if rivers is None else [
            (str(name), _path(drawn(line)), _wet(low, high))
            for name, line, low, high in zip(
                rivers["name"], rivers.geometry, rivers["abandoned_wet_low"],
                rivers["abandoned_wet_high"], strict=True,
            )
        ],
        paths=[
            (str(site), _path(drawn(line)))
            for site, line in zip(paths["site_id"], lines, strict=True)
        ],
        places=[] if places is None else _marks(places, drawn),
        sites=[
            Mark(x=round(float(at[0]), 1), y=round(float(at[1]), 1), name=str(site))
            for site, line in zip(paths["site_id"], lines, strict=True)
            for at in [drawn(line)[0]]
        ],
        bar=(round(float(length * scale), 1), f"{length / 1000:g} km"),
    )  # fmt: skip


def _latest(layer: gpd.GeoDataFrame | None, key: str, crs: object) -> gpd.GeoDataFrame | None:
    """Each river or place once, as it is in the last period."""
    if layer is None or layer.empty:
        return None
    ordered = layer.sort_values("period_start", ascending=False, kind="stable")
    return ordered.drop_duplicates(key).to_crs(crs)


def _marks(places: gpd.GeoDataFrame, drawn: Drawn) -> list[Mark]:
    marks = []
    for number, (name, outline) in enumerate(zip(places["name"], places.geometry, strict=True)):
        ((x, y),) = drawn(outline.representative_point())
        marks.append(
            Mark(x=round(float(x), 1), y=round(float(y), 1), name=str(name),
                 is_named=number < _MOST_NAMES)
        )  # fmt: skip
    return marks


def _path(points: Points) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _wet(low: float, high: float) -> str:
    return "wet-sure" if low > 0 else "wet-maybe" if high > 0 else "wet-none"
