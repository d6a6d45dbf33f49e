"""The areas that come with minewatch, and the names people call them by."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

DATA = Path(__file__).parent / "data"
"""Where the bundled outlines lie."""

Status = Literal["outline", "candidate"]


@dataclass(frozen=True, kw_only=True)
class AoiSummary:
    """One line of `minewatch aoi list`."""

    id: str
    """Name to give as `--aoi`."""
    name: str
    """Name for people."""
    area_km2: float
    """Geodesic area as its file states it, km²."""
    status: Status
    """`outline`: drawn along borders and township lines; `candidate`: a buffer round a point."""
    aliases: tuple[str, ...] = ()
    """Other spellings that are understood."""
    note: str = ""
    """Why it is here, in one sentence."""


@dataclass(frozen=True)
class BundledAoi:
    """Where one bundled area is stored."""

    summary: AoiSummary
    """What the list shows."""
    path: Path
    """Its file."""


def list_aois() -> tuple[AoiSummary, ...]:
    """The bundled areas: drawn outlines first, then candidates, each in order of id.

    Examples
    --------
    >>> [a.id for a in list_aois() if a.status == "outline"]
    ['chipwe-pangwa', 'nhkawng-pa']
    """
    return tuple(area.summary for area in _bundled())


def find_bundled(name: str) -> BundledAoi | None:
    """The bundled area of that id, name or alias, whatever its case and hyphens; None if unknown.

    Examples
    --------
    >>> find_bundled("pang war").summary.id
    'chipwe-pangwa'
    """
    return _index().get(_key(name))


@cache
def _bundled() -> tuple[BundledAoi, ...]:
    areas = [
        BundledAoi(_summary(properties), path)
        for path in sorted(DATA.glob("*.geojson"))
        for properties in _properties(path)
    ]
    return tuple(sorted(areas, key=lambda a: (a.summary.status != "outline", a.summary.id)))


@cache
def _index() -> dict[str, BundledAoi]:
    index: dict[str, BundledAoi] = {}
    for area in _bundled():
        for name in (area.summary.id, area.summary.name, *area.summary.aliases):
            for spelling in (name, re.sub(r"\s*\(.*?\)", "", name)):
                index.setdefault(_key(spelling), area)
    return index


def _properties(path: Path) -> Iterator[Mapping[str, Any]]:
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        yield feature["properties"]


def _summary(properties: Mapping[str, Any]) -> AoiSummary:
    return AoiSummary(
        id=properties["id"],
        name=properties["name"],
        area_km2=float(properties["area_km2"]),
        status="candidate" if "status" in properties else "outline",
        aliases=tuple(properties.get("aliases", ())),
        note=properties.get("note") or properties.get("rationale", ""),
    )


def _key(name: str) -> str:
    return re.sub(r"[\s_'’/-]+", "", name).casefold()
