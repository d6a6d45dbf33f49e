"""A file server on loopback that answers byte ranges, late or wrongly when it is told to.

`python -m tests.range_server DIR WAIT_S` prints its port; `GET /_count` tells the requests and
bytes since it was last asked.
"""

from __future__ import annotations

import gzip
import os
import random
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SLOW_S, LATE_S, DRIP_S = 1.5, 0.05, 0.05
PAGE = b"<html>Please sign in.</html>" * 50


class Answer:
    """An answer to a request for a range, before it is sent: a fault changes it."""

    def __init__(self, whole: bytes, first: int, end: int, names: dict[str, str]) -> None:
        self.whole = whole
        self.status = 206
        self.headers = names
        self.take(first, end)

    def take(self, first: int, end: int) -> None:
        """Hold these bytes, and say so."""
        end = min(end, len(self.whole))
        self.first, self.end, self.body = first, end, self.whole[first:end]
        self.headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(self.whole)}"

    def say(self, status: int, body: bytes, **headers: str) -> None:
        """Hold something else than a range."""
        self.headers.pop("Content-Range")
        self.status, self.body = status, body
        self.headers |= {name.replace("_", "-"): value for name, value in headers.items()}


def _pack(answer: Answer) -> None:
    answer.body = gzip.compress(answer.body)
    answer.headers["Content-Encoding"] = "gzip"


def _flip(answer: Answer) -> None:
    answer.body = bytes(b ^ 255 for b in answer.body[:400]) + answer.body[400:]


def _claim_other_file(answer: Answer) -> None:
    answer.headers |= {"ETag": '"of another"'}


def _claim_other_length(answer: Answer) -> None:
    range_, _, total = answer.headers["Content-Range"].partition("/")
    answer.headers["Content-Range"] = f"{range_}/{int(total) + 1}"


def _in_pieces(answer: Answer) -> None:
    """Without a length: in two chunks."""
    answer.headers["Transfer-Encoding"] = "chunked"


def _in_pieces_and_more(answer: Answer) -> None:
    answer.body += answer.whole[answer.end : answer.end + 64] or bytes(64)
    _in_pieces(answer)


FAULTS: dict[str, Callable[[Answer], None]] = {
    "other range": lambda a: a.take(a.first + 64, a.end + 64),
    "shorter range": lambda a: a.take(a.first, a.end - 64),
    "longer range": lambda a: a.take(a.first, a.end + 64),
    "no range named": lambda a: a.say(206, a.body),
    "a range of words": lambda a: a.headers.update({"Content-Range": "bytes all/some"}),
    "whole file": lambda a: a.say(200, a.whole),
    "packed": _pack,
    "other bytes": _flip,
    "another file": _claim_other_file,
    "another length": _claim_other_length,
    "more than its range": _in_pieces_and_more,
    "in pieces": _in_pieces,
    "a page": lambda a: a.say(200, PAGE, Content_Type="text/html"),
    "a page as a range": lambda a: a.say(206, PAGE, Content_Range=f"bytes 0-{len(PAGE) - 1}/*"),
}
"""Name of a fault to what it makes of an answer that is right."""


_BITS = random.Random(7)


def _flip_one_bit(answer: Answer) -> None:
    at, bit = _BITS.randrange(len(answer.body)), 1 << _BITS.randrange(8)
    answer.body = answer.body[:at] + bytes([answer.body[at] ^ bit]) + answer.body[at + 1 :]


ALL_FAULTS = {**FAULTS, "one bit": _flip_one_bit}
"""Also those that may hit a byte that nobody needs."""
ON_THE_LINE = ("late", "drip", "drip of headers", "cut", "reset")
"""Faults of the line, whatever the answer is."""


EVERY_FAULT: tuple[int | str, ...] = (
    401, 403, 404, 429, 500, 503, "redirect", *ALL_FAULTS, *ON_THE_LINE
)  # fmt: skip


