"""Catalogues that want to know who asks: keys a host, and none in anything that is left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shapely.geometry import shape
from tests.token_service import CANARY, TokenService, guarding

from minewatch.catalog import find_scenes, write_scene_list
from minewatch.errors import CatalogError
from minewatch.model import AreaOfInterest, Period
from minewatch.settings import Settings

Item = dict[str, Any]
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))
CATALOGS = ("catalog.json", "items.parquet")


@pytest.fixture
def service(
    tmp_path: Path, item: Callable[..., Item], static: Callable[..., Path]
) -> Iterator[TokenService]:
    """A server that wants a bearer token for a static catalogue and a table of the same items."""
    folder = tmp_path / "served"
    made = item()
    static(folder, [made])
    row = {
        **{name: made[name] for name in ("id", "collection", "assets")}, **made["properties"],
        "geometry": shape(made["geometry"]).wkb,
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([row]), folder / "items.parquet")
    with guarding(folder) as running:
        running.wants_header = f"Bearer {CANARY}"
        yield running


@pytest.mark.parametrize("name", CATALOGS)
def test_a_key_goes_to_its_host_and_stays_nowhere(
    aoi: AreaOfInterest, service: TokenService, hasty: Settings, tmp_path: Path, name: str,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MINEWATCH_HOST_TOKENS", f"127.0.0.1={CANARY}")
    found = find_scenes(aoi, YEAR, catalog=f"{service.url}/{name}", settings=hasty)
    assert len(found) == 1
    write_scene_list(found, tmp_path / "scenes.json")
    assert CANARY not in (tmp_path / "scenes.json").read_text() + caplog.text + repr(found)


@pytest.mark.parametrize("name", CATALOGS)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.2"])
def test_a_key_does_not_go_to_another_host(
    aoi: AreaOfInterest, service: TokenService, hasty: Settings, name: str, host: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("MINEWATCH_HOST_TOKENS", f"{host}={CANARY}")
    with pytest.raises(CatalogError, match="answers 403") as caught:
        find_scenes(aoi, YEAR, catalog=f"{service.url}/{name}", settings=hasty)
    assert CANARY not in str(caught.value)
    assert not any("authorization" in headers for headers in service.headers)


@pytest.mark.parametrize("name", CATALOGS)
def test_a_redirect_takes_no_key_of_a_catalogue_along(
    aoi: AreaOfInterest, service: TokenService, hasty: Settings, tmp_path: Path, name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("MINEWATCH_HOST_TOKENS", f"127.0.0.1={CANARY}")
    with guarding(tmp_path) as other:
        other.wants_header = "never"
        service.faults[name] = [f"{other.url.replace('127.0.0.1', 'localhost')}/{name}"]
        with pytest.raises(CatalogError, match="answers 403"):
            find_scenes(aoi, YEAR, catalog=f"{service.url}/{name}", settings=hasty)
        assert other.refused
        assert not any("authorization" in headers for headers in other.headers)
