"""Canonical addresses, and items without anything secret in them."""

from __future__ import annotations

import marshal
import math
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from minewatch.addresses import plain_address
from minewatch.redaction import is_secret_name, redact
from minewatch.sensors import CATALOGS

_SIGNED_PATH = re.compile(r"^/vsicurl\?.*?url=(?P<url>[^&]+)")
_PLAIN_NAME = re.compile(r"(?:\./)?(\w[\w.-]*)", re.ASCII)
_SEQUENCES = (list, tuple)
FILE_SUFFIXES = (".json", ".parquet", ".geoparquet", ".toml")
"""Names that end so are of files, also where there is none."""
MOST_LEVELS, MOST_WHOLE = 64, 1 << 63
"""Of values in an item: levels of nesting, and size of whole numbers [D]."""
ABOVE_ASSETS = 3
"""Levels from an item down to one of its assets."""
_KEPT_ITEM_KEYS = ("type", "stac_version", "id", "collection", "bbox", "geometry")


def canonical_href(href: str, *, base: str = "") -> str:
    """The one address of a file: absolute; of a far one only scheme, host and path.

    No query, fragment, name or password stays: any of them may be a key.

    Parameters
    ----------
    href
        Any form: relative, signed, with a GDAL `/vsi…` prefix.
    base
        Address of the document it stands in, absolute.

    Returns
    -------
    str
        `https://…`, `s3://…` or an absolute path.

    Examples
    --------
    >>> canonical_href("https://user:password@h/a.tif?sv=1&sig=x")
    'https://h/a.tif'
    >>> canonical_href("./B02.tif", base="/data/items/a/a.json")
    '/data/items/a/B02.tif'
    """
    if base and (plain := _PLAIN_NAME.fullmatch(href)):  # most files lie beside their item
        return _folder_of(base) + plain[1]
    href = _without_gdal_prefix(href)
    if base and not urlsplit(href).scheme:
        if urlsplit(base).scheme in {"http", "https"}:
            href = urljoin(base, href)
        else:
            href = _joined(href, base) if "://" in base else _beside(href, base)
    parts = urlsplit(href)
    if parts.scheme == "file":
        return unquote(parts.path)
    return plain_address(href) if parts.scheme and parts.netloc else href


@lru_cache(maxsize=16)
def _folder_of(base: str) -> str:
    """The canonical address of the folder in which a document stands, with its last slash."""
    return canonical_href("-", base=base).removesuffix("-")


def _joined(href: str, base: str) -> str:
    """An address in a bucket, say, whose scheme `urljoin` does not know."""
    from pystac.utils import make_absolute_href

    return make_absolute_href(href, base)


def _beside(href: str, base: str) -> str:
    """A path as written, where `#`, `?` and `%` are letters; decoded where only that is there."""
    path = os.path.normpath(Path(base).parent / href.replace("\\", "/"))
    decoded = unquote(path)
    is_quoted = decoded != path and not Path(path).exists() and Path(decoded).exists()
    return Path(decoded if is_quoted else path).as_posix()


def _without_gdal_prefix(href: str) -> str:
    signed = _SIGNED_PATH.match(href)
    if signed:
        return unquote(signed["url"])
    if href.startswith("/vsis3/"):
        return f"s3://{href.removeprefix('/vsis3/')}"
    return href.removeprefix("/vsicurl/")


def clean_item(item: Mapping[str, Any], *, base: str, assets: frozenset[str]) -> dict[str, Any]:
    """A STAC item with only the assets we read, canonical addresses and no secret.

    Parameters
    ----------
    item
        The item as the catalogue gave it; not changed.
    base
        Address of the item itself, for relative addresses.
    assets
        Names of the assets to keep.

    Returns
    -------
    dict
        A valid STAC item without links.
    """
    inner = MOST_LEVELS - ABOVE_ASSETS
    clean = {key: clean_value(item[key], levels=inner) for key in _KEPT_ITEM_KEYS if key in item}
    clean["stac_extensions"] = clean_value(item.get("stac_extensions") or [], levels=inner)
    clean["properties"] = clean_value(item.get("properties") or {}, levels=inner)
    clean["links"] = []
    clean["assets"] = {}
    for name in sorted(assets):
        asset = dict(item["assets"][name])
        href = canonical_href(str(asset.pop("href")), base=base)
        clean["assets"][_clean_name(name)] = {**_clean_copy(marshal.dumps(asset, 2)), "href": href}
    return clean


def clean_value(value: Any, *, levels: int = MOST_LEVELS) -> Any:
    """Any JSON value without secrets: signed addresses canonical, secret members gone.

    Numbers that JSON, or its readers, cannot hold become null.

    Parameters
    ----------
    value
        The value.
    levels
        Most levels of lists and objects in it.

    Raises
    ------
    ValueError
        It is nested deeper, or holds text that is no Unicode.
    """
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if -MOST_WHOLE <= value < MOST_WHOLE else None
    if not levels:
        raise ValueError("nested too deeply to be read")
    if isinstance(value, dict):
        return {
            _clean_name(k): clean_value(v, levels=levels - 1)
            for k, v in value.items()
            if not is_secret_name(str(k), is_text=isinstance(v, str))
        }
    if isinstance(value, _SEQUENCES):
        return [clean_value(v, levels=levels - 1) for v in value]
    return value


@lru_cache(maxsize=1 << 12)  # but for their addresses, assets of a tile are the same in all scenes
def _clean_copy(dumped: bytes) -> Any:
    return clean_value(marshal.loads(dumped), levels=MOST_LEVELS - ABOVE_ASSETS)


@lru_cache(maxsize=1 << 15)  # scenes of one list repeat most of their words, and are met often
def _clean_text(text: str) -> str:
    text.encode()  # half of a pair of surrogates is no text: it could not be written
    is_address = "://" in text or text.startswith("/vsi")
    return redact(canonical_href(text) if is_address else text)


@lru_cache(maxsize=1 << 10)
def _clean_name(name: Any) -> str:
    str(name).encode()
    return str(name)


def canonical_catalog(catalog: str | Path) -> str:
    """A catalogue as a run remembers it: a known name, an address, or an absolute path.

    Parameters
    ----------
    catalog
        As a user gives it; a relative path counts from where the program runs.

    Examples
    --------
    >>> canonical_catalog("earth-search"), canonical_catalog("https://host/stac")
    ('earth-search', 'https://host/stac')
    """
    text = str(catalog)
    if text in CATALOGS or "://" in text:
        return text
    path = Path(text).expanduser()
    return str(path.absolute()) if path.exists() or path.suffix in FILE_SUFFIXES else text
