"""Layers of a run in PostGIS: rows are put in, changed and taken out in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import shapely

from minewatch.errors import SettingsError
from minewatch.exporters.column_types import multipolygons, typed_table
from minewatch.exporters.layer_exporters import DatabaseExporter
from minewatch.exporters.postgis.database_connection import connected, read_address
from minewatch.exporters.postgis.release_database import write_release_rows
from minewatch.exporters.postgis.schema_migrations import SCHEMA, migrate
from minewatch.model import LayerSet, NamedLayer

if TYPE_CHECKING:
    import psycopg

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "inventory": ("site_id", "period_start", "period_end"),
    "sites": ("site_id",),
    "features": ("row_key",),
    "changes": ("row_key",),
    "verdicts": ("site_id",),
    "other_layers": ("layer", "row_key"),
}
"""Table to the columns that name a row within a run."""
OTHER: Final = "other_layers"
"""Where layers go that have no table of their own."""
_SRID: Final = 4326
_MADE: Final = ("fid", "run_id", "updated_at", "valid")
"""Columns that the database fills, or the same in all rows."""
_IDENTITY: Final = ("kind", "site_id", "first_detected", "layer")
Row = dict[str, Any]


def _write_run_rows(layers: LayerSet, dsn: str) -> str:
    """Make a database hold the rows of a run as they are now, and nothing older of it.

    Rows of other runs are not touched. A row that is the same stays as it is, with its `fid`.

    Parameters
    ----------
    layers
        What to write; its `run` names the run.
    dsn
        Address of the database.

    Returns
    -------
    str
        What was done, in words.

    Raises
    ------
    SettingsError
        When the address cannot be read, or the layers bear no name of a run.
    OutputError
        When the database cannot be written: then nothing in it was changed.
    """
    if not layers.run:
        raise SettingsError("these layers bear no name of a run", hint="export a run")
    address = read_address(dsn)
    with connected(address) as connection:
        migrate(connection, shown=address.shown)
        with connection.transaction():
            changed = _replace_run(connection, layers)
    rows = ", ".join(f"{count} {name}" for name, count in changed.items())
    return f"run {layers.run} in {address.shown}, schema {SCHEMA}; rows changed: {rows or 'none'}"


write_postgis: Final = DatabaseExporter(
    write_layers=_write_run_rows, write_release=write_release_rows
)
"""The format: runs into a database of their own, releases into another one."""


def _replace_run(connection: psycopg.Connection[Any], layers: LayerSet) -> dict[str, int]:
    """All rows of a run; returns how many of each table were put in, changed or taken out."""
    lock = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
    connection.execute(lock, [f"minewatch run {layers.run}"])
    _write_run(connection, layers)
    changed = {}
    for table, rows in _rows_by_table(connection, layers).items():
        if count := _replace_rows(connection, table, rows, run=layers.run):
            changed[table] = count
    return changed


def _write_run(connection: psycopg.Connection[Any], layers: LayerSet) -> None:
    area = [] if layers.area is None else multipolygons(layers.area)
    row = {
        "run_id": layers.run, "name": layers.name, "simulated": layers.simulated,
        "attribution": layers.attribution, "last_day": layers.last_day, "source": layers.source,
        "columns_version": layers.schema_version, "geom": next(_ewkb(area), None),
    }  # fmt: skip
    names = ", ".join(row)
    values = ", ".join(f"%({name})s" for name in row)
    updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in row)
    connection.execute(
        f"INSERT INTO {SCHEMA}.runs ({names}) VALUES ({values})"
        f" ON CONFLICT (run_id) DO UPDATE SET {updates}, written_at = now()",
        row,
    )


def _rows_by_table(
    connection: psycopg.Connection[Any], layers: LayerSet
) -> dict[str, tuple[list[str], list[Row]]]:
    """Table to its columns and rows; every table of a run is there, if only to be emptied."""
    columns = {table: _columns(connection, table) for table in KEYS}
    found: dict[str, tuple[list[str], list[Row]]] = {
        table: (names, []) for table, names in columns.items()
    }
    for layer in layers.layers.values():
        table = layer.name if _has_table(layer) else OTHER
        rows = _keyed(list(_rows(layer, layers, columns[table], table=table)))
        found[table][1].extend(rows)
    return found


def _has_table(layer: NamedLayer) -> bool:
    keys = [key for key in KEYS.get(layer.name, ("",)) if key != "row_key"]
    return layer.name != OTHER and all(key in layer.table.columns for key in keys)


def _columns(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """Columns of a table that are written, without those that the database fills."""
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped ORDER BY attnum",
        [f"{SCHEMA}.{table}"],
    ).fetchall()
    return [name for (name,) in rows if name not in _MADE]


def _rows(
    layer: NamedLayer, layers: LayerSet, columns: Sequence[str], *, table: str
) -> Iterator[Row]:
    """Rows of a layer as its table has them; columns that it does not have go into `more`."""
    plain = typed_table(layer, simulated=layers.simulated, lists="lists").iter_rows()
    for values, geom in zip(plain, _ewkb(multipolygons(layer)), strict=True):
        known = {name: value for name, value in values.items() if name in columns}
        if table == OTHER:
            known = {"simulated": layers.simulated, "layer": layer.name}
        more = {name: _storable(of) for name, of in values.items() if name not in known}
        text = json.dumps(more, ensure_ascii=False, default=str, sort_keys=True) if more else None
        yield {**dict.fromkeys(columns), **known, "more": text, "geom": geom}


def _keyed(rows: list[Row]) -> list[Row]:
    """Rows with a key of what they are and where, in tables that have no other."""
    times: Counter[str] = Counter()
    for row in rows:
        if "row_key" in row:
            parts = [str(row.get(name)) for name in _IDENTITY]
            key = hashlib.sha256("|".join([*parts, str(row["geom"])]).encode()).hexdigest()[:20]
            times[key] += 1
            row["row_key"] = key if times[key] == 1 else f"{key}-{times[key]}"
    return rows


def _replace_rows(
    connection: psycopg.Connection[Any],
    table: str,
    columns_and_rows: tuple[list[str], list[Row]],
    *,
    run: str,
) -> int:
    """Make the rows of a run in one table these; returns how many are other than before."""
    columns, rows = columns_and_rows
    names = ", ".join(columns)
    stage, target = f"stage_{table}", f"{SCHEMA}.{table}"
    connection.execute(
        f"CREATE TEMP TABLE {stage} ON COMMIT DROP AS SELECT {names} FROM {target} WITH NO DATA"
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {stage} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row([_storable(row[name]) for name in columns])
    same = " AND ".join(f"s.{key} = t.{key}" for key in KEYS[table])
    gone = connection.execute(
        f"DELETE FROM {target} AS t WHERE t.run_id = %s"
        f" AND NOT EXISTS (SELECT FROM {stage} AS s WHERE {same})",
        [run],
    ).rowcount
    updates = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
    before, after = (", ".join(f"{of}.{n}" for n in columns) for of in ("t", "EXCLUDED"))
    put = connection.execute(
        f"INSERT INTO {target} AS t (run_id, {names}) SELECT %s, {names} FROM {stage}"
        f" ON CONFLICT (run_id, {', '.join(KEYS[table])}) DO UPDATE SET {updates},"
        f" updated_at = now() WHERE ({before}) IS DISTINCT FROM ({after})",
        [run],
    ).rowcount
    return gone + put


def _ewkb(outlines: Sequence[shapely.MultiPolygon | None]) -> Iterator[str | None]:
    """Outlines as PostGIS reads them."""
    for outline in outlines:
        whole = None if outline is None else shapely.set_srid(outline, _SRID)
        yield None if whole is None else shapely.to_wkb(whole, hex=True, include_srid=True)


def _storable(value: Any) -> Any:
    """A value that PostgreSQL can hold: it has no character 0."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return value
