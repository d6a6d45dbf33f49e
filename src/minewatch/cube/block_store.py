"""Blocks of remote files kept on disk between runs, as they came: compressed, checked, bounded.

A block is named by a hash of its file's address, of the version of the file that it was fetched
with, and of its place in it. So a file that was replaced is fetched anew, and no address,
signature or token is ever written down. Whoever puts a block here has proven it before: its
checksum is that of bytes which were unpacked without fault.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import threading
import uuid
from pathlib import Path

from minewatch.errors import SettingsError
from minewatch.http_answers import FileVersion

log = logging.getLogger(__name__)

LAYOUT = 2
"""Raised when what was kept before is no longer believed; until 1, blocks were not proven."""
FOLDERS = 256
"""Blocks lie in so many folders, by the first two letters of their names."""
SUM_BYTES = 16
"""Bytes of the checksum in front of each block."""
SCANS = 16
"""Parts of the bound after each of which the folder is looked over again: others write to it."""
ROOM = 0.9
"""Share of the bound that is left filled when blocks give way [D]."""


class BlockStore:
    """A folder of blocks, of at most so many bytes; those not used for longest give way.

    Several processes may share it: files appear whole or not at all, and each process looks over
    the folder after every sixteenth of the bound that it wrote, so that together they may be above
    it by that much each. A block that is not what was written is removed and fetched again. Where
    nothing can be written, nothing is kept.

    Parameters
    ----------
    folder
        Where blocks lie; it is made. It should hold nothing else.
    most_bytes
        Bytes kept.

    Raises
    ------
    SettingsError
        The folder cannot be made, or the bound is not above zero.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        if most_bytes <= 0:
            raise SettingsError(
                f"a cache of {most_bytes} bytes", hint="give --cache-size some GiB, or no --cache"
            )
        self.folder, self.most_bytes = folder.absolute(), most_bytes
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"--cache {folder} cannot be made: {error.strerror or error}",
                hint="choose a folder you may write to",
            ) from None
        self._lock = threading.Lock()
        self._bytes = self._written = 0
        self._make_room()

    def get(self, file: str, start: int, size: int) -> bytes | None:
        """A block of a file, or None.

        Parameters
        ----------
        file
            What names the file and its version.
        start, size
            First byte and bytes of the block.
        """
        path = self._path(file, start, size)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        data = content[SUM_BYTES:]
        if len(data) != size or content[:SUM_BYTES] != _sum(path, data):
            log.warning("%s is damaged: the block is fetched again", path)
            path.unlink(missing_ok=True)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return data

    def put(self, file: str, start: int, data: bytes | memoryview) -> None:
        """Keep a block of a file."""
        path = self._path(file, start, len(data))
        size = SUM_BYTES + len(data)
        if size > self.most_bytes or path.exists():
            return
        temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        try:
            path.parent.mkdir(exist_ok=True)
            with temporary.open("wb") as out:
                out.write(_sum(path, data))
                out.write(data)
            temporary.replace(path)
        except OSError as error:
            log.debug("%s is not kept: %s", path, error)
            temporary.unlink(missing_ok=True)
            return
        with self._lock:
            self._bytes += size
            self._written += size
            if self._bytes > self.most_bytes or self._written > self.most_bytes // SCANS:
                self._make_room()

    def _path(self, file: str, start: int, size: int) -> Path:
        name = hashlib.sha256(f"{file}|{start}|{size}".encode()).hexdigest()[:40]
        return self.folder / name[:2] / name[2:]

    def _make_room(self) -> None:
        """Count what lies there, also of others, and remove the oldest when it is too much."""
        found = sorted(self._files())
        self._bytes, self._written = sum(size for _, size, _ in found), 0
        if self._bytes <= self.most_bytes:
            return
        for _, size, path in found:
            if self._bytes <= ROOM * self.most_bytes:
                return
            with contextlib.suppress(OSError):
                Path(path).unlink()
            self._bytes -= size

    def _files(self) -> list[tuple[float, int, str]]:
        """When each file was last used, its bytes, and its path."""
        found = []
        for number in range(FOLDERS):
            with contextlib.suppress(OSError), os.scandir(self.folder / f"{number:02x}") as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):
                        stat = entry.stat()
                        found.append((stat.st_mtime, stat.st_size, entry.path))
        return found


def _sum(path: Path, data: bytes | memoryview) -> bytes:
    """A checksum of a block and of its name: one that was moved is damaged too."""
    name = (path.parent.name + path.name).encode()
    return hashlib.blake2b(data, digest_size=SUM_BYTES, person=name[:16]).digest()


def name_of(address: str, version: FileVersion, *, head: bytes) -> str:
    """What names a file as it is now.

    Parameters
    ----------
    address
        Its address without signature.
    version
        What is said of it.
    head
        Its first bytes: the places of all blocks stand there.
    """
    return hashlib.sha256(f"{LAYOUT}|{address}|{version}|".encode() + head).hexdigest()
