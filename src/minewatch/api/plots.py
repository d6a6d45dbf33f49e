"""Pictures and maps of areas and runs, in the colours of every other picture of minewatch."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from minewatch.api.offline_map import SHOWN, OfflineMap, draw_map
from minewatch.model import WGS84, AreaOfInterest, RunResult
from minewatch.model.palette import STATE_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_run(result: RunResult, period: Mapping[str, Any], *, ax: Axes | None = None) -> Axes:
    """The sites of a period over the latest natural colour, coloured by state.

    Parameters
    ----------
    result, period
        A finished run, and a period of its manifest.
    ax
        Where to draw; None makes a figure.
    """
    from matplotlib.patches import Patch

    from minewatch.reports import read_picture

    axes = ax if ax is not None else _axes()
    epsg = result.aoi.utm_epsg
    if path := result.rasters.get("rgb_after"):
        picture = read_picture(path)
        west, south, east, north = picture.box
        axes.imshow(picture.rgb, extent=(west, east, south, north), interpolation="nearest")
    gpd.GeoSeries([result.aoi.geometry_utm], crs=epsg).boundary.plot(ax=axes, color="black", lw=0.8)
    rows = result.inventory[result.inventory["period_start"] == period["start"]].to_crs(epsg)
    used = [state for state in STATE_COLOURS if (rows["state"] == state).any()]
    for state in used:
        part = rows[rows["state"] == state]
        part.boundary.plot(ax=axes, color=STATE_COLOURS[state], lw=2)
    if used:
        handles = [Patch(fc="none", ec=STATE_COLOURS[s], label=s.replace("_", " ")) for s in used]
        axes.legend(handles=handles, title="state", loc="upper right", fontsize="small")
    mark = "SIMULATED, no real place: " if result.simulated else ""
    axes.set_title(f"{mark}{result.aoi.name}, {period['label']}", fontsize="medium")
    _label_axes(axes, epsg)
    return axes


def plot_area(area: AreaOfInterest, *, ax: Axes | None = None) -> Axes:
    """The outline of an area in metres."""
    axes = ax if ax is not None else _axes()
    gpd.GeoSeries([area.geometry_utm], crs=area.utm_epsg).plot(
        ax=axes, fc="#00000018", ec="black", lw=1
    )
    axes.set_title(f"{area.name}, {area.area_m2 / 1e6:,.1f} km²", fontsize="medium")
    _label_axes(axes, area.utm_epsg)
    return axes


def explore_run(result: RunResult) -> OfflineMap:
    """A map of the sites of a run by period that needs no network."""
    periods = []
    for period in result.manifest["periods"]:
        rows = result.inventory[result.inventory["period_start"] == period["start"]]
        shown = rows[[*(n for n in SHOWN if n in rows), rows.geometry.name]]
        periods.append((period["label"], json.loads(shown.to_json())))
    notes = (str(result.manifest["aoi"]["attribution"]), result.why_no_pools)
    return draw_map(
        title=result.aoi.name, area=_geojson(result.aoi), bounds=result.aoi.geometry.bounds,
        periods=periods, colours=STATE_COLOURS, picture=_picture(result),
        attribution="; ".join(filter(None, notes)), simulated=result.simulated,
    )  # fmt: skip


def explore_area(area: AreaOfInterest) -> OfflineMap:
    """A map of an outline that needs no network."""
    return draw_map(
        title=area.name, area=_geojson(area), bounds=area.geometry.bounds, periods=[],
        colours={}, attribution=str(area.properties.get("geometry_licence", "")),
    )  # fmt: skip


def _picture(result: RunResult) -> tuple[bytes, list[tuple[float, float]]] | None:
    """The latest natural colour as PNG, and its corners in degrees."""
    from matplotlib.image import imsave
    from pyproj import Transformer

    from minewatch.reports import read_picture

    path = result.rasters.get("rgb_after")
    if path is None:
        return None
    picture = read_picture(path)
    content = io.BytesIO()
    imsave(content, picture.rgb, format="png")
    west, south, east, north = picture.box
    to_degrees = Transformer.from_crs(result.aoi.utm_epsg, WGS84, always_xy=True).transform
    corners = [(west, north), (east, north), (east, south), (west, south)]
    return content.getvalue(), [to_degrees(x, y) for x, y in corners]


def _geojson(area: AreaOfInterest) -> Any:
    return json.loads(gpd.GeoSeries([area.geometry], crs=WGS84).to_json())


def _axes() -> Axes:
    from matplotlib import pyplot

    _, axes = pyplot.subplots(figsize=(7, 7))
    return axes


def _label_axes(axes: Axes, epsg: int) -> None:
    axes.set_xlabel(f"east, m (EPSG:{epsg})")
    axes.set_ylabel("north, m")
    axes.set_aspect("equal")
    axes.ticklabel_format(style="plain", useOffset=False)
