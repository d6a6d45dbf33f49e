"""Runs in a real PostGIS: put in, changed, taken out; interrupted, refused, read by others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import psycopg
import pytest
import shapely
from tests.postgres_server import postgres, postgres_commands
from tests.server_tools import free_port

from minewatch import analysis
from minewatch.errors import MinewatchError, OutputError, SettingsError
from minewatch.exporters import LAYERS, layers_of
from minewatch.exporters.postgis.postgis_exporter import KEYS, write_postgis
from minewatch.exporters.postgis.schema_migrations import READER, migrations
from minewatch.model import SITES, VERDICT, LayerSet, NamedLayer, RunResult

PASSWORD = "cAnAry/pa@ss:w0rd"
"""Planted: it must be nowhere in what is shown."""
ENCODED = "cAnAry%2Fpa%40ss%3Aw0rd"
PIECES = ("cAnAry", "w0rd", "pa@ss")
TABLES = tuple(KEYS)


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with postgres(postgres_commands(), password=PASSWORD) as env:
        yield env


def admin(server: dict[str, str], database: str = "postgres") -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=server["PGHOST"], port=server["PGPORT"], user="postgres", password=PASSWORD,
        dbname=database, autocommit=True,
    )  # fmt: skip


@pytest.fixture
def dsn(server: dict[str, str], request: pytest.FixtureRequest) -> str:
    """Address of an empty database of this test."""
    name = f"test_{abs(hash(request.node.name)) % 10**9}"
    with admin(server) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql://postgres:{ENCODED}@127.0.0.1:{server['PGPORT']}/{name}"


def rows(dsn: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query, values).fetchall()


def counts(dsn: str, run: str) -> dict[str, int]:
    return {
        table: rows(dsn, f"SELECT count(*) FROM minewatch.{table} WHERE run_id = %s", run)[0][0]
        for table in TABLES
    }


def fewer(layers: LayerSet, site_id: str) -> LayerSet:
    """The layers without one site."""
    kept = {
        name: replace(of, table=of.table[of.table["site_id"] != site_id])
        for name, of in layers.layers.items()
        if "site_id" in of.table
    }
    return replace(layers, layers={**layers.layers, **kept})


def words_of(error: BaseException) -> str:
    """All that an error says, those that it hides included."""
    said = []
    chain: BaseException | None = error
    while chain is not None:
        said.append(f"{chain!r} {chain} {vars(chain)}")
        chain = chain.__cause__ or chain.__context__
    return " ".join(said)


def test_every_column_and_null_of_a_run_comes_back(simulated_run: RunResult, dsn: str) -> None:
    layers = layers_of(simulated_run)
    write_postgis.write_layers(layers, dsn)
    for name, layer in LAYERS.items():
        table = gpd.GeoDataFrame(layer.table(simulated_run))
        names = list(layer.contract)
        order = "site_id, period_start" if name == "inventory" else ", ".join(names[:4])
        found = rows(dsn, f"SELECT {', '.join(names)} FROM minewatch.{name} ORDER BY {order}")
        expected = [
            tuple(of if isinstance(of, list) else None if pd.isna(of) else of for of in row)
            for row in table[names].astype(object).itertuples(index=False)
        ]
        plain = [tuple(str(v) if hasattr(v, "isoformat") else v for v in row) for row in found]
        assert sorted(map(repr, plain)) == sorted(map(repr, expected))
        outlines = rows(dsn, f"SELECT ST_AsBinary(geom) FROM minewatch.{name}")
        back = gpd.GeoSeries.from_wkb([bytes(wkb) for (wkb,) in outlines], crs=4326)
        assert back.is_valid.all()
        flat = [shapely.area(of.to_numpy()).sum() for of in (back, table.geometry)]
        assert flat[0] == pytest.approx(flat[1], rel=1e-12)
    more = rows(dsn, "SELECT more FROM minewatch.sites WHERE site_id = 'simulated-bbbb'")[0][0]
    assert more["2021_22_dry_state"] == "active"
    assert rows(dsn, "SELECT bool_and(simulated) FROM minewatch.inventory") == [(True,)]
    assert rows(dsn, "SELECT simulated, ST_Area(geom) > 0 FROM minewatch.runs") == [(True, True)]


def test_a_second_export_changes_nothing_and_keeps_the_keys(
    simulated_run: RunResult, dsn: str
) -> None:
    query = "SELECT site_id, period_start, fid, updated_at FROM minewatch.inventory ORDER BY fid"
    write_postgis.write_layers(layers_of(simulated_run), dsn)
    before = rows(dsn, query)
    assert "rows changed: none" in write_postgis.write_layers(layers_of(simulated_run), dsn)
    assert rows(dsn, query) == before


def test_rows_that_left_the_run_leave_the_database_and_others_stay(
    simulated_run: RunResult, dsn: str
) -> None:
    whole = layers_of(simulated_run)
    other = replace(whole, run="another-run")
    write_postgis.write_layers(whole, dsn)
    write_postgis.write_layers(other, dsn)
    said = write_postgis.write_layers(fewer(whole, "simulated-bbbb"), dsn)
    assert "3 inventory, 1 sites, 6 features" in said
    assert counts(dsn, whole.run)["inventory"] == 6
    assert counts(dsn, other.run)["inventory"] == 9
    write_postgis.write_layers(replace(whole, layers={}), dsn)
    assert set(counts(dsn, whole.run).values()) == {0}
    assert counts(dsn, other.run)["changes"] == 2


def test_verdicts_are_there_and_change(
    write_simulated_run: Callable[[Path], RunResult], tmp_path: Path, dsn: str
) -> None:
    run = write_simulated_run(tmp_path / "run").directory
    analysis.export_to_database(run, dsn=dsn)
    assert rows(dsn, "SELECT count(*) FROM minewatch.verdicts") == [(0,)]
    who = {"reviewer": "Reviewer ကချင်", "note": "pools <b>"}
    analysis.set_verdict(
        run, "simulated-aaaa", "mine", time=datetime(2026, 1, 2, tzinfo=UTC), **who
    )
    analysis.export_to_database(run, dsn=dsn)
    query = "SELECT site_id, verdict, verdict_by, note FROM minewatch.verdicts_map"
    assert rows(dsn, query) == [("simulated-aaaa", "mine", "Reviewer ကချင်", "pools <b>")]
    later = datetime(2026, 1, 3, tzinfo=UTC)
    analysis.set_verdict(run, "simulated-aaaa", "unsure", time=later, **who)
    analysis.export_to_database(run, dsn=dsn)
    assert [row[1] for row in rows(dsn, query)] == ["unsure"]


def test_layers_that_have_no_table_are_kept_too(simulated_run: RunResult, dsn: str) -> None:
    whole = layers_of(simulated_run)
    sites = whole.layers["sites"].table[["alert", "geometry"]]
    cells = NamedLayer(name="sites", title="Cells", contract={"alert": SITES["alert"]}, table=sites)
    write_postgis.write_layers(replace(whole, layers={"sites": cells}, run="public"), dsn)
    found = rows(dsn, "SELECT layer, more->>'alert' FROM minewatch.other_layers ORDER BY 2")
    assert found == [("sites", "confirmed"), ("sites", "confirmed"), ("sites", "provisional")]
    assert counts(dsn, "public")["sites"] == 0


def test_the_tables_have_every_column_of_the_contracts(simulated_run: RunResult, dsn: str) -> None:
    write_postgis.write_layers(layers_of(simulated_run), dsn)
    for name, layer in LAYERS.items():
        found = rows(
            dsn,
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'minewatch' AND table_name = %s",
            name,
        )
        missing = set(layer.contract) - {column for (column,) in found}
        assert not missing, f"add a migration for {sorted(missing)} of {name}"
    assert set(VERDICT) <= {
        column
        for (column,) in rows(
            dsn,
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'verdicts'",
        )
    }


# Places and times


def test_places_and_times_are_indexed(simulated_run: RunResult, dsn: str) -> None:
    write_postgis.write_layers(layers_of(simulated_run), dsn)
    for condition, index in (
        ("geom && ST_MakeEnvelope(98, 25, 99, 26, 4326)", "inventory_geom"),
        ("valid @> DATE '2022-12-01'", "inventory_valid"),
        ("period_start = DATE '2022-11-01'", "inventory_period"),
    ):
        with psycopg.connect(dsn) as connection:
            connection.execute("SET enable_seqscan = off")
            plan = connection.execute(
                f"EXPLAIN SELECT * FROM minewatch.inventory WHERE {condition}"
            ).fetchall()
        assert index in str(plan), plan
    day = "SELECT count(*) FROM minewatch.inventory WHERE valid @> %s::date"
    assert rows(dsn, day, "2022-04-30") == [(3,)]
    assert rows(dsn, day, "2022-05-01") == [(0,)]


# Several writers


def writer(run: Path, dsn: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "minewatch", "export", str(run), "--format", "postgis"]
    env = {**os.environ, "MINEWATCH_POSTGIS_DSN": dsn}
    return subprocess.Popen(
        words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(dsn: str, waiting: int) -> None:
    """Until so many connections wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    for _ in range(600):
        if rows(dsn, f"{query} AND datname = current_database()")[0][0] >= waiting:
            return
        time.sleep(0.1)
    pytest.fail(f"no {waiting} writers wait for a lock")


