"""A whole run over files that want a token which ends in the middle of it: the same bytes, and no
secret in anything that is left."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from tests.token_service import CANARY, TokenService, guarding

from minewatch import synthetic
from minewatch.model import RunResult
from minewatch.sensors import catalogs

from .conftest import geojson_bytes, run_archive


def as_planetary_computer(service: TokenService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a server are read as those of Planetary Computer, with tokens of that server."""
    host = service.url.removeprefix("http://")
    known = catalogs.CATALOGS["planetary-computer"]
    local = replace(
        known, hosts={f"{host}/": "sentinel-2-l2a"}, token_url=f"{service.url}/token",
        gdal_options={"VSICURL_PC_SAS_TOKEN_URL": f"{service.url}/token/"},
    )  # fmt: skip
    monkeypatch.setitem(catalogs.CATALOGS, "planetary-computer", local)  # type: ignore[arg-type]


def test_a_run_outlives_its_tokens_and_leaves_none(
    tiny_archive: synthetic.Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    plain = run_archive(tiny_archive, tmp_path / "plain")
    with guarding(tiny_archive.directory) as service:
        as_planetary_computer(service, monkeypatch)
        service.life_s = 1.0
        catalog = f"{service.url}/{tiny_archive.catalog.name}"
        signed = run_archive(tiny_archive, tmp_path / "signed", catalog=catalog)
        assert len(service.given) >= 4, "tokens ended in the middle of the run"
    assert signed.manifest["failures"] == []
    assert geojson_bytes(signed) == geojson_bytes(plain)
    assert CANARY not in caplog.text
    assert not [str(path) for path in left(tmp_path) if CANARY.encode() in content(path)]
    assert not secret_words(signed)


def left(folder: Path) -> list[Path]:
    """Every file that is left."""
    return [path for path in folder.rglob("*") if path.is_file()]


def content(path: Path) -> bytes:
    return bytes(path) + path.read_bytes()


def secret_words(result: RunResult) -> list[str]:
    """Parts of signed addresses in what a program is given."""
    return [word for word in (CANARY, "sig=") if word in repr(result.manifest)]
