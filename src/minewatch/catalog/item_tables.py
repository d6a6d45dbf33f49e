"""stac-geoparquet: items as rows of a table, of which only what can matter is read."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from minewatch.catalog.answers import Answer, RawItem
from minewatch.catalog.ranged_file import RangedFile
from minewatch.catalog.short_texts import is_remote, short
from minewatch.errors import CatalogError, unknown_name
from minewatch.model import CORE_BANDS, Period, Progress, ProgressListener, silent
from minewatch.redaction import redact
from minewatch.sensors import SensorProfile
from minewatch.settings import Settings

NEEDED = ("id", "geometry", "datetime", "assets")
"""Columns without which a table holds no items."""
KEY_ROWS, ITEM_ROWS = 1 << 16, 1 << 10
"""Rows held at once: of the columns that decide, and of all columns [D]."""
DATE_LINE_DEG = 20.0
"""So near the date line boxes may run over it, and minima and maxima say nothing."""
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_ITEM_MEMBERS = ("type", "stac_version", "stac_extensions", "id", "collection")
_NOT_PROPERTIES = frozenset({*_ITEM_MEMBERS, "geometry", "bbox", "assets", "links"})
Box = tuple[float, float, float, float]


def search_tables(
    tables: Sequence[str],
    *,
    settings: Settings,
    area: BaseGeometry,
    period: Period,
    profile: SensorProfile,
    collection: str | None,
    listener: ProgressListener = silent,
) -> Answer:
    """The items of tables whose box and time fit, each to be checked again.

    Groups of rows whose statistics exclude the area or the period are not read; of the others
    first the columns that decide, then whole rows, and of these only the assets that a sensor has.
    Memory is bounded by a group of rows, not by the number of items.

    Parameters
    ----------
    tables
        Paths and addresses.
    settings
        Timeouts and retries.
    area, period
        What items must touch.
    profile
        Sensor whose assets are wanted.
    collection
        Only items of this collection; None: all.
    listener
        Hears of the items found so far.

    Raises
    ------
    CatalogError
        A table cannot be read, holds no items, or none of the collection.
    """
    found: list[RawItem] = []
    seen = _Seen()
    wanted = _Wanted(area.bounds, period, profile, collection)
    for address in tables:
        for item in _items(address, wanted, seen, settings):
            found.append(RawItem(item=item, base=address))
            listener(Progress("catalogue", len(found), len(found), Path(address).name))
    if collection and not seen.has_wanted and seen.collections:
        raise CatalogError(
            unknown_name("collection", collection, sorted(seen.collections)),
            hint="leave --collection out to take all of them",
        )
    names = {str(raw.item.get("collection") or "") for raw in found} - {""}
    return Answer(
        items=tuple(found),
        collection=collection or ",".join(sorted(names)),
        extent=(min(seen.days, default=""), max(seen.days, default="")),
        notes=tuple(seen.notes),
    )


@dataclass(frozen=True)
class _Wanted:
    """What is looked for."""

    box: Box
    period: Period
    profile: SensorProfile
    collection: str | None

    @property
    def interval(self) -> tuple[datetime, datetime]:
        """First moment, and the one after the last."""
        first, last = (
            datetime(d.year, d.month, d.day, tzinfo=UTC)
            for d in (self.period.start, self.period.end + timedelta(days=1))
        )
        return first, last


@dataclass
class _Seen:
    """What was met beside the items."""

    days: list[str] = field(default_factory=list)
    collections: set[str] = field(default_factory=set)
    has_wanted: bool = False
    notes: list[str] = field(default_factory=list)


def _items(
    address: str, wanted: _Wanted, seen: _Seen, settings: Settings
) -> Iterator[dict[str, Any]]:
    where = redact(address)
    try:
        source: Any = RangedFile(address, settings) if is_remote(address) else open_file(address)
        with closing(source):
            table = pq.ParquetFile(source, pre_buffer=True)
            _check_columns(table, where)
            yield from _items_of(table, wanted, seen)
    except OSError as error:
        raise CatalogError(
            f"{where} cannot be read: {error.strerror or short(error)}", hint="check the path"
        ) from None
    except (pa.ArrowException, ShapelyError, ValueError, TypeError) as error:
        raise CatalogError(
            f"{where} is not a usable table of items: {short(error)}",
            hint="give a stac-geoparquet file, or download it anew",
        ) from None


def open_file(path: str) -> io.BufferedReader:
    """A file on disk."""
    return Path(path).open("rb")


def _check_columns(table: pq.ParquetFile, where: str) -> None:
    names = table.schema_arrow.names
    if missing := [name for name in NEEDED if name not in names]:
        raise CatalogError(
            f"{where} is not stac-geoparquet: it has no column {', '.join(missing)}",
            hint="give a table of STAC items, or the root of a STAC API",
        )


def _items_of(table: pq.ParquetFile, wanted: _Wanted, seen: _Seen) -> Iterator[dict[str, Any]]:
    places = {table.metadata.schema.column(n).path: n for n in range(table.metadata.num_columns)}
    names = table.schema_arrow.names
    keys = [name for name in ("bbox", "datetime", "collection") if name in names]
    columns = _columns(table.schema_arrow, wanted.profile)
    for group in range(table.num_row_groups):
        stated = _Statistics(table.metadata.row_group(group), places)
        seen.days += stated.days()
        if not stated.may_hold(wanted):
            continue
        rows = _fitting_rows(
            table.iter_batches(KEY_ROWS, row_groups=[group], columns=keys), wanted, seen
        )
        if not len(rows):
            continue
        start = 0
        for batch in table.iter_batches(ITEM_ROWS, row_groups=[group], columns=columns):
            low, high = np.searchsorted(rows, (start, start + batch.num_rows))
            if high > low:
                for row in batch.take(pa.array(rows[low:high] - start)).to_pylist():
                    yield _item(row)
            start += batch.num_rows
            if start > rows[-1]:
                break


def _columns(schema: pa.Schema, profile: SensorProfile) -> list[str]:
    """The columns of an item that are read: no links, and no assets of other bands."""
    columns = [name for name in schema.names if name not in ("assets", "links")]
    kind = schema.field("assets").type
    if not pa.types.is_struct(kind):
        return [*columns, "assets"]
    there = {field.name for field in kind}
    known = {band: there.intersection(names) for band, names in profile.assets.items()}
    if not all(known[band] for band in CORE_BANDS):
        return [*columns, "assets"]
    return [*columns, *(f"assets.{name}" for name in sorted(set().union(*known.values())))]


class _Statistics:
    """Least and greatest values of a group of rows, where they are known."""

    def __init__(self, group: pq.RowGroupMetaData, places: Mapping[str, int]) -> None:
        self._group, self._places = group, places

    def _of(self, path: str) -> tuple[Any, Any] | None:
        if path not in self._places:
            return None
        found = self._group.column(self._places[path]).statistics
        if found is None or not found.has_min_max or (found.null_count or 0) > 0:
            return None  # rows without a value may fit
        return found.min, found.max

    def days(self) -> list[str]:
        """First and last day."""
        found = self._of("datetime")
        return [str(moment)[:10] for moment in found] if found else []

    def may_hold(self, wanted: _Wanted) -> bool:
        """Whether a row of the group can fit."""
        west, south, east, north = wanted.box
        lows, highs = (
            {side: span[n] for side in _SIDES if (span := self._of(f"bbox.{side}"))}
            for n in (0, 1)
        )  # fmt: skip
        by_date_line = max(abs(west), abs(east)) > 180 - DATE_LINE_DEG
        if not by_date_line and (lows.get("xmin", west) > east or highs.get("xmax", east) < west):
            return False
        if lows.get("ymin", south) > north or highs.get("ymax", north) < south:
            return False
        times = self._of("datetime")
        if times is None or not isinstance(times[0], datetime):
            return True
        first, last = (t if t.tzinfo else t.replace(tzinfo=UTC) for t in times)
        start, end = wanted.interval
        return bool(first < end and last >= start)


def _fitting_rows(
    batches: Iterable[pa.RecordBatch], wanted: _Wanted, seen: _Seen
) -> NDArray[np.int64]:
    """Numbers of the rows in a group whose box, time and collection fit, or are not stated."""
    found, start = [np.empty(0, np.int64)], 0
    for batch in batches:
        fits = np.ones(batch.num_rows, bool)
        if "bbox" in batch.schema.names and pa.types.is_struct(batch.schema.field("bbox").type):
            fits &= _touching(batch.column("bbox"), wanted.box)
        if pa.types.is_timestamp(batch.schema.field("datetime").type):
            fits &= _in_time(batch.column("datetime"), wanted.interval)
        if wanted.collection and "collection" in batch.schema.names:
            names = batch.column("collection")
            seen.collections.update(str(n) for n in pc.unique(names).to_pylist() if n)
            of_it = pc.fill_null(pc.equal(names, wanted.collection), False)
            of_it = of_it.to_numpy(zero_copy_only=False)
            seen.has_wanted |= bool(of_it.any())
            fits &= of_it
        found.append(np.flatnonzero(fits) + start)
        start += batch.num_rows
    return np.concatenate(found)


def _touching(boxes: pa.StructArray, box: Box) -> NDArray[np.bool_]:
    sides = (boxes.field(side).to_numpy(zero_copy_only=False) for side in _SIDES)
    xmin, ymin, xmax, ymax = sides
    west, south, east, north = box
    with np.errstate(invalid="ignore"):
        across = xmin > xmax  # over the date line
        beside = np.where(across, (xmin > east) & (xmax < west), (xmin > east) | (xmax < west))
        outside = beside | (ymin > north) | (ymax < south)
    return np.asarray(~outside, bool)  # a box that is not stated is no reason


def _in_time(moments: pa.Array, interval: tuple[datetime, datetime]) -> NDArray[np.bool_]:
    zone = moments.type.tz
    first, last = (pa.scalar(t if zone else t.replace(tzinfo=None)) for t in interval)
    kind = pa.timestamp("us", zone)
    plain = moments.cast(kind, safe=False)
    inside = pc.and_(pc.greater_equal(plain, first.cast(kind)), pc.less(plain, last.cast(kind)))
    return np.asarray(pc.fill_null(inside, True).to_numpy(zero_copy_only=False), bool)


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the JSON object it was made of."""
    plain = {name: _plain(value) for name, value in row.items() if value is not None}
    box = plain.get("bbox")
    if isinstance(box, dict):
        order = [*_SIDES[:2], "zmin", *_SIDES[2:], "zmax"]
        box = [box[side] for side in order if side in box]
    geometry = row.get("geometry")
    outline = None
    if isinstance(geometry, bytes):
        outline = shapely.geometry.mapping(shapely.from_wkb(geometry))
    assets = plain.get("assets")
    if isinstance(assets, str):
        assets = json.loads(assets)
    return {
        "type": "Feature",
        **{name: plain[name] for name in _ITEM_MEMBERS if name in plain},
        "bbox": box,
        "geometry": outline,
        "properties": {name: value for name, value in plain.items() if name not in _NOT_PROPERTIES},
        "assets": assets or {},
        "links": [],
    }


def _plain(value: Any) -> Any:
    """A value of a table as JSON has it, without the members that other rows have."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value
