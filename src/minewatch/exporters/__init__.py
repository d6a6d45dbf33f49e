"""A finished run in the formats people work in, one file a format."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.exporters.aoi_snapshot import read_aoi_snapshot, write_aoi
    from minewatch.exporters.cog_writing import read_cog, write_cog
    from minewatch.exporters.exporter_registry import EXPORTERS, get_exporter
    from minewatch.exporters.geojson import read_geojson, to_geojson, write_geojson
    from minewatch.exporters.kept_files import RECORD, mark_imported, read_record, write_kept
    from minewatch.exporters.layer_exporters import (
        DatabaseExporter,
        LayerExporter,
        RunExporter,
        layers_of,
    )
    from minewatch.exporters.manifest_file import (
        check_outputs,
        hash_file,
        hash_outputs,
        open_result,
        read_manifest,
        write_manifest,
    )
    from minewatch.exporters.table_layers import LAYERS, SITE_FEATURES, Layer
    from minewatch.exporters.vrt import write_stack

__all__ = [
    "EXPORTERS",
    "LAYERS",
    "RECORD",
    "SITE_FEATURES",
    "DatabaseExporter",
    "Layer",
    "LayerExporter",
    "RunExporter",
    "check_outputs",
    "get_exporter",
    "hash_file",
    "hash_outputs",
    "layers_of",
    "mark_imported",
    "open_result",
    "read_aoi_snapshot",
    "read_cog",
    "read_geojson",
    "read_manifest",
    "read_record",
    "to_geojson",
    "write_aoi",
    "write_cog",
    "write_geojson",
    "write_kept",
    "write_manifest",
    "write_stack",
]

__getattr__ = attach(__name__, __file__)
