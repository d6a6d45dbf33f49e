"""What is believed of an answer that should hold a part of a file, and what names the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from minewatch.model import REPLACED

RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
"""`Content-Range` of one part (RFC 9110, 14.4)."""
WHOLE_FILE, PART_OF_FILE = 200, 206


class BrokenError(Exception):
    """An answer that is not what was asked for."""

    def __init__(self, reason: str, *, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class ReplacedError(BrokenError):
    """A file that is another than before."""


@dataclass(frozen=True)
class FileVersion:
    """What is said of a file as it is now; equal as long as nobody replaces it."""

    length: int | None
    """Its bytes; None when nobody says."""
    etag: str = ""
    """Its `ETag`, empty when there is none."""
    modified: str = ""
    """When it was changed last; of a far file only where no strong `ETag` says more."""

    @property
    def is_named(self) -> bool:
        """Another file of the same length would have another version."""
        return bool(self.etag or self.modified)

    def check(self, now: FileVersion) -> None:
        """Raise `ReplacedError` unless the file is still this one."""
        if now != self:
            raise ReplacedError(f"{REPLACED} while it was read, or its server contradicts itself")


@dataclass(frozen=True)
class Part:
    """What an answer holds, as its server says."""

    first: int
    """Its first byte in the file."""
    end: int | None
    """The byte after its last; None when nobody says."""
    version: FileVersion
    """The file that it is of."""


def part_of(status: int, headers: Mapping[str, str], *, start: int, end: int) -> Part:
    """What an answer to a request for some bytes holds.

    Parameters
    ----------
    status
        200 or 206.
    headers
        Found by names in any case.
    start, end
        First byte that was asked for, and the one after the last.

    Raises
    ------
    BrokenError
        It holds other bytes than were asked for, or does not say which, or they are packed.
        A part may end early only where the file does.

    Examples
    --------
    >>> said = {"Content-Range": "bytes 0-9/10", "ETag": '"a"'}
    >>> part_of(206, said, start=0, end=99)
    Part(first=0, end=10, version=FileVersion(length=10, etag='"a"', modified=''))
    """
    packed = headers.get("Content-Encoding", "identity").strip().lower()
    if packed != "identity":
        raise BrokenError(f"comes packed ({packed[:20]!r}), which was not asked for")
    stated = headers.get("Content-Length", "").strip()
    if stated and not stated.isdecimal():
        raise BrokenError(f"comes with a length of {stated[:20]!r}")
    length = int(stated) if stated else None
    if status == WHOLE_FILE:
        return Part(0, length, _version(headers, length))
    found = RANGE.fullmatch(headers.get("Content-Range", "").strip())
    if found is None:
        raise BrokenError("comes without saying which of its bytes")
    first, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    until = end if total is None else min(end, total)
    if (first, last + 1) != (start, until):
        raise BrokenError(f"comes with bytes {first}-{last} instead of {start}-{end - 1}")
    if length not in (None, until - start):
        raise BrokenError(f"comes with {length} bytes instead of {until - start}")
    return Part(first, until, _version(headers, total))


def _version(headers: Mapping[str, str], length: int | None) -> FileVersion:
    etag = headers.get("ETag", "").strip()
    is_strong = etag and not etag.startswith("W/")
    return FileVersion(length, etag, "" if is_strong else headers.get("Last-Modified", "").strip())
