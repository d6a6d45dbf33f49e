"""What a catalogue answers, before anything in it is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RawItem:
    """One item as it was given."""

    item: Any
    """The JSON object, or whatever stands in its place."""
    base: str
    """Address it stands at, for relative addresses in it."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Everything one search gave."""

    items: tuple[RawItem, ...]
    """Items, unchecked."""
    collection: str
    """Collection searched, or those found."""
    extent: tuple[str, str] = ("", "")
    """First and last day of the archive, ISO, empty when unknown or open."""
    dropped: Mapping[str, str] = field(default_factory=dict)
    """Items that could not even be read: id or address to the reason."""
    notes: tuple[str, ...] = ()
    """Warnings about the catalogue, in words."""


def links_of(document: Any) -> list[Mapping[str, Any]]:
    """The links of a STAC document, those that are none left out."""
    links = document.get("links") if isinstance(document, Mapping) else None
    return [link for link in links if isinstance(link, Mapping)] if isinstance(links, list) else []


def time_extent(collection: Mapping[str, Any]) -> tuple[str, str]:
    """First and last day a STAC collection states, ISO, empty when unknown or open."""
    try:
        interval = collection["extent"]["temporal"]["interval"][0]
        first, last = (str(moment or "")[:10] for moment in interval)
    except (KeyError, IndexError, TypeError, ValueError):
        return ("", "")
    return (first, last)
