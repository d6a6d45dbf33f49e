"""The formats a finished run can be written in: one file and one line each."""

from __future__ import annotations

from typing import Final

from minewatch.exporters.csv_tables import write_csv
from minewatch.exporters.geojson_copies import write_copies
from minewatch.exporters.geoparquet import write_geoparquet
from minewatch.exporters.gpkg import write_gpkg
from minewatch.exporters.qgis import write_qgis
from minewatch.model import Exporter

EXPORTERS: Final[dict[str, Exporter]] = {
    "geojson": write_copies,
    "gpkg": write_gpkg,
    "qgis": write_qgis,
    "geoparquet": write_geoparquet,
    "csv": write_csv,
}
"""Name of a format to what writes it. The contract tests run over all of them."""
