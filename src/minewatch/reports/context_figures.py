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
from matplotlib.ticker import MaxNLocator

from minewatch.model.palette import STATE_COLOURS
from minewatch.reports.pictures import _png

_RIVER: Final = "#2166ac"
_PATH: Final = "#67a9cf"
_MOST_BARS: Final = 12
_MOST_NAMES: Final = 15
_SCALE: Final = {"USD": (1e6, "million USD")}


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


def wet_sites_figure(table: pd.DataFrame, name: str, title: str, *, simulated: bool) -> bytes:
    """Sites above each place or river, those left with water first, by period, as ranges.

    Parameters
    ----------
    table
        `name`, `period_start`, `period_end`, `abandoned_wet_low|high`, `sites_low|high`.
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
        if not names:
            axes = figure.subplots()
            axes.text(0.5, 0.5, f"no {title} within reach below a site", ha="center")
            axes.set_axis_off()
            return
        panels = figure.subplots(2, 1, sharex=True)
        width = 0.8 / len(names)
        for axes, measure, words in zip(
            panels, ("abandoned_wet", "sites"), ("abandoned with water", "all sites"), strict=True
        ):
            for k, shown in enumerate(names):
                rows = table[table[name] == shown].groupby("period_start").first()
                rows = rows.reindex([start for start, _ in periods])
                range_bars(
                    axes, np.arange(len(periods)) + (k - (len(names) - 1) / 2) * width, width,
                    rows[f"{measure}_low"], rows[f"{measure}_high"], colour_of(k),
                )  # fmt: skip
            most = float(table[f"{measure}_high"].max())
            if not most:
                axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center")
            axes.set_ylabel(f"{words},\nabove it")
            axes.yaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_ylim(0, max(1.0, most * 1.15))
        labels = [f"{start[:7]} –\n{end[:7]}" for start, end in periods]
        panels[-1].set_xticks(range(len(periods)), labels, fontsize="small")
        handles = [Patch(fc=colour_of(k), ec="black", label=n) for k, n in enumerate(names)]
        handles.append(Patch(fc="white", ec="#333333", hatch="////", label="up to"))
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize="small")

    return _png(draw, size=(9.5, 6.5), simulated=simulated)


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


def seen_figure(periods: pd.DataFrame, *, simulated: bool) -> bytes:
    """Share of the ground that was seen in each period, and what was found in it.

    Parameters
    ----------
    periods
        `label`, `observed_fraction`, `looks`, `confirmed`, `provisional`, `candidate`.
    simulated
        Write so, large.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        share = 100 * periods["observed_fraction"].to_numpy(float)
        places = np.arange(len(periods))
        axes.bar(places, share, 0.6, color="#56b4e9", edgecolor="black", label="seen clear")
        axes.bar(places, 100 - share, 0.6, bottom=share, facecolor="white", edgecolor="#777777",
                 hatch="////", label="not seen")  # fmt: skip
        labels = [
            f"{row['label']}\n{row['looks']} overpasses\n{row['confirmed'] + row['provisional']} "
            f"sites, {row['candidate']} candidates"
            for row in periods.to_dict("records")
        ]
        axes.set_xticks(places, labels, fontsize="small")
        axes.set(ylim=(0, 100), ylabel="% of the area")
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside lower center", ncols=2, fontsize="small")

    return _png(draw, size=(9.5, 4.5), simulated=simulated)


