"""A folder with everything that a QGIS project needs: it can be moved, zipped and mailed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from minewatch.exporters.column_types import column_order
from minewatch.exporters.gpkg import FILENAME as GPKG
from minewatch.exporters.gpkg import write_geopackage
from minewatch.exporters.layer_exporters import layers_of
from minewatch.exporters.qgis.project_document import ProjectContent, layer_qml, project_xml
from minewatch.exporters.qgis.project_layers import VECTORS, project_layers
from minewatch.exporters.qgis.project_rasters import (
    NATURAL_COLOUR,
    GroundPicture,
    RasterChoice,
    picture_files,
    place_rasters,
)
from minewatch.exporters.qgis.release_project import release_project
from minewatch.exporters.qgis.site_chips import write_chips
from minewatch.files import write_bytes_atomic
from minewatch.model import ContextAnswer, LayerSet, RunResult

if TYPE_CHECKING:
    import geopandas as gpd

FILENAME: Final = "minewatch.qgz"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class QgisExporter:
    """Writes a QGIS project, its GeoPackage, its rasters and pictures of its sites.

    It is a `minewatch.model.Exporter`. What it takes beside the run is what only the folder
    `state/` and the log of verdicts know.
    """

    rasters: RasterChoice = "copy"
    """Whether rasters are copied, referred to where they lie, or left out."""
    ground: Sequence[GroundPicture] = ()
    """Natural colour of every period; empty takes the first and the last, which a run has."""
    verdicts: gpd.GeoDataFrame | None = None
    """What people say, as `minewatch.review.verdict_table` gives it; None: what sites carry."""
    answers: Mapping[str, ContextAnswer] = field(default_factory=dict)
    """What was asked of what the sites stand beside, to the answer: the group `Context`."""

    def __call__(self, result: RunResult, out: Path) -> list[Path]:
        """Write the folder; sources are relative paths.

        Parameters
        ----------
        result
            A finished run.
        out
            Folder to write.

        Returns
        -------
        list of Path
            `minewatch.qgz`, `minewatch.gpkg`, then rasters and chips.

        Raises
        ------
        OutputError
            When they cannot be written.
        """
        rasters, raster_files = place_rasters(result, out, choice=self.rasters, ground=self.ground)
        pictures = {r.span[0]: r.path for r in rasters if r.kind == NATURAL_COLOUR and r.span}
        pictures = pictures or picture_files(result)
        chips, chip_files = write_chips(result, out, pictures)
        layers = project_layers(result, verdicts=self.verdicts, chips=chips, answers=self.answers)
        content = ProjectContent(
            result=result, layers=layers, rasters=rasters, gpkg=GPKG,
            fields={
                name: ["fid", *column_order(layer.table, layer.contract), "simulated"]
                for name, layer in layers.items()
            },
            chips=_captions(result, pictures) if chips else (),
        )  # fmt: skip
        gpkg = write_geopackage(
            replace(layers_of(result), layers=layers, area=None), out / GPKG,
            styles={name: layer_qml(content, name) for name in layers},
            points={name for name, place in VECTORS.items() if place.is_point},
            lines={name for name, place in VECTORS.items() if place.is_line},
        )  # fmt: skip
        path = out / FILENAME
        write_bytes_atomic(path, _zipped(project_xml(content)))
        return [path, gpkg, *raster_files, *chip_files]

    def write_layers(self, layers: LayerSet, out: Path) -> list[Path]:
        """Write the folder of a release: its cells, and nothing of a run.

        Parameters
        ----------
        layers
            Generalised layers.
        out
            Folder to write.

        Returns
        -------
        list of Path
            `minewatch.qgz` and `minewatch.gpkg`.

        Raises
        ------
        OutputError
            When they cannot be written, or the layers are not generalised.
        """
        project, gpkg = release_project(layers, out)
        write_bytes_atomic(out / FILENAME, _zipped(project))
        return [out / FILENAME, gpkg]


write_qgis: Final = QgisExporter()
"""With what a run has by itself."""


def _captions(result: RunResult, pictures: dict[str, Path]) -> tuple[str, ...]:
    """The periods of the first and of the last picture."""
    labels = {str(p["start"]): str(p["label"]) for p in result.manifest["periods"]}
    starts = sorted(pictures)
    return tuple(labels.get(s, s) for s in dict.fromkeys([*starts[:1], *starts[-1:]]))


def _zipped(project: bytes) -> bytes:
    """A `.qgz`: the project in a ZIP file that says nothing of the clock."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        entry = zipfile.ZipInfo("minewatch.qgs", date_time=_EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, project)
    return content.getvalue()
