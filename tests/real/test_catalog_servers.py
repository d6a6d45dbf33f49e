"""The search against real STAC servers on loopback, over items that are simulated.

pgstac (PostgreSQL + PostGIS behind stac-fastapi) is the API most catalogues run; rustac is a second
implementation, over the same database and alone in memory.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest
from shapely.geometry import box, mapping, shape
from tests.postgres_server import postgres, postgres_commands
from tests.server_tools import free_port, server_tools, serving

from minewatch.catalog import api as api_module
from minewatch.catalog import find_scenes
from minewatch.errors import CatalogError, NoScenesError
from minewatch.model import AreaOfInterest, Period
from minewatch.settings import Settings

pytestmark = [pytest.mark.real, pytest.mark.timeout(280)]
REQUIREMENTS = ("stac-fastapi.pgstac==7.*", "pypgstac[psycopg]==0.10.*", "rustac==0.9.*", "uvicorn")
SETTINGS = Settings(http_timeout_s=20, http_retries=1, http_backoff_s=0.1)
Item = dict[str, Any]


# Simulated items


def simulated_items(count: int = 400) -> list[Item]:
    """Made-up passes over four made-up tiles, three years, some without a cloud cover."""
    rng = random.Random(7)
    bands = ("blue", "green", "red", "nir", "scl")
    items = []
    for n in range(count):
        day = date(2021, 1, 1) + timedelta(days=rng.randrange(3 * 365))
        tile, west = rng.choice(
            [("47RLJ", 97.0), ("47RMJ", 98.0), ("47RNJ", 99.0), ("46RFP", 94.0)]
        )
        outline = box(west, 25.0, west + 1.1, 26.0)
        second = f"{rng.randrange(86400):05d}"
        clock = f"{int(second) // 3600:02d}:{int(second) // 60 % 60:02d}:{int(second) % 60:02d}"
        items.append(
            {
                "type": "Feature", "stac_version": "1.0.0", "stac_extensions": [],
                "id": f"SIM_{n:04d}", "collection": "sentinel-2-l2a", "bbox": list(outline.bounds),
                "geometry": mapping(outline), "links": [],
                "properties": {
                    "datetime": f"{day}T{clock}Z", "platform": "sentinel-2a", "proj:epsg": 32647,
                    "grid:code": f"MGRS-{tile}", "s2:processing_baseline": "05.10",
                    "s2:datatake_id": f"GS2A_{day:%Y%m%d}T{clock.replace(':', '')}_000001_N05.10",
                    "eo:cloud_cover": round(rng.uniform(0, 100), 2), "simulated": True,
                },
                "assets": {b: {"href": f"https://pixels.example/SIM_{n}/{b}.tif"} for b in bands},
            }
        )  # fmt: skip
    return items


COLLECTION: Item = {
    "type": "Collection", "id": "sentinel-2-l2a", "stac_version": "1.0.0", "license": "proprietary",
    "description": "simulated", "links": [],
    "extent": {
        "spatial": {"bbox": [[94, 25, 101, 26]]},
        "temporal": {"interval": [["2021-01-01T00:00:00Z", "2023-12-31T23:59:59Z"]]},
    },
}  # fmt: skip
ITEMS = simulated_items()


def truth(area: AreaOfInterest, period: Period, max_cloud: float) -> set[str]:
    """Ids that a search must give, by a plain loop."""
    return {
        item["id"]
        for item in ITEMS
        if shape(item["geometry"]).intersects(area.geometry)
        and date.fromisoformat(item["properties"]["datetime"][:10]) in period
        and item["properties"]["eo:cloud_cover"] <= max_cloud
    }


# Servers


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Name to address of each real server, all holding the same simulated items."""
    tools, commands = server_tools("stac-servers", REQUIREMENTS), postgres_commands()
    folder = tmp_path_factory.mktemp("stac")
    collection, items, lines = (folder / n for n in ("c.json", "items.json", "items.ndjson"))
    collection.write_text(json.dumps(COLLECTION))
    items.write_text(json.dumps({"type": "FeatureCollection", "features": ITEMS}))
    lines.write_text("\n".join(json.dumps(item) for item in ITEMS))
    with ExitStack() as stack:
        env = stack.enter_context(postgres(commands))
        pypgstac = str(tools / "pypgstac")
        for step in (
            ["migrate"],
            ["load", "collections", str(collection)],
            ["load", "items", str(lines)],
        ):
            run = subprocess.run(
                [pypgstac, *step], env=env, capture_output=True, text=True, check=False
            )
            assert run.returncode == 0, run.stderr[-800:]
        psql = [
            str(commands / "psql"),
            "-q",
            "-c",
            "alter role postgres set search_path to pgstac,public",
        ]
        subprocess.run(psql, env=env, check=True)
        place = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        database = f"postgresql://postgres:none@127.0.0.1:{env['PGPORT']}/postgres"
        uvicorn = [str(tools / "uvicorn"), "stac_fastapi.pgstac.app:create_app", "--factory"]
        rustac = [str(tools / "rustac"), "serve", "--addr"]
        yield {
            name: stack.enter_context(serving(command, f"http://{at}", env))
            for name, command, at in (
                ("pgstac", [*uvicorn, "--port", place[0].rpartition(":")[2]], place[0]),
                ("rustac on pgstac", [*rustac, place[1], "--pgstac", database], place[1]),
                ("rustac in memory", [*rustac, place[2], str(collection), str(items)], place[2]),
            )
        }


