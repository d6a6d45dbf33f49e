"""Rasters of one grid as the bands of one: a small text beside them, which GDAL and QGIS open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape
from xml.sax.saxutils import quoteattr as _quoted

from minewatch.files import write_bytes_atomic

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
    kind, tags = _TYPES[dtype], {"meaning": meaning, "unit": unit}
    tags |= {"simulated": "true"} if simulated else {}
    metadata = [f"<MDI key={_quoted(k)}>{escape(v)}</MDI>" for k, v in tags.items()]
    corner = ", ".join(repr(value) for value in geobox.transform.to_gdal())
    size = f'rasterXSize="{cols}" rasterYSize="{rows}"'
    window = f'xOff="0" yOff="0" xSize="{cols}" ySize="{rows}"'
    source = f'<SourceProperties {size.replace("raster", "Raster")} DataType="{kind}" />'
    lines = [
        f"<VRTDataset {size}>", f"<SRS>{escape(str(geobox.crs))}</SRS>",
        f"<GeoTransform>{corner}</GeoTransform>", "<Metadata>", *metadata, "</Metadata>",
    ]  # fmt: skip
    for number, (name, file) in enumerate(sources.items(), start=1):
        lines += [
            f'<VRTRasterBand dataType="{kind}" band="{number}">',
            f"<Description>{escape(name)}</Description>", "<SimpleSource>",
            f'<SourceFilename relativeToVRT="1">{escape(file)}</SourceFilename>',
            "<SourceBand>1</SourceBand>", source, f"<SrcRect {window} />", f"<DstRect {window} />",
            "</SimpleSource>", "</VRTRasterBand>",
        ]  # fmt: skip
    write_bytes_atomic(path, "\n".join([*lines, "</VRTDataset>", ""]).encode())
    return path
