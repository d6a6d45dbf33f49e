"""Bytes of files, near or far: the header once, then the blocks asked for, as they come."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from netrc import NetrcParseError, netrc
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.response import BaseHTTPResponse

from minewatch.access import Access
from minewatch.addresses import is_metadata_host
from minewatch.cube.cog_header import spans_of
from minewatch.cube.resampling import OnlyGdalError
from minewatch.http_answers import (
    PART_OF_FILE,
    WHOLE_FILE,
    BrokenError,
    FileVersion,
    Part,
    part_of,
)
from minewatch.http_deadlines import POOLS
from minewatch.redaction import guard_logs_of
from minewatch.settings import Settings

Place = tuple[int, int]
"""First byte, and number of bytes."""

GAP_BYTES = 1 << 20
"""Bytes fetched along rather than asked around, as object_store has it: 1 MiB takes about as long
as a request waits, on a line of 80 Mbit/s."""
MOST_IN_FLIGHT = 32
"""Requests of one process that wait at once for stretches of the same files [D]."""
REFUSED = (401, 403)
"""Answers that want a name and key: GDAL knows them where `~/.netrc` names the server."""
BUSY = (429, 503)
"""Answers that may say how long to wait."""
ELSEWHERE = (301, 302, 303, 307, 308)
"""Answers that name another address."""
MOST_REDIRECTS = 5
"""Addresses followed one after the other [D]."""
MOST_SKIPPED = 16 << 20
"""Bytes read past, where a server sends the whole file, to come to those asked for [D]."""
DRAINED_BYTES = 1 << 16
"""The body of an error is read up to so many bytes, so that its connection serves again [D]."""


class RefusedError(OnlyGdalError):
    """A server that wants a name and key."""


class Fetcher:
    """Asks for bytes of files; raises what it meets, and never asks twice.

    Of an answer only that is believed which the protocol lets one check: which bytes of which file
    it holds, how many, and that they are not packed. Redirects are followed with nothing but the
    range asked for and what is meant for the next host: no other header goes along.

    Parameters
    ----------
    settings
        How long to wait for a server.
    """

    def __init__(self, settings: Settings) -> None:
        guard_logs_of("urllib3")  # it logs whole addresses
        self.access = Access(settings)
        self._http = urllib3.PoolManager(
            maxsize=2 * MOST_IN_FLIGHT,
            timeout=settings.http_timeout_s,
            ca_certs=os.environ.get("CURL_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE"),
            retries=False,
        )
        self._http.pool_classes_by_scheme = POOLS
        self._threads = ThreadPoolExecutor(MOST_IN_FLIGHT, thread_name_prefix="fetch")

    def head(self, address: str, size: int) -> tuple[bytes, FileVersion]:
        """The first bytes of a file, all of a shorter one, and which version of it that is."""
        if not is_far(address):
            with _opened(address) as file:
                return os.pread(file, size, 0), _version_on_disk(file)
        with self._asked(address, 0, size) as (answer, part):
            wanted = size if part.end is None else min(size, part.end)
            head = answer.read(wanted)
            _check_end(answer)
            return head if part.end is None else _whole(head, 0, wanted), part.version

    def blocks(
        self, address: str, places: Sequence[Place], version: FileVersion
    ) -> Generator[bytes]:
        """The bytes of some places of a file, in their order.

        Of a far file places near each other come in one request, each given on as it comes;
        requests for places that lie apart run at once.

        Parameters
        ----------
        address
            Path, or http address.
        places
            In the order of the file, apart from each other.
        version
            Of which version of the file, as `head` said.

        Raises
        ------
        ReplacedError
            The file is another one now.
        BrokenError
            The file ends before, or its server answers with something else.
        RefusedError
            The server wants a name and key.
        """
        if not is_far(address):
            with _opened(address) as file:
                version.check(_version_on_disk(file))
                for start, size in places:
                    yield _whole(os.pread(file, size, start), start, size)
            return
        stretches = _stretches(places)
        if len(stretches) == 1:
            yield from self._stream(address, stretches[0], version)
            return
        for some in self._threads.map(lambda s: list(self._stream(address, s, version)), stretches):
            yield from some

    def _stream(
        self, address: str, places: Sequence[Place], version: FileVersion
    ) -> Generator[bytes]:
        """Places of one request, each as soon as it is there."""
        first, end = places[0][0], sum(places[-1])
        with self._asked(address, first, end) as (answer, part):
            version.check(part.version)
            at = part.first
            for start, size in places:
                _skip(answer, at, start)
                data = _whole(answer.read(size), start, size)
                at = start + size
                if at == end:
                    _check_end(answer)
                yield data

    @contextmanager
    def _asked(self, address: str, start: int, end: int) -> Iterator[tuple[BaseHTTPResponse, Part]]:
        """The answer to a request for bytes from `start` up to `end`, and what it holds."""
        answer = self._answer(address, start, end)
        is_read = False
        try:
            if answer.status in REFUSED and self.access.renew(address):
                raise BrokenError(f"HTTP response code: {answer.status}, its token is renewed")
            if answer.status in REFUSED and _has_key(address):
                raise RefusedError(f"the server answers {answer.status}")
            if answer.status not in (WHOLE_FILE, PART_OF_FILE):
                is_read = _drained(answer)
                asked = answer.headers.get("Retry-After") if answer.status in BUSY else None
                raise BrokenError(f"HTTP response code: {answer.status}", wait_s=_seconds(asked))
            part = part_of(answer.status, answer.headers, start=start, end=end)
            if start - part.first > MOST_SKIPPED:
                raise BrokenError("comes whole, not the part that was asked for")
            yield answer, part
            is_read = answer.status == PART_OF_FILE
        finally:
            if not is_read:
                answer.close()  # what is left of it would come before the next answer
            answer.release_conn()

    def _answer(self, address: str, start: int, end: int) -> BaseHTTPResponse:
        """The first answer that names no other address."""
        asked = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        for _ in range(1 + MOST_REDIRECTS):
            signed = self.access.sign(address)
            answer = self._http.request(
                "GET", signed.address, headers=asked | dict(signed.headers),
                preload_content=False, decode_content=False, redirect=False, retries=False,
            )  # fmt: skip
            if answer.status not in ELSEWHERE:
                return answer
            if not _drained(answer):
                answer.close()
            answer.release_conn()
            address = _onward(address, answer)
        raise BrokenError(f"is redirected more than {MOST_REDIRECTS} times")


def _has_key(address: str) -> bool:
    """Whether GDAL finds a name and password for a server, in the file that curl reads, too."""
    try:
        return netrc().authenticators(urlsplit(address).hostname or "") is not None
    except (OSError, NetrcParseError):
        return False


def _onward(address: str, answer: BaseHTTPResponse) -> str:
    """Where a redirect leads; only to servers, and never from a safe to an open line."""
    named = answer.headers.get("Location", "")
    try:
        onward = urljoin(address, named)
        scheme = urlsplit(onward).scheme
    except ValueError:
        scheme = ""
    if not named or scheme not in ("http", "https"):
        raise BrokenError(f"HTTP response code: {answer.status}, which leads nowhere")
    if is_metadata_host(urlsplit(onward).hostname or ""):
        raise BrokenError(
            f"HTTP response code: {answer.status}, which leads to this machine's keys"
        )
    if scheme == "http" and urlsplit(address).scheme == "https":
        raise BrokenError(f"HTTP response code: {answer.status}, which leads to an open line")
    return onward


def _drained(answer: BaseHTTPResponse) -> bool:
    """Read what is left of an answer, if that is little; whether it was."""
    length = answer.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > DRAINED_BYTES:
        return False
    answer.read(DRAINED_BYTES)  # it may send more than it said
    return True


def _skip(answer: BaseHTTPResponse, at: int, to: int) -> None:
    while at < to:
        data = answer.read(min(to - at, GAP_BYTES))
        if not data:
            raise BrokenError(f"is cut off after {at} bytes")
        at += len(data)


def _check_end(answer: BaseHTTPResponse) -> None:
    """A part that comes without its length may be longer than its range."""
    if answer.status == PART_OF_FILE and "Content-Length" not in answer.headers and answer.read(1):
        raise BrokenError("comes with more bytes than were asked for")


@contextmanager
def _opened(path: str) -> Iterator[int]:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield file
    finally:
        os.close(file)


def _version_on_disk(file: int) -> FileVersion:
    found = os.fstat(file)
    return FileVersion(found.st_size, modified=str(found.st_mtime_ns))


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
