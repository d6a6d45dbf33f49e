"""Pictures of what the sites of a run stand beside. The same bytes for equal input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from minewatch.model.palette import STATE_COLOURS
from minewatch.reports.pictures import _png

_RIVER: Final = "#2166ac"
_PATH: Final = "#67a9cf"
_MOST_BARS: Final = 12
_MOST_NAMES: Final = 15


def downstream_map(
    heights: Any,
    rivers: gpd.GeoDataFrame,
    paths: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    *,
    simulated: bool,
) -> bytes:
    """Heights in relief, rivers touched, the path of each site, sites by state and places.

    Parameters
    ----------
    heights
        `metres` (dims y, x) and `transform`, metres of a zone.
    rivers, places
        Layers by period; each outline is drawn once.
    paths
        One line a site.
    sites
        Contract `SITES`.
    simulated
        Write so, large.

    Returns
    -------
    bytes
        A PNG file.
    """
    rows, cols = heights.metres.shape
    left, top = heights.transform * (0, 0)
    right, bottom = heights.transform * (cols, rows)
    step = max(1, max(rows, cols) // 900)
    metres = heights.metres[::step, ::step].astype(float)
    south, east = np.gradient(metres, step * heights.cell_m)
    shade = np.clip((1 + (east - south) / np.sqrt(1 + east**2 + south**2)) / 2, 0, 1)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.imshow(
            shade, extent=(left, right, bottom, top), cmap="Greys_r", vmin=0, vmax=1, alpha=0.6,
            interpolation="nearest",
        )  # fmt: skip
        for line in paths.geometry:
            axes.plot(*line.xy, color=_PATH, linewidth=1)
        for line in rivers.drop_duplicates("river").geometry:
            axes.plot(*line.xy, color=_RIVER, linewidth=2)
        handles = [
            Line2D([], [], color=_RIVER, lw=2, label="river below a site"),
            Line2D([], [], color=_PATH, lw=1, label="path of a site's water"),
        ]
        for state in sites["state"].unique():
            middles = sites[sites["state"] == state].geometry.representative_point()
            axes.plot(
                middles.x, middles.y, "o", ms=7, mec="black", mfc=STATE_COLOURS[state], zorder=4
            )
            handles.append(
                Line2D([], [], ls="", marker="o", mec="black", mfc=STATE_COLOURS[state],
                       label=f"site, {state.replace('_', ' ')}")
            )  # fmt: skip
        once = places.drop_duplicates("name")
        middles = once.geometry.representative_point()
        if len(once):
            axes.plot(middles.x, middles.y, "s", ms=6, mec="black", mfc="white", zorder=5)
            handles.append(Line2D([], [], ls="", marker="s", mec="black", mfc="white",
                                  label="place within reach"))  # fmt: skip
        for name, point in list(zip(once["name"], middles, strict=True))[:_MOST_NAMES]:
            axes.annotate(name, (point.x, point.y), xytext=(6, 6), textcoords="offset points",
                          fontsize="small", zorder=6)  # fmt: skip
        axes.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], aspect="equal")
        length = 10 ** np.floor(np.log10((right - left) / 3))
        x, y = left + 0.04 * (right - left), bottom + 0.04 * (top - bottom)
        axes.plot([x, x + length], [y, y], color="black", linewidth=3)
        axes.annotate(f"{length / 1000:g} km", (x, y), xytext=(0, 5), textcoords="offset points")
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize="small")

    return _png(draw, size=(8.5, 8.5), simulated=simulated)


def wet_sites_figure(
    table: pd.DataFrame, name: str, title: str, *, simulated: bool
) -> bytes:
    """Sites left with water above each place or river, period by period, as ranges.

    Parameters
    ----------
    table
        `name`, `period_start`, `period_end`, `abandoned_wet_low|high`.
    name
        The column that names the bars.
    title
        What the bars are.
    simulated
        Write so, large.

    Returns
    -------
    bytes
        A PNG file.
    """
    latest = table[table["period_start"] == table["period_start"].max()]
    names = list(latest.drop_duplicates(name)[name][:_MOST_BARS])
    periods = sorted(set(zip(table["period_start"], table["period_end"], strict=True)))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        if not names:
            axes.text(0.5, 0.5, f"no {title} within reach below a site", ha="center")
            axes.set_axis_off()
            return
        width = 0.8 / len(names)
        for k, shown in enumerate(names):
            rows = table[table[name] == shown].groupby("period_start")[
                ["abandoned_wet_low", "abandoned_wet_high"]
            ].first()  # fmt: skip
            rows = rows.reindex([start for start, _ in periods])
            range_bars(
                axes, np.arange(len(periods)) + (k - (len(names) - 1) / 2) * width, width,
                rows["abandoned_wet_low"], rows["abandoned_wet_high"], colour_of(k),
            )  # fmt: skip
        labels = [f"{start[:7]} –\n{end[:7]}" for start, end in periods]
        axes.set_xticks(range(len(periods)), labels, fontsize="small")
        axes.set_ylabel("abandoned sites with water above it")
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_ylim(0, max(1.0, float(table["abandoned_wet_high"].max()) * 1.15))
        handles = [Patch(fc=colour_of(k), ec="black", label=n) for k, n in enumerate(names)]
        handles.append(Patch(fc="white", ec="#333333", hatch="////", label="up to"))
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize="small")

    return _png(draw, size=(9.5, 5.5), simulated=simulated)


def range_bars(
    axes: Axes,
    places: Sequence[float] | np.ndarray[Any, Any],
    width: float,
    low: pd.Series,
    high: pd.Series,
    colour: str,
) -> None:
    """A solid bar up to the low end, a hatched one from there to the high end; NaN: none."""
    least = low.to_numpy(float)
    most = np.fmax(high.to_numpy(float), least)
    axes.bar(places, least, width, color=colour, edgecolor="black", linewidth=0.5)
    axes.bar(
        places, most - least, width, bottom=least, facecolor="white", edgecolor=colour,
        hatch="////", linewidth=0.8,
    )  # fmt: skip
    axes.spines[["top", "right"]].set_visible(False)


def colour_of(number: int) -> str:
    """A colour for the bars of one name: also for those who see few colours."""
    colours = (
        "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999",
        "#332288", "#117733", "#882255", "#44aa99",
    )  # fmt: skip
    return colours[number % len(colours)]
