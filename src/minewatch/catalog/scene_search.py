"""AOI, period and sensor to a frozen list of scenes, from any kind of catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from minewatch.catalog.answers import Answer
from minewatch.catalog.api import collections_of, is_api, search_api
from minewatch.catalog.connection import Documents, read_json
from minewatch.catalog.folder_mapping import mapping_at, read_mapping, sensor_for
from minewatch.catalog.folder_scenes import list_folder
from minewatch.catalog.hrefs import canonical_catalog, canonical_href
from minewatch.catalog.item_table_files import tables_at
from minewatch.catalog.selection import Selection, select_scenes
from minewatch.catalog.short_texts import is_remote, short
from minewatch.catalog.static_catalog import walk_static
from minewatch.errors import CatalogError, NoScenesError, SettingsError, unknown_name
from minewatch.model import (
    AreaOfInterest,
    Period,
    Progress,
    ProgressListener,
    SceneList,
    silent,
)
from minewatch.parquet_package import check_parquet
from minewatch.redaction import redact
from minewatch.sensors import (
    CATALOGS,
    DEFAULT_CATALOG,
    DEFAULT_SENSOR,
    SensorProfile,
    get_catalog,
    get_sensor,
)
from minewatch.settings import Settings, read_settings

_NAME = re.compile(r"[\w-]+")


def find_scenes(
    aoi: AreaOfInterest,
    period: Period,
    *,
    catalog: str = DEFAULT_CATALOG,
    collection: str | None = None,
    sensor: str | None = None,
    max_cloud_cover_pct: float = 90.0,
    listener: ProgressListener = silent,
    settings: Settings | None = None,
) -> SceneList:
    """The scenes that saw an area in a period, each re-checked here and without duplicates.

    Parameters
    ----------
    aoi
        Area that a scene's footprint must touch.
    period
        Days of acquisition, UTC, both included.
    catalog
        A known name, the root of a STAC API, the path or address of a static catalog.json or of a
        stac-geoparquet file, a folder of such files, or a folder of GeoTIFFs that holds a mapping
        file, or that file.
    collection
        Collection id; None: the sensor's own in a known catalogue, all of a static one.
    sensor
        Name of the sensor profile; None: Sentinel-2 L2A.
    max_cloud_cover_pct
        Most cloud cover of the whole tile, 0..100 [D]; scenes that state none are kept.
    listener
        Hears of the items read so far.
    settings
        Timeouts and retries; None: from the environment.

    Returns
    -------
    SceneList
        Sorted by time, tile and id; never empty.

    Raises
    ------
    NoScenesError
        The search ran well and left nothing, or the sensor was not in orbit yet; the hint says
        why.
    CatalogError
        The catalogue cannot be reached or trusted.
    SettingsError
        Unknown sensor, a cloud limit that is no percentage, or a place that the sensor never
        maps.
    """
    if not 0 <= max_cloud_cover_pct <= 100:
        raise SettingsError(
            f"cloud cover of at most {max_cloud_cover_pct:g} % makes no sense",
            hint="give a percentage from 0 to 100",
        )
    profile = get_sensor(sensor_for(catalog, sensor or DEFAULT_SENSOR))
    check_reach(aoi, period, profile)
    mapping = mapping_at(catalog)
    tables = () if mapping is not None else tables_at(catalog)
    if mapping is not None:
        name, is_server = str(mapping), False
        answer = list_folder(read_mapping(mapping), listener=listener)
    elif tables:
        name, is_server = canonical_href(canonical_catalog(catalog)), False
        check_parquet(f"the catalogue {short(name)}")
        from minewatch.catalog.item_tables import search_tables  # pyarrow is an extra

        answer = search_tables(
            tables, settings=settings or read_settings(), area=aoi.geometry, period=period,
            profile=profile, collection=collection, listener=listener,
        )  # fmt: skip
    else:
        source = open_source(catalog, settings or read_settings())
        name, is_server = source.name, is_api(source.root)
        answer = _ask(
            source, aoi, period, collection=collection, profile=profile,
            max_cloud_cover_pct=max_cloud_cover_pct, listener=listener,
        )  # fmt: skip
    chosen = select_scenes(
        answer.items,
        profile=profile,
        area=aoi.geometry,
        period=period,
        max_cloud_cover_pct=max_cloud_cover_pct,
    )
    if not chosen.scenes:
        raise _nothing(aoi, period, name, answer, chosen)
    listener(Progress("catalogue", len(chosen.scenes), len(chosen.scenes), "scenes chosen"))
    return SceneList(
        scenes=chosen.scenes,
        catalog=name,
        collection=answer.collection,
        dropped=dict(sorted({**answer.dropped, **chosen.dropped}.items())),
        notes=(*answer.notes, *(_distrust(chosen) if is_server else ()), *chosen.notes),
    )


def _ask(
    source: Source,
    aoi: AreaOfInterest,
    period: Period,
    *,
    profile: SensorProfile,
    collection: str | None,
    max_cloud_cover_pct: float,
    listener: ProgressListener,
) -> Answer:
    """What a server gives, or everything that a static catalogue holds."""
    if not is_api(source.root):
        return walk_static(
            source.io, source.address, source.root, collection=collection, listener=listener
        )
    return search_api(
        source.io, source.address, source.root,
        collection=collection or _collection(source, profile),
        area=aoi.outline(), period=period,
        max_cloud_cover_pct=max_cloud_cover_pct, listener=listener,
    )  # fmt: skip


def check_reach(aoi: AreaOfInterest, period: Period, profile: SensorProfile) -> None:
    """Raise when the sensor maps no such place, or had taken no image yet.

    Raises
    ------
    SettingsError
        Part of the area lies beyond `profile.latitudes`.
    NoScenesError
        The period ends before `profile.first_day`.
    """
    _, south, _, north = aoi.geometry.bounds
    lowest, highest = profile.latitudes
    if south < lowest or north > highest:
        raise SettingsError(
            f"latitudes {south:g} to {north:g} leave what {profile.title} maps "
            f"({lowest:g} to {highest:g})",
            hint="clip the area to those latitudes, or choose another --sensor",
        )
    if period.end < profile.first_day:
        raise NoScenesError(
            f"the last day, {period.end}, is before the first image of {profile.title}, "
            f"{profile.first_day}",
            hint="choose a later --end, or another --sensor",
        )


class Source(NamedTuple):
    """A catalogue whose root has been read."""

    name: str
    """Known name, or address without secrets."""
    address: str
    """Where it is read, absolute."""
    root: Mapping[str, Any]
    """Its root document."""
    io: Documents
    """Reader of its documents."""


def open_source(catalog: str, settings: Settings) -> Source:
    """Read the root of a catalogue given by name, address or path.

    Raises
    ------
    CatalogError
        Unknown name, no such file, unreachable, or not STAC.
    """
    io = Documents(settings)
    if catalog in CATALOGS:
        address = get_catalog(catalog).url
        return Source(catalog, address, read_json(io, address), io)
    if is_remote(catalog):
        known = next((c.name for c in CATALOGS.values() if c.url == catalog.rstrip("/")), None)
        return Source(known or canonical_href(catalog), catalog, read_json(io, catalog), io)
    path = Path(canonical_href(catalog)).expanduser().absolute()
    path = path / "catalog.json" if path.is_dir() else path
    if not path.exists() and _NAME.fullmatch(catalog):
        get_catalog(catalog)  # raises, listing the known names
    return Source(str(path), str(path), read_json(io, str(path)), io)


def _collection(source: Source, profile: SensorProfile) -> str:
    """The collection of an API that holds the sensor's product."""
    if source.name in profile.collections:
        return profile.collections[source.name]
    if source.name in CATALOGS:
        raise CatalogError(
            f"{source.name} has no {profile.title}",
            hint=f"use --catalog {' or '.join(sorted(profile.collections))}",
        )
    offered = collections_of(source.io, source.address, source.root)
    fitting = sorted(profile.known_collections & set(offered))
    if not fitting or (len(fitting) > 1 and not profile.parts):
        problem = unknown_name("collection", f"for {profile.name}", list(offered))
        raise CatalogError(problem, hint="choose one with --collection")
    return ",".join(fitting)