def without(result: RunResult, site_id: str) -> None:
    """Take a site out of the files of a run."""
    for name in ("inventory", "sites", "features"):
        path = result.directory / f"{name}.geojson"
        collection = json.loads(path.read_text("utf-8"))
        collection["features"] = [
            f for f in collection["features"] if f["properties"]["site_id"] != site_id
        ]
        path.write_text(json.dumps(collection), "utf-8")
    from minewatch.exporters import hash_outputs, write_manifest

    files = [result.directory / name for name in result.manifest["outputs"]]
    outputs = hash_outputs(result.directory, files)
    write_manifest({**result.manifest, "outputs": outputs}, result.directory / "manifest.json")


def test_a_writer_that_is_killed_in_the_middle_changes_nothing(
    write_simulated_run: Callable[[Path], RunResult], tmp_path: Path, dsn: str
) -> None:
    result = write_simulated_run(tmp_path / "run")
    name = layers_of(result).run
    analysis.export_to_database(result.directory, dsn=dsn)
    whole = counts(dsn, name)
    without(result, "simulated-bbbb")
    with psycopg.connect(dsn) as other:
        other.execute("LOCK TABLE minewatch.features IN SHARE MODE")
        killed = writer(result.directory, dsn)
        wait_for(dsn, 1)  # inventory and sites were written, features wait
        inside = rows(
            dsn, "SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock' AND granted"
            " AND relation = 'minewatch.inventory'::regclass",
        )  # fmt: skip
        assert inside[0][0] == 1
        os.kill(killed.pid, signal.SIGKILL)
        killed.communicate(timeout=20)
    assert counts(dsn, name) == whole
    assert "3 inventory" in analysis.export_to_database(result.directory, dsn=dsn)
    assert counts(dsn, name)["sites"] == 2


