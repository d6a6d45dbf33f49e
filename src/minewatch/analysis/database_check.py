"""A database read as somebody reads it who may log in: rows, catalogues, and what it lets into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from minewatch.exporters.postgis.database_connection import connected, read_address
from minewatch.exporters.postgis.schema_migrations import SCHEMA as PRIVATE_SCHEMA
from minewatch.publishing.leak_check import LeakCheck
from minewatch.publishing.leak_dumps import with_outlines
from minewatch.publishing.leak_index import Leak

if TYPE_CHECKING:
    import psycopg

_TABLES: Final = """
SELECT n.nspname, c.relname, c.relkind,
    has_schema_privilege(n.oid, 'usage') AND has_table_privilege(c.oid, 'select')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""
"""Tables, views and sequences that no extension brought."""
_WORDS: Final = """
SELECT 'schema', nspname, coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
UNION ALL SELECT 'column', a.attname, coalesce(col_description(a.attrelid, a.attnum), '')
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE a.attnum > 0 AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
UNION ALL SELECT 'table', c.relname, coalesce(obj_description(c.oid, 'pg_class'), '')
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
UNION ALL SELECT 'database', datname, coalesce(shobj_description(oid, 'pg_database'), '')
    FROM pg_database WHERE datname = current_database()
UNION ALL SELECT 'function', p.proname, p.prosrc
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
"""Names and comments of everything that is not the server's own."""
_OTHERS: Final = """
SELECT datname FROM pg_database
WHERE datallowconn AND NOT datistemplate AND datname NOT IN (current_database(), 'postgres')
    AND has_database_privilege(oid, 'connect')
    AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
ORDER BY 1
"""
"""Other databases that the one who is logged in may enter, unless that is an administrator."""


def check_database(dsn: str, check: LeakCheck) -> tuple[str, list[Leak]]:
    """Every leak of a database, for whoever logs in with an address.

    Parameters
    ----------
    dsn
        Address, best of a reader: what a reader may not see is not looked for.
    check
        What it is held against.

    Returns
    -------
    str, list of Leak
        What to call the database, without its password; leaks sorted by kind.

    Raises
    ------
    SettingsError
        When the address cannot be read.
    OutputError
        When nobody answers there.
    """
    address = read_address(dsn)
    with connected(address) as connection:
        connection.execute("SET default_transaction_read_only = on")
        connection.commit()
        found = list(_leaks(connection, check, address.shown))
    order = sorted(dict.fromkeys(found), key=lambda leak: (leak.kind, leak.where, leak.what))
    return address.shown, order


def _leaks(connection: psycopg.Connection[Any], check: LeakCheck, shown: str) -> Iterator[Leak]:
    words = connection.execute(_WORDS).fetchall()
    text = "\n".join(f"{name} {comment}" for _, name, comment in words)
    yield from check.text(text, f"{shown}, names and comments")
    if any(kind == "schema" and name == PRIVATE_SCHEMA for kind, name, _ in words):
        what = f"schema {PRIVATE_SCHEMA}: the catalogues say how many rows private tables have"
        yield Leak(kind="database", where=shown, what=what)
    for (name,) in connection.execute(_OTHERS).fetchall():
        what = f"this reader may enter the database {name} as well"
        yield Leak(kind="database", where=shown, what=what)
    for schema, name, kind, readable in connection.execute(_TABLES).fetchall():
        where = f"{shown}, table {schema}.{name}"
        if kind == "S":
            yield Leak(kind="order", where=where, what="a sequence, which counts what was made")
        elif not readable:
            what = "may not be read, and how many rows it has can be seen"
            yield Leak(kind="unreadable", where=where, what=what)
        else:
            yield from check.table(_rows(connection, schema, name), where)


def _rows(connection: psycopg.Connection[Any], schema: str, name: str) -> pd.DataFrame:
    """All rows as texts, in the order in which they lie."""
    from psycopg.sql import SQL, Identifier

    cursor = connection.execute(SQL("SELECT * FROM {}").format(Identifier(schema, name)))
    columns = [column.name for column in cursor.description or ()]
    rows = [[None if v is None else str(v) for v in row] for row in cursor.fetchall()]
    return with_outlines(pd.DataFrame(rows, columns=columns, dtype=object))
