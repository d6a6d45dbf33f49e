"""The elevation model over an area, from the catalogue that gives the scenes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shapely import intersects
from shapely.errors import ShapelyError
from shapely.geometry import shape

from minewatch.catalog.answers import Answer, RawItem, links_of
from minewatch.catalog.api import collections_of, is_api, search_api
from minewatch.catalog.folder_mapping import mapping_at
from minewatch.catalog.hrefs import canonical_href
from minewatch.catalog.item_checks import (
    ItemError,
    check_address,
    drop_item,
    item_errors,
    name_in,
)
from minewatch.catalog.item_table_files import tables_at
from minewatch.catalog.scene_search import Source, open_source
from minewatch.catalog.static_catalog import walk_static
from minewatch.errors import CatalogError
from minewatch.model import AreaOfInterest, ElevationModel
from minewatch.redaction import redact
from minewatch.sensors import CATALOGS, ELEVATION_ASSETS, ELEVATION_COLLECTIONS
from minewatch.settings import Settings, read_settings

log = logging.getLogger(__name__)

_Tile = tuple[str, bool]
"""Address of a file of heights, and whether they are simulated."""


def find_elevation(
    aoi: AreaOfInterest,
    *,
    catalog: str,
    collection: str | None = None,
    settings: Settings | None = None,
) -> ElevationModel | None:
    """The tiles of an elevation model that touch an area.

    Parameters
    ----------
    aoi
        The area.
    catalog
        A known name, the root of a STAC API, or the path or address of a static catalog.json.
    collection
        Collection id; None takes Copernicus DEM GLO-30 where the catalogue has it.
    settings
        Timeouts and retries; None: from the environment.

    Returns
    -------
    ElevationModel or None
        None when no collection was asked for and the catalogue has none, or none over the area.

    Raises
    ------
    CatalogError
        The catalogue cannot be reached or trusted, or what was asked for is not there.
    """
    if mapping_at(catalog) is not None or tables_at(catalog):
        if collection is None:
            return None
        raise CatalogError(
            f"a folder of GeoTIFFs, or a table of items, has no heights of {collection!r}",
            hint="give --dem a file of heights, or none",
        )
    source = open_source(catalog, settings or read_settings())
    name = collection or _offered(source)
    if name is None:
        return None
    try:
        items = _search(source, name, aoi).items
    except CatalogError as error:
        raise CatalogError(error.problem, hint="choose another --dem, or none") from None
    dropped: dict[str, str] = {}
    found = dict(_tiles(items, aoi, dropped))
    if dropped:
        left_out = f"{len(dropped)} tiles of heights are left out: {next(iter(dropped.values()))}"
        if not found:
            raise CatalogError(
                f"{redact(source.name)} is not STAC: {left_out}", hint="choose another --dem"
            )
        log.warning("%s", left_out)
    if not found and collection is None:
        return None
    if not found:
        raise CatalogError(
            f"{redact(source.name)} has no heights of {name} over {aoi.id}",
            hint="leave --dem out, or give a file of heights",
        )
    tiles = sorted(found)
    return ElevationModel(
        collection=name,
        tiles=tuple(tiles),
        hrefs=tuple(found[tile][0] for tile in tiles),
        simulated=all(found[tile][1] for tile in tiles),
    )


def _offered(source: Source) -> str | None:
    """The collection of heights that a catalogue has; one of files names it in its links."""
    if source.name in CATALOGS:
        return CATALOGS[source.name].elevation or None
    if is_api(source.root):
        names = set(collections_of(source.io, source.address, source.root))
    else:
        hrefs = [str(k.get("href")) for k in links_of(source.root) if k.get("rel") == "child"]
        names = {part.removesuffix(".json") for href in hrefs for part in href.split("/")}
    return next(iter(sorted(ELEVATION_COLLECTIONS & names)), None)


def _search(source: Source, collection: str, aoi: AreaOfInterest) -> Answer:
    if is_api(source.root):
        return search_api(
            source.io, source.address, source.root,
            collection=collection, area=aoi.outline(), period=None,
        )  # fmt: skip
    return walk_static(source.io, source.address, source.root, collection=collection)


def _tiles(
    items: Iterable[RawItem], aoi: AreaOfInterest, dropped: dict[str, str]
) -> Iterator[tuple[str, _Tile]]:
    """Name and file of each tile that touches an area; malformed items are left out, and noted."""
    for raw in items:
        try:
            with item_errors():
                href = _heights(raw)
                if href and intersects(shape(raw.item["geometry"]), aoi.geometry):
                    check_address(href, base=raw.base)
                    yield name_in(raw.item), (href, _is_simulated(raw.item))
        except (ItemError, ShapelyError) as error:
            drop_item(dropped, raw.item, error)


def _heights(raw: RawItem) -> str | None:
    """Canonical address of an item's heights."""
    assets = raw.item.get("assets") or {}
    for name in ELEVATION_ASSETS:
        if href := (assets.get(name) or {}).get("href"):
            return canonical_href(str(href), base=raw.base)
    return None


def _is_simulated(item: Mapping[str, Any]) -> bool:
    return bool((item.get("properties") or {}).get("minewatch:simulated", False))
