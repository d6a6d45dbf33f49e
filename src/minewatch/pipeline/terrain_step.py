"""The slopes of a run: found and read once, then kept, so that no later job may see others."""

from __future__ import annotations

import io
import json
import logging
import zlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import xarray as xr

from minewatch import catalog as catalogs
from minewatch import cube
from minewatch.errors import MinewatchError
from minewatch.files import write_bytes_atomic
from minewatch.model import (
    AUTO_DEM,
    NO_DEM,
    AreaOfInterest,
    ElevationModel,
    Grid,
    Parameters,
    Progress,
    ProgressListener,
    Terrain,
)
from minewatch.sensors import ELEVATION_ATTRIBUTION, ELEVATION_COLLECTIONS
from minewatch.settings import read_settings
from minewatch.store.rule_versions import rules_of
from minewatch.store.state_folder import StateFolder

log = logging.getLogger(__name__)

_FILES = (".tif", ".tiff", ".vrt", ".jp2")


def canonical_dem(dem: str) -> str:
    """The heights as a run remembers them: a file by its absolute path."""
    is_file = dem.lower().endswith(_FILES) and "://" not in dem
    return str(Path(dem).expanduser().absolute()) if is_file else dem


def find_terrain(
    area: AreaOfInterest,
    parameters: Parameters,
    grid: Grid,
    state: StateFolder,
    *,
    catalog: str,
    listener: ProgressListener,
) -> Terrain:
    """The slopes that are kept; else those of the catalogue's elevation model, if there is one.

    Nothing here fails a run: slopes only sharpen words. What stays without them is said.

    Parameters
    ----------
    area, parameters, grid
        What was asked; `parameters.dem` names the collection or file.
    state
        Where slopes are kept.
    catalog
        Where the scenes were found.
    listener
        Hears of the reading.

    Raises
    ------
    MinewatchError
        When a collection or file was named and cannot be had.
    """
    if kept := kept_terrain(parameters, grid, state):
        return kept
    try:
        model = _find(area, parameters, catalog)
        if model is None:
            found = Terrain(reason="the catalogue has none here")
        else:
            count = len(model.tiles)
            listener(Progress("elevation", 0, count, model.collection))
            gradient = cube.read_gradient(model, grid, settings=read_settings())
            model = replace(model, simulated=gradient.attrs["simulated"])
            found = Terrain(gradient=gradient, model=model)
            listener(Progress("elevation", count, count, model.collection))
    except MinewatchError as error:
        if parameters.dem != AUTO_DEM:
            raise
        log.warning("no slopes: %s", error.problem)
        return Terrain(reason=error.problem)  # not kept: the next job tries again
    write_bytes_atomic(state.terrain_path, _as_bytes(found, grid, parameters.dem))
    return found


def kept_terrain(parameters: Parameters, grid: Grid, state: StateFolder) -> Terrain | None:
    """What an earlier job found, or that nothing is wanted; None when it is to be found out."""
    if parameters.dem == NO_DEM:
        return Terrain(reason="not asked for")
    return _read(state, grid, parameters.dem)


def terrain_entry(terrain: Terrain) -> dict[str, Any]:
    """What the manifest says of the slopes."""
    model = terrain.model
    if model is None:
        return {"collection": None, "reason": terrain.reason}
    attribution = ELEVATION_ATTRIBUTION if model.collection in ELEVATION_COLLECTIONS else ""
    return {
        "collection": model.collection,
        "tiles": list(model.tiles),
        "simulated": model.simulated,
        "attribution": "simulated heights, no real place" if model.simulated else attribution,
    }


def _find(area: AreaOfInterest, parameters: Parameters, catalog: str) -> ElevationModel | None:
    named = None if parameters.dem == AUTO_DEM else parameters.dem
    if named and named.lower().endswith(_FILES):
        path = Path(named)
        return ElevationModel(
            collection=path.name, tiles=(path.stem,), hrefs=(named,), is_users_file=True
        )
    return catalogs.find_elevation(area, catalog=catalog, collection=named)


def _key(grid: Grid, dem: str) -> list[Any]:
    return [rules_of("terrain"), dem, str(grid.geobox.crs), list(grid.geobox.boundingbox.bbox)]


def _as_bytes(terrain: Terrain, grid: Grid, dem: str) -> bytes:
    model = asdict(terrain.model) if terrain.model else None
    body = {"key": _key(grid, dem), "model": model, "reason": terrain.reason}
    arrays = {"about": np.frombuffer(json.dumps(body, sort_keys=True).encode(), np.uint8)}
    if terrain.gradient is not None:
        arrays |= {
            str(name): layer.to_numpy() for name, layer in terrain.gradient.variables.items()
        }
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def _read(state: StateFolder, grid: Grid, dem: str) -> Terrain | None:
    """What is kept for the same grid and wish."""
    path = state.terrain_path
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as held:
            body: Mapping[str, Any] = json.loads(held["about"].tobytes())
            if body["key"] != _key(grid, dem):
                return None
            if body["model"] is None:
                return Terrain(reason=body["reason"])
            model = ElevationModel(
                collection=body["model"]["collection"], simulated=body["model"]["simulated"],
                tiles=tuple(body["model"]["tiles"]), hrefs=tuple(body["model"]["hrefs"]),
            )  # fmt: skip
            layers = {
                name: (("y", "x"), held[name]) for name in ("gradient_east", "gradient_north")
            }
            gradient = xr.Dataset(layers, coords={"y": held["y"], "x": held["x"]})
            return Terrain(gradient=gradient, model=model)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        log.warning("%s is damaged (%s): the heights are read again", path, error)
        return None
