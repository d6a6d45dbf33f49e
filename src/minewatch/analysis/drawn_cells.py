"""The draw of pixels, blocks and tiles, and the units that come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import rasterio
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.analysis.sample_frame import number_strata, stratum_names
from minewatch.analysis.sample_plan import SamplePlan
from minewatch.model import WGS84, RunResult
from minewatch.samples.sample_design import SampleDesign
from minewatch.samples.unit_drawing import (
    DrawnCell,
    FrameCount,
    draw_cells,
    even_ranks,
    number,
    random_ranks,
)
from minewatch.samples.unit_files import SampleUnit
from minewatch.sites.totals import LIKELY, UNSEEN

FOUND_M: Final = 50.0
"""A mine is found when a site lies this near [DESIGN 5]."""


def draw_planned(
    plan: SamplePlan, frame: Path, count: FrameCount, stratum_of: Mapping[int, int]
) -> tuple[list[DrawnCell], SamplePlan]:
    """Cells of the frame, and the plan with what fell into each post-stratum."""
    design = plan.design
    names = stratum_names(design, stratum_of)
    if design.design == "simple":
        everything = dict.fromkeys(stratum_of, 0)
        total = sum(count.units)
        drawn = min(sum(stratum.drawn for stratum in design.strata), total)
        ranks = [random_ranks(design.seed, "all", total, drawn)]
        cells = draw_cells(frame, side=design.side, stratum_of=everything, ranks=ranks)
        cells = [
            replace(cell, stratum=min(stratum_of[code] for _, _, code in cell.pixels))
            for cell in cells
        ]
        found = Counter(names[cell.stratum] for cell in cells)
        strata = tuple(replace(s, drawn=found[s.name]) for s in design.strata)
        return cells, replace(plan, design=replace(design, strata=strata))
    wanted = {stratum.name: stratum.drawn for stratum in design.strata}
    choose = even_ranks if design.design == "systematic" else random_ranks
    ranks = [
        choose(design.seed, name, units, wanted.get(name, 0))
        for name, units in zip(names, count.units, strict=True)
    ]
    cells = draw_cells(
        frame, side=design.side, stratum_of=stratum_of, ranks=ranks, inside=design.inside,
        seed=design.seed,
    )  # fmt: skip
    return cells, plan


def make_units(
    result: RunResult, design: SampleDesign, cells: Sequence[DrawnCell]
) -> tuple[list[SampleUnit], list[BaseGeometry]]:
    """What is labelled, numbered in random order, with outlines in metres."""
    transform = rasterio.Affine(*design.run["transform"])
    names = stratum_names(
        design, {int(code): n for code, n in number_strata(design, design.codes).items()}
    )
    rows = []
    for cell in cells:
        cluster = f"r{cell.row}c{cell.col}"
        parts = [(pixel,) for pixel in cell.pixels] if design.inside else [cell.pixels]
        for pixels in parts:
            row, col = (pixels[0][0], pixels[0][1]) if design.inside else (cell.row, cell.col)
            side = 1 if design.inside else design.side
            west, north = transform @ (col, row)
            east, south = transform @ (col + side, row + side)
            rows.append((cell, cluster, pixels, row, col, shapely.box(west, south, east, north)))
    rows.sort(key=lambda of: number(design.seed, "order", of[3], of[4]))
    middles = gpd.GeoSeries([of[5].centroid for of in rows], crs=int(design.run["epsg"]))
    degrees = middles.to_crs(WGS84)
    near = _near_sites(result, design, middles)
    second = choose_second(design, [f"{of[3]}/{of[4]}" for of in rows])
    units = [
        SampleUnit(
            unit=unit_id(n, len(rows)), cluster=cluster if design.inside else unit_id(n, len(rows)),
            stratum=names[cell.stratum], row=row, col=col,
            pixels=" ".join("/".join(map(str, pixel)) for pixel in pixels),
            cluster_pixels=cell.size, lon=round(degrees.iloc[n].x, 7),
            lat=round(degrees.iloc[n].y, 7), second=n in second, site_id=near[n],
        )
        for n, (cell, cluster, pixels, row, col, _) in enumerate(rows)
    ]  # fmt: skip
    return units, [of[5] for of in rows]


def unit_id(n: int, count: int) -> str:
    """Id of the n-th of so many units, from 0."""
    return f"u{n + 1:0{max(len(str(count)), 4)}d}"


def choose_second(design: SampleDesign, keys: Sequence[str]) -> set[int]:
    """The random part that a second interpreter labels too."""
    count = round(design.second_share * len(keys))
    return set(
        sorted(range(len(keys)), key=lambda n: number(design.seed, "second", keys[n]))[:count]
    )


def _near_sites(result: RunResult, design: SampleDesign, middles: gpd.GeoSeries) -> list[str]:
    """The site of the map within `FOUND_M` of each unit, in the last period; empty: none."""
    period = design.periods[-1]["start"]
    rows = result.inventory
    rows = rows[
        (rows["period_start"] == period) & rows["alert"].isin(LIKELY) & (rows["state"] != UNSEEN)
    ].to_crs(int(design.run["epsg"]))
    if rows.empty:
        return [""] * len(middles)
    ids = rows["site_id"].to_numpy()
    found = [""] * len(middles)
    (at, which), distances = rows.sindex.nearest(
        middles, max_distance=FOUND_M, return_distance=True, return_all=False
    )
    for n, site, _ in zip(at, which, distances, strict=True):
        found[int(n)] = str(ids[site])
    return found
