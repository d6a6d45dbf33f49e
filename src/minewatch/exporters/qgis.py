"""A QGIS project that opens styled and plays by period, written without QGIS."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Final

from minewatch.exporters.gpkg import write_gpkg
from minewatch.exporters.qgis_project import project_xml, raster_layer, vector_layer
from minewatch.files import write_bytes_atomic
from minewatch.model import RunResult

FILENAME: Final = "minewatch.qgz"
_VECTORS: Final = {
    "sites": "Sites (outline by alert)",
    "features": "Pads, pools and roads",
    "inventory": "Sites by period (fill by state)",
    "changes": "Changes that are not mines",
    "aoi": "Area of interest",
}
"""Vector layers from top to bottom, with their titles."""
_RASTERS: Final = {
    "first_detected": "First detected",
    "score": "Evidence of change",
    "observed": "Seen clear, latest period",
    "clear_looks": "Clear looks, latest period",
    "rgb_after": "Natural colour, after",
    "rgb_before": "Natural colour, before",
}
"""Rasters below them, as far as the run has them."""
_SHOWN: Final = frozenset({"sites", "inventory", "features", "aoi", "rgb_after"})
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def write_qgis(result: RunResult, out: Path) -> list[Path]:
    """A QGIS project, and the GeoPackage it shows. Sources are relative paths.

    Press play in the Temporal Controller: the inventory steps through the periods.

    Parameters
    ----------
    result
        A finished run.
    out
        Folder to write. The rasters stay in the run's folder: move both folders together.

    Returns
    -------
    list of Path
        `minewatch.qgz`, `minewatch.gpkg`.

    Raises
    ------
    OutputError
        When they cannot be written.
    """
    written: list[Path] = write_gpkg(result, out)
    layers = [vector_layer(name, title, result) for name, title in _VECTORS.items()]
    layers += [
        raster_layer(name, title, result, source=_relative(result.rasters[name], out))
        for name, title in _RASTERS.items()
        if name in result.rasters
    ]
    path = out / FILENAME
    write_bytes_atomic(path, _zipped(project_xml(result, layers, shown=_SHOWN)))
    return [path, *written]


def _relative(path: Path, folder: Path) -> str:
    relative = Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    return relative if relative.startswith("../") else f"./{relative}"


def _zipped(project: bytes) -> bytes:
    """A `.qgz`: the project in a ZIP file that says nothing of the clock."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        entry = zipfile.ZipInfo("minewatch.qgs", date_time=_EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, project)
    return content.getvalue()
