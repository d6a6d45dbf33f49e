"""All layers as vector tiles in one PMTiles file, for maps on the web that need no server."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyogrio
import shapely
from pyogrio.errors import DataSourceError

from minewatch.errors import OutputError, SettingsError
from minewatch.exporters.column_types import TypedTable, typed_table, with_outlines
from minewatch.exporters.layer_exporters import LayerExporter
from minewatch.exporters.rfc7946_outlines import wgs84_outlines
from minewatch.files import write_bytes_atomic
from minewatch.model import WGS84, LayerSet, NamedLayer

if TYPE_CHECKING:
    from types import ModuleType

FILENAME: Final = "minewatch.pmtiles"
MAX_ZOOM: Final = 12
"""A tile of 10 km in 4096 steps: 2.4 m, far below a pixel; maps draw nearer zooms from it."""
MIN_ZOOM: Final = 8
"""Of outlines: further out a site is smaller than a pixel of the screen."""
POINTS: Final = "site_points"
"""A point inside each site: outlines are below a pixel of the screen at small scales."""
_POINT_COLUMNS: Final = (
    "site_id", "alert", "state", "first_detected", "verdict", "simulated",
)  # fmt: skip
"""What points say: at zoom 0 all of them are in one tile."""
_MAX_TILE_BYTES: Final = 50_000_000
"""Above it GDAL would drop rows: a tile that leaves sites out says that there are none."""
_E7: Final = 10_000_000


@LayerExporter
def write_pmtiles(layers: LayerSet, out: Path) -> list[Path]:
    """One PMTiles file, zooms 0 to 12, a layer of tiles for each layer, and `site_points`.

    GDAL cuts each layer into tiles; tiles of one place are joined as their format allows.

    Parameters
    ----------
    layers
        What to write.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `minewatch.pmtiles`. Days are ISO text, lists JSON text; what has no value is left out.

    Raises
    ------
    SettingsError
        When the extra `pmtiles` is not installed.
    OutputError
        When it cannot be written.

    References
    ----------
    PMTiles 3, https://docs.protomaps.com/pmtiles/; Mapbox Vector Tile 2.1
    """
    parts = _parts()
    path = out / FILENAME
    tiles: dict[int, list[bytes]] = defaultdict(list)
    described = []
    try:
        with tempfile.TemporaryDirectory(prefix="minewatch-tiles-") as folder:
            for name, (table, kind) in _tables(layers).items():
                file = Path(folder) / f"{name}.pmtiles"
                _cut(table, file, name=name, kind=kind)
                content = file.read_bytes()
                described += _vector_layers(content, parts)
                for place, tile in _tiles(content, parts):
                    tiles[place].append(tile)
    except (DataSourceError, OSError) as error:
        raise OutputError(
            f"cannot write {path}: {error}", hint="free some disk space, or choose another --out"
        ) from error
    write_bytes_atomic(path, _archive(tiles, described, layers, parts))
    return [path]


def _parts() -> Mapping[str, ModuleType]:
    try:
        from pmtiles import reader, tile, writer
    except ImportError:
        raise SettingsError(
            "the format 'pmtiles' needs the package pmtiles, which is not installed",
            hint="pip install 'minewatch[pmtiles]'",
        ) from None
    return {"reader": reader, "tile": tile, "writer": writer}


def _tables(layers: LayerSet) -> dict[str, tuple[TypedTable, str]]:
    """What goes into the tiles: name to table and kind of outline; layers without rows do not."""
    filled = {name: layer for name, layer in layers.with_area().items() if len(layer.table)}
    tables = {
        name: (with_outlines(_plain(layer, layers), layer), "MultiPolygon")
        for name, layer in filled.items()
    }
    if "sites" in filled:
        points = shapely.to_wkb(shapely.point_on_surface(wgs84_outlines(filled["sites"].table)))
        table = _plain(filled["sites"], layers)
        points_table = table.select(_POINT_COLUMNS).with_column("geometry", "binary", points)
        tables[POINTS] = points_table, "Point"
    return tables


def _plain(layer: NamedLayer, layers: LayerSet) -> TypedTable:
    """The columns in types that tiles have: days as text."""
    table = typed_table(layer, simulated=layers.simulated)
    for name, column in table.columns.items():
        if column.type == "date":
            days = [None if day is None else day.isoformat() for day in column.values]
            table = table.with_column(name, "text", days)
    return table


def _cut(table: TypedTable, path: Path, *, name: str, kind: str) -> None:
    least = 0 if kind == "Point" or name == "aoi" else MIN_ZOOM
    options = {
        "MINZOOM": str(least), "MAXZOOM": str(MAX_ZOOM), "NAME": name,
        "MAX_SIZE": str(_MAX_TILE_BYTES), "MAX_FEATURES": "1000000",
    }  # fmt: skip
    pyogrio.write_arrow(
        table, path, layer=name, driver="PMTiles", geometry_name="geometry", geometry_type=kind,
        crs=WGS84, dataset_options=options,
    )  # fmt: skip


def _reader(content: bytes, parts: Mapping[str, ModuleType]) -> Any:
    return parts["reader"].Reader(lambda offset, length: content[offset : offset + length])


def _vector_layers(content: bytes, parts: Mapping[str, ModuleType]) -> list[dict[str, Any]]:
    described: list[dict[str, Any]] = _reader(content, parts).metadata()["vector_layers"]
    return described


def _tiles(content: bytes, parts: Mapping[str, ModuleType]) -> Iterator[tuple[int, bytes]]:
    """Every tile, by its place on the curve that orders a PMTiles file, unpacked."""
    reader = _reader(content, parts)
    read = parts["reader"].all_tiles(reader.get_bytes)
    for (zoom, column, row), tile in read:
        yield parts["tile"].zxy_to_tileid(zoom, column, row), gzip.decompress(tile)


def _archive(
    tiles: Mapping[int, list[bytes]],
    described: list[dict[str, Any]],
    layers: LayerSet,
    parts: Mapping[str, ModuleType],
) -> bytes:
    content = io.BytesIO()
    writer = parts["writer"].Writer(content)
    for place in sorted(tiles or {0: [b""]}):  # a file without a tile is none
        joined = b"".join(tiles.get(place, ()))  # the layers of a tile follow one another
        writer.write_tile(place, gzip.compress(joined, mtime=0))
    bounds = _bounds(layers)
    kinds, packings = parts["tile"].TileType, parts["tile"].Compression
    header = {
        "tile_type": kinds.MVT, "tile_compression": packings.GZIP,
        "min_zoom": 0, "max_zoom": MAX_ZOOM, "center_zoom": 10,
        "min_lon_e7": bounds[0], "min_lat_e7": bounds[1],
        "max_lon_e7": bounds[2], "max_lat_e7": bounds[3],
        "center_lon_e7": (bounds[0] + bounds[2]) // 2,
        "center_lat_e7": (bounds[1] + bounds[3]) // 2,
    }  # fmt: skip
    metadata = {
        "name": layers.title,
        "description": "; ".join(layers.describe(layer) for layer in layers.layers.values()),
        "attribution": layers.attribution,
        "simulated": layers.simulated,
        "vector_layers": described,
        **layers.about,
    }
    writer.finalize(header, json.loads(json.dumps(metadata)))
    return content.getvalue()


def _bounds(layers: LayerSet) -> tuple[int, int, int, int]:
    """West, south, east and north of everything, in 1e-7 degrees."""
    outlines = [wgs84_outlines(layer.table) for layer in layers.with_area().values()]
    boxes = [shapely.total_bounds(some) for some in outlines if len(some)]
    if not boxes:
        return 0, 0, 0, 0
    west, south = (min(box[i] for box in boxes) for i in (0, 1))
    east, north = (max(box[i] for box in boxes) for i in (2, 3))
    return round(west * _E7), round(south * _E7), round(east * _E7), round(north * _E7)
