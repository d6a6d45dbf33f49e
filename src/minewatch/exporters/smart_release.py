"""A release in the format of IARPA's SMART programme, in which a cell stands where a site does.

That format knows sites alone. A model here is no site: it is a cell in which several are known, and
says so in `cache` and in the comments of its region. Scores of its tools mean nothing for it.
"""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry import mapping

from minewatch.exporters.mgrs_squares import mgrs_square
from minewatch.exporters.release_rows import (
    CELLS,
    Row,
    check_release_layers,
    first_day,
    last_day,
    release_ground,
    release_periods,
    release_rows,
    release_words,
)
from minewatch.files import write_many_atomic
from minewatch.model import LayerSet

MEANING: Final = (
    "GENERALISED: a site model here is a cell in which several sites are known, not a site; do not "
    "score it. current_phase is Active Construction where the class of working sites begins above "
    "none, else Unknown."
)
WORKING, UNKNOWN = "Active Construction", "Unknown"
_FOLDER: Final = "smart"
_REGION: Final = "ZZ_R000"
_HEAD: Final = {"version": "2.0.0", "originator": "minewatch", "model_content": "proposed"}
_NO_CLASS: Final = ("outline", "simulated", "sites_low", "sites_high", "first_month", "last_month")
Feature = dict[str, Any]


def write_smart_release(layers: LayerSet, out: Path) -> list[Path]:
    """A region model, and a model for each cell, with an observation a period.

    Parameters
    ----------
    layers
        Generalised layers.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `smart/region_models/ZZ_R000.geojson`, `smart/site_models/ZZ_R000_0000.geojson` and so on,
        in the order of the cells' names.
    """
    check_release_layers(layers)
    rows = release_rows(layers, CELLS)
    models = [
        _model(layers, f"{_REGION}_{number:04d}", list(of_cell))
        for number, (_, of_cell) in enumerate(groupby(rows, key=lambda row: row["cell"]))
    ]
    region = out / _FOLDER / "region_models" / f"{_REGION}.geojson"
    files = [(region, _encode([_region(layers, models), *(_summary(m[0]) for m in models)]))]
    for model in models:
        name = model[0]["properties"]["site_id"]
        files.append((out / _FOLDER / "site_models" / f"{name}.geojson", _encode(model)))
    return write_many_atomic(files)


def _model(layers: LayerSet, name: str, rows: list[Row]) -> list[Feature]:
    outline = shapely.convex_hull(rows[0]["outline"])
    cache = {"generalised": MEANING, "cell": rows[0]["cell"], "simulated": layers.simulated}
    properties = {
        **_HEAD, "type": "site", "region_id": _REGION, "site_id": name, "mgrs": _square(outline),
        "status": "system_proposed", "validated": "False",
        "start_date": str(first_day(rows[0]["first_month"])),
        "end_date": str(last_day(rows[-1]["last_month"])), "cache": cache,
    }  # fmt: skip
    return [_feature(properties, outline), *(_observation(row) for row in rows)]


def _observation(row: Row) -> Feature:
    shape = row["outline"]
    parts = shapely.get_parts(shape)
    phase = UNKNOWN if str(row["working"]).startswith(("0", "not")) else WORKING
    properties = {
        "type": "observation", "observation_date": str(last_day(row["last_month"])),
        "source": None, "sensor_name": None, "current_phase": ", ".join([phase] * len(parts)),
        "is_occluded": ", ".join(["False"] * len(parts)),
        "is_site_boundary": ", ".join(["True"] * len(parts)),
        "cache": {name: value for name, value in row.items() if name not in _NO_CLASS},
    }  # fmt: skip
    return _feature(properties, shapely.multipolygons(parts))


def _region(layers: LayerSet, models: list[list[Feature]]) -> Feature:
    ground, spans = release_ground(layers), list(release_periods(layers))
    outline = shapely.box(*ground.bounds) if spans else shapely.box(-180, -80, 180, 84)
    days = (
        (str(first_day(spans[0][0])), str(max(last_day(last) for _, last in spans)))
        if spans
        else (str(layers.last_day),) * 2
    )
    words = ["SIMULATED DATA, no real place."] if layers.simulated else []
    properties = {
        **_HEAD, "type": "region", "region_id": _REGION, "mgrs": _square(outline),
        "model_content": "proposed" if models else "empty",
        "start_date": days[0], "end_date": days[1],
        "comments": " ".join([*words, MEANING, *release_words(layers)]),
        "cache": {"simulated": layers.simulated, "name": layers.name, **layers.about},
    }  # fmt: skip
    return _feature(properties, outline)


def _summary(site: Feature) -> Feature:
    kept = {name: of for name, of in site["properties"].items() if name != "region_id"}
    return {**site, "properties": {**kept, "type": "site_summary"}}


def _square(outline: Any) -> str:
    centre = shapely.centroid(outline)
    return mgrs_square(centre.x, centre.y)


def _feature(properties: Row, outline: Any) -> Feature:
    shape = shapely.orient_polygons(shapely.set_precision(outline, 1e-7))
    if properties["type"] == "observation":
        shape = shapely.multipolygons(shapely.get_parts(shape))
    return {"type": "Feature", "properties": properties, "geometry": mapping(shape)}


def _encode(features: list[Feature]) -> bytes:
    collection = {"type": "FeatureCollection", "features": features}
    text = json.dumps(collection, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1)
    return f"{text}\n".encode()
