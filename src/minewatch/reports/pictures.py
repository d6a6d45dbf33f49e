"""Pictures of a run as PNG: before and after, a map, a timeline. The same bytes for equal input."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, Final

import geopandas as gpd
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import Bbox

from minewatch.model import ALERTS, STATES, AreaOfInterest
from minewatch.model.palette import ALERT_COLOURS, ALERT_DASHES, STATE_COLOURS
from minewatch.reports.raster_pictures import Box, Picture
from minewatch.reports.run_summary import PeriodSummary

SIMULATED: Final = "SIMULATED: no real place"
_DASHES: Final = {"solid": "-", "dash": "--", "dot": ":"}
_DPI: Final = 110


def before_after(
    before: Picture, after: Picture, sites: gpd.GeoDataFrame, *, simulated: bool
) -> bytes:
    """Two pictures of one piece of ground side by side, with the outlines of sites.

    Parameters
    ----------
    before, after
        Of the same box.
    sites
        Contract `SITES`, in the UTM zone of the pictures.
    simulated
        Write so, large.

    Returns
    -------
    bytes
        A PNG file.
    """

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        for axes, picture, name in ((left, before, "Before"), (right, after, "After")):
            _show(axes, picture)
            axes.set_title(f"{name}: {picture.label}" if picture.label else name)
            _outline_sites(axes, sites)
            _frame(axes, after.box)
        used = [a for a in reversed(ALERTS) if (sites["alert"] == a).any()]
        lines = [
            Line2D([], [], color=ALERT_COLOURS[a], ls=_DASHES[ALERT_DASHES[a]], lw=2, label=a)
            for a in used
        ]
        if lines:
            figure.legend(
                handles=lines, loc="outside lower center", ncols=4, title="outline of sites"
            )

    return _png(draw, size=(11, 6.4), simulated=simulated)


def map_picture(
    aoi: AreaOfInterest, sites: gpd.GeoDataFrame, background: Picture | None, *, simulated: bool
) -> bytes:
    """A map of the sites by latest state over the area.

    Parameters
    ----------
    aoi
        The area; its outline is drawn.
    sites
        Contract `SITES`, in the area's UTM zone. Rejected ones are left out.
    background
        Natural colour of the whole area, if there is one.
    simulated
        Write so, large.

    Returns
    -------
    bytes
        A PNG file.
    """
    kept = sites[sites["alert"] != "rejected"]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        if background is not None:
            _show(axes, background)
        outline = gpd.GeoSeries([aoi.geometry_utm], crs=aoi.utm_epsg).boundary
        outline.plot(ax=axes, color="white", linewidth=2.4)
        outline.plot(ax=axes, color="black", linewidth=1.2, linestyle="--")
        handles: list[Any] = [Line2D([], [], color="black", ls="--", label=f"area: {aoi.id}")]
        for state in STATES:
            rows = kept[kept["state"] == state]
            label = f"{state.replace('_', ' ')} ({len(rows)})"
            handles.append(Patch(facecolor=STATE_COLOURS[state], edgecolor="black", label=label))
            if len(rows):
                rows.plot(ax=axes, facecolor=STATE_COLOURS[state], edgecolor="black", linewidth=0.6)
                points = rows.geometry.centroid
                axes.plot(
                    points.x, points.y, "o", ms=7, mfc=STATE_COLOURS[state], mec="black", mew=0.8
                )
        _frame(axes, tuple(aoi.geometry_utm.bounds))
        title = f"{len(kept)} sites, latest state"
        figure.legend(handles=handles, loc="outside right upper", title=title)

    return _png(draw, size=(9.5, 7), simulated=simulated)


def timeline(periods: Sequence[PeriodSummary], *, simulated: bool) -> bytes:
    """Sites by state and disturbed ground as a range, period by period.

    Parameters
    ----------
    periods
        In order of time.
    simulated
        Write so, large.

    Returns
    -------
    bytes
        A PNG file.
    """

    def draw(figure: Figure) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True)
        places, base = np.arange(len(periods)), np.zeros(len(periods))
        for state in STATES:
            counts = np.array([p.states[state] for p in periods])
            hatch = "///" if state == "not_observed" else None
            top.bar(
                places, counts, 0.7, bottom=base, color=STATE_COLOURS[state], edgecolor="black",
                linewidth=0.5, hatch=hatch, label=state.replace("_", " "),
            )  # fmt: skip
            base = base + counts
        top.set_ylabel("sites")
        top.yaxis.get_major_locator().set_params(integer=True)
        top.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize="small")
        low = np.array([p.area_m2.low for p in periods]) / 1e4
        high = np.array([p.area_m2.high for p in periods]) / 1e4
        middle = (low + high) / 2
        bottom.errorbar(
            places, middle, yerr=(high - low) / 2, fmt="none", ecolor="black", capsize=9, lw=2
        )
        bottom.set_ylabel("disturbed ground (ha)")
        bottom.set_ylim(0, max(high.max(initial=0) * 1.15, 0.1))
        bottom.set_xticks(places, [p.label for p in periods], rotation=30, ha="right")
        bottom.set_title("from confirmed and seen, to all that is not rejected", fontsize="small")
        for axes in (top, bottom):
            axes.spines[["top", "right"]].set_visible(False)

    return _png(draw, size=(9.5, 6), simulated=simulated)


def _png(draw: Callable[[Figure], None], *, size: tuple[float, float], simulated: bool) -> bytes:
    """Draw with the library's own defaults and no clock."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"font.size": 11, "hatch.linewidth": 0.6})
        figure = Figure(figsize=size, dpi=_DPI, layout="constrained")
        if simulated:
            box = {"facecolor": "#ffd400", "edgecolor": "black", "boxstyle": "square,pad=0.3"}
            figure.suptitle(SIMULATED, fontsize=20, fontweight="bold", bbox=box)
        draw(figure)
        content = io.BytesIO()
        figure.savefig(content, format="png", metadata={"Software": None}, bbox_inches=_fit(figure))
    return content.getvalue()


