"""With `--cache` a later run fetches headers only, and its outputs are the same bytes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.flow.conftest import geojson_bytes, run_archive

from minewatch import synthetic


class FolderServer(ThreadingHTTPServer):
    """Serves a folder by byte ranges on loopback, and remembers which were asked for."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder
        self.ranges: list[tuple[str, str]] = []

    @property
    def catalog(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/catalog.json"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FolderServer

    def do_GET(self) -> None:
        data = (self.server.folder / self.path.lstrip("/")).read_bytes()
        first, last = 0, len(data) - 1
        wanted = self.headers.get("Range")
        if wanted:
            start, end = wanted.removeprefix("bytes=").split("-")
            first, last = int(start), min(int(end), last)
            self.server.ranges.append((self.path, wanted))
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(last + 1 - first))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.end_headers()
        self.wfile.write(data[first : last + 1])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tiny_archive: synthetic.Archive) -> Iterator[FolderServer]:
    with FolderServer(tiny_archive.directory) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_second_run_asks_for_headers_only_and_a_damaged_block_is_fetched_again(
    tiny_archive: synthetic.Archive, server: FolderServer, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"

    def ranges_asked(name: str) -> tuple[int, dict[str, bytes]]:
        server.ranges.clear()
        result = run_archive(tiny_archive, tmp_path / name, catalog=server.catalog, cache=kept)
        assert not result.manifest["failures"]
        return len(server.ranges), geojson_bytes(result)

    first, told = ranges_asked("first")
    second, told_again = ranges_asked("second")
    headers = len({path for path, _ in server.ranges})
    assert second == headers < first
    assert told_again == told
    for path in [path for path in kept.rglob("*") if path.is_file()][:9]:
        path.write_bytes(path.read_bytes()[:-1])
    third, told_once_more = ranges_asked("third")
    assert headers < third < first
    assert told_once_more == told
