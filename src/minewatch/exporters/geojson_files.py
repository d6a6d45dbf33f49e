"""Layers as GeoJSON files: those of a run are the bytes that lie in its folder."""

from __future__ import annotations

from pathlib import Path

from minewatch.exporters.geojson import write_geojson
from minewatch.exporters.layer_exporters import LayerExporter
from minewatch.model import LayerSet


@LayerExporter
def write_geojson_files(layers: LayerSet, out: Path) -> list[Path]:
    """One RFC 7946 file a layer.

    Parameters
    ----------
    layers
        What to write.
    out
        Folder to write; the run's own folder changes nothing.

    Returns
    -------
    list of Path
        The files, `inventory.geojson` and so on.
    """
    member = {
        "schema_version": layers.schema_version,
        "simulated": layers.simulated,
        "attribution": layers.attribution,
        **layers.about,
    }
    return [
        write_geojson(layer.table, out / f"{name}.geojson", layer.contract, member=member)
        for name, layer in layers.layers.items()
    ]
