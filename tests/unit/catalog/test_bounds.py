"""Documents of a catalogue are bounded in bytes and time."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from minewatch.catalog import find_scenes, server_documents
from minewatch.errors import CatalogError
from minewatch.model import AreaOfInterest, Period
from minewatch.settings import Settings

YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))
Make = Callable[..., dict[str, Any]]


def test_a_page_beyond_all_bounds_is_refused_with_what_to_do(
    loopback: Any, aoi: AreaOfInterest, hasty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_documents, "MOST_BYTES", 1 << 20)
    loopback.search = lambda _body, _call: loopback.page([], more="a" * (1 << 21))
    with pytest.raises(CatalogError, match="more than 1 MiB at once: ask for a shorter period"):
        find_scenes(aoi, YEAR, catalog=loopback.url, settings=hasty)


def test_a_number_longer_than_python_reads_costs_nothing(
    loopback: Any, reply: Any, aoi: AreaOfInterest, item: Make
) -> None:
    page = json.dumps(loopback.page([item("a", huge=1)]).body)
    page = page.replace('"huge": 1', '"huge": ' + "9" * 5000)
    loopback.search = lambda _body, _call: reply(page.encode())
    assert [scene.id for scene in find_scenes(aoi, YEAR, catalog=loopback.url)] == ["a"]


def test_a_pipe_as_catalogue_is_not_waited_for(aoi: AreaOfInterest, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "catalog.json")
    with pytest.raises(CatalogError, match="it is no file"):
        find_scenes(aoi, YEAR, catalog=str(tmp_path / "catalog.json"))


def test_keys_of_this_machine_are_not_asked_for(aoi: AreaOfInterest) -> None:
    with pytest.raises(CatalogError, match="own keys"):
        find_scenes(aoi, YEAR, catalog="http://169.254.169.254/latest/catalog.json")


@pytest.fixture
def dripping() -> Iterator[str]:
    """The address of a server that sends a byte now and then, for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            with suppress(OSError):  # the client hangs up
                line, _ = server.accept()
                with line:
                    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
                    while True:
                        line.sendall(b" ")
                        time.sleep(0.05)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/catalog.json"
        thread.join()


@pytest.mark.timeout(60)
def test_a_drip_of_a_document_ends_at_a_deadline(dripping: str, aoi: AreaOfInterest) -> None:
    settings = Settings(http_timeout_s=0.3, http_retries=0, http_backoff_s=0.0)
    with pytest.raises(CatalogError, match="no answer in time"):
        find_scenes(aoi, YEAR, catalog=dripping, settings=settings)