def test_two_writers_of_one_run_leave_the_rows_of_one_of_them(
    write_simulated_run: Callable[[Path], RunResult], tmp_path: Path, dsn: str
) -> None:
    one, two = (write_simulated_run(tmp_path / name) for name in ("one", "two"))
    without(two, "simulated-bbbb")
    name = layers_of(one).run
    analysis.export_to_database(one.directory, dsn=dsn)
    with psycopg.connect(dsn) as other:
        other.execute("LOCK TABLE minewatch.inventory IN SHARE MODE")
        writers = [writer(result.directory, dsn) for result in (one, two)]
        wait_for(dsn, 2)
    for process in writers:
        said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    found = counts(dsn, name)
    assert (found["inventory"], found["sites"], found["features"]) in ((9, 3, 18), (6, 2, 12))


def test_the_first_writers_of_two_runs_make_one_schema(
    write_simulated_run: Callable[[Path], RunResult], tmp_path: Path, dsn: str
) -> None:
    one, two = (write_simulated_run(tmp_path / name) for name in ("one", "two"))
    parameters = {**two.manifest["parameters"], "resolution_m": 20.0}
    from minewatch.exporters import write_manifest

    write_manifest({**two.manifest, "parameters": parameters}, two.directory / "manifest.json")
    writers = [writer(result.directory, dsn) for result in (one, two)]
    for process in writers:
        said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert rows(dsn, "SELECT count(*) FROM minewatch.runs") == [(2,)]
    assert rows(dsn, "SELECT count(*) FROM minewatch.inventory") == [(18,)]
    assert rows(dsn, "SELECT version FROM minewatch.schema_versions ORDER BY 1") == [
        (version,) for version in migrations()
    ]


