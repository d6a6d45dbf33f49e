"""A file server that answers byte ranges after a wait: `python -m tests.bench.server DIR WAIT_S`.

Prints its port. `GET /_count` tells the requests and bytes since it was last asked.
"""

from __future__ import annotations

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Server(ThreadingHTTPServer):
    """Counts what it sends."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, folder: Path, wait_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.wait_s = folder, wait_s
        self.requests = self.bytes = 0


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_HEAD(self) -> None:
        self._send(body=False)

    def do_GET(self) -> None:
        if self.path == "/_count":
            self._tell(f"{self.server.requests} {self.server.bytes}".encode())
            self.server.requests = self.server.bytes = 0
        else:
            self._send(body=True)

    def _tell(self, text: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _send(self, *, body: bool) -> None:
        self.server.requests += 1
        time.sleep(self.server.wait_s)
        path = self.server.folder / self.path.split("?")[0].lstrip("/")
        if not path.is_file():
            self._tell(b"", 404)
            return
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start, end = 0, size - 1
            if wanted := self.headers.get("Range"):
                first, last = wanted.removeprefix("bytes=").split("-")
                start, end = int(first), min(int(last or end), end)
            self.send_response(206 if wanted else 200)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(end + 1 - start))
            if wanted:
                self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
            self.end_headers()
            self.wfile.flush()
            if body:
                self.server.bytes += end + 1 - start
                while start <= end:
                    start += os.sendfile(
                        self.connection.fileno(), file.fileno(), start, end + 1 - start
                    )

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with Server(Path(sys.argv[1]), float(sys.argv[2])) as running:
        print(running.server_port, flush=True)  # noqa: T201
        running.serve_forever()
