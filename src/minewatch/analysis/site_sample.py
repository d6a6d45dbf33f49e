"""A sample out of the list of sites."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd

from minewatch.analysis.drawn_cells import choose_second, unit_id
from minewatch.analysis.sample_folders import DrawnSample, write_sample
from minewatch.analysis.sample_plan import Wish, size_plan
from minewatch.errors import SettingsError
from minewatch.model import WGS84, RunResult
from minewatch.samples.sample_design import DesignStratum, SampleDesign
from minewatch.samples.unit_drawing import number, random_ranks
from minewatch.samples.unit_files import SampleUnit
from minewatch.sites.totals import LIKELY, UNSEEN


def sample_sites(
    result: RunResult, design: SampleDesign, wish: Wish, folder: Path, *, only_plan: bool
) -> DrawnSample:
    """A sample out of the list of sites, by rung of the alert ladder."""
    if design.design not in ("stratified", "simple") or len(design.periods) > 1:
        raise SettingsError("sites are drawn from a list", hint="one period, design stratified")
    period = design.periods[0]["start"]
    rows = result.inventory.to_crs(int(design.run["epsg"]))
    rows = rows[(rows["period_start"] == period) & rows["alert"].isin((*LIKELY, "candidate"))]
    seen = rows[rows["state"] != UNSEEN].sort_values("site_id")
    if seen.empty:
        raise SettingsError("no site was seen in that period", hint="choose another period")
    alerts = [a for a in ("confirmed", "provisional", "candidate") if (seen["alert"] == a).any()]
    guess = {"confirmed": 0.9, "provisional": 0.7, "candidate": 0.3}
    strata = [
        DesignStratum(
            name=alert, units=len(of), pixels=len(of), area_m2=float(of.geometry.area.sum()),
            drawn=0, expected=wish.expect.get(alert, guess[alert]),
        )
        for alert in alerts
        for of in (seen[seen["alert"] == alert],)
    ]  # fmt: skip
    design = replace(design, not_seen_units=len(rows) - len(seen), design="stratified")
    plan = size_plan(design, strata, wish)
    if only_plan:
        return DrawnSample(folder=folder, plan=plan, files=(), is_new=True)
    drawn = []
    for stratum in plan.design.strata:
        of = seen[seen["alert"] == stratum.name].reset_index(drop=True)
        ranks = random_ranks(design.seed, stratum.name, len(of), stratum.drawn)
        drawn += [(stratum.name, of.iloc[n]) for n in sorted(ranks)]
    drawn.sort(key=lambda of: number(design.seed, "order", of[1]["site_id"]))
    second = choose_second(design, [str(of[1]["site_id"]) for of in drawn])
    shapes = [of[1].geometry for of in drawn]
    middles = gpd.GeoSeries(
        [shape.representative_point() for shape in shapes], crs=int(design.run["epsg"])
    ).to_crs(WGS84)
    units = [
        SampleUnit(
            unit=unit_id(n, len(drawn)), cluster=unit_id(n, len(drawn)), stratum=name, row=-1,
            col=-1, pixels="", cluster_pixels=1, lon=round(middles.iloc[n].x, 7),
            lat=round(middles.iloc[n].y, 7), second=n in second, site_id=str(of["site_id"]),
        )
        for n, (name, of) in enumerate(drawn)
    ]  # fmt: skip
    return write_sample(folder, plan, units, shapes, None)
