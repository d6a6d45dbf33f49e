"""Files that are whole or not there: written beside their place, flushed, then renamed."""

from __future__ import annotations

import errno
import fcntl
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from minewatch.errors import OutputError

T = TypeVar("T")
_MARK = ".minewatch-part-"
_HINTS = {
    errno.ENOSPC: "free some disk space there, or choose another folder with --out",
    errno.EDQUOT: "your quota is full: free some space, or choose another folder with --out",
    errno.EACCES: "you may not write there: choose another folder with --out",
    errno.EPERM: "you may not write there: choose another folder with --out",
    errno.EROFS: "that disk is read-only: choose another folder with --out",
    errno.ENOTDIR: "part of the path is a file: choose another folder with --out",
    errno.EISDIR: "a folder lies where the file should go: move it away",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter folder with --out",
}


@contextmanager
def atomic_path(path: Path, *, is_lasting: bool = True) -> Iterator[Path]:
    """A path to write to, which takes the place of `path` when all went well.

    The temporary file lies in the same folder and keeps the suffix, so that drivers which go by
    it are content. When the block raises, what was there before stays as it was.

    Parameters
    ----------
    path
        Where the file belongs. Its folder is made when it is missing.
    is_lasting
        Safe on the disk when this ends. False is for what can be made again: it may be gone, or
        empty, after the power failed, and is whole in every other case.

    Yields
    ------
    Path
        Where to write it. The block must have closed the file when it ends.

    Raises
    ------
    OutputError
        When the file cannot be written; names the path and the mend.
    """
    path = Path(path)
    part = path.with_name(f"{_MARK}{uuid.uuid4().hex}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        if is_lasting:
            _flush(part)
        part.replace(path)
        if is_lasting:
            with suppress(OSError):  # some network disks cannot flush a folder
                _flush(path.parent)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink()


def write_bytes_atomic(path: Path, content: bytes, *, is_lasting: bool = True) -> None:
    """Write bytes so that a reader sees the old file or the new one, never a torn one.

    Parameters
    ----------
    path
        Where the file belongs.
    content
        All of it.
    is_lasting
        As in `atomic_path`.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    with atomic_path(path, is_lasting=is_lasting) as part:
        part.write_bytes(content)


def write_many_atomic(contents: Iterable[tuple[Path, bytes]]) -> list[Path]:
    """Write many small files, each whole or not at all, with one flush of the disk for all.

    Parameters
    ----------
    contents
        Where each file belongs, and all of it.

    Returns
    -------
    list of Path
        The files, in their order.

    Raises
    ------
    OutputError
        When one cannot be written: then none of them is in its place.
    """
    parts: dict[Path, Path] = {}
    path = Path()
    try:
        for path, content in contents:
            path.parent.mkdir(parents=True, exist_ok=True)
            parts[path] = path.with_name(f"{_MARK}{uuid.uuid4().hex}{path.suffix}")
            parts[path].write_bytes(content)
        os.sync()
        for path, part in parts.items():
            part.replace(path)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        for part in parts.values():
            with suppress(OSError):
                part.unlink()
    return list(parts)


def remove_leftovers(directory: Path) -> int:
    """Remove what a killed process left half-written, and say how many files that were.

    Parameters
    ----------
    directory
        Searched with all its folders. No other process may be writing there.
    """
    torn = sorted(Path(directory).rglob(f"{_MARK}*"))
    for part in torn:
        part.unlink(missing_ok=True)
    return len(torn)


def output_error(path: Path, error: OSError) -> OutputError:
    """The error a user can act on when a file cannot be written.

    Parameters
    ----------
    path
        The file.
    error
        What the system said.
    """
    hint = _HINTS.get(error.errno or 0, "choose another folder with --out, or look at the disk")
    return OutputError(f"cannot write {path}: {error.strerror or error}", hint=hint)


def _flush(path: Path) -> None:
    """Make the system put a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def append_bytes(path: Path, content: bytes) -> None:
    """Add lines to the end of a file, all of them or none, safe on the disk when this returns.

    Parameters
    ----------
    path
        The file; it and its folder are made when missing. Several writers wait for each other.
    content
        Whole lines. They begin on a line of their own, also behind one that was cut.

    Raises
    ------
    OutputError
        When it cannot be written; the file is then as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    except OSError as error:
        raise output_error(path, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        size = os.fstat(handle).st_size
        is_torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        try:
            _write_all(handle, b"\n" + content if is_torn else content)
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, size)
            raise
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        os.close(handle)
    with suppress(OSError):  # some network disks cannot flush a folder
        _flush(path.parent)


def _write_all(handle: int, content: bytes) -> None:
    while content:
        content = content[os.write(handle, content) :]
    os.fsync(handle)


FORMULA_SIGNS = "=+-@\t\r"
"""A cell of a CSV that begins with one of these is a formula to a spreadsheet."""


def plain_cell(value: T) -> T | str:
    """A cell of a CSV that no spreadsheet takes for a formula; numbers stay numbers.

    Parameters
    ----------
    value
        Text gets an apostrophe before it where it would be one.

    Examples
    --------
    >>> plain_cell("=1+1"), plain_cell("-"), plain_cell(-1)
    ("'=1+1", "'-", -1)
    """
    if isinstance(value, str) and value.startswith(tuple(FORMULA_SIGNS)):
        return f"'{value}"
    return value
