"""A release in a real PostGIS: what its readers can find out, by rows and by catalogues."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.postgres_server import postgres, postgres_commands
from tests.release_attacks import Row, database
from tests.release_world import draw_sites, write_world
from tests.unit.cli.test_small_faults import call

from minewatch import analysis
from minewatch.analysis import ReleaseChoices
from minewatch.errors import OutputError, PublicationError
from minewatch.model import RunResult
from minewatch.publishing import read_ledger

pytestmark = pytest.mark.real
PAGE = Path(__file__).parents[2] / "docs" / "publishing.md"
PASSWORD = "p@ss word"
SITES = draw_sites(3, 60, seasons=3)


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with postgres(postgres_commands(), password=PASSWORD) as environment:
        yield environment


@pytest.fixture
def dsn(server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database; libpq knows the rest."""
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    with psycopg.connect("", autocommit=True) as base:
        base.execute("DROP DATABASE IF EXISTS given")
        base.execute("CREATE DATABASE given")
    yield "dbname=given"
    with psycopg.connect("", autocommit=True) as base:
        base.execute("DROP DATABASE given WITH (FORCE)")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return write_world(tmp_path_factory.mktemp("world"), SITES, seasons=3)


def publish(run: RunResult, dsn: str, ledger: Path, **more: object) -> str:
    choices = ReleaseChoices(**{"profile": "public", "ledger": ledger, **more})  # type: ignore[arg-type]
    return analysis.publish_to_database(run.directory, choices=choices, dsn=dsn)


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as base:
        return base.execute(query).fetchall()


def test_a_database_holds_what_the_files_of_the_same_release_hold(
    run: RunResult, dsn: str, tmp_path: Path
) -> None:
    said = publish(run, dsn, tmp_path / "one", licence="CC BY 4.0")
    assert PASSWORD not in said
    choices = ReleaseChoices(profile="public", ledger=tmp_path / "two")
    files = analysis.publish_layers(run.directory, format="geojson", choices=choices)
    cells = next(path for path in files if path.name == "cells.geojson")
    wanted = [f["properties"] for f in json.loads(cells.read_text())["features"]]
    names = ["cell", "period", "first_month", "sites", "sites_low", "sites_high", "ground_ha"]
    found = rows(dsn, f"SELECT {', '.join(names)} FROM minewatch_release.cells ORDER BY ctid")
    assert found == [tuple(row[name] for name in names) for row in wanted]
    (about,) = rows(dsn, "SELECT profile, licence, simulated FROM minewatch_release.releases")
    assert about == ("public", "CC BY 4.0", True)
    (entry,) = read_ledger(tmp_path / "one")
    assert list(entry.files) == ["rows of a database"]


def test_a_later_release_takes_the_place_of_the_one_before(
    run: RunResult, dsn: str, tmp_path: Path
) -> None:
    fewer = write_world(tmp_path / "run", SITES, seasons=2)
    publish(fewer, dsn, tmp_path / "ledger")
    publish(run, dsn, tmp_path / "ledger")
    months = rows(dsn, "SELECT DISTINCT first_month FROM minewatch_release.cells ORDER BY 1")
    assert months == [("2018-11",), ("2019-11",), ("2020-11",)]
    assert rows(dsn, "SELECT count(*) FROM minewatch_release.releases") == [(1,)]
    fids = [fid for (fid,) in rows(dsn, "SELECT fid FROM minewatch_release.cells ORDER BY fid")]
    assert fids == list(range(1, len(fids) + 1))


