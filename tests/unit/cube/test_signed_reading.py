"""Files that want a token, a bearer or a password: read by own requests, and no secret is left."""

from __future__ import annotations

import base64
import logging
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.token_service import CANARY, TokenService, guarding

from minewatch.access import Access
from minewatch.cube import RangeReader, RasterioReader
from minewatch.cube.block_store import BlockStore
from minewatch.errors import ReadError
from minewatch.http_answers import BrokenError
from minewatch.sensors import catalogs
from minewatch.settings import Settings

SETTINGS = Settings(http_timeout_s=5, http_retries=2, http_backoff_s=0.0, http_max_wait_s=0.05)


@pytest.fixture
def service(archive, monkeypatch):
    """A catalogue as Planetary Computer, whose files and token service are on loopback."""
    with guarding(archive.folder) as running:
        known = catalogs.CATALOGS["planetary-computer"]
        host = running.url.removeprefix("http://")
        local = replace(
            known, hosts={f"{host}/": "sentinel-2-l2a"}, token_url=f"{running.url}/token"
        )
        monkeypatch.setitem(catalogs.CATALOGS, "planetary-computer", local)
        archive.url = running.url
        yield running
        archive.url = None


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 9000, (160, 160)).astype(np.uint16)


def read(archive, asset, reader=None):
    return (reader or RangeReader(SETTINGS)).read(asset, archive.geobox(64, 64), band="red")


def test_a_file_is_read_with_a_token_that_is_fetched_once(archive, service: TokenService):
    pixels = noise()
    assets = [archive.cog(f"{n}.tif", pixels) for n in range(6)]
    reader = RangeReader(SETTINGS)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda asset: read(archive, asset, reader), assets))
    assert all((one == pixels[:64, :64]).all() for one in found)
    assert len(service.given) == 1
    assert service.refused == 0


def test_a_token_is_renewed_before_it_ends_in_the_middle_of_a_job(archive, service: TokenService):
    service.life_s = 0.8
    assets = [archive.cog(f"{n}.tif", noise(n)) for n in range(12)]
    reader = RangeReader(SETTINGS)
    for n, asset in enumerate(assets):
        assert (read(archive, asset, reader) == noise(n)[:64, :64]).all()
        time.sleep(0.15)
    assert len(service.given) >= 3
    assert service.refused == 0, "no request went out with a token that had ended"


def test_a_token_that_is_refused_is_fetched_anew(archive, service: TokenService):
    first, second = archive.cog("a.tif", noise(1)), archive.cog("b.tif", noise(2))
    reader = RangeReader(SETTINGS)
    read(archive, first, reader)
    service.revoke()
    assert (read(archive, second, reader) == noise(2)[:64, :64]).all()
    assert len(service.given) == 2


