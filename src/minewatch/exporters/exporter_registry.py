"""The formats a finished run can be written in: one file and one line each, or an entry point."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from minewatch.errors import MinewatchError, OutputError, SettingsError
from minewatch.exporters.layer_exporters import DatabaseExporter
from minewatch.model import Exporter, RunResult
from minewatch.plugins import Registry

EXPORTERS: Final[Registry[Exporter]] = Registry(
    kind="format",
    group="minewatch.exporters",
    built_in={
        "geojson": "minewatch.exporters.geojson_files:write_geojson_files",
        "gpkg": "minewatch.exporters.gpkg:write_gpkg",
        "qgis": "minewatch.exporters.qgis.project_folder:write_qgis",
        "geoparquet": "minewatch.exporters.geoparquet:write_geoparquet",
        "flatgeobuf": "minewatch.exporters.flatgeobuf:write_flatgeobuf",
        "csv": "minewatch.exporters.csv_tables:write_csv",
        "kml": "minewatch.exporters.kml:write_kml",
        "pmtiles": "minewatch.exporters.vector_tiles:write_pmtiles",
        "stac": "minewatch.exporters.stac_catalog:stac_exporter",
        "smart": "minewatch.exporters.smart_models:write_smart",
        "postgis": "minewatch.exporters.postgis.postgis_exporter:write_postgis",
        "evidence": "minewatch.analysis.evidence_sheets:evidence_exporter",
    },
)
"""Name of a format to what writes it. The contract tests run over all of them."""


def get_exporter(name: str) -> Exporter:
    """What writes a format; one of another package fails with an error that names it.

    Parameters
    ----------
    name
        In `EXPORTERS`.

    Raises
    ------
    SettingsError
        Unknown name, or a plug-in that cannot be loaded or called; lists the known ones.
    """
    exporter: Any = EXPORTERS[name]
    if not callable(exporter):
        kind = type(exporter).__name__
        raise SettingsError(
            f"format {name!r} cannot be used: it is an {kind}, which cannot be called",
            hint=f"{_MEND}; CONTRIBUTING.md says what an exporter must be",
        )
    if name not in EXPORTERS.plugins or isinstance(exporter, DatabaseExporter):
        built_in: Exporter = exporter
        return built_in

    def write(result: RunResult, out: Path) -> list[Path]:
        try:
            return _checked(exporter(result, out), name, out)
        except MinewatchError:
            raise
        except Exception as error:  # whatever another package does
            raise OutputError(
                f"format {name!r} failed: {type(error).__name__}: {error}", hint=_MEND
            ) from error

    return write


def _checked(written: Any, name: str, out: Path) -> list[Path]:
    """The files that an exporter says it wrote, all of them in its folder."""
    if not isinstance(written, list) or not all(isinstance(path, Path) for path in written):
        raise OutputError(f"format {name!r} returned no list of paths: {written!r}", hint=_MEND)
    for path in written:
        if not (path.is_relative_to(out) and path.is_file()):
            raise OutputError(
                f"format {name!r} wrote no file {path.name} in its folder", hint=_MEND
            )
    return written


_MEND: Final = "mend or remove the package that brings it"
