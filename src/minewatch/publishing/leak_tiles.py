"""Vector tiles, zoom by zoom: pieces of outlines put together, and what is written in them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from minewatch.model import WGS84
from minewatch.publishing.frames import GRID_CRS
from minewatch.publishing.leak_places import AllowedPlaces

_TILE_M: Final = 40_075_016.7 / 4096
"""A step of a tile of zoom 0 with 4096 steps, m at the equator."""
_ZOOMS: Final = range(23)


def tile_bytes(path: Path) -> bytes:
    """What all tiles of a PMTiles file hold, unpacked, one after the other.

    Raises
    ------
    ValueError
        When it cannot be read.
    """
    try:
        reader: Any = import_module("pmtiles.reader")  # it has no types
    except ImportError as error:
        raise ValueError("the package pmtiles is not installed: pip install pmtiles") from error
    content = path.read_bytes()
    source = reader.Reader(lambda offset, length: content[offset : offset + length])
    try:
        tiles = [tile for _, tile in reader.all_tiles(source.get_bytes)]
        about = str(source.metadata()).encode()
    except (ValueError, KeyError, IndexError, OSError, EOFError) as error:
        raise ValueError(f"no PMTiles file: {error}") from error
    unpacked = [about]
    for tile in tiles:
        with suppress(OSError, EOFError):
            tile = gzip.decompress(tile)
        unpacked.append(tile)
    return b"\n".join(unpacked)


def read_tiles(path: Path, allowed: AllowedPlaces) -> Iterator[tuple[str, gpd.GeoDataFrame, bool]]:
    """Layers of each zoom that is finer than the grid, and whether they are made of the cells.

    Parameters
    ----------
    path
        A PMTiles file.
    allowed
        Places that may be in it.

    Yields
    ------
    name, table, is_allowed
        WGS 84, one row for all pieces of a feature.
    """
    for name, _ in pyogrio.list_layers(path):
        for zoom in _ZOOMS:
            step = _TILE_M / 2**zoom
            if step >= allowed.step_m:
                continue
            try:
                pieces = pyogrio.read_dataframe(path, layer=str(name), ZOOM_LEVEL=str(zoom))
            except RuntimeError:  # no such zoom
                break
            if len(pieces):
                whole = _put_together(pieces, step).to_crs(GRID_CRS)
                ok = all(allowed.draw_outline(shape, within_m=step) for shape in whole.geometry)
                yield f"{name} at zoom {zoom}", whole.to_crs(WGS84), ok


def _put_together(pieces: gpd.GeoDataFrame, step: float) -> gpd.GeoDataFrame:
    columns = [c for c in pieces.columns if c not in ("geometry", "mvt_id")]
    shapes, rows = [], []
    rows_as_text = pieces[columns].itertuples(index=False, name=None)
    keys = [repr(row) for row in rows_as_text] if columns else [str(n) for n in range(len(pieces))]
    for at in pieces.groupby(np.array(keys, dtype=object), sort=False).indices.values():
        valid = shapely.make_valid(pieces.geometry.array[at])
        wide = shapely.union_all(shapely.buffer(valid, step, join_style="mitre"))  # over the seams
        shapes.append(shapely.buffer(wide, -step, join_style="mitre"))
        rows.append(pieces[columns].iloc[at[0]])
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=pieces.crs).reset_index(drop=True)