def _distrust(chosen: Selection) -> list[str]:
    """Notes on a server that did not keep to what it was asked."""
    wrong = [
        (chosen.elsewhere, "outside the area"),
        (chosen.elsewhen, "outside the period"),
    ]
    return [f"{n} scenes the catalogue gave lie {where}: left out" for n, where in wrong if n]


def _nothing(
    aoi: AreaOfInterest, period: Period, name: str, answer: Answer, chosen: Selection
) -> NoScenesError:
    """The error of an empty search, with the likeliest reason as its hint."""
    first = max(answer.extent[0], "") or chosen.days[0]
    last = answer.extent[1] or chosen.days[1]
    reasons = sorted(set({**answer.dropped, **chosen.dropped}.values()))
    if last and period.start.isoformat() > last:
        hint = f"the archive ends on {last}: choose an earlier --start"
    elif first and period.end.isoformat() < first:
        hint = f"the archive begins on {first}: choose a later --end"
    elif reasons:
        cloudy = all(reason.startswith("cloud cover") for reason in reasons)
        left_out = f"{len(answer.dropped) + len(chosen.dropped)} left out"
        hint = f"{left_out}: {'all too cloudy, raise the cloud limit' if cloudy else reasons[0]}"
    elif chosen.elsewhere and not chosen.elsewhen:
        hint = f"none of its {chosen.elsewhere} scenes touches the area: check --aoi"
    elif first or last:
        hint = f"the archive has scenes from {first or '?'} to {last or 'now'}"
    else:
        hint = "check --aoi, --collection and the period"
    collection = answer.collection or "any collection"
    return NoScenesError(
        f"no scenes of {collection} over {aoi.id} from {period.start} to {period.end} in "
        f"{redact(name)}",
        hint=hint,
    )