def _fit(figure: Figure) -> Bbox:
    """Lay a figure out; what it fills, as `bbox_inches="tight"` does after drawing it once more."""
    canvas = FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine("none")
    box = figure.get_tightbbox(canvas.get_renderer())  # type: ignore[no-untyped-call]
    return box.padded(mpl.rcParams["savefig.pad_inches"])


def _show(axes: Axes, picture: Picture) -> None:
    west, south, east, north = picture.box
    axes.imshow(picture.rgb, extent=(west, east, south, north), interpolation="nearest")


def _outline_sites(axes: Axes, sites: gpd.GeoDataFrame) -> None:
    for alert in ALERTS:
        rows = sites[sites["alert"] == alert]
        if len(rows):
            line = {"linestyle": _DASHES[ALERT_DASHES[alert]], "linewidth": 1.8}
            rows.boundary.plot(ax=axes, color=ALERT_COLOURS[alert], **line)


def _frame(axes: Axes, box: Box) -> None:
    """Fix the extent; north, a scale bar, no ticks."""
    west, south, east, north = box
    width, height = east - west, north - south
    axes.set(
        xlim=(west, east),
        ylim=(south, north),
        xticks=[],
        yticks=[],
        aspect="equal",
        xlabel="",
        ylabel="",
    )
    length = scale_bar_m(width)
    x, y = west + 0.05 * width, south + 0.05 * height
    for colour, line in (("black", 7), ("white", 4)):
        axes.plot([x, x + length], [y, y], color=colour, lw=line, solid_capstyle="butt")
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    note = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 2}
    axes.text(x, y + 0.03 * height, text, va="bottom", bbox=note)
    axes.text(0.96, 0.96, "N\n↑", transform=axes.transAxes, ha="right", va="top", bbox=note)


def scale_bar_m(width_m: float) -> float:
    """A round length that takes up to a quarter of a picture.

    Parameters
    ----------
    width_m
        Width of the picture, metres.

    Returns
    -------
    float
        1, 2 or 5 times a power of ten, metres.

    Examples
    --------
    >>> scale_bar_m(9_000)
    2000.0
    """
    most = width_m / 4
    power = 10.0 ** np.floor(np.log10(most))
    return float(max(step * power for step in (1, 2, 5) if step * power <= most))
