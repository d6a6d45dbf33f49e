"""A release in PostGIS: a database that holds releases of one profile, and never a run.

Whoever may log in to a database reads in its catalogues how many rows every table has, those too
that they may not read, and what another profile was shown. So private tables are not kept apart by
rights but by being elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import shapely

from minewatch.errors import OutputError
from minewatch.exporters.column_types import multipolygons
from minewatch.exporters.postgis.database_connection import connected, read_address
from minewatch.exporters.postgis.schema_migrations import SCHEMA as PRIVATE_SCHEMA
from minewatch.exporters.postgis.schema_migrations import ensure_postgis
from minewatch.exporters.release_rows import (
    CELLS,
    TOTALS,
    Row,
    check_release_layers,
    first_day,
    last_day,
    release_rows,
)
from minewatch.model import LayerSet

if TYPE_CHECKING:
    import psycopg

SCHEMA: Final = "minewatch_release"
READER: Final = "minewatch_release_reader"
_LOCK: Final = "minewatch release"
_KINDS: Final[Mapping[str, str]] = {
    "text": "text", "int": "integer", "float": "double precision",
}  # fmt: skip
_RELEASES: Final = (
    "profile",
    "audience",
    "frame",
    "frame_words",
    "how",
    "delay",
    "note",
    "licence",
)
_READER_SQL: Final = f"""
DO $$
BEGIN
    CREATE ROLE {READER} NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$
"""


def write_release_rows(layers: LayerSet, dsn: str, before_kept: Callable[[], None]) -> str:
    """Make a database hold a release as it is now, in place of an earlier one of the same ground.

    Rows are put in in the order of the cells, and no sequence, moment or comment is made.

    Parameters
    ----------
    layers
        Generalised layers; their `run` names the ground.
    dsn
        Address of the database.
    before_kept
        Called when all is written: what it raises, or a process that ends in it, keeps nothing.

    Returns
    -------
    str
        What was done, in words.

    Raises
    ------
    SettingsError
        When the address cannot be read.
    OutputError
        When the database cannot be written, or holds runs, or releases of another profile.
    """
    check_release_layers(layers)
    address = read_address(dsn)
    with connected(address) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_LOCK])
        _check_database(connection, layers, shown=address.shown)
        ensure_postgis(connection, address.shown)
        _make_tables(connection, layers)
        counts = _write(connection, layers)
        before_kept()
    rows = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"release {layers.run} in {address.shown}, schema {SCHEMA}; rows: {rows}"


def _check_database(connection: psycopg.Connection[Any], layers: LayerSet, *, shown: str) -> None:
    profile = layers.about["profile"]
    there = connection.execute(
        "SELECT count(*) FROM pg_namespace WHERE nspname = %s", [PRIVATE_SCHEMA]
    ).fetchone()
    if there and there[0]:
        raise OutputError(
            f"{shown}: there is the schema {PRIVATE_SCHEMA} of private runs; whoever may log in "
            "there can count the rows of its tables, with or without the right to read them",
            hint="give releases a database of their own (createdb), best on another server",
        )
    table = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.releases"]).fetchone()
    if not table or table[0] is None:
        return
    others = connection.execute(
        f"SELECT DISTINCT profile FROM {SCHEMA}.releases WHERE profile <> %s", [profile]
    ).fetchall()
    if others:
        raise OutputError(
            f"{shown}: there are releases for {others[0][0]}; those for {profile} would be counted "
            "by the same readers",
            hint="give each profile a database of its own (createdb)",
        )


def _make_tables(connection: psycopg.Connection[Any], layers: LayerSet) -> None:
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    words = ", ".join(f"{name} text NOT NULL" for name in _RELEASES)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {SCHEMA}.releases (release text PRIMARY KEY,"
        f" title text NOT NULL, simulated boolean NOT NULL, attribution text NOT NULL, {words})"
    )
    for name in (CELLS, TOTALS):
        contract = layers.layers[name].contract
        columns = ", ".join(f"{column} {_KINDS[of.kind]}" for column, of in contract.items())
        key = "release, cell, first_month" if name == CELLS else "release, first_month"
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{name} (fid integer UNIQUE NOT NULL,"
            f" release text NOT NULL REFERENCES {SCHEMA}.releases ON DELETE CASCADE, {columns},"
            " simulated boolean NOT NULL, valid_from date NOT NULL, valid_to date NOT NULL,"
            f" geom geometry(MultiPolygon, 4326), PRIMARY KEY ({key}))"
        )
        connection.execute(
            f"CREATE INDEX IF NOT EXISTS {name}_geom ON {SCHEMA}.{name} USING gist (geom)"
        )
        connection.execute(
            f"CREATE INDEX IF NOT EXISTS {name}_valid ON {SCHEMA}.{name} (valid_from, valid_to)"
        )
    connection.execute(_READER_SQL)
    there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER]).fetchone()
    if there:
        connection.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {READER}")


def _write(connection: psycopg.Connection[Any], layers: LayerSet) -> dict[str, int]:
    """All rows of a release anew; returns how many of each table."""
    connection.execute(f"DELETE FROM {SCHEMA}.releases WHERE release = %s", [layers.run])
    about = {
        "release": layers.run, "title": layers.title, "simulated": layers.simulated,
        "attribution": layers.attribution,
        **{name: layers.about.get(name, "") for name in _RELEASES},
    }  # fmt: skip
    _insert(connection, "releases", [about])
    counts = {}
    for name in (CELLS, TOTALS):
        found = connection.execute(f"SELECT coalesce(max(fid), 0) FROM {SCHEMA}.{name}").fetchone()
        first = 1 + (found[0] if found else 0)
        outlines = multipolygons(layers.layers[name])
        rows: list[Row] = []
        for number, (row, shape) in enumerate(
            zip(release_rows(layers, name), outlines, strict=True), start=first
        ):
            plain = {key: value for key, value in row.items() if key != "outline"}
            rows.append({
                "fid": number, "release": layers.run, **plain,
                "valid_from": first_day(row["first_month"]),
                "valid_to": last_day(row["last_month"]),
                "geom": shapely.to_wkb(shapely.set_srid(shape, 4326), hex=True, include_srid=True),
            })  # fmt: skip
        _insert(connection, name, rows)
        counts[name] = len(rows)
    return counts


def _insert(connection: psycopg.Connection[Any], table: str, rows: list[Row]) -> None:
    if not rows:
        return
    names = list(rows[0])
    values = ", ".join(["%s"] * len(names))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {SCHEMA}.{table} ({', '.join(names)}) VALUES ({values})",
            [[row[name] for name in names] for row in rows],
        )
