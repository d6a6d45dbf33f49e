"""Misses and false sites of a world as pictures: a figure says that, a picture says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from minewatch.reports import read_picture
from minewatch.synthetic import Score, Truth

from .harness import Ran

HALF_M = 200.0
GROWTH_M = 50.0
COLUMNS = 6


@dataclass(frozen=True)
class Failure:
    """One place where the inventory is wrong."""

    title: str
    """What is wrong, in a few words."""
    x: float
    """Its middle, metres."""
    y: float
    """Its middle, metres."""


def find_failures(ran: Ran, score: Score) -> list[Failure]:
    """Every true site missed in some season, and every site that is none."""
    truth = ran.truth
    return [*_misses(truth, score), *_false(ran, truth)]


def draw_failures(ran: Ran, failures: Sequence[Failure], path: Path) -> None:
    """A sheet of the last season's ground: truth yellow, sites red, changes cyan, rest white."""
    truth = ran.truth
    crs = truth.sites.crs
    layers = (
        (truth.confusers, "white", ":", "kind"),
        (ran.result.changes.to_crs(crs), "cyan", "-", "kind"),
        (ran.result.sites.to_crs(crs), "red", "-", "alert"),
        (truth.sites, "yellow", "-", None),
    )
    columns = min(COLUMNS, max(len(failures), 2))
    rows = int(np.ceil(len(failures) / columns))
    figure = Figure(figsize=(3.2 * columns, 3.6 * rows), dpi=80, layout="constrained")
    figure.suptitle(f"SIMULATED world {ran.spec.name}: misses and false sites")
    for i, failure in enumerate(failures):
        axes = figure.add_subplot(rows, columns, i + 1)
        _draw(axes, ran, failure, layers)
    figure.savefig(path)


def _misses(truth: Truth, score: Score) -> list[Failure]:
    matches = score.matches
    if not len(matches):
        return []
    out = []
    for name, rows in matches.groupby("site_id"):
        missed = rows[rows["found_id"].isna()]
        if missed.empty:
            continue
        site = truth.sites.set_index("id").loc[name]
        last = missed.iloc[-1]
        title = (
            f"MISS {name} {len(missed)}/{len(rows)} seasons\n{last['state']}, since {site['start']}"
            f", {last['disturbed_area_m2']:.0f} m², {last['pool_count']} pools"
        )
        out.append(Failure(title, site.geometry.centroid.x, site.geometry.centroid.y))
    return out


def _false(ran: Ran, truth: Truth) -> list[Failure]:
    rows = ran.result.inventory
    shown = rows[
        ~rows["alert"].isin(("candidate", "rejected")) & (rows["state"] != "not_observed")
    ].to_crs(truth.sites.crs)
    near = shapely.union_all(truth.sites.geometry.buffer(2 * GROWTH_M).to_numpy())
    out = []
    for name, seasons in shown[~shown.intersects(near)].groupby("site_id"):
        last = seasons.iloc[-1]
        title = (
            f"FALSE {name} {len(seasons)} seasons\n{last['alert']} {last['confidence']:.2f}, "
            f"{last['disturbed_area_m2']:.0f} m², pools {last['pool_area_m2']:.0f} m²"
        )
        out.append(Failure(title, last.geometry.centroid.x, last.geometry.centroid.y))
    return out


def _draw(
    axes: Axes,
    ran: Ran,
    failure: Failure,
    layers: Sequence[tuple[gpd.GeoDataFrame, str, str, str | None]],
) -> None:
    x, y = failure.x, failure.y
    box = (x - HALF_M, y - HALF_M, x + HALF_M, y + HALF_M)
    picture = read_picture(ran.result.rasters["rgb_after"], box=box)
    west, south, east, north = picture.box
    axes.imshow(picture.rgb, extent=(west, east, south, north), interpolation="nearest")
    for table, colour, line, label in layers:
        near = table[table.intersects(shapely.box(*box))]
        if near.empty:
            continue
        near.boundary.plot(ax=axes, color=colour, linestyle=line, linewidth=1)
        for row in near.to_dict("records") if label else ():
            point = row["geometry"].representative_point()
            if shapely.box(*box).contains(point):
                axes.text(point.x, point.y, str(row[label]), color=colour, fontsize=6)
    axes.set(xlim=box[::2], ylim=box[1::2], xticks=[], yticks=[], xlabel="", ylabel="")
    axes.set_title(failure.title, fontsize=7)


def write_failures(worlds: Sequence[Ran], scores: Sequence[Score], folder: Path) -> pd.DataFrame:
    """A sheet for every world that has failures; returns how many each has."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = {}
    for ran, score in zip(worlds, scores, strict=True):
        found = find_failures(ran, score)
        counts[ran.spec.name] = len(found)
        if found:
            draw_failures(ran, found, folder / f"{ran.spec.name}.png")
    return pd.DataFrame({"failures": counts})