class RangeServer(ThreadingHTTPServer):
    """Serves a folder, after the faults planned for a path are used up, and counts."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, folder: Path, *, wait_s: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.wait_s = folder, wait_s
        self.faults: dict[str, list[int | str]] = {}
        """Path to the answers given first, the last of them for ever: a status, `slow`, a name of
        `FAULTS`, or an address that the answer leads to."""
        self.rate, self.dice = 0.0, random.Random(0)
        """Share of answers that are faulty in any way, drawn at random; and who draws."""
        self.given: Counter[int | str] = Counter()
        """Faults that were drawn, and how often."""
        self.names_versions = "ETag"
        """Header that says which version of a file it is: `ETag`, `Last-Modified`, or none."""
        self.headers: list[dict[str, str]] = []
        """Headers of all requests, names in small letters."""
        self.requests: list[str] = []
        """Paths asked for."""
        self.ranges: list[str] = []
        """Those of which a range was asked for."""
        self.bytes = 0
        """Bytes of files sent."""

    def draw(self, name: str) -> int | str:
        """A fault for an answer, or 200."""
        if self.dice.random() >= self.rate:
            return 200
        fault = self.dice.choice(EVERY_FAULT)
        self.given[fault] += 1
        return f"{self.url}/{name}" if fault == "redirect" else fault

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

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
        try:
            yield running
        finally:
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

    def _tell(self, status: int, text: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _answer(self, *, body: bool) -> None:
        name = self.path.split("?")[0].lstrip("/")
        self.server.requests.append(name)
        self.server.headers.append({key.lower(): value for key, value in self.headers.items()})
        if self.server.wait_s:
            time.sleep(self.server.wait_s)
        planned = self.server.faults.get(name, [])
        fault = planned.pop(0) if len(planned) > 1 else (planned[0] if planned else 200)
        fault = self.server.draw(name) if self.server.rate and not planned else fault
        if fault == "slow":
            time.sleep(SLOW_S)
        elif "://" in str(fault):
            self._tell(302, headers={"Location": str(fault)})
            return
        elif fault != 200 and fault not in ALL_FAULTS and fault not in ON_THE_LINE:
            self._tell(int(fault), headers={"Retry-After": "0"} if fault in (429, 503) else None)
            return
        path = self.server.folder / name
        if path.is_file() and fault in ON_THE_LINE:
            self._send_badly(path, str(fault))
        elif path.is_file() and fault in ALL_FAULTS and "Range" in self.headers:
            self._send_wrongly(path, ALL_FAULTS[str(fault)])
        elif path.is_file():
            self._send(path, name, body=body)
        else:
            self._tell(404)

    def _send_badly(self, path: Path, fault: str) -> None:
        """A right answer, on a line that is not."""
        whole = path.read_bytes()
        start, end = self._range(len(whole)) if "Range" in self.headers else (0, len(whole))
        head = (
            f"HTTP/1.1 206 Partial Content\r\nContent-Length: {end - start}\r\n"
            f"Content-Range: bytes {start}-{end - 1}/{len(whole)}\r\n"
        )
        with path.open("rb") as file:
            head += "".join(f"{k}: {v}\r\n" for k, v in self._versions(file.fileno()).items())
        head += "\r\n"
        if fault == "late":
            time.sleep(LATE_S)
        if fault == "drip of headers":
            self._drip(head.encode())
        self.wfile.write(head.encode())
        if fault == "drip":
            self._drip(whole[start:end])
        half = start + (end - start) // 2
        self.wfile.write(whole[start : end if fault == "late" else half])
        self.wfile.flush()
        if fault == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if fault != "late":
            self.close_connection = True
            self.connection.close()

    def _drip(self, data: bytes) -> None:
        """A byte now and then, for as long as anybody listens."""
        for at in range(len(data)):
            self.wfile.write(data[at : at + 1])
            self.wfile.flush()
            time.sleep(DRIP_S)

    def _send(self, path: Path, name: str, *, body: bool) -> None:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start, end = 0, size
            if wanted := self.headers.get("Range"):
                self.server.ranges.append(name)
                start, end = self._range(size)
            self.send_response(206 if wanted else 200)
            self.send_header("Accept-Ranges", "bytes")
            for header, value in self._versions(file.fileno()).items():
                self.send_header(header, value)
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

    def _range(self, size: int) -> tuple[int, int]:
        first, last = self.headers["Range"].removeprefix("bytes=").split("-")
        return int(first), min(int(last or size) + 1, size)

    def _versions(self, file: int) -> dict[str, str]:
        stat, kind = os.fstat(file), self.server.names_versions
        if kind == "ETag":
            return {"ETag": f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'}
        return {kind: formatdate(stat.st_mtime, usegmt=True)} if kind else {}

    def _send_wrongly(self, path: Path, fault: Callable[[Answer], None]) -> None:
        with path.open("rb") as file:
            whole, names = file.read(), self._versions(file.fileno())
        answer = Answer(whole, *self._range(len(whole)), names)
        fault(answer)
        body, headers = answer.body, answer.headers
        if "Transfer-Encoding" in headers:
            body = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in (body[:99], body[99:]) if p)
            body += b"0\r\n\r\n"
        else:
            headers = {"Content-Length": str(len(body)), **headers}
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with RangeServer(Path(sys.argv[1]), wait_s=float(sys.argv[2])) as alone:
        print(alone.server_port, flush=True)  # noqa: T201
        alone.serve_forever()
