"""The GeoJSON files of a run, copied."""

from __future__ import annotations

from pathlib import Path

from minewatch.exporters.table_layers import LAYERS
from minewatch.files import write_bytes_atomic
from minewatch.model import RunResult


def write_copies(result: RunResult, out: Path) -> list[Path]:
    """The four GeoJSON files of a run, byte for byte, in another folder.

    Parameters
    ----------
    result
        A finished run.
    out
        Folder to write; the run's own folder changes nothing.

    Returns
    -------
    list of Path
        The files.
    """
    written = []
    for layer in LAYERS.values():
        path = out / layer.filename
        write_bytes_atomic(path, (result.directory / layer.filename).read_bytes())
        written.append(path)
    return written