# Schema


def test_an_older_schema_is_migrated_and_its_rows_stay(simulated_run: RunResult, dsn: str) -> None:
    with psycopg.connect(dsn) as old:
        old.execute("CREATE EXTENSION postgis; CREATE SCHEMA minewatch")
        old.execute(
            "CREATE TABLE minewatch.schema_versions (version integer PRIMARY KEY,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        old.execute(migrations()[1])
        old.execute("INSERT INTO minewatch.schema_versions VALUES (1)")
        old.execute(
            "INSERT INTO minewatch.runs (run_id, name, simulated, attribution, last_day, source,"
            " columns_version) VALUES ('old', 'Old', true, '', '2020-01-01', '', 2);"
            "INSERT INTO minewatch.sites (run_id, site_id, simulated) VALUES ('old', 's', true)"
        )
    write_postgis.write_layers(layers_of(simulated_run), dsn)
    assert counts(dsn, "old")["sites"] == 1
    assert rows(dsn, "SELECT area FROM minewatch.sites_map WHERE run_id = 'old'") == [("Old",)]
    assert len(rows(dsn, "SELECT * FROM minewatch.schema_versions")) == len(migrations())


def test_a_newer_schema_is_refused_by_name(simulated_run: RunResult, dsn: str) -> None:
    write_postgis.write_layers(layers_of(simulated_run), dsn)
    with psycopg.connect(dsn) as newer:
        newer.execute("INSERT INTO minewatch.schema_versions VALUES (999)")
    with pytest.raises(OutputError, match="version 999"):
        write_postgis.write_layers(layers_of(simulated_run), dsn)


def test_the_role_that_reads_reads_and_cannot_write(
    server: dict[str, str], simulated_run: RunResult, dsn: str
) -> None:
    write_postgis.write_layers(layers_of(simulated_run), dsn)
    with psycopg.connect(dsn) as reader:
        reader.execute(f"SET ROLE {READER}")
        for table in (*TABLES, "runs", "inventory_map", "sites_map", "verdicts_map"):
            reader.execute(f"SELECT * FROM minewatch.{table}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM minewatch.sites")


# Refused


@pytest.fixture
def layers(simulated_run: RunResult) -> LayerSet:
    return layers_of(simulated_run)


def refused(layers: LayerSet, dsn: str) -> MinewatchError:
    with pytest.raises((OutputError, SettingsError)) as caught:
        write_postgis.write_layers(layers, dsn)
    said = words_of(caught.value)
    for piece in PIECES:
        assert piece not in said
    assert caught.value.hint
    return caught.value


def test_a_wrong_password_is_said_and_not_shown(server: dict[str, str], layers: LayerSet) -> None:
    wrong = f"postgresql://postgres:{ENCODED}x@127.0.0.1:{server['PGPORT']}/postgres"
    error = refused(layers, wrong)
    assert "the password of postgres is wrong" in error.problem


def test_no_server_no_database_no_role_are_told_apart(
    server: dict[str, str], layers: LayerSet
) -> None:
    port = server["PGPORT"]
    at = f"{ENCODED}@127.0.0.1"
    assert (
        "no PostgreSQL server answers"
        in refused(layers, f"postgresql://postgres:{at}:{free_port()}/postgres").problem
    )
    assert (
        "no such database" in refused(layers, f"postgresql://postgres:{at}:{port}/nowhere").problem
    )
    assert (
        "no PostgreSQL server answers"
        in refused(layers, f"postgresql://postgres:{ENCODED}@no-such-host.invalid/postgres").problem
    )


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://postgres:{PASSWORD}@127.0.0.1/postgres",  # @ and / not encoded
        "postgresql://postgres:cAnAry#w0rd@127.0.0.1/postgres",
        "cAnAry w0rd",
        "host=127.0.0.1 password='cAnAry",
        "postgresql://postgres:x@127.0.0.1/postgres?cAnAry=w0rd",
        "",
    ],
)
def test_an_address_that_cannot_be_read_is_not_shown(layers: LayerSet, address: str) -> None:
    refused(layers, address)


