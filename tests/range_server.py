"""A file server on loopback that answers byte ranges, late or wrongly when it is told to.

`python -m tests.range_server DIR WAIT_S` prints its port; `GET /_count` tells the requests and
bytes since it was last asked.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SLOW_S = 1.5


class RangeServer(ThreadingHTTPServer):
    """Serves a folder, after the faults planned for a path are used up, and counts."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, folder: Path, *, wait_s: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.wait_s = folder, wait_s
        self.faults: dict[str, list[int | str]] = {}
        """Path to the answers given first, the last of them for ever: a status, or `slow`."""
        self.requests: list[str] = []
        """Paths asked for."""
        self.ranges: list[str] = []
        """Those of which a range was asked for."""
        self.bytes = 0
        """Bytes of files sent."""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(folder: Path) -> Iterator[RangeServer]:
    """A server that runs in a thread."""
    with RangeServer(folder) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: RangeServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        server = self.server
        if self.path == "/_count":
            self._tell(200, f"{len(server.requests)} {server.bytes}".encode())
            server.requests.clear()
            server.bytes = 0
        else:
            self._answer(body=True)

    def _tell(self, status: int, text: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _answer(self, *, body: bool) -> None:
        name = self.path.split("?")[0].lstrip("/")
        self.server.requests.append(name)
        if self.server.wait_s:
            time.sleep(self.server.wait_s)
        planned = self.server.faults.get(name, [])
        fault = planned.pop(0) if len(planned) > 1 else (planned[0] if planned else 200)
        if fault == "slow":
            time.sleep(SLOW_S)
        elif fault != 200:
            self._tell(int(fault))
            return
        path = self.server.folder / name
        if path.is_file():
            self._send(path, name, body=body)
        else:
            self._tell(404)

    def _send(self, path: Path, name: str, *, body: bool) -> None:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start, end = 0, size
            if wanted := self.headers.get("Range"):
                self.server.ranges.append(name)
                first, last = wanted.removeprefix("bytes=").split("-")
                start, end = int(first), min(int(last or size) + 1, size)
            self.send_response(206 if wanted else 200)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(end - start))
            if wanted:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
            self.end_headers()
            self.wfile.flush()
            if body:
                self.server.bytes += end - start
                while start < end:
                    start += os.sendfile(
                        self.connection.fileno(), file.fileno(), start, end - start
                    )

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with RangeServer(Path(sys.argv[1]), wait_s=float(sys.argv[2])) as alone:
        print(alone.server_port, flush=True)  # noqa: T201
        alone.serve_forever()