def test_a_busy_token_service_is_waited_for(archive, service: TokenService, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr("minewatch.cube.range_reader.time.sleep", waits.append)
    service.token_faults, service.retry_after = [429, 503], "7"
    asset = archive.cog("a.tif", noise())
    assert read(archive, asset, RangeReader(replace(SETTINGS, http_max_wait_s=9.0))).any()
    assert waits == [7.0, 7.0]


def test_a_token_service_that_gives_none_is_a_read_error(archive, service: TokenService):
    asset = archive.cog("a.tif", noise())
    service.token_faults = [500] * 9
    with pytest.raises(ReadError, match="its token service answers 500"):
        read(archive, asset)


def test_a_file_that_refuses_every_token_is_a_read_error(archive, service: TokenService):
    asset = archive.cog("a.tif", noise())
    service.life_s = -1.0
    with pytest.raises(ReadError, match="403"):
        read(archive, asset)
    assert len(service.given) <= 4


def test_no_token_is_in_a_log_an_error_a_pickle_or_a_cache(
    archive, service: TokenService, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    store = BlockStore(tmp_path / "cache", 1 << 20)
    reader = RangeReader(SETTINGS, store=store)
    read(archive, archive.cog("a.tif", noise()), reader)
    bad = archive.cog("b.tif", noise())
    (archive.folder / "b.tif").write_bytes(b"<html>no</html>")
    service.faults["b.tif"] = [500, 302, 404]
    with pytest.raises(ReadError) as caught:
        read(archive, bad, reader)
    assert len(service.given) >= 1
    assert CANARY not in f"{caught.value!r} {caught.getrepr(style='long')}"
    assert CANARY not in caplog.text
    assert CANARY.encode() not in pickle.dumps(reader)
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert kept
    assert not any(CANARY.encode() in path.read_bytes() + bytes(path) for path in kept)


def test_a_token_goes_to_its_own_host_and_over_closed_lines_only(service: TokenService):
    access = Access(SETTINGS)
    assert access.signs(f"{service.url}/a.tif")
    assert not access.signs("https://other.example/a.tif")
    known = "elevationeuwest.blob.core.windows.net/copernicus-dem/a.tif"
    hosts = {"elevationeuwest.blob.core.windows.net/copernicus-dem/": "cop-dem-glo-30"}
    local = replace(catalogs.CATALOGS["planetary-computer"], hosts=hosts)
    catalogs.CATALOGS["planetary-computer"] = local  # put back by the fixture
    assert access.signs(f"https://{known}")
    assert not access.signs(f"http://{known}")


def give_key(kind: str, service: TokenService, folder: Path, monkeypatch) -> None:
    """A key for 127.0.0.1, that the service wants."""
    if kind == "bearer":
        monkeypatch.setenv("MINEWATCH_HOST_TOKENS", f"other.example=x, 127.0.0.1={CANARY}")
        service.wants_header = f"Bearer {CANARY}"
    else:
        (folder / "netrc").write_text(f"machine 127.0.0.1 login me password {CANARY}\n")
        (folder / "netrc").chmod(0o600)
        monkeypatch.setenv("NETRC", str(folder / "netrc"))
        pair = base64.b64encode(f"me:{CANARY}".encode()).decode()
        service.wants_header = f"Basic {pair}"


@pytest.mark.parametrize("make_reader", [RangeReader, RasterioReader])
@pytest.mark.parametrize("kind", ["bearer", "netrc"])
def test_a_host_is_told_who_asks_and_no_other(
    archive, service: TokenService, tmp_path, monkeypatch, make_reader, kind, caplog
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setitem(
        catalogs.CATALOGS, "planetary-computer",
        replace(catalogs.CATALOGS["planetary-computer"], hosts={}),
    )  # fmt: skip
    give_key(kind, service, tmp_path, monkeypatch)
    asset = archive.cog("a.tif", noise())
    reader = make_reader(SETTINGS)
    assert (read(archive, asset, reader) == noise()[:64, :64]).all()
    elsewhere = asset.href.replace("127.0.0.1", "localhost")
    with pytest.raises(ReadError) as caught:
        read(archive, replace(asset, href=elsewhere), reader)
    secret = service.wants_header.split()[1]
    assert not any(word in f"{caught.value}{caplog.text}" for word in (CANARY, secret))
    assert CANARY.encode() not in pickle.dumps(reader)


def test_the_token_of_earthdata_goes_to_earthdata_alone():
    access = Access(SETTINGS, environ={"EARTHDATA_TOKEN": CANARY, "NETRC": "/dev/null"})
    wanted = {"Authorization": f"Bearer {CANARY}"}
    assert access.headers("https://data.lpdaac.earthdatacloud.nasa.gov/a.tif") == wanted
    assert access.headers("https://cmr.earthdata.nasa.gov/stac") == wanted
    for other in (
        "http://data.lpdaac.earthdatacloud.nasa.gov/a.tif",
        "https://earthdata.nasa.gov.evil.example/a.tif",
        "https://evilearthdata.nasa.gov.example/",
        "https://d1nklfio7vscoe.cloudfront.net/s3-signed/a.tif",
        "not an address",
    ):
        assert access.headers(other) == {}


@pytest.mark.parametrize("make_reader", [RangeReader, RasterioReader])
@pytest.mark.parametrize("kind", ["bearer", "netrc"])
def test_a_redirect_takes_no_key_to_another_host(
    archive, service: TokenService, monkeypatch, tmp_path, make_reader, kind
):
    monkeypatch.setitem(
        catalogs.CATALOGS, "planetary-computer",
        replace(catalogs.CATALOGS["planetary-computer"], hosts={}),
    )  # fmt: skip
    give_key(kind, service, tmp_path, monkeypatch)
    asset = archive.cog("a.tif", noise())
    with guarding(archive.folder) as other:
        other.wants_header = "never"
        onward = other.url.replace("127.0.0.1", "localhost")
        service.faults["a.tif"] = [f"{onward}/a.tif"]
        with pytest.raises(ReadError):
            read(archive, asset, make_reader(SETTINGS))
        assert "a.tif" in service.requests, "the host itself was given the key"
        assert other.refused
        assert not any("authorization" in headers for headers in other.headers)


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"no", b'{"token": "a", "msft:expiry": "soon"}'])
def test_what_is_no_token_is_never_used(service: TokenService, monkeypatch, answer):
    monkeypatch.setattr("tests.token_service.json.dumps", lambda _: answer.decode())
    with pytest.raises(BrokenError, match="gives no token"):
        Access(SETTINGS).sign(f"{service.url}/a.tif")
