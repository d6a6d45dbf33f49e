"""Region and site models in the format of IARPA's SMART programme, for its tools of evaluation.

SMART knows the phases of heavy construction. Of a mine they say whether it is at work; what that
format has no word for stays `Unknown`, and our own words lie beside it in `cache`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry import mapping

from minewatch.errors import OutputError
from minewatch.exporters.column_types import typed_table
from minewatch.exporters.layer_exporters import LayerExporter
from minewatch.exporters.mgrs_squares import mgrs_square
from minewatch.exporters.release_rows import is_release
from minewatch.exporters.rfc7946_outlines import wgs84_outlines
from minewatch.exporters.smart_release import write_smart_release
from minewatch.files import write_many_atomic
from minewatch.model import LayerSet

PHASES: Final[Mapping[str, str]] = {
    "active": "Active Construction",
    "idle": "Unknown",
    "abandoned_wet": "Post Construction",
    "abandoned_dry": "Post Construction",
    "revegetated": "Post Construction",
    "not_observed": "Unknown",
}
"""Our states to SMART's phases. A site that is idle may be worked again or not: unknown."""
BEFORE: Final = "No Activity"
"""On the last clear look before the start."""
STATUSES: Final[Mapping[str, str]] = {
    "candidate": "system_proposed",
    "provisional": "system_proposed",
    "confirmed": "system_confirmed",
    "rejected": "system_rejected",
}
"""Our alerts to SMART's statuses of what a system proposes."""
COUNTRY: Final = "ZZ"
"""ISO 3166 leaves this code to users: which country a site lies in is not known here."""
ORIGINATOR: Final = "minewatch"
FOLDER: Final = "smart"
_VERSION: Final = "2.0.0"
_SITES_A_REGION: Final = 10_000
Feature = dict[str, Any]
Row = dict[str, Any]