SERVERS = ("pgstac", "rustac on pgstac", "rustac in memory")
WHOLE = Period(date(2021, 1, 1), date(2023, 12, 31))
every_server = pytest.mark.parametrize("server", SERVERS)


def area(west: float, south: float, east: float, north: float) -> AreaOfInterest:
    outline = box(west, south, east, north)
    return AreaOfInterest(id="simulated", name="Simulated", geometry=outline, utm_epsg=32647)


searches = pytest.mark.parametrize(
    ("where", "period", "max_cloud"),
    [
        (area(97.2, 25.2, 97.4, 25.4), WHOLE, 100),
        (area(98.05, 25.5, 98.07, 25.6), WHOLE, 90),
        (area(97.5, 25.1, 99.5, 25.9), Period(date(2022, 3, 1), date(2022, 3, 31)), 100),
        (area(97.5, 25.1, 99.5, 25.9), Period(date(2021, 11, 1), date(2022, 4, 30)), 35.5),
        (area(93.0, 24.0, 101.0, 27.0), WHOLE, 100),
    ],
    ids=["one tile", "where two overlap", "one month", "dry season, clear", "everything"],
)


@every_server
@searches
def test_every_server_gives_what_a_plain_loop_gives(
    servers: dict[str, str], server: str, where: AreaOfInterest, period: Period, max_cloud: float
) -> None:
    found = find_scenes(
        where, period, catalog=servers[server], max_cloud_cover_pct=max_cloud, settings=SETTINGS
    )
    assert {scene.id for scene in found} == truth(where, period, max_cloud)
    assert len(found) > 3
    assert not any("missing" in note for note in found.notes)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Name to path of tables of the same items, written by rustac."""
    tools, folder = server_tools("stac-servers", REQUIREMENTS), tmp_path_factory.mktemp("tables")
    items = folder / "items.json"
    items.write_text(json.dumps({"type": "FeatureCollection", "features": ITEMS}))
    found = {}
    for name in ("parquet", "parquet[snappy]"):
        path = folder / f"{name.replace('[', '-').strip(']')}.parquet"
        command = [str(tools / "rustac"), "translate", "-o", name, str(items), str(path)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr[-800:]
        found[name] = str(path)
    return found


@pytest.mark.parametrize("table", ["parquet", "parquet[snappy]"])
@searches
def test_a_table_by_rustac_gives_what_a_plain_loop_gives(
    tables: dict[str, str], table: str, where: AreaOfInterest, period: Period, max_cloud: float
) -> None:
    found = find_scenes(where, period, catalog=tables[table], max_cloud_cover_pct=max_cloud)
    assert {scene.id for scene in found} == truth(where, period, max_cloud)


def test_a_table_gives_the_scenes_of_the_server(
    tables: dict[str, str], servers: dict[str, str]
) -> None:
    where = area(97.2, 25.2, 97.4, 25.4)
    server = find_scenes(where, WHOLE, catalog=servers["pgstac"], settings=SETTINGS)
    assert find_scenes(where, WHOLE, catalog=tables["parquet"]).scenes == server.scenes


@every_server
def test_small_pages_change_nothing(
    servers: dict[str, str], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = area(97.5, 25.1, 99.5, 25.9)
    once = find_scenes(where, WHOLE, catalog=servers[server], settings=SETTINGS)
    monkeypatch.setattr(api_module, "PAGE_SIZE", 7)
    paged = find_scenes(where, WHOLE, catalog=servers[server], settings=SETTINGS)
    assert paged == once


def test_pgstac_filters_clouds_itself(servers: dict[str, str]) -> None:
    where = area(97.2, 25.2, 97.4, 25.4)
    found = find_scenes(
        where, WHOLE, catalog=servers["pgstac"], max_cloud_cover_pct=50, settings=SETTINGS
    )
    assert not found.dropped, "the cloudy ones never came"


@every_server
def test_a_collection_that_is_not_there_is_an_error(servers: dict[str, str], server: str) -> None:
    with pytest.raises(CatalogError, match="'sentinel-3'; known: sentinel-2-l2a"):
        find_scenes(
            area(97.2, 25.2, 97.4, 25.4), WHOLE, collection="sentinel-3",
            catalog=servers[server], settings=SETTINGS,
        )  # fmt: skip


@every_server
def test_a_start_after_the_archive_tells_its_end(servers: dict[str, str], server: str) -> None:
    late = Period(date(2030, 1, 1), date(2030, 2, 1))
    with pytest.raises(NoScenesError, match="the archive ends on 2023-12-31"):
        find_scenes(area(97.2, 25.2, 97.4, 25.4), late, catalog=servers[server], settings=SETTINGS)
