"""A file on a server, read in parts."""

from __future__ import annotations

import io
import time
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from minewatch.access import Access
from minewatch.catalog.connection import unreached
from minewatch.errors import CatalogError
from minewatch.http_answers import (
    PART_OF_FILE,
    BrokenError,
    FileVersion,
    ReplacedError,
    part_of,
)
from minewatch.http_deadlines import POOLS
from minewatch.redaction import guard_logs_of, redact
from minewatch.settings import Settings

BUSY = (429, 500, 502, 503, 504)
"""Answers after which it is asked again."""


class RangedFile(io.RawIOBase):
    """A file on a server that gives parts of files, as a file object.

    Every part is checked: that it is the one asked for, of the version that the first one was of.

    Parameters
    ----------
    address
        Where it is.
    settings
        Timeouts, retries and waits.

    Raises
    ------
    CatalogError
        It cannot be reached, its server gives no parts, or it is replaced while it is read.
    """

    def __init__(self, address: str, settings: Settings) -> None:
        super().__init__()
        guard_logs_of("urllib3")  # it logs whole addresses
        self._address, self._settings = address, settings
        self._access = Access(settings)
        self._http = urllib3.PoolManager(timeout=settings.http_timeout_s, retries=False)
        self._http.pool_classes_by_scheme = POOLS
        self._at = 0
        self._version: FileVersion | None = None
        self._part(0, 1)

    @property
    def length(self) -> int:
        """Its bytes."""
        assert self._version is not None
        return self._version.length or 0

    def close(self) -> None:
        """End its connections."""
        if not self.closed:
            self._http.clear()
        super().close()

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; see `io.IOBase.seek`."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.length}[whence]
        self._at = max(0, start + offset)
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, all that are left when `size` is below 0 or None."""
        left = max(0, self.length - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        data = self._part(self._at, self._at + wanted) if wanted else b""
        self._at += len(data)
        return data

    def _part(self, start: int, end: int) -> bytes:
        attempts = 1 + self._settings.http_retries
        for attempt in range(attempts):
            try:
                return self._part_once(start, end)
            except ReplacedError:
                raise CatalogError(
                    f"{redact(self._address)} was replaced while it was read",
                    hint="run the search again",
                ) from None
            except (HTTPError, OSError, BrokenError) as error:
                if attempt + 1 == attempts:
                    raise unreached(str(error), redact(self._address)) from None
                asked = error.wait_s if isinstance(error, BrokenError) else 0.0
                own = self._settings.http_backoff_s * 2.0**attempt
                time.sleep(min(max(asked, own), self._settings.http_max_wait_s))
        raise AssertionError

    def _part_once(self, start: int, end: int) -> bytes:
        headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        headers |= self._access.headers(self._address)  # urllib3 sends them to no other host
        answer = self._http.request(
            "GET", self._address, headers=headers, redirect=True, retries=_REDIRECTS,
            preload_content=False, decode_content=False,
        )  # fmt: skip
        try:
            self._check_status(answer)
            part = part_of(answer.status, answer.headers, start=start, end=end)
            if self._version is None:
                self._version = part.version
            self._version.check(part.version)
            data = answer.read(end - start)
        finally:
            answer.close()
            answer.release_conn()
        if len(data) != end - start:
            raise BrokenError(f"is cut off after {start + len(data)} bytes")
        return data

    def _check_status(self, answer: Any) -> None:
        if answer.status in BUSY:
            asked = answer.headers.get("Retry-After", "")
            wait_s = float(asked) if asked.isdecimal() else 0.0
            raise BrokenError(f"HTTP response code: {answer.status}", wait_s=wait_s)
        if answer.status == PART_OF_FILE:
            return
        where = redact(self._address)
        if answer.status == 200:
            raise CatalogError(
                f"the server of {where} gives no parts of files",
                hint="download the file, and give its path",
            )
        raise CatalogError(f"{where} answers {answer.status}", hint="check the address")


_REDIRECTS = urllib3.Retry(total=5, connect=0, read=0, status=0, other=0, redirect=5)
