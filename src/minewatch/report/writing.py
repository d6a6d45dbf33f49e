"""Files that are whole or not there: the report's own, for stages do not import each other."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from minewatch.errors import OutputError


def write_whole(path: Path, content: bytes) -> None:
    """Write bytes so that a reader sees the old file or the new one.

    Parameters
    ----------
    path
        The file; its folder is made when it is missing.
    content
        All of it.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    part = path.with_name(f".minewatch-part-{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}",
            hint="free some disk space, or choose another file with --out",
        ) from error
