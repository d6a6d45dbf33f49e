"""No secret that a catalogue carries reaches an output, the state, a log or an exception."""

from __future__ import annotations

import json
import logging
import pickle
import shutil
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.range_server import RangeServer, serving

import minewatch as mw
from minewatch import synthetic
from minewatch.catalog import read_scene_list
from minewatch.errors import CatalogError, MinewatchError, SettingsError
from minewatch.pipeline import update

from .conftest import all_bytes, run_archive

CANARY = "cAnArY0123456789"
QUERY = "&".join(
    f"{name}={CANARY}"
    for name in ("sig", "key", "code", "auth", "secret", "session", "whatever", "X-Amz-Signature")
)
USER = f"{CANARY}:{CANARY}@{CANARY}"


def _spoil(item: dict[str, Any], url: str, number: int) -> None:
    """Put canaries everywhere into an item."""
    server = url.replace("http://", f"http://{USER}@")
    for asset in item["assets"].values():
        asset["href"] = f"{server}/{asset['href']}?{QUERY}#{CANARY}"
        asset["headers"] = {"Cookie": f"sid={CANARY}; b={CANARY}", "X-Api-Key": CANARY}
        asset["alternate"] = {"https": {"href": f"https://{CANARY}@h/a.tif?{QUERY}"}}
    item["properties"] |= {
        "token": CANARY, "auth": CANARY, "session": CANARY, "AccountKey": CANARY,
        "note": f"made with password={CANARY} and AccountKey={CANARY}==;EndpointSuffix=h",
        "request": {"Authorization": f"Bearer {CANARY}", "cookies": [f"a={CANARY}"]},
        "source": f"see https://me:{CANARY}/{CANARY}@host/a?x={CANARY}, or //b?code={CANARY}",
    }  # fmt: skip
    item["links"] = [{"rel": "self", "href": f"{url}/items/{number}.json?{QUERY}"}]


@pytest.fixture
def signed(tiny_archive: synthetic.Archive, tmp_path: Path) -> Iterator[RangeServer]:
    """The tiny archive behind a server, with canaries in its catalogue."""
    folder = tmp_path / "archive"
    shutil.copytree(tiny_archive.directory, folder)
    with serving(folder) as server:
        paths = sorted(p for p in folder.rglob("*.json") if '"assets"' in p.read_text("utf-8"))
        for number, path in enumerate(paths):
            item = json.loads(path.read_text("utf-8"))
            if item.get("type") != "Feature":
                continue
            for asset in item["assets"].values():
                asset["href"] = str((path.parent / asset["href"]).resolve().relative_to(folder))
            _spoil(item, server.url, number)
            if number == 3:
                item["assets"]["red"]["href"] = f"vrt://{USER}@a.tif?{QUERY}"
            if number == 4:
                item["properties"]["datetime"] = f"https://{USER}@h/?{QUERY}"
            if number == 5:
                item["properties"]["platform"] = f"token={CANARY}"
            path.write_text(json.dumps(item))
        yield server


def _found_in(folder: Path) -> list[str]:
    """Files below a folder that hold the canary."""
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]


def _said(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error)


def _shown_in_a_notebook(archive: synthetic.Archive, catalog: str, out: Path) -> str:
    """What a cell shows of the scenes, the plan, the run and a site."""
    asked = {"start": archive.spec.start, "end": archive.spec.end, "catalog": catalog}
    scenes = mw.search(archive.aoi, **asked)
    run = mw.open_run(out)
    values = [
        scenes,
        mw.plan(archive.aoi, **asked),
        run,
        *(run.site(i) for i in run.sites["site_id"]),
    ]
    shown = [repr(value) + value._repr_html_() for value in values]
    assert all(len(text) > 100 for text in shown)
    return "".join(shown)


def test_no_canary_leaves_and_a_signed_catalogue_can_be_updated(
    tiny_archive: synthetic.Archive, signed: RangeServer, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("MINEWATCH_HTTP_RETRIES", "1")
    monkeypatch.setenv("MINEWATCH_HTTP_BACKOFF_S", "0")
    out, name = tmp_path / "run", tiny_archive.catalog.relative_to(tiny_archive.directory)
    plain = f"{signed.url}/{name}"
    catalog = plain.replace("http://", f"http://{USER}@") + f"?{QUERY}#{CANARY}"
    missing = min(signed.folder.rglob("*B08*.tif"))
    signed.faults[str(missing.relative_to(signed.folder))] = [500]

    result = run_archive(tiny_archive, out, catalog=catalog, cache=tmp_path / "cache")
    assert result.manifest["failures"]
    assert len(result.manifest["scenes"]["dropped"]) >= 2
    assert result.manifest["parameters"]["catalog"] == plain
    assert result.manifest["parameters"]["catalog_needs_signature"] is True
    assert any("--catalog" in warning for warning in result.manifest["warnings"])

    signed.faults.clear()
    with pytest.raises(SettingsError, match="--catalog") as refused:
        update(out, end=tiny_archive.spec.end)
    with pytest.raises(CatalogError) as lost:
        update(out, end=tiny_archive.spec.end, catalog=catalog.replace(".json", ".none"))
    updated = update(out, end=tiny_archive.spec.end, catalog=catalog)
    assert updated.manifest["failures"] == []
    fresh = run_archive(tiny_archive, tmp_path / "fresh", catalog=catalog)
    assert all_bytes(updated) == all_bytes(fresh)

    scenes = read_scene_list(next(out.glob("scenes.json")))
    said = "".join(_said(caught.value) for caught in (refused, lost))
    assert CANARY not in said
    assert CANARY.encode() not in pickle.dumps(scenes)
    assert _found_in(out) == []
    assert _found_in(tmp_path / "cache") == []
    assert CANARY not in _shown_in_a_notebook(tiny_archive, catalog, out)
    lines = [r.getMessage() for r in caplog.records if CANARY in caplog.handler.format(r)]
    assert lines == []
    assert len(caplog.records) > 50, "the libraries say something at DEBUG"
    assert isinstance(refused.value, MinewatchError)
