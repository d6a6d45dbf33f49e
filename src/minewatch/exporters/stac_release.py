"""A release as a static STAC collection: an item a cell and period, without any asset."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final

import pystac
import shapely
from shapely.geometry import mapping

from minewatch.exporters.release_rows import (
    CELLS,
    TOTALS,
    cell_file_name,
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

FOLDER: Final = "stac"
PREFIX: Final = "minewatch:"
_LICENCE: Final = "other"
"""STAC's word where no SPDX licence says it: the description does."""
_PLACES: Final = ("cell", "outline", "period", "first_month", "last_month", "simulated")
_DECIMALS: Final = 7


def write_stac_release(layers: LayerSet, out: Path) -> list[Path]:
    """A STAC 1.1 collection of a release. Boxes are those of cells, times those of whole periods.

    Parameters
    ----------
    layers
        Generalised layers.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `stac/collection.json`, then `stac/CELL/CELL_MONTH.json` for each cell and period.

    References
    ----------
    STAC 1.1.0, https://stacspec.org
    """
    check_release_layers(layers)
    collection = _collection(layers)
    for row in release_rows(layers, CELLS):
        collection.add_item(_item(layers, row))
    root = out / FOLDER
    collection.normalize_hrefs(
        str(root.absolute()),
        strategy=pystac.layout.CustomLayoutStrategy(item_func=_place),
    )
    collection.catalog_type = pystac.CatalogType.SELF_CONTAINED
    files = []
    for part in (collection, *collection.get_items()):
        described = part.to_dict(include_self_link=False)
        text = json.dumps(described, ensure_ascii=False, sort_keys=True, indent=1)
        path = out / Path(part.self_href).relative_to(out.absolute())
        files.append((path, f"{text}\n".encode()))
    return write_many_atomic(files)


def _collection(layers: LayerSet) -> pystac.Collection:
    spans = list(release_periods(layers))
    first = min((first_day(one) for one, _ in spans), default=layers.last_day)
    last = max((last_day(two) for _, two in spans), default=layers.last_day)
    ground = release_ground(layers)
    box = _box(ground) if not ground.is_empty else [-180.0, -90.0, 180.0, 90.0]
    words = release_words(layers)
    made = pystac.Collection(
        id=f"minewatch-release-{layers.run}",
        title=layers.title,
        description="\n\n".join(words if not layers.simulated else ["SIMULATED DATA.", *words]),
        license=_LICENCE,
        extent=pystac.Extent(
            pystac.SpatialExtent([box]),
            pystac.TemporalExtent([[_moment(first, time.min), _moment(last, time(23, 59, 59))]]),
        ),
        keywords=["mining", "generalised", *(["simulated"] if layers.simulated else [])],
        catalog_type=pystac.CatalogType.SELF_CONTAINED,
    )
    totals = [_values(row) | {"period": row["period"]} for row in release_rows(layers, TOTALS)]
    made.extra_fields |= {
        f"{PREFIX}simulated": layers.simulated,
        f"{PREFIX}profile": layers.about.get("profile", ""),
        f"{PREFIX}totals": totals,
    }
    return made


def _item(layers: LayerSet, row: Mapping[str, Any]) -> pystac.Item:
    name = f"{row['cell']}, {row['period']}"
    outline = shapely.set_precision(row["outline"], 10.0**-_DECIMALS)
    return pystac.Item(
        id=f"{cell_file_name(str(row['cell']))}_{row['first_month']}",
        geometry=mapping(shapely.orient_polygons(outline)),
        bbox=_box(outline),
        datetime=None,
        properties={
            "title": f"SIMULATED: {name}" if layers.simulated else name,
            "start_datetime": _text(_moment(first_day(row["first_month"]), time.min)),
            "end_datetime": _text(_moment(last_day(row["last_month"]), time(23, 59, 59))),
            f"{PREFIX}simulated": layers.simulated,
            f"{PREFIX}cell": row["cell"],
            **{f"{PREFIX}{key}": value for key, value in _values(row).items()},
        },
    )


def _place(item: pystac.Item, parent_dir: str) -> str:
    """Where an item lies: in the folder of its cell."""
    folder = item.id.rpartition("_")[0]
    return f"{parent_dir}/{folder}/{item.id}.json"


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _PLACES}


def _box(outline: shapely.Geometry) -> list[float]:
    return [round(float(v), _DECIMALS) for v in shapely.bounds(outline)]


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
