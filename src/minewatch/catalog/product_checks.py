"""Whether an item is of the product that a sensor profile describes, and what else it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from minewatch.sensors import SensorProfile

TYPE_KEYS = (
    "s2:product_type", "sentinel2:product_type", "hls:product", "product:type",
    "landsat:correction",
)  # fmt: skip
"""Properties that state the type of a product."""
NAME_KEYS = (
    "s2:product_uri", "sentinel2:product_title", "sentinel:product_id", "s2:product_id",
    "s2:tile_id", "s2:granule_id", "landsat:scene_id", "title",
)  # fmt: skip
"""Properties that hold the name that its agency gives to a product."""
OTHER_PRODUCTS: Mapping[str, str] = {
    r"^HLS\.?[SL]30": "Harmonized Landsat Sentinel-2 (HLS), 30 m with an Fmask band",
    r"^S2MSI_?L3|^S2.*_L3_|_mosaic_": "a mosaic of many days (Level-3): without a day and a mask",
    r"^S2MSI1|MSIL1C|_L1C": "Level-1C: reflectance at the top of the atmosphere, without a mask",
}
"""What products are that are easily mistaken: sign in a type, name or id to words."""
ZARR = re.compile(r"zarr", re.IGNORECASE)


def why_not(item: Mapping[str, Any], profile: SensorProfile) -> str:
    """Why an item is not of a sensor's product, in words; empty when it is.

    A product is recognised by what says that it is this one: its type, its level, the name its
    agency gave it, its collection, or a mask band that only this product has. That its spacecraft
    is the right one is not enough: mosaics and harmonised products fly on the same.

    Parameters
    ----------
    item
        The item as the catalogue gave it.
    profile
        The sensor it should be of.
    """
    properties = item.get("properties")
    if not isinstance(properties, Mapping):
        return "not a STAC item: no id or no properties"
    names = [str(item.get("id") or ""), *_texts(properties, NAME_KEYS)]
    types = _texts(properties, TYPE_KEYS)
    other = _other_product([*types, *names], profile)
    if other:
        return f"{other}, not {profile.title}"
    stated = _texts(properties, ("constellation", "platform"))
    plain = [re.sub(r"[ _]", "-", name.lower()) for name in stated]
    if plain and not any(name.startswith(profile.platforms) for name in plain):
        return f"of {stated[-1]}, not {profile.title}"
    assets = item.get("assets")
    listed = assets if isinstance(assets, Mapping) else {}
    if _is_zarr(listed.values()):
        return "its pixels are a Zarr store, not GeoTIFF or JPEG 2000: take another collection"
    rule = profile.product
    if rule is None or _is_positive(item, properties, types, names, listed, profile):
        return ""
    return f"nothing in it says that it is {profile.title}: no {rule.described}"


def _other_product(signs: Iterable[str], profile: SensorProfile) -> str:
    """What a type or name says that it is, when that is not the product; empty when it may be."""
    rule = profile.product
    for sign in signs:
        if rule and (sign in rule.types or rule.is_named(sign)):
            return ""
        if sign in profile.wrong_products:
            return f"product {sign}"
        if not rule:
            continue
        for pattern, words in OTHER_PRODUCTS.items():
            if re.search(pattern, sign):
                return f"{sign} is {words}"
    return ""


def _is_positive(
    item: Mapping[str, Any], properties: Mapping[str, Any], types: list[str], names: list[str],
    assets: Mapping[str, Any], profile: SensorProfile,
) -> bool:  # fmt: skip
    rule = profile.product
    assert rule is not None
    if types:  # what states its type is believed
        return any(name in rule.types for name in types)
    level = str(properties.get("processing:level") or "").upper()
    return (
        level in rule.levels
        or any(map(rule.is_named, names))
        or item.get("collection") in profile.known_collections
        or any(name in assets for name in rule.only_assets)
    )


def _is_zarr(assets: Iterable[Any]) -> bool:
    """Whether all data of an item are in Zarr stores."""
    data = [
        asset for asset in assets
        if isinstance(asset, Mapping)
        and ("data" in _listed(asset.get("roles")) or ZARR.search(str(asset.get("type") or "")))
    ]  # fmt: skip
    return bool(data) and all(
        ZARR.search(f"{asset.get('type') or ''} {asset.get('href') or ''}") for asset in data
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(properties: Mapping[str, Any], keys: Iterable[str]) -> list[str]:
    return [str(properties[key]) for key in keys if properties.get(key)]
