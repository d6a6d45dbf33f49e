"""Rasters of one grid as the bands of one: a small text beside them, which GDAL and QGIS open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from minewatch.export.atomic import write_bytes_atomic

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox

_TYPES: Mapping[str, str] = {"uint8": "Byte", "uint16": "UInt16", "int16": "Int16"}


def write_stack(
    sources: Mapping[str, str],
    path: Path,
    *,
    geobox: GeoBox,
    dtype: str,
    meaning: str,
    unit: str,
    simulated: bool = False,
) -> Path:
    """Write a VRT whose bands are rasters of one band each, atomically.

    Parameters
    ----------
    sources
        What each band is, such as a period, to its file, relative to the folder of `path`.
    path
        The file, ending in `.vrt`.
    geobox
        The grid of all of them.
    dtype
        Kind of number of all of them.
    meaning, unit, simulated
        As for `write_cog`.

    Returns
    -------
    Path
        The file. It holds no pixels: move it together with its sources.
    """
    rows, cols = geobox.shape
    size = {"rasterXSize": str(cols), "rasterYSize": str(rows)}
    root = Element("VRTDataset", size)
    SubElement(root, "SRS").text = str(geobox.crs)
    SubElement(root, "GeoTransform").text = ", ".join(
        f"{value!r}" for value in geobox.transform.to_gdal()
    )
    tags = {"meaning": meaning, "unit": unit} | ({"simulated": "true"} if simulated else {})
    metadata = SubElement(root, "Metadata")
    for key, value in tags.items():
        SubElement(metadata, "MDI", key=key).text = value
    kind, window = _TYPES[dtype], {"xOff": "0", "yOff": "0", "xSize": str(cols), "ySize": str(rows)}
    for number, (name, file) in enumerate(sources.items(), start=1):
        band = SubElement(root, "VRTRasterBand", dataType=kind, band=str(number))
        SubElement(band, "Description").text = name
        source = SubElement(band, "SimpleSource")
        SubElement(source, "SourceFilename", relativeToVRT="1").text = file
        SubElement(source, "SourceBand").text = "1"
        SubElement(source, "SourceProperties", {"DataType": kind, **_properties(size)})
        SubElement(source, "SrcRect", window)
        SubElement(source, "DstRect", window)
    indent(root)
    write_bytes_atomic(path, tostring(root, encoding="utf-8") + b"\n")
    return path


def _properties(size: Mapping[str, str]) -> dict[str, str]:
    """The size of a source, told so that it need not be opened to be known."""
    return {"RasterXSize": size["rasterXSize"], "RasterYSize": size["rasterYSize"]}
