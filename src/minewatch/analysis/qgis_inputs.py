"""What a QGIS project takes from a run beside its tables: pictures of its periods, and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from minewatch.exporters.qgis.project_folder import QgisExporter
    from minewatch.exporters.qgis.project_rasters import RasterChoice
    from minewatch.model import RunResult

QGIS: Final = "qgis"
"""Name of the format in `minewatch.exporters.EXPORTERS`."""
QGIS_FOLDERS: Final = ("chips",)
"""Folders of a project in which nothing else lies: a picture a site."""


def qgis_exporter(result: RunResult, *, rasters: RasterChoice) -> QgisExporter:
    """What writes the project of a run, with all that the run keeps.

    Parameters
    ----------
    result
        A finished run. Without its `state/` there are pictures of its first and last period only.
    rasters
        What becomes of its rasters: `minewatch.exporters.qgis.project_folder.QgisExporter`.

    Raises
    ------
    OutputError
        When a raster or the log of verdicts cannot be read.
    """
    from minewatch import review
    from minewatch.analysis.context_files import read_answers
    from minewatch.analysis.report_inputs import ground_pictures
    from minewatch.analysis.reviewing import open_review
    from minewatch.exporters.qgis.project_folder import QgisExporter

    said = open_review(result.directory)
    verdicts = review.verdict_table(result.sites, said.places, simulated=result.simulated)
    ground = ground_pictures(result) if rasters != "none" else []
    return QgisExporter(
        rasters=rasters, ground=ground, verdicts=verdicts, answers=read_answers(result)
    )
