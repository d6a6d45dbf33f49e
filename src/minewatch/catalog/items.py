"""One STAC item, in any catalogue's dialect, to a `Scene`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from minewatch.catalog.hrefs import clean_item
from minewatch.catalog.item_checks import (
    LONGEST_NAME,
    MALFORMED,
    YEARS,
    ItemError,
    affine,
    check_address,
    factor,
    file_bytes,
    image_shape,
    item_errors,
    name_in,
    number,
)
from minewatch.catalog.item_outlines import box_outline
from minewatch.catalog.product_checks import NAME_KEYS, why_not
from minewatch.catalog.short_texts import short
from minewatch.model import Asset, Band, MaskValues, Scene, core_bands_of
from minewatch.sensors import SensorProfile

GLOBE = (540.0, 90.1)
"""Most degrees of longitude and latitude: areas over the date line run on, and corners are rough
[D]."""
UNREAD_KINDS = frozenset(
    {"float16", "float32", "float64", "int32", "uint32", "int64", "uint64", "cint16", "cfloat32"}
)
"""Kinds of pixels that are not read: `data_type` of STAC."""
AREAS = ("Polygon", "MultiPolygon")
_BASELINE_KEYS = (
    "s2:processing_baseline", "sentinel2:processing_baseline", "sentinel:processing_baseline",
    "processing:version",
)  # fmt: skip
_FLAG_KEYS = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
_DATATAKE_KEYS = ("s2:datatake_id", "eopf:datatake_id", "sentinel2:datatake_id")
_MGRS = re.compile(r"^(?:MGRS-)?T?0?([0-9]{1,2})([C-X])([A-Z]{2})$")
_WRS = re.compile(r"^([0-9]{1,3})/([0-9]{1,3})$")
_PRODUCT = re.compile(
    r"^(S2[A-Z])_MSIL[12][A-Z]+_(\d{8}T\d{6})_(?:N(\d{2})(\d{2})_)?R\d{3}_T(\d{2}[A-Z]{3})"
    r"_(\d{8}T\d{6})"
)
_GRANULE = re.compile(
    r"^(S2[A-Z])_OPER_MSI_L2A_TL_\w{4}_(\d{8}T\d{6})_(A\d{6})_T(\d{2}[A-Z]{3})(?:_N(\d{2})\.(\d{2}))?"
)
_HLS = re.compile(r"^(?:SIM_)?HLS\.([SL]30)\.T(\d{2}[A-Z]{3})\.")
_LANDSAT = re.compile(r"^L[COTEM](\d\d)_L2S[PR]_")
_DATATAKE = re.compile(r"^G(S2[A-Z])_(\d{8}T\d{6})_")


def scene_from_item(item: Mapping[str, Any], *, profile: SensorProfile, base: str) -> Scene:
    """The scene that a STAC item describes.

    Understands Earth Search v0 and v1, Planetary Computer, CDSE and stactools.

    Parameters
    ----------
    item
        The item as the catalogue gave it.
    profile
        The sensor it should be of.
    base
        Address of the item itself, for relative addresses.

    Raises
    ------
    ItemError
        Without id, geometry, datetime or core bands, of another sensor, with an address that this
        catalogue may not name, or malformed; no other error, whatever the item is.
    """
    with item_errors():
        return _scene(item, profile, base)


def _scene(item: Mapping[str, Any], profile: SensorProfile, base: str) -> Scene:
    if not isinstance(item, Mapping) or not isinstance(item.get("properties"), Mapping):
        raise ItemError("not a STAC item: no id or no properties")
    name_, properties = name_in(item), item["properties"]
    part = _part_of(item, profile)
    places = _band_places(item.get("assets"), part)
    clean = clean_item(item, base=base, assets=frozenset(name for name, _ in places.values()))
    for asset in clean["assets"].values():
        check_address(asset["href"], base=base)
    properties = clean["properties"]  # from here on without secrets
    known = _names_in(properties, name_)
    return Scene(
        id=name_,
        collection=str(item.get("collection") or ""),
        sensor=profile.name,
        acquired=_acquired(properties),
        footprint=_footprint(item.get("geometry") or box_outline(item.get("bbox"))),
        assets={b: _asset(clean["assets"][n], properties, i) for b, (n, i) in places.items()},
        tile=_tile(properties) or known.get("tile", ""),
        datatake=_datatake(properties) or known.get("datatake", ""),
        platform=_platform(properties) or known.get("platform", ""),
        baseline=_first(properties, _BASELINE_KEYS) or known.get("baseline", ""),
        cloud_cover_pct=_cloud_cover(properties),
        boa_offset_applied=_flag(properties),
        made=_made(properties, known),
        item=clean,
    )


def _part_of(item: Mapping[str, Any], profile: SensorProfile) -> SensorProfile:
    """The product that an item is of, among those that a profile takes; raises with the reason."""
    reasons = dict[str, None]()
    for part in profile.parts or (profile,):
        reason = why_not(item, part)
        if not reason:
            return part
        reasons[reason] = None
    raise ItemError("; ".join(reasons))


def _band_places(assets: Any, profile: SensorProfile) -> dict[Band, tuple[str, int]]:
    """Band to the name of the asset that holds it, and to its place there, counted from 1."""
    stated = assets.items() if isinstance(assets, Mapping) else ()
    usable = {
        key: asset
        for key, asset in stated
        if isinstance(asset, Mapping) and isinstance(asset.get("href"), str) and asset["href"]
    }
    alone: dict[str, str] = {}
    for key, asset in usable.items():
        bands = _bands_of(asset, "eo:bands", "bands")
        if len(bands) == 1:
            for name in _names_of_band(bands[0]):
                alone.setdefault(name, key)
    found: dict[Band, tuple[str, int]] = {}
    for band, candidates in profile.assets.items():
        key_ = next((c for c in candidates if c in usable), None) or next(
            (alone[c] for c in _known_names(band, profile) if c in alone), None
        )
        if key_:
            found[band] = (key_, 1)
    core = core_bands_of(profile.assets)
    missing = [band for band in core if band not in found]
    if missing:
        found = _stacked_bands(usable, profile) | {k: v for k, v in found.items() if k == "mask"}
    if not found or any(band not in found for band in core):
        raise ItemError(f"has no {', '.join(missing)} band")
    return found


def _stacked_bands(
    assets: Mapping[str, Mapping[str, Any]], profile: SensorProfile
) -> dict[Band, tuple[str, int]]:
    """The bands of the first asset that holds all core bands in one file: no picture does."""
    for key in sorted(assets):
        named = [_names_of_band(band) for band in _bands_of(assets[key], "eo:bands", "bands")]
        found = {
            band: (key, place)
            for band in profile.assets
            for place, names in reversed(list(enumerate(named, 1)))
            if any(name in names for name in _known_names(band, profile))
        }
        if all(band in found for band in core_bands_of(profile.assets)):
            return found
    return {}


def _known_names(band: Band, profile: SensorProfile) -> tuple[str, ...]:
    return (*profile.common_names.get(band, ()), *profile.assets.get(band, ()))


def _names_of_band(band: Mapping[str, Any]) -> list[str]:
    """What a band is called, its common name first."""
    stated = (band.get(key) for key in ("common_name", "eo:common_name", "name"))
    return [name for name in stated if isinstance(name, str)]


def _bands_of(asset: Mapping[str, Any], *names: str) -> list[Mapping[str, Any]]:
    """The first list of bands that an asset has under one of some names."""
    for name in names:
        if isinstance(stated := asset.get(name), list) and stated:
            plain = ({"name": band} if isinstance(band, str) else band for band in stated)
            return [band if isinstance(band, Mapping) else {} for band in plain]
    return []


def _asset(asset: Mapping[str, Any], properties: Mapping[str, Any], place: int) -> Asset:
    stated = _bands_of(asset, "raster:bands", "bands")
    band = stated[place - 1] if place <= len(stated) else {}
    kind = str(asset.get("data_type", band.get("data_type"))).lower()
    if kind in UNREAD_KINDS:
        raise ItemError(f"its pixels are {kind}, not digital numbers of 16 bits")
    return Asset(
        href=asset["href"],
        epsg=_epsg(asset) or _epsg(properties),
        shape=image_shape(asset.get("proj:shape") or properties.get("proj:shape")),
        transform=affine(asset.get("proj:transform") or properties.get("proj:transform")),
        nodata=number(asset.get("nodata", band.get("nodata"))),
        scale=factor(asset.get("raster:scale", band.get("raster:scale", band.get("scale")))),
        offset=number(asset.get("raster:offset", band.get("raster:offset", band.get("offset")))),
        file_bytes=file_bytes(asset.get("file:size")),
        index=file_bytes(asset.get("minewatch:band")) or place,
        pixel_m=factor(asset.get("gsd")),
        mask_values=_mask_values(asset.get("minewatch:mask")),
    )


def _mask_values(stated: Any) -> MaskValues | None:
    """What we wrote of the values of a mask, in an item of a folder."""
    if not isinstance(stated, Mapping):
        return None
    clear, bits = (tuple(map(int, stated.get(key) or ())) for key in ("clear", "hidden_bits"))
    return MaskValues(clear=clear, hidden_bits=bits, grows=bool(stated.get("grow", True)))


def _epsg(holder: Mapping[str, Any]) -> int | None:
    code = holder.get("proj:code") or holder.get("proj:epsg")
    found = re.fullmatch(r"(?:EPSG:)?([0-9]{4,6})", str(code or ""), re.IGNORECASE)
    return int(found[1]) if found else None


def _footprint(geometry: Any) -> shapely.Geometry:
    if not geometry:
        raise ItemError("has no geometry")
    try:
        with np.errstate(invalid="ignore"):  # what is not finite is refused below
            footprint = shape(geometry)
            corners = shapely.get_coordinates(footprint)
            if not (np.abs(corners) <= GLOBE).all():
                raise ItemError("its geometry lies outside the globe")
            footprint = footprint if footprint.is_valid else shapely.make_valid(footprint)
    except ItemError:
        raise
    except (ShapelyError, *MALFORMED) as error:
        raise ItemError("its geometry cannot be read") from error
    if footprint.is_empty or not footprint.area:
        raise ItemError("its geometry is empty")
    if footprint.geom_type not in AREAS:
        footprint = shapely.union_all([
            part for part in shapely.get_parts(footprint) if part.geom_type in AREAS
        ])  # fmt: skip
    return footprint


def _acquired(properties: Mapping[str, Any]) -> datetime:
    text = properties.get("datetime") or properties.get("start_datetime")
    if not text:
        raise ItemError("has no datetime")
    try:
        moment = datetime.fromisoformat(str(text))
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise ItemError(f"its datetime {short(str(text))[:40]!r} cannot be read") from error
    if moment.year not in YEARS:
        raise ItemError(f"its datetime {short(str(text))[:40]!r} is not of any satellite")
    return moment


def _platform(properties: Mapping[str, Any]) -> str:
    """The spacecraft; empty where only the mission is stated, and the name of a product says it."""
    stated = str(properties.get("platform") or properties.get("constellation") or "")
    return "" if stated.lower() == "landsat" else stated


def _tile(properties: Mapping[str, Any]) -> str:
    """MGRS tile with two digits (`01WCR`), or WRS path/row."""
    for key in ("grid:code", "s2:mgrs_tile"):
        found = _MGRS.match(str(properties.get(key) or "").upper())
        if found:
            return f"{int(found[1]):02d}{found[2]}{found[3]}"
    for prefix in ("mgrs", "sentinel"):
        keys = (f"{prefix}:utm_zone", f"{prefix}:latitude_band", f"{prefix}:grid_square")
        zone, band, square = (properties.get(k) for k in keys)
        if found := _MGRS.match(f"{zone}{band}{square}".upper()):
            return f"{int(found[1]):02d}{found[2]}{found[3]}"
    if properties.get("minewatch:tile"):
        return str(properties["minewatch:tile"])
    if properties.get("sat:relative_orbit") and properties.get("sar:instrument_mode"):
        return f"orbit {properties['sat:relative_orbit']}"
    path, row = properties.get("landsat:wrs_path"), properties.get("landsat:wrs_row")
    found = _WRS.match(f"{path}/{row}")
    return f"{int(found[1]):03d}/{int(found[2]):03d}" if found else ""


def _datatake(properties: Mapping[str, Any]) -> str:
    """Spacecraft and start of the pass: `S2A_20230815T095031`, the same in every dialect."""
    found = _DATATAKE.match(_first(properties, _DATATAKE_KEYS))
    return f"{found[1]}_{found[2]}" if found else ""


def _names_in(properties: Mapping[str, Any], item_id: str) -> dict[str, str]:
    """What ESA's product or granule name says, wherever the item holds one."""
    texts = [*(str(properties[k]) for k in NAME_KEYS if properties.get(k)), item_id]
    for text in texts:
        if found := _PRODUCT.match(text):
            craft, start, major, minor, tile, made = found.groups()
            baseline = f"{major}.{minor}" if major else ""
            parts = {"datatake": f"{craft}_{start}", "tile": tile, "made": made}
            return parts | ({"baseline": baseline} if baseline else {})
    for text in texts:
        if found := _HLS.match(text):
            return {"datatake": f"HLS.{found[1]}", "tile": found[2]}
        if found := _LANDSAT.match(text):
            return {"platform": f"landsat-{int(found[1])}"}
    for text in texts:
        if found := _GRANULE.match(text):
            craft, made, orbit, tile, major, minor = found.groups()
            parts = {"datatake": f"{craft}_{orbit}", "tile": tile, "made": made}
            return parts | ({"baseline": f"{major}.{minor}"} if major else {})
    return {}


def _made(properties: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """When a scene was processed, as digits that sort."""
    stated = properties.get("s2:generation_time") or properties.get("processing:datetime")
    text = str(stated or known.get("made") or properties.get("created") or "")
    return re.sub(r"[^0-9]", "", text)[:14]


def _cloud_cover(properties: Mapping[str, Any]) -> float | None:
    return number(properties.get("eo:cloud_cover"))


def _flag(properties: Mapping[str, Any]) -> bool | None:
    value = next((properties[k] for k in _FLAG_KEYS if properties.get(k) is not None), None)
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return bool(value) if value is not None else None


def _first(properties: Mapping[str, Any], keys: Sequence[str]) -> str:
    return next((str(properties[k])[:LONGEST_NAME] for k in keys if properties.get(k)), "")