def test_a_database_without_postgis_says_what_to_ask_for(
    server: dict[str, str], layers: LayerSet, dsn: str
) -> None:
    database = dsn.rpartition("/")[2]
    with admin(server, database) as connection:
        connection.execute(
            f"CREATE ROLE {database}_user LOGIN PASSWORD 'cAnAry';"
            f"GRANT CREATE ON DATABASE {database} TO {database}_user"
        )
    own = f"postgresql://{database}_user:cAnAry@127.0.0.1:{server['PGPORT']}/{database}"
    error = refused(layers, own)
    assert "PostGIS is missing" in error.problem
    assert "CREATE EXTENSION postgis" in error.hint
    with admin(server, database) as connection:
        connection.execute("CREATE EXTENSION postgis")
    write_postgis.write_layers(layers, own)  # without the right to make a role, too
    assert counts(own, layers.run)["sites"] == 3


def test_somebody_without_the_right_to_write_is_told_whom_to_ask(
    server: dict[str, str], layers: LayerSet, dsn: str
) -> None:
    write_postgis.write_layers(layers, dsn)
    database = dsn.rpartition("/")[2]
    with admin(server, database) as connection:
        connection.execute(f"CREATE ROLE {database}_user LOGIN PASSWORD 'cAnAry' IN ROLE {READER}")
    own = f"postgresql://{database}_user:cAnAry@127.0.0.1:{server['PGPORT']}/{database}"
    error = refused(layers, own)
    assert f"{database}_user may not write there" in error.problem


def test_no_command_shows_the_password(
    server: dict[str, str], write_simulated_run: Callable[[Path], RunResult], tmp_path: Path,
    dsn: str,
) -> None:  # fmt: skip
    run = write_simulated_run(tmp_path / "run").directory
    wrong = dsn.replace(ENCODED, f"{ENCODED}x")
    for address, code in ((dsn, 0), (wrong, 1), (dsn.replace(ENCODED, PASSWORD), 2)):
        for debug in ([], ["--debug"]):
            words = ["export", str(run), "--format", "postgis", "--dsn", address, *debug]
            done = subprocess.run(
                [sys.executable, "-m", "minewatch", *words],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert bool(done.returncode) == bool(code), done.stderr
            for piece in PIECES:
                assert piece not in done.stdout + done.stderr
    for path in run.rglob("*"):
        assert not path.is_file() or b"cAnAry" not in path.read_bytes()
