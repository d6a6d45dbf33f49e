"""What the script of the report page draws from: a run as plain values for JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from minewatch.model import ALERTS, STATES, RunResult
from minewatch.model.change_kinds import CHANGE_KINDS
from minewatch.model.run_result import source_mark
from minewatch.reports.ground_pictures import (
    CHIP_COLUMNS,
    CHIP_PX,
    Frame,
    GroundPicture,
    chip_sheet_uri,
    mosaic_uri,
)
from minewatch.reports.site_evidence import RunEvidence

STEPS: Final = 1_000_000
"""Steps in a degree of the coordinates on the page: 0.1 m."""
_MARGIN: Final = 0.04
_SITE_COLUMNS: Final = (
    "site_id", "alert", "state", "confidence", "first_detected", "last_undisturbed",
    "last_activity", "water_last_seen", "max_disturbed_area_m2", "merged_from", "split_from",
)  # fmt: skip
"""Columns of `sites.geojson` that the page shows."""
_NOT_REPEATED: Final = (
    "aoi", "site_id", "alert", "first_detected", "last_undisturbed", "evidence", "merged_from",
    "split_from", "period_start", "period_end",
)  # fmt: skip
"""Columns of `inventory.geojson` that are equal in all rows of a site, or said by its period."""


def page_values(
    result: RunResult,
    *,
    pictures: Sequence[GroundPicture],
    evidence: RunEvidence,
    months: Mapping[str, pd.DataFrame] | None = None,
) -> dict[str, Any]:
    """A run as the script of the page reads it.

    Outlines are paths of SVG, in steps of a millionth of a degree from the north-western corner.

    Parameters
    ----------
    result
        A finished run.
    pictures
        Natural colour of the periods that have it.
    evidence
        What speaks for and against its sites.
    months
        `detect.site_series` of its sites; those that are not there have no chart.
    """
    frame = frame_of(result)
    periods = result.manifest.get("periods", ())
    by_start = {picture.period_start: picture for picture in pictures}
    sites = _sites(result, frame, evidence)
    for site in sites:
        site["months"] = month_values((months or {}).get(site["site_id"]))
    lon = [frame.west + site["x"] / STEPS for site in sites]
    lat = [frame.north - site["y"] / STEPS for site in sites]
    metres = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(result.aoi.utm_epsg)
    centres = [(point.x, point.y) for point in metres]
    return {
        **area_values(result, frame),
        "states": STATES,
        "alerts": ALERTS,
        "periods": [
            {
                "label": period["label"], "start": period["start"], "end": period["end"],
                "seen": period.get("observed_fraction", 0.0),
                "picture": mosaic_uri(of, frame) if of else None,
                "chips": chip_sheet_uri(of, centres) if of and centres else None,
            }
            for period in periods
            for of in (by_start.get(period["start"]),)
        ],
        "why_no_pools": result.why_no_pools,
        "meanings": dict(evidence.meanings),
        "basis": evidence.basis,
        "kinds": {name: kind.meaning for name, kind in CHANGE_KINDS.items()},
        "days": {scene["scene_id"]: scene.get("day", "") for scene in result.manifest["facts"]},
        "sites": sites,
    }  # fmt: skip


def month_values(series: pd.DataFrame | None) -> dict[str, Any] | None:
    """A site month by month for the script: hundredths, null where nothing was seen or expected.

    Parameters
    ----------
    series
        `detect.site_series`; None gives None.

    Examples
    --------
    >>> index = pd.DatetimeIndex(["2020-01-01"])
    >>> names = ("greenness", "greenness_low", "greenness_high", "baseline", "baseline_sd")
    >>> row = pd.DataFrame([dict(zip(names, (0.5, 0.4, 0.6, math.nan, math.nan)))], index=index)
    >>> values = month_values(row)
    >>> values["start"], values["middle"], values["low"], values["baseline"]
    ('2020-01-01', [50], [40], [None])
    """
    if series is None or series.empty:
        return None
    name = "vh_db" if "vh_db" in series else "greenness"
    columns = {
        "middle": name, "low": f"{name}_low", "high": f"{name}_high", "baseline": "baseline",
        "spread": "baseline_sd",
    }  # fmt: skip
    return {
        "start": series.index[0].date().isoformat(),
        "note": "series_radar" if name == "vh_db" else "series_greenness",
        **{
            key: [None if v != v else round(100 * v) for v in series[column].tolist()]
            for key, column in columns.items()
        },
    }


def as_script(values: Mapping[str, Any]) -> str:
    r"""Values as JSON that no text in them can break out of a page with.

    Examples
    --------
    >>> as_script({"name": "</script>"})
    '{"name":"\\u003c/script>"}'
    """
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def frame_of(result: RunResult) -> Frame:
    """The area with a margin, on whole steps, so that coordinates come back as they were."""
    west, south, east, north = result.aoi.geometry.bounds
    margin = _MARGIN * max(east - west, north - south)
    return Frame(
        math.floor((west - margin) * STEPS) / STEPS, math.floor((south - margin) * STEPS) / STEPS,
        math.ceil((east + margin) * STEPS) / STEPS, math.ceil((north + margin) * STEPS) / STEPS,
    )  # fmt: skip


def svg_paths(outline: Any, frame: Frame) -> list[str]:
    """An outline as SVG paths, one a polygon, its holes as further rings.

    Parameters
    ----------
    outline
        Polygon or multipolygon, degrees.
    frame
        The map.

    Examples
    --------
    >>> import shapely
    >>> svg_paths(shapely.box(1.0, 0.999998, 1.000002, 1.0), Frame(1.0, 0.0, 2.0, 1.0))
    ['M2 2l0 -2 -2 0 0 2z']
    """
    polygons = [p for p in getattr(outline, "geoms", (outline,)) if p.geom_type == "Polygon"]
    return ["".join(_rings((p.exterior, *p.interiors), frame)) for p in polygons if not p.is_empty]


def _rings(rings: Iterable[Any], frame: Frame) -> Iterable[str]:
    for ring in rings:
        points = [
            (round((x - frame.west) * STEPS), round((frame.north - y) * STEPS))
            for x, y, *_ in ring.coords
        ][:-1]
        steps = [f"{x - a} {y - b}" for (a, b), (x, y) in pairwise(points)]
        yield f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}z"


def area_values(result: RunResult, frame: Frame) -> dict[str, Any]:
    """What a page says of the area and of its pictures: the same for the report and for judging.

    Parameters
    ----------
    result
        A finished run.
    frame
        What its map shows.
    """
    return {
        "simulated": result.simulated,
        "source": source_mark(result.manifest),
        "area": {"id": result.aoi.id, "name": result.aoi.name},
        "frame": {
            "west": frame.west, "north": frame.north, "squeeze": round(frame.squeeze, 6),
            "width": round((frame.east - frame.west) * STEPS),
            "height": round((frame.north - frame.south) * STEPS),
            "outline": svg_paths(result.aoi.geometry, frame),
        },
        "chips": {
            "px": CHIP_PX, "columns": CHIP_COLUMNS,
            "metres": result.manifest["parameters"]["resolution_m"],
        },
    }  # fmt: skip


def _sites(result: RunResult, frame: Frame, evidence: RunEvidence) -> list[dict[str, Any]]:
    """Sites, the largest first, each with its rows in order of time."""
    rows, scenes = _rows(result, frame)
    sites = result.read_rows("sites")
    sites.sort(key=lambda site: (-site["max_disturbed_area_m2"], site["site_id"]))
    inside = result.sites.geometry.representative_point()
    places = dict(zip(result.sites["site_id"], inside, strict=True))
    has_verdicts = any(site.get("verdict") for site in sites)
    return [
        {
            **{name: _plain(site.get(name)) for name in _SITE_COLUMNS},
            **({"verdict": _plain(site.get("verdict"))} if has_verdicts else {}),
            "x": round((places[site["site_id"]].x - frame.west) * STEPS),
            "y": round((frame.north - places[site["site_id"]].y) * STEPS),
            "scenes": sorted(scenes.get(site["site_id"], ())),
            "rows": rows.get(site["site_id"], []),
            **_for_and_against(evidence, site["site_id"]),
        }
        for site in sites
    ]


def _rows(
    result: RunResult, frame: Frame
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, set[str]]]:
    """Of each site its rows in order of time, and the scenes that bound its start."""
    number = {p["start"]: n for n, p in enumerate(result.manifest.get("periods", ()))}
    table = result.inventory
    keys = zip(table["site_id"], table["period_start"], strict=True)
    outlines = dict(zip(keys, table.geometry, strict=True))
    rows: dict[str, list[dict[str, Any]]] = {}
    scenes: dict[str, set[str]] = {}
    for row in sorted(result.read_rows("inventory"), key=itemgetter("period_start")):
        site, start = row["site_id"], row["period_start"]
        scenes.setdefault(site, set()).update(row.get("evidence") or ())
        if start in number:
            values = {n: _plain(v) for n, v in row.items() if n not in _NOT_REPEATED}
            values["alert_then"] = row.get("alert_then") or row["alert"]
            values |= {"period": number[start], "paths": svg_paths(outlines[site, start], frame)}
            rows.setdefault(site, []).append(values)
    return rows, scenes


def _for_and_against(evidence: RunEvidence, site_id: str) -> dict[str, Any]:
    known = evidence.sites.get(site_id)
    if known is None:
        return {"terms": None, "others": None}
    return {
        "terms": {name: round(value, 3) for name, value in known.terms.items()},
        "others": [
            {"kind": other.kind, "plausibility": other.plausibility, "reason": other.reason}
            for other in known.alternatives
        ],
    }


def _plain(value: Any) -> Any:
    """A value that JSON knows; what is missing is None."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or value != value:
        return None
    if isinstance(value, float):
        return round(value, 4)
    return value.item() if hasattr(value, "item") else value
