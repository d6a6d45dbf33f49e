"""The formats a finished run can be written in: one file and one line each, or an entry point."""

from __future__ import annotations

from typing import Final

from minewatch.model import Exporter
from minewatch.plugins import Registry

EXPORTERS: Final[Registry[Exporter]] = Registry(
    kind="format",
    group="minewatch.exporters",
    built_in={
        "geojson": "minewatch.exporters.geojson_copies:write_copies",
        "gpkg": "minewatch.exporters.gpkg:write_gpkg",
        "qgis": "minewatch.exporters.qgis:write_qgis",
        "geoparquet": "minewatch.exporters.geoparquet:write_geoparquet",
        "csv": "minewatch.exporters.csv_tables:write_csv",
        "evidence": "minewatch.analysis.evidence_sheets:write_evidence",
    },
)
"""Name of a format to what writes it. The contract tests run over all of them."""