@LayerExporter
def write_smart(layers: LayerSet, out: Path) -> list[Path]:
    """A region model, and a site model for each site.

    Parameters
    ----------
    layers
        What to write: `sites`, and `inventory` for what was observed when. Of generalised layers
        a cell stands where a site does: see `smart_release`.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `smart/region_models/ZZ_R000.geojson`, `smart/site_models/ZZ_R000_0000.geojson` and so on.
        Their numbers are those of the sites in this inventory, in order of their ids: another
        inventory may give others. The id that stays is `site_id` in `cache`.

    Raises
    ------
    OutputError
        When there are no sites to write, or a file cannot be written.

    References
    ----------
    https://github.com/pubgeo/IARPA-SMART, documentation/specifications
    """
    if is_release(layers):
        return write_smart_release(layers, out)
    if "site_id" not in getattr(layers.layers.get("sites"), "contract", {}):
        raise OutputError(
            "these layers have no sites one by one, and SMART has nothing else",
            hint="choose another --format",
        )
    sites = sorted(_rows(layers, "sites"), key=lambda row: str(row["site_id"]))
    observed = defaultdict(list)
    for row in _rows(layers, "inventory"):
        observed[row["site_id"]].append(row)
    models = [
        _site_model(site, observed[site["site_id"]], number=number, layers=layers)
        for number, site in enumerate(sites)
    ]
    files: list[tuple[Path, bytes]] = []
    for region in range(max(-(-len(models) // _SITES_A_REGION), 1)):
        part = models[region * _SITES_A_REGION : (region + 1) * _SITES_A_REGION]
        path = out / FOLDER / "region_models" / f"{_region_id(region)}.geojson"
        files.append((path, _encode(_region_model(part, region, layers))))
    for model in models:
        if len(model) > 1:  # a site model is a site and what was observed of it
            name = model[0]["properties"]["site_id"]
            files.append((out / FOLDER / "site_models" / f"{name}.geojson", _encode(model)))
    return write_many_atomic(files)


def _rows(layers: LayerSet, name: str) -> list[Row]:
    """Rows of a layer with their outline, as plain values."""
    if name not in layers.layers:
        return []
    layer = layers.layers[name]
    plain = typed_table(layer, simulated=layers.simulated, lists="lists").iter_rows()
    outlines = wgs84_outlines(layer.table)
    return [{**row, "outline": of} for row, of in zip(plain, outlines, strict=True)]


def _region_id(number: int) -> str:
    return f"{COUNTRY}_R{number:03d}"


def _site_model(site: Row, seen: list[Row], *, number: int, layers: LayerSet) -> list[Feature]:
    """A site, then what was observed of it by date."""
    region = _region_id(number // _SITES_A_REGION)
    outline, cache = _one_polygon(site["outline"])
    observations = _before(site) + [_observation(row) for row in seen if row["outline"]]
    observations.sort(key=lambda o: str(o["properties"]["observation_date"]))
    days = [o["properties"]["observation_date"] for o in observations]
    properties = {
        "type": "site", "region_id": region,
        "site_id": f"{region}_{number % _SITES_A_REGION:04d}",
        "version": _VERSION, "mgrs": _square(outline),
        "status": STATUSES.get(str(site.get("alert")), "system_proposed"),
        "start_date": days[0] if days else None, "end_date": days[-1] if days else None,
        "model_content": "proposed", "originator": ORIGINATOR,
        "validated": "True" if site.get("verdict") else "False",
        "cache": _plain({**site, **cache, "simulated": layers.simulated}),
    }  # fmt: skip
    if site.get("confidence") is not None:
        properties["score"] = site["confidence"]
    return [_feature(properties, outline), *observations]


def _before(site: Row) -> list[Feature]:
    """The last clear look before the start, when there was one."""
    if site.get("last_undisturbed") is None:
        return []
    look = {"first_look_after": site.get("first_detected"), "simulated": site["simulated"]}
    return [_observed(site["last_undisturbed"], site["outline"], BEFORE, look, occluded=False)]


def _observation(row: Row) -> Feature:
    state = str(row.get("state"))
    return _observed(
        row["period_end"], row["outline"], PHASES.get(state, "Unknown"), row,
        occluded=state == "not_observed",
    )  # fmt: skip


def _observed(day: date, outline: Any, phase: str, row: Row, *, occluded: bool) -> Feature:
    """An observation; the lists of SMART have an entry for each part of the outline."""
    parts = shapely.get_parts(outline)
    properties = {
        "type": "observation", "observation_date": day.isoformat(),
        "source": None, "sensor_name": None,
        "current_phase": _each(phase, parts), "is_occluded": _each(str(occluded), parts),
        "is_site_boundary": _each("True", parts), "cache": _plain(row),
    }  # fmt: skip
    if row.get("confidence") is not None:
        properties["score"] = row["confidence"]
    return _feature(properties, shapely.multipolygons(parts))


def _each(word: str, parts: Sequence[Any]) -> str:
    return ", ".join([word] * len(parts))


def _region_model(models: list[list[Feature]], number: int, layers: LayerSet) -> list[Feature]:
    """The region, then a summary of each site."""
    outlines = [] if layers.area is None else list(wgs84_outlines(layers.area.table))
    if not outlines:
        outlines = [shapely.from_geojson(json.dumps(model[0]["geometry"])) for model in models]
    if not outlines:
        raise OutputError("there is neither an area nor a site", hint="choose another --format")
    outline, cache = _one_polygon(shapely.union_all(outlines))
    summaries = [_summary(model[0]) for model in models]
    ends = (("start_date", min), ("end_date", max))
    days = {
        name: chosen((s["properties"][name] or last for s in summaries), default=last)
        for name, chosen in ends
        if (last := layers.last_day.isoformat())
    }
    properties = {
        "type": "region", "region_id": _region_id(number), "version": _VERSION,
        "mgrs": _square(outline), "model_content": "proposed" if summaries else "empty",
        "originator": ORIGINATOR, **days, "comments": _comments(layers),
        "cache": _plain({**cache, "simulated": layers.simulated, "name": layers.name}),
    }  # fmt: skip
    return [_feature(properties, outline), *summaries]


def _summary(site: Feature) -> Feature:
    properties = {k: v for k, v in site["properties"].items() if k not in ("region_id", "cache")}
    kept = {"site_id": site["properties"]["cache"]["site_id"]}
    return {**site, "properties": {**properties, "type": "site_summary", "cache": kept}}


def _comments(layers: LayerSet) -> str:
    words = "SIMULATED DATA, no real place." if layers.simulated else ""
    more = [f"{name}: {of}" for name, of in layers.about.items()]
    return " ".join(w for w in (words, layers.attribution, *more) if w)


def _one_polygon(outline: Any) -> tuple[Any, Row]:
    """An outline as the one polygon that SMART takes, and what was done for it."""
    parts = shapely.get_parts(outline)
    if len(parts) == 1:
        return parts[0], {}
    hull = shapely.orient_polygons(shapely.convex_hull(outline))
    return hull, {"outline": f"convex hull of {len(parts)} parts"}


def _square(outline: Any) -> str:
    centre = shapely.centroid(outline)
    return mgrs_square(centre.x, centre.y)


def _feature(properties: Row, outline: Any) -> Feature:
    return {"type": "Feature", "properties": properties, "geometry": mapping(outline)}


def _plain(row: Row) -> Row:
    """Values that JSON has words for, without the outline."""
    return {
        name: of.isoformat() if isinstance(of, date) else of
        for name, of in row.items()
        if not isinstance(of, shapely.Geometry)
    }


def _encode(features: list[Feature]) -> bytes:
    collection = {"type": "FeatureCollection", "features": features}
    text = json.dumps(collection, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1)
    return f"{text}\n".encode()
