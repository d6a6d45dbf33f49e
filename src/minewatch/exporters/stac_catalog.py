"""A run as a static STAC collection: an item for all of it, and one a period, of files in place."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pystac
import rasterio
import shapely
from shapely.geometry import mapping

from minewatch.exporters.layer_exporters import RunExporter
from minewatch.exporters.stac_release import write_stac_release
from minewatch.exporters.table_layers import LAYERS
from minewatch.files import write_bytes_atomic
from minewatch.model import RunResult

FOLDER: Final = "stac"
_GEOJSON: Final = pystac.MediaType.GEOJSON
_COG: Final = pystac.MediaType.COG
_LICENCE: Final = "other"
"""STAC's word where no SPDX licence says it: the attribution does."""


def write_stac(result: RunResult, out: Path) -> list[Path]:
    """A STAC 1.1 collection of the tables and rasters of a run, where they lie.

    Links are relative paths: move the run's folder and this one together.

    Parameters
    ----------
    result
        A finished run.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `stac/collection.json`, and below it an item for the whole run and one for each period.

    References
    ----------
    STAC 1.1.0, https://stacspec.org
    """
    collection = _collection(result)
    collection.add_item(_whole(result))
    for period in result.manifest["periods"]:
        collection.add_item(_period(result, period))
    root = out / FOLDER
    collection.normalize_hrefs(str(root.absolute()))
    collection.catalog_type = pystac.CatalogType.SELF_CONTAINED
    run = result.directory.resolve()
    written = []
    for part in (collection, *collection.get_items()):
        path = Path(part.self_href)
        described = part.to_dict(include_self_link=False)
        for asset in described.get("assets", {}).values():
            asset["href"] = _relative(run / asset["href"], path)
        text = json.dumps(described, ensure_ascii=False, sort_keys=True, indent=1)
        write_bytes_atomic(path, f"{text}\n".encode())
        written.append(out / path.relative_to(out.absolute()))
    return written


stac_exporter: Final = RunExporter(write_run=write_stac, write_layers=write_stac_release)
"""The format: of a run its files in place, of a release an item a cell and period."""


def _collection(result: RunResult) -> pystac.Collection:
    first, last = _span(result)
    bbox = [float(v) for v in shapely.bounds(result.aoi.geometry)]
    made = pystac.Collection(
        id=f"minewatch-{result.aoi.id}",
        title=_title(result, result.name),
        description=f"Site inventory over time by minewatch. {_sources(result)}",
        license=_LICENCE,
        extent=pystac.Extent(pystac.SpatialExtent([bbox]), pystac.TemporalExtent([[first, last]])),
        keywords=["mining", "change detection", *(["simulated"] if result.simulated else [])],
        catalog_type=pystac.CatalogType.SELF_CONTAINED,
    )
    made.extra_fields["minewatch:simulated"] = result.simulated
    return made


def _whole(result: RunResult) -> pystac.Item:
    """All tables, and the rasters that are of no one period."""
    item = _item(result, f"{result.aoi.id}-all", *_span(result), title="Whole run")
    for name, layer in LAYERS.items():
        item.add_asset(name, _table(layer.filename, _title(result, layer.title)))
    outputs = result.manifest["outputs"]
    for name in sorted(outputs):
        path = PurePosixPath(name)
        if path.parent.name == "rasters" and path.suffix == ".tif":
            item.add_asset(path.stem, _raster(result, name))
    return item


def _period(result: RunResult, period: Mapping[str, Any]) -> pystac.Item:
    """The inventory, and the rasters of one period."""
    first, last = (_moment(date.fromisoformat(period["start"]), time.min),
                   _moment(date.fromisoformat(period["end"]), time(23, 59, 59)))  # fmt: skip
    item = _item(
        result, f"{result.aoi.id}-{period['start']}", first, last, title=str(period["label"])
    )
    item.properties["minewatch:observed_fraction"] = period.get("observed_fraction")
    item.properties["minewatch:looks"] = period.get("looks")
    title = _title(result, f"{LAYERS['inventory'].title} (all; this one by period_start)")
    item.add_asset("inventory", _table(LAYERS["inventory"].filename, title))
    for name in sorted(result.manifest["outputs"]):
        path = PurePosixPath(name)
        if path.parts[0] == "rasters" and path.name == f"{period['start']}.tif":
            item.add_asset(path.parent.name, _raster(result, name))
    return item


def _item(
    result: RunResult, name: str, first: datetime, last: datetime, *, title: str
) -> pystac.Item:
    return pystac.Item(
        id=name,
        geometry=mapping(shapely.orient_polygons(result.aoi.geometry)),
        bbox=[float(v) for v in shapely.bounds(result.aoi.geometry)],
        datetime=None,
        properties={
            "start_datetime": _text(first),
            "end_datetime": _text(last),
            "title": _title(result, title),
            "description": _sources(result),
            "gsd": result.manifest["parameters"]["resolution_m"],
            "minewatch:simulated": result.simulated,
        },
    )


def _table(path: str, title: str) -> pystac.Asset:
    return pystac.Asset(href=path, title=title, media_type=_GEOJSON, roles=["data"])


def _raster(result: RunResult, path: str) -> pystac.Asset:
    """A raster, with what its bands are."""
    with rasterio.open(result.directory / path) as file:
        tags, nodata = file.tags(), file.nodata
        bands = [
            {"name": described or f"band {at}", "data_type": kind}
            | ({"nodata": nodata} if nodata is not None else {})
            for at, (described, kind) in enumerate(
                zip(file.descriptions, file.dtypes, strict=True), 1
            )
        ]
    meaning = tags.get("meaning", PurePosixPath(path).stem)
    fields: dict[str, Any] = {"bands": bands}
    if tags.get("unit"):
        fields["unit"] = tags["unit"]
    roles = ["visual"] if PurePosixPath(path).stem.startswith("rgb") else ["data"]
    return pystac.Asset(
        href=path, title=_title(result, meaning), media_type=_COG, roles=roles, extra_fields=fields
    )


def _relative(path: Path, file: Path) -> str:
    return Path(os.path.relpath(path, file.parent.resolve())).as_posix()


def _span(result: RunResult) -> tuple[datetime, datetime]:
    asked = result.manifest["parameters"]
    first, last = (date.fromisoformat(asked[end]) for end in ("start", "end"))
    return _moment(first, time.min), _moment(last, time(23, 59, 59))


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _title(result: RunResult, words: str) -> str:
    return f"SIMULATED: {words}" if result.simulated else words


def _sources(result: RunResult) -> str:
    said = str(result.manifest["aoi"].get("attribution", ""))
    return f"SIMULATED DATA, no real place. {said}".strip() if result.simulated else said
