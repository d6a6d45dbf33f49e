"""What a catalogue may say: checked before any of it is believed. One item is dropped, not all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from minewatch.addresses import is_metadata_host
from minewatch.catalog.short_texts import is_remote, short

MALFORMED = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError,
)  # fmt: skip
"""What code that takes values for what they should be ends in when they are not."""
YEARS = range(1957, 2101)
"""Years in which a satellite can take a picture [D]."""
LONGEST_NAME, LONGEST_ADDRESS = 256, 4096
"""Characters of an id, and of an address [D]."""
MOST_PIXELS_A_SIDE, FARTHEST, MOST_FILE_BYTES = 10**7, 1e9, 1 << 50
"""Of an image, of its transform (metres, or degrees), and of its file: beyond is nonsense [D]."""
BUCKETS = frozenset({"s3", "gs", "az"})
"""Schemes of addresses in buckets."""


class ItemError(ValueError):
    """An item that cannot become a scene; the message is the reason, in words."""


@contextmanager
def item_errors() -> Iterator[None]:
    """Turn whatever malformed values end in into an `ItemError`."""
    try:
        yield
    except ItemError:
        raise
    except MALFORMED as error:
        kind = "too deep" if isinstance(error, RecursionError) else short(error)
        raise ItemError(f"is malformed: {kind or type(error).__name__}") from None


def drop_item(dropped: MutableMapping[str, str], item: Any, error: Exception) -> None:
    """Note an item with its reason, under a name that no other has.

    Parameters
    ----------
    dropped
        Names to reasons; added to.
    item
        Whatever was given as an item.
    error
        Why it is left out.
    """
    stated = item.get("id") if isinstance(item, Mapping) else None
    is_text = isinstance(stated, str | int) and not isinstance(stated, bool)
    name = short(str(stated).encode(errors="replace").decode()) if is_text else ""
    reason, unique, count = short(error), name or "(no id)", 1
    while unique in dropped and (dropped[unique] != reason or not name):
        count += 1
        unique = f"{name or '(no id)'} ({count})"
    dropped[unique] = reason


def name_in(item: Mapping[str, Any]) -> str:
    """The id of an item."""
    stated = item.get("id")
    text = str(stated) if isinstance(stated, str | int) and not isinstance(stated, bool) else ""
    if not text.strip():
        raise ItemError("not a STAC item: no id or no properties")
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise ItemError(
            f"its id {short(text)[:40]!r} is no name: it is long, or has unprintable signs"
        )
    return text


def check_address(href: str, *, base: str) -> None:
    """Raise unless a catalogue at `base` may make this machine open an address.

    A catalogue on a server names files on servers and in buckets; one on disk also paths. None
    names a driver, a virtual file or a service of GDAL, or a host that hands out keys.

    Parameters
    ----------
    href
        Canonical address.
    base
        Where the item stands.

    Raises
    ------
    ItemError
        It may not; with the address.
    """
    if fault := _fault_of(href, is_far=is_remote(base)):
        raise ItemError(f"its address {short(href)[:120]!r} {fault}")


def _fault_of(href: str, *, is_far: bool) -> str:
    if len(href) > LONGEST_ADDRESS or not href.isprintable():
        return "is long, or has unprintable signs"
    parts = urlsplit(href)
    if parts.scheme in ("http", "https"):
        lost = not parts.hostname or is_metadata_host(parts.hostname)
        return "leads to this machine's own keys, or nowhere" if lost else ""
    if parts.scheme in BUCKETS:
        return "" if re.fullmatch(r"[\w.-]+", parts.netloc) else "names no bucket"
    if is_far:
        known = ", ".join(sorted(BUCKETS))
        return (
            "is not on a server: a catalogue read over the network names only http, https and "
            f"buckets ({known})"
        )
    is_path = href.startswith("/") and not href.startswith("/vsi")
    return "" if is_path else "is neither a path nor http, https or a bucket"


def number(value: Any) -> float | None:
    """A number that can be of an image, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= FARTHEST else None


def factor(value: Any) -> float | None:
    """A number that can be divided by, or None."""
    found = number(value)
    return found if found and abs(found) >= 1 / FARTHEST else None


def numbers(values: Any, count: int) -> tuple[float, ...] | None:
    """The first numbers of a list, or None when there are not that many."""
    if not isinstance(values, list | tuple) or len(values) < count:
        return None
    found = [number(value) for value in values[:count]]
    return None if None in found else tuple(n for n in found if n is not None)


def image_shape(values: Any) -> tuple[int, int] | None:
    """Rows and columns, or None where an image cannot have so many."""
    found = numbers(values, 2)
    if found is None or not all(1 <= side <= MOST_PIXELS_A_SIDE for side in found):
        return None
    return int(found[0]), int(found[1])


def affine(values: Any) -> tuple[float, ...] | None:
    """Six numbers of a transform that has an inverse, or None."""
    found = numbers(values, 6)
    if found is None:
        return None
    a, b, _, d, e, _ = found
    return found if abs(a * e - b * d) > 1 / FARTHEST**2 else None


def file_bytes(value: Any) -> int | None:
    """The size of a file, where it is one."""
    is_size = isinstance(value, int | float) and 0 < value <= MOST_FILE_BYTES
    return int(value) if is_size and not isinstance(value, bool) else None
