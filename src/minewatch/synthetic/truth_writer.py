"""What is true of a simulated world, as GeoJSON and tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from minewatch.files import plain_cell
from minewatch.model import WGS84, Period, split_periods
from minewatch.synthetic.ground_spectra import WATERS
from minewatch.synthetic.lookalikes import Confuser
from minewatch.synthetic.mines import Mine
from minewatch.synthetic.site_calendars import POOL_MATERIALS
from minewatch.synthetic.spec import WorldSpec
from minewatch.synthetic.world import World


@dataclass(frozen=True, kw_only=True)
class OverpassTruth:
    """What is true of one scene."""

    row: Mapping[str, Any]
    """Its line in `truth_looks.csv`."""
    clear_sites: tuple[str, ...]
    """Ids of the sites that it really shows, at least half clear."""


WATER_EVERY_DAYS = 5
"""Steps in which the standing water of a season is averaged."""
LEAST_DISTURBED_M2 = 1000.0
"""A site counts from 0.1 ha of disturbed ground [DESIGN 5]."""


def write_truth(directory: Path, world: World, overpasses: Sequence[OverpassTruth]) -> None:
    """Write `truth.geojson` and its tables: by season, by overpass, by site and clear overpass."""
    sites, epsg = [_site(world, m) for m in world.mines], world.spec.place.epsg
    others = [_confuser(c, epsg) for c in world.confusers if not c.footprint.is_empty]
    collection = {
        "type": "FeatureCollection",
        "minewatch:simulated": True,
        "description": "truth of a simulated world",
        "minewatch:world": _world_entry(world.spec),
        "features": [*sites, *others],
    }
    text = json.dumps(collection, indent=1) + "\n"
    (directory / "truth.geojson").write_text(text, encoding="utf-8")
    rows = [
        {"site_id": s["properties"]["id"], **season, "simulated": True}
        for s in sites
        for season in s["properties"]["seasons"]
    ]
    _write_csv(directory / "truth_seasons.csv", rows)
    overpasses = sorted(overpasses, key=lambda k: str(k.row["scene_id"]))
    _write_csv(directory / "truth_looks.csv", [k.row for k in overpasses])
    clear = sorted({(site, str(k.row["date"])) for k in overpasses for site in k.clear_sites})
    by_site = [{"site_id": site, "date": day, "simulated": True} for site, day in clear]
    _write_csv(directory / "truth_site_looks.csv", by_site)


def _world_entry(spec: WorldSpec) -> dict[str, Any]:
    """What a scorer needs to know of a world."""
    return {
        "name": spec.name,
        "seed": spec.seed,
        "epsg": spec.place.epsg,
        "area_km2": spec.area_km2,
        "start": spec.start.isoformat(),
        "end": spec.end.isoformat(),
        "revisit_days": spec.revisit_days,
        "seasons": [p.end.isoformat() for p in season_periods(spec)],
    }


def season_periods(spec: WorldSpec) -> tuple[Period, ...]:
    """The dry seasons that an archive touches."""
    return split_periods(Period(spec.start, spec.end), "dry-season", climate=spec.climate)


def _site(world: World, mine: Mine) -> dict[str, Any]:
    areas, spec = world.area_by_part(), world.spec
    days = range(mine.calendar.start, spec.end.toordinal() + 1, 1)
    large = day_of_area(mine, areas, days, LEAST_DISTURBED_M2)
    seasons = [_season(mine, areas, p, spec) for p in season_periods(spec)]
    properties = {
        "id": mine.id,
        "kind": "mine",
        "start": _iso(mine.calendar.start),
        "prospected": _iso(mine.calendar.prospected),
        "disturbed_0_1_ha": large.isoformat() if large else None,
        "ended": _iso(mine.calendar.ended) if mine.calendar.ended else None,
        "fate": mine.calendar.fate,
        "active": [[_iso(a), _iso(b)] for a, b in mine.calendar.active],
        "states": _states(mine, spec),
        "pools": sum(p.role == "pool" for p in mine.parts),
        "seasons": seasons,
        "minewatch:simulated": True,
    }
    if spec.has_detailed_truth:
        is_older = mine.calendar.start < spec.start.toordinal()
        properties |= {
            "begun": "older" if is_older else "within",
            "surroundings": mine.surroundings,
            "state_at_start": mine.calendar.state(spec.start.toordinal()),
        }
    return _feature(mine.footprint, properties, spec.place.epsg)


def _season(mine: Mine, areas: dict[int, float], period: Period, spec: WorldSpec) -> dict[str, Any]:
    """Truth on the last day of a dry season, or of the archive when that comes first."""
    day = min(period.end, spec.end).toordinal()
    season = {
        "period_start": period.start.isoformat(),
        "period_end": period.end.isoformat(),
        "state": mine.calendar.state(day),
        **areas_on(mine, day, areas),
    }
    if spec.has_detailed_truth:
        first = max(period.start, spec.start).toordinal()
        waters = [water_on(mine, d, areas) for d in range(first, day + 1, WATER_EVERY_DAYS)]
        season |= {
            "water_area_m2": sum(waters) / len(waters),
            "water_area_least_m2": min(waters),
            "water_area_most_m2": max(waters),
        }
    return season


def water_on(mine: Mine, day: int, area_m2: Mapping[int, float]) -> float:
    """Area of the pools of a site in which water stands on a day, m2."""
    return sum(
        area_m2[id(part)]
        for part in mine.parts
        if part.role == "pool" and part.material(day) in WATERS
    )


def areas_on(mine: Mine, day: int, area_m2: dict[int, float]) -> dict[str, float]:
    """What there is of a site on a day.

    Parameters
    ----------
    mine
        The site.
    day
        Ordinal of the day.
    area_m2
        Drawn area of each of its parts by `id(part)`, m2.

    Returns
    -------
    dict
        `disturbed_area_m2`, `pad_area_m2`, `pool_area_m2` (m2) and `pool_count`.
    """
    pads = pools = roofs = 0.0
    count = 0
    for part in mine.parts:
        material, area = part.material(day), area_m2[id(part)]
        if material in POOL_MATERIALS and part.role == "pool":
            pools, count = pools + area, count + 1
        elif material in ("bare_fresh", "bare_old", "sparse"):
            pads += area
        elif material == "roof_blue":
            roofs += area
    return {
        "disturbed_area_m2": pads + pools + roofs,
        "pad_area_m2": pads,
        "pool_area_m2": pools,
        "pool_count": count,
    }


def day_of_area(
    mine: Mine, area_m2: dict[int, float], days: Sequence[int], least_m2: float
) -> date | None:
    """First of some days on which a site has that much disturbed ground; None: never."""
    for day in days:
        if areas_on(mine, day, area_m2)["disturbed_area_m2"] >= least_m2:
            return date.fromordinal(day)
    return None


def _states(mine: Mine, spec: WorldSpec) -> list[list[str]]:
    """Each state with the first day it held, from prospecting on."""
    states: list[list[str]] = []
    for day in range(mine.calendar.prospected, spec.end.toordinal() + 1):
        state = mine.calendar.state(day)
        if not states or states[-1][1] != state:
            states.append([_iso(day), state])
    return states


def _confuser(confuser: Confuser, epsg: int) -> dict[str, Any]:
    return _feature(
        confuser.footprint,
        {
            "id": confuser.id,
            "kind": confuser.kind,
            "start": confuser.start.isoformat() if confuser.start else None,
            "minewatch:simulated": True,
        },
        epsg,
    )


def _feature(shape: BaseGeometry, properties: Mapping[str, Any], epsg: int) -> dict[str, Any]:
    outline = gpd.GeoSeries([shape], crs=epsg).to_crs(WGS84).iloc[0]
    outline = shapely.orient_polygons(shapely.set_precision(outline, 1e-7))
    return {"type": "Feature", "properties": dict(properties), "geometry": mapping(outline)}


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["simulated"], lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: plain_cell(row[name]) for name in row} for row in rows)
