"""Addresses of databases are read, and never shown with a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from minewatch import analysis
from minewatch.errors import SettingsError
from minewatch.exporters import EXPORTERS
from minewatch.exporters.postgis.database_connection import read_address
from minewatch.exporters.postgis.schema_migrations import migrations
from minewatch.model import RunResult


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("postgresql://me:cAnAry@db.example:6543/mines", "me@db.example:6543/mines"),
        ("host=/var/run/postgresql dbname=mines password=cAnAry", "/var/run/postgresql/mines"),
        ("postgresql://me@[::1]/mines", "me@::1/mines"),
        ("service=mines", "mines/"),
        ("postgresql://me:cAn?Ary=1@h/d", "me@h/d"),
    ],
)
def test_an_address_is_shown_without_its_password(dsn: str, shown: str) -> None:
    address = read_address(dsn)
    assert address.shown == shown
    assert "cAnAry" not in repr(address)


@pytest.mark.parametrize(
    "dsn",
    [
        "", "cAnAry", "postgresql://me:cAn/Ary@h/d", "postgresql://me:cAn@Ary@h/d",
        "host='cAnAry", "host=h port=cAnAry",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_read_is_not_quoted(dsn: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_address(dsn)
    for piece in ("cAn", "Ary"):
        assert piece not in f"{caught.value} {caught.value.__cause__} {caught.value.__context__}"


def test_a_database_needs_an_address(
    simulated_run: RunResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MINEWATCH_POSTGIS_DSN", raising=False)
    with pytest.raises(SettingsError, match="needs the address") as caught:
        analysis.export_to_database(simulated_run.directory)
    assert "MINEWATCH_POSTGIS_DSN" in caught.value.hint


def test_files_and_databases_are_not_taken_for_one_another(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="writes to a database"):
        analysis.export(simulated_run.directory, format="postgis", out=tmp_path)
    with pytest.raises(SettingsError, match="writes no database"):
        analysis.export_to_database(simulated_run.directory, format="csv", dsn="service=mines")
    with pytest.raises(SettingsError, match="--dsn"):
        EXPORTERS["postgis"](simulated_run, tmp_path)


def test_migrations_are_numbered_without_a_gap() -> None:
    assert list(migrations()) == list(range(1, len(migrations()) + 1))