def events_figure(table: pd.DataFrame, what: str, *, simulated: bool) -> bytes:
    """Counts before and after stated events as ranges, a placebo date beside each.

    Parameters
    ----------
    table
        `event`, `date` (`event`, `placebo`), `side`, `what`, `low`, `high`, `covered`.
    what
        Which happening to draw.
    simulated
        Write so, large.
    """
    rows = table[table["what"] == what].reset_index(drop=True)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        places, labels = [], []
        for n, row in enumerate(rows.to_dict("records")):
            place = n + (n // 2) * 0.4 + (n // 4) * 0.8
            places.append(place)
            covered = row["covered"]
            mark = "" if covered == 1 else f"\n{100 * covered:.0f} % covered"
            name = row["event"] if row["date"] == "event" else f"placebo of\n{row['event']}"
            labels.append(f"{row['side']}\n{name}{mark}")
        for side, colour in (("before", "#0072b2"), ("after", "#e69f00")):
            is_side = (rows["side"] == side).to_numpy(bool)
            range_bars(
                axes, np.array(places)[is_side] if len(places) else np.array([]), 0.8,
                rows.loc[is_side, "low"], rows.loc[is_side, "high"], colour,
            )  # fmt: skip
        for place, row in zip(places, rows.to_dict("records"), strict=True):
            if not row["covered"]:
                axes.text(place, 0.03, "not looked at", rotation=90, ha="center", va="bottom",
                          fontsize="x-small", transform=axes.get_xaxis_transform())  # fmt: skip
        axes.set_xticks(places, labels, fontsize="x-small")
        axes.set_ylabel(f"sites {what.replace('_', ' ')}")
        axes.set_ylim(0, max(1.0, float(np.nanmax(rows["high"].to_numpy(float), initial=0)) * 1.15))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        handles = [
            Patch(fc="#0072b2", ec="black", label="before: surely"),
            Patch(fc="#e69f00", ec="black", label="after: surely"),
            Patch(fc="white", ec="#333333", hatch="////", label="up to"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize="small")

    return _png(draw, size=(max(7.0, 1.1 * len(rows)), 4.8), simulated=simulated)


def controllers_figure(table: pd.DataFrame, *, simulated: bool) -> bytes:
    """What happened to sites, by who may have held their ground, as ranges.

    Parameters
    ----------
    table
        `controller`, `what`, `low`, `high`: the high ends of two controllers hold the same sites.
    simulated
        Write so, large.
    """
    names = list(dict.fromkeys(table["controller"]))
    kinds = list(dict.fromkeys(table["what"]))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        if not names:
            axes.text(0.5, 0.5, "nothing happened to a confirmed or provisional site", ha="center")
            axes.set_axis_off()
            return
        width = 0.8 / len(names)
        for k, name in enumerate(names):
            rows = table[table["controller"] == name].set_index("what").reindex(kinds)
            range_bars(
                axes, np.arange(len(kinds)) + (k - (len(names) - 1) / 2) * width, width,
                rows["low"].fillna(0), rows["high"].fillna(0), colour_of(k),
            )  # fmt: skip
        axes.set_xticks(range(len(kinds)), [kind.replace("_", " ") for kind in kinds])
        axes.set_ylabel("how often; one site may count\nin several high ends")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        handles = [Patch(fc=colour_of(k), ec="black", label=name) for k, name in enumerate(names)]
        handles.append(Patch(fc="white", ec="#333333", hatch="////", label="up to"))
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize="small")

    return _png(draw, size=(8.5, 4.8), simulated=simulated)


def activity_figure(figures: pd.DataFrame, activity: pd.DataFrame, *, simulated: bool) -> bytes:
    """Figures of trade above, each over the days that it counts, and activity as ranges below.

    One panel a unit, one colour a commodity and reporter: what has different colours is not to be
    compared.

    Parameters
    ----------
    figures
        `first_day`, `last_day`, `value`, `unit`, `commodity`, `reporter`.
    activity
        `period_start`, `period_end`, `new_area_m2_low|high`, `pool_area_m2_low|high`.
    simulated
        Write so, large.
    """
    units = sorted(figures["unit"].unique())
    bases = [f"{c} ({r})" for c, r in zip(figures["commodity"], figures["reporter"], strict=True)]
    figures = figures.assign(basis=bases)
    names = sorted(set(bases))

    def draw(figure: Figure) -> None:
        panels = figure.subplots(len(units) + 1, 1, sharex=True, squeeze=False)[:, 0]
        for axes, unit in zip(panels[:-1], units, strict=True):
            rows = figures[figures["unit"] == unit]
            for row in rows.to_dict("records"):
                first, last = _day_number(row["first_day"]), _day_number(row["last_day"])
                per_month = row["value"] / max((last - first + 1) / 30.44, 1)
                basis = names.index(row["basis"])
                axes.plot(  # thinner ones on top: equal values of two bases both show
                    [first, last], [per_month / _SCALE.get(unit, (1.0, ""))[0]] * 2,
                    linewidth=max(12 - 2 * basis, 2), solid_capstyle="butt", color=colour_of(basis),
                )  # fmt: skip
            axes.set_ylabel(f"{_SCALE.get(unit, (1.0, unit))[1]} a month,\nmean of the days")
            axes.set_ylim(bottom=0)
            axes.spines[["top", "right"]].set_visible(False)
        _activity(panels[-1], activity)
        panels[-1].set_ylabel("new ground, ha" + (",\nsimulated" if simulated else ""))
        handles: list[Line2D | Patch] = [
            Line2D([], [], color=colour_of(n), lw=4, label=name) for n, name in enumerate(names)
        ]
        handles += [
            Patch(fc="#d55e00", ec="black", label="new ground: surely"),
            Patch(fc="white", ec="#d55e00", hatch="////", label="up to"),
        ]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=2, fontsize="small",
            title="published figures: colours stand on different bases, not to be compared",
        )  # fmt: skip

    return _png(draw, size=(9.5, 7.5), simulated=simulated)


def _day_number(day: Any) -> float:
    """Days since 1970, as matplotlib counts them."""
    return float(np.datetime64(str(day), "D").astype(int))


def _activity(axes: Axes, activity: pd.DataFrame) -> None:
    for row in activity.to_dict("records"):
        first, last = _day_number(row["period_start"]), _day_number(row["period_end"])
        low, high = row["new_area_m2_low"] / 1e4, row["new_area_m2_high"] / 1e4
        axes.bar((first + last) / 2, low, last - first, color="#d55e00", edgecolor="black", lw=0.5)
        axes.bar(
            (first + last) / 2, high - low, last - first, bottom=low, facecolor="white",
            edgecolor="#d55e00", hatch="////",
        )  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis_date()
