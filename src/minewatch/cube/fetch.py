"""Bytes of files, near or far: the header once, then the blocks asked for, as they come."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import urllib3

from minewatch.cube.cog_header import spans_of
from minewatch.cube.resampling import OnlyGdalError
from minewatch.settings import Settings

Place = tuple[int, int]
"""First byte, and number of bytes."""

GAP_BYTES = 1 << 20
"""Bytes fetched along rather than asked around, as object_store has it: 1 MiB takes about as long
as a request waits, on a line of 80 Mbit/s."""
MOST_IN_FLIGHT = 32
"""Requests of one process that wait at once for stretches of the same files [D]."""
REFUSED = (401, 403)
"""Answers that want a name and key: GDAL may know them (netrc, header files)."""
BUSY = (429, 503)
"""Answers that may say how long to wait."""


class BrokenError(Exception):
    """An answer that is not what was asked for."""

    def __init__(self, reason: str, *, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Fetcher:
    """Asks for bytes of files; raises what it meets, and never asks twice.

    Parameters
    ----------
    settings
        How long to wait for a server.
    """

    def __init__(self, settings: Settings) -> None:
        self._http = urllib3.PoolManager(
            maxsize=2 * MOST_IN_FLIGHT,
            timeout=settings.http_timeout_s,
            ca_certs=os.environ.get("CURL_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE"),
            retries=urllib3.Retry(0, redirect=5, raise_on_redirect=True),
        )
        self._threads = ThreadPoolExecutor(MOST_IN_FLIGHT, thread_name_prefix="fetch")

    def head(self, address: str, size: int) -> tuple[bytes, str]:
        """The first bytes of a file, all of a shorter one, and what a server says of a far file."""
        if not is_far(address):
            with Path(address).open("rb") as file:
                return file.read(size), ""
        with self._asked(address, 0, size) as answer:
            length = answer.headers.get("Content-Range", "").rpartition("/")[2]
            return answer.read(), f"{length}|{answer.headers.get('ETag', '')}"

    def blocks(self, address: str, places: Sequence[Place]) -> Generator[bytes]:
        """The bytes of some places of a file, in their order.

        Of a far file places near each other come in one request, each given on as it comes;
        requests for places that lie apart run at once.

        Parameters
        ----------
        address
            Path, or http address.
        places
            In the order of the file, apart from each other.

        Raises
        ------
        BrokenError
            The file ends before, or its server answers with something else.
        OnlyGdalError
            The server refuses, or knows no ranges.
        """
        if not is_far(address):
            with Path(address).open("rb") as file:
                for start, size in places:
                    file.seek(start)
                    yield _whole(file.read(size), start, size)
            return
        stretches = _stretches(places)
        if len(stretches) == 1:
            yield from self._stream(address, stretches[0])
            return
        for some in self._threads.map(lambda s: list(self._stream(address, s)), stretches):
            yield from some

    def _stream(self, address: str, places: Sequence[Place]) -> Generator[bytes]:
        """Places of one request, each as soon as it is there."""
        at, end = places[0][0], sum(places[-1])
        with self._asked(address, at, end) as answer:
            for start, size in places:
                if start > at:
                    answer.read(start - at)
                yield _whole(answer.read(size), start, size)
                at = start + size

    @contextmanager
    def _asked(
        self, address: str, start: int, end: int
    ) -> Iterator[urllib3.response.BaseHTTPResponse]:
        """The answer to a request for bytes from `start` up to `end`."""
        wanted = {"Range": f"bytes={start}-{end - 1}"}
        answer = self._http.request("GET", address, headers=wanted, preload_content=False)
        is_read = False
        try:
            if answer.status in REFUSED or answer.status == 200:
                raise OnlyGdalError(f"the server answers {answer.status}")
            if answer.status != 206:
                answer.drain_conn()
                asked = answer.headers.get("Retry-After") if answer.status in BUSY else None
                raise BrokenError(f"HTTP response code: {answer.status}", wait_s=_seconds(asked))
            yield answer
            is_read = True
        finally:
            if not is_read:
                answer.close()  # what is left of it would come before the next answer
            answer.release_conn()


def _stretches(places: Sequence[Place]) -> list[list[Place]]:
    """Places that are asked for together."""
    spans = spans_of(places, gap_bytes=GAP_BYTES)
    return [[place for place in places if first <= place[0] < last] for first, last in spans]


def _whole(data: bytes, start: int, size: int) -> bytes:
    if len(data) != size:
        raise BrokenError(f"is cut off after {start + len(data)} bytes")
    return data


def _seconds(header: str | None) -> float:
    return float(header) if header and header.isdigit() else 0.0


def is_far(address: str) -> bool:
    """Whether a file is asked for over the network."""
    return address.startswith(("http://", "https://"))
