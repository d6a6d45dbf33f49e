"""A connection to a PostGIS database, with errors that people can act on and that hold no secret.

What the server or its library says is never passed on as it is: it may quote a piece of the
address, and with it of the password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from minewatch.errors import OutputError, SettingsError

if TYPE_CHECKING:
    import psycopg

DSN_VARIABLE: Final = "MINEWATCH_POSTGIS_DSN"
_TIMEOUT_S: Final = 10
_LOCK_TIMEOUT: Final = "2min"
_OLDEST: Final = 12_00_00
"""PostgreSQL 12: generated columns."""
_PLAIN: Final = {
    "host": re.compile(r"@?[\w.,:%/-]*"),
    "port": re.compile(r"[\d,]*"),
    "dbname": re.compile(r"[^@:/?#]*"),
    "user": re.compile(r"[^@:/?#]*"),
}
"""What may be shown of an address. Else a password that is not encoded was taken apart."""
_EXAMPLE: Final = "postgresql://USER@HOST/DATABASE, with the password in ~/.pgpass or PGPASSWORD"


@dataclass(frozen=True)
class Address:
    """Where a database is."""

    values: dict[str, Any] = field(repr=False)
    """Parameters of libpq, the password among them: never shown."""

    @property
    def shown(self) -> str:
        """User, server and database in words, without the password."""
        server = self.values.get("host") or self.values.get("service") or "this machine"
        port = f":{self.values['port']}" if self.values.get("port") else ""
        user = f"{self.values['user']}@" if self.values.get("user") else ""
        return f"{user}{server}{port}/{self.values.get('dbname', '')}"


def read_address(dsn: str) -> Address:
    """The parts of an address.

    Parameters
    ----------
    dsn
        `postgresql://…` or `host=… dbname=…`; what it leaves out comes from libpq's variables.

    Raises
    ------
    SettingsError
        When it cannot be read, or the extra `postgis` is not installed. Does not show it.
    """
    try:
        from psycopg import OperationalError, ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise SettingsError(
            "the format 'postgis' needs the package psycopg, which is not installed",
            hint="pip install 'minewatch[postgis]'",
        ) from None
    values: dict[str, Any] = {}
    with suppress(ProgrammingError, OperationalError, UnicodeError):
        values = dict(conninfo_to_dict(dsn))
    plain = (rule.fullmatch(str(values.get(name, ""))) for name, rule in _PLAIN.items())
    if not values or not all(plain):
        raise _unreadable()  # out here: the error of the library is no part of it
    return Address(values)


@contextmanager
def connected(address: Address) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """A connection whose work is kept when the block ends well, and dropped when it does not.

    Parameters
    ----------
    address
        Where to.

    Raises
    ------
    OutputError
        When there is no server, no database, no right, or the server refuses what is asked.
    """
    import psycopg

    options = {"connect_timeout": _TIMEOUT_S, "application_name": "minewatch", **address.values}
    problem: OutputError | None = None
    try:
        connection = psycopg.connect(**options)
    except psycopg.Error as error:
        problem = _not_connected(str(error), address)
    if problem:  # raised out here: the error of the library is no part of it
        raise problem
    try:
        with connection:
            if connection.info.server_version < _OLDEST:
                raise OutputError(
                    f"{address.shown} is PostgreSQL {connection.info.server_version // 10_000}",
                    hint="PostgreSQL 12 or newer is needed, with PostGIS",
                )
            connection.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
            connection.execute("SET client_min_messages = warning")
            connection.commit()
            yield connection
    except psycopg.Error as error:
        problem = _refused(error, address)
    if problem:
        raise problem


def _unreadable() -> SettingsError:
    return SettingsError(
        "the address of the database cannot be read (it is not shown: it may hold a password)",
        hint=f"write it as {_EXAMPLE}; signs such as @ / # ? in a password as %40 %2F %23 %3F",
    )


def _not_connected(said: str, address: Address) -> OutputError:
    user = address.values.get("user") or "the user"
    if "password authentication failed" in said or "no password supplied" in said:
        return OutputError(
            f"{address.shown}: the password of {user} is wrong or missing",
            hint=f"put it into ~/.pgpass or PGPASSWORD, or into {DSN_VARIABLE}",
        )
    if "does not exist" in said and "database" in said:
        return OutputError(
            f"{address.shown}: there is no such database",
            hint="make it with `createdb`, and in it: CREATE EXTENSION postgis",
        )
    if "role" in said and ("does not exist" in said or "not permitted" in said):
        return OutputError(f"{address.shown}: {user} may not log in", hint="ask its administrator")
    if "no pg_hba.conf entry" in said or "SSL" in said:
        return OutputError(
            f"{address.shown}: the server refuses this kind of connection",
            hint="ask its administrator; sslmode=require may be what it wants",
        )
    return OutputError(
        f"{address.shown}: no PostgreSQL server answers there",
        hint="is it running, and are host and port right?",
    )


def _refused(error: psycopg.Error, address: Address) -> OutputError:
    """What the server said of a statement, in our words: its class, a table or a column."""
    from psycopg import errors

    place = ".".join(n for n in (error.diag.schema_name, error.diag.table_name) if n)
    if isinstance(error, errors.InsufficientPrivilege):
        return OutputError(
            f"{address.shown}: {address.values.get('user') or 'the user'} may not write there",
            hint="ask the owner of the schema minewatch, or of the database (GRANT CREATE ON "
            "DATABASE) when there is none yet",
        )
    if isinstance(error, errors.LockNotAvailable):
        return OutputError(
            f"{address.shown}: another process has been writing there for {_LOCK_TIMEOUT}",
            hint="wait for it, or end it: see pg_stat_activity; nothing was changed",
        )
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return OutputError(
            f"{address.shown}: this server is a read-only copy", hint="give the address of the main"
        )
    if isinstance(error, errors.DiskFull | errors.OutOfMemory):
        return OutputError(f"{address.shown}: the server is out of space", hint="free some there")
    if error.sqlstate is None or error.sqlstate.startswith(("08", "57P")):
        return OutputError(
            f"{address.shown}: the connection was lost; nothing was changed",
            hint="export once more",
        )
    return OutputError(
        f"{address.shown}: the server refused it ({error.sqlstate}"
        f"{f', {place}' if place else ''}); nothing was changed",
        hint="is something in the schema minewatch that minewatch did not make?",
    )
