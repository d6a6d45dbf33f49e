"""The schema `minewatch` of a database, brought to the version that this minewatch writes."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from minewatch.errors import OutputError

if TYPE_CHECKING:
    import psycopg

SCHEMA: Final = "minewatch"
READER: Final = "minewatch_reader"
_LOCK: Final = "minewatch schema"
_NAME: Final = re.compile(r"(\d{4})_\w+\.sql")
_READER_SQL: Final = f"""
DO $$
BEGIN
    CREATE ROLE {READER} NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$
"""
"""Roles are those of all databases of a server: it may be there, or be somebody else's to make."""


def migrations() -> dict[int, str]:
    """The steps of the schema, by version: SQL, never changed once it was shipped."""
    folder = files("minewatch.exporters.postgis") / "migrations"
    found = {}
    for file in folder.iterdir():
        if named := _NAME.fullmatch(file.name):
            found[int(named[1])] = file.read_text("utf-8")
    return dict(sorted(found.items()))


def migrate(connection: psycopg.Connection[Any], *, shown: str) -> list[int]:
    """Bring the schema to the newest version, in one transaction that only one writer does.

    Parameters
    ----------
    connection
        Outside of any transaction.
    shown
        What to call the database.

    Returns
    -------
    list of int
        The versions that were added; empty when it was up to date.

    Raises
    ------
    OutputError
        When PostGIS is missing, or a newer minewatch wrote the schema.
    """
    steps = migrations()
    with connection.transaction():
        if _version(connection, shown) == max(steps) and not _reader_waits(connection):
            return []
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_LOCK])
        done = _version(connection, shown)
        if not done:
            ensure_postgis(connection, shown)
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS {SCHEMA}.schema_versions (version integer PRIMARY KEY,"
                " applied_at timestamptz NOT NULL DEFAULT now())"
            )
        added = [version for version in steps if version > done]
        for version in added:
            connection.execute(steps[version])
            connection.execute(f"INSERT INTO {SCHEMA}.schema_versions VALUES (%s)", [version])
        _let_read(connection)
    return added


def _version(connection: psycopg.Connection[Any], shown: str) -> int:
    """Version of the schema; 0 without one."""
    (table,) = _row(connection, "SELECT to_regclass(%s)", f"{SCHEMA}.schema_versions")
    if table is None:
        return 0
    (version,) = _row(connection, f"SELECT coalesce(max(version), 0) FROM {SCHEMA}.schema_versions")
    newest = max(migrations())
    if version > newest:
        raise OutputError(
            f"{shown}: the schema {SCHEMA} has version {version}, this minewatch writes {newest}",
            hint="install the minewatch that made it, or a newer one",
        )
    return int(version)


def ensure_postgis(connection: psycopg.Connection[Any], shown: str) -> None:
    """Make the extension where it is missing.

    Parameters
    ----------
    connection, shown
        As for `migrate`.

    Raises
    ------
    OutputError
        When it may not be made.
    """
    from psycopg import Error

    (there,) = _row(connection, "SELECT count(*) FROM pg_extension WHERE extname = 'postgis'")
    if there:
        return
    missing = False
    try:
        with connection.transaction():
            connection.execute("CREATE EXTENSION postgis")
    except Error:
        missing = True
    if missing:
        raise OutputError(
            f"{shown}: the extension PostGIS is missing there",
            hint="let an administrator install PostGIS and run: CREATE EXTENSION postgis",
        )


def _reader_waits(connection: psycopg.Connection[Any]) -> bool:
    """Whether there is the role that reads, without the right to: somebody made it since."""
    (waits,) = _row(
        connection,
        "SELECT count(*) FROM pg_roles, pg_namespace WHERE rolname = %s AND nspname = %s"
        " AND NOT has_schema_privilege(rolname, nspname, 'usage')"
        " AND pg_has_role(nspowner, 'usage')",
        READER, SCHEMA,
    )  # fmt: skip
    return bool(waits)


def _let_read(connection: psycopg.Connection[Any]) -> None:
    """Let the role that reads read all there is; it is made where we may."""
    connection.execute(_READER_SQL)
    (there,) = _row(connection, "SELECT count(*) FROM pg_roles WHERE rolname = %s", READER)
    if there:
        connection.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {READER}")


def _row(connection: psycopg.Connection[Any], query: str, *values: object) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(query, values).fetchone()
    assert row is not None  # each of these gives one
    return row