def test_what_fails_leaves_no_row_and_no_entry(
    run: RunResult, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> Path:
        raise PublicationError("refused", hint="wait")

    with monkeypatch.context() as patch:
        patch.setattr("minewatch.publishing.add_entry", refuse)
        with pytest.raises(PublicationError):
            publish(run, dsn, tmp_path / "ledger")
    assert rows(dsn, "SELECT to_regclass('minewatch_release.cells')") == [(None,)]
    with pytest.raises(OutputError):
        publish(run, "dbname=nowhere", tmp_path / "ledger")
    assert read_ledger(tmp_path / "ledger") == []


def test_private_runs_and_other_profiles_are_elsewhere(
    run: RunResult, dsn: str, tmp_path: Path
) -> None:
    publish(run, dsn, tmp_path / "ledger")
    with pytest.raises(OutputError, match="releases for public") as caught:
        publish(run, dsn, tmp_path / "ledger", profile="partner")
    assert "createdb" in caught.value.hint
    with psycopg.connect(dsn, autocommit=True) as base:
        base.execute("DROP SCHEMA minewatch_release CASCADE")
    analysis.export_to_database(run.directory, dsn=dsn)
    with pytest.raises(OutputError, match="count the rows"):
        publish(run, dsn, tmp_path / "ledger")
    assert len(read_ledger(tmp_path / "ledger")) == 1


def test_a_reader_finds_nothing_and_the_check_says_what_it_would(
    run: RunResult, dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(run, dsn, tmp_path / "ledger")
    with psycopg.connect(dsn, autocommit=True) as base:
        base.execute("DROP ROLE IF EXISTS ann")
        base.execute("CREATE ROLE ann LOGIN PASSWORD 'hers only'")
        base.execute("GRANT minewatch_release_reader TO ann")
    ann = f"{dsn} user=ann password='hers only'"
    assert call("publish", "check", "--run", str(run.directory), "--dsn", ann) == 0
    shown = capsys.readouterr()
    assert "hers only" not in shown.out + shown.err
    site = run.sites.iloc[0]
    for kind, statement in (
        ("site id", f"COMMENT ON TABLE minewatch_release.cells IS 'with {site.site_id}'"),
        ("order", "CREATE SEQUENCE minewatch_release.counted"),
        ("unreadable", "CREATE TABLE minewatch_release.hidden (x int)"),
        ("database", "CREATE SCHEMA minewatch"),
        ("coordinate", "CREATE TABLE public.left AS SELECT ST_GeomFromText('"
                       f"{site.geometry.wkt}', 4326) AS geom; GRANT SELECT ON public.left TO ann"),
    ):  # fmt: skip
        with psycopg.connect(dsn, autocommit=True) as base:
            base.execute(statement)
        found = analysis.check_files([], run.directory, dsn=ann)
        kinds = {leak.kind for leaks in found.values() for leak in leaks}
        assert kind in kinds, statement
    with psycopg.connect(ann) as base, pytest.raises(psycopg.errors.InsufficientPrivilege):
        base.execute("DELETE FROM minewatch_release.cells")
    with psycopg.connect("", autocommit=True) as base:
        base.execute("CREATE DATABASE other")
    try:
        found = analysis.check_files([], run.directory, dsn=ann)
        said = [leak.what for leaks in found.values() for leak in leaks]
        assert any("the database other" in what for what in said)
    finally:
        with psycopg.connect("", autocommit=True) as base:
            base.execute("DROP DATABASE other")
            base.execute("REVOKE minewatch_release_reader FROM ann")


@pytest.mark.parametrize("how", ["plain", "custom"])
def test_a_dump_of_a_release_passes_and_one_of_a_run_does_not(
    how: str, run: RunResult, dsn: str, server: dict[str, str], tmp_path: Path
) -> None:
    def dump() -> set[str]:
        path = tmp_path / "given.dump"
        command = [
            str(postgres_commands() / "pg_dump"),
            f"--format={how}",
            "-f",
            str(path),
            "given",
        ]
        subprocess.run(command, env=server, check=True)
        (leaks,) = analysis.check_files([path], run.directory).values()
        return {leak.kind for leak in leaks}

    publish(run, dsn, tmp_path / "ledger")
    assert dump() == set()
    with psycopg.connect(dsn, autocommit=True) as base:
        base.execute("DROP SCHEMA minewatch_release CASCADE")
    analysis.export_to_database(run.directory, dsn=dsn)
    assert {"coordinate", "site id", "scene id", "date"} <= dump()


@pytest.fixture(scope="module")
def measured(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Row:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.items():
            patch.setenv(name, value)
        return database(tmp_path_factory.mktemp("attack"))


def test_the_attack_on_a_database_gets_nothing_and_stands_on_the_page(measured: Row) -> None:
    assert measured.got == 0
    assert measured.bare > 0
    assert str(measured) in PAGE.read_text("utf-8")
