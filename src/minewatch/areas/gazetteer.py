"""Places with names: towns, villages and crossings, each with its source."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from minewatch.areas.bundled import DATA


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place."""

    name: str
    """Its name, with other spellings."""
    kind: str
    """What it is: town, village, crossing …"""
    lon: float
    """Degrees east."""
    lat: float
    """Degrees north."""
    source: str
    """Where its position is from."""
    uncertainty_km: float | None
    """How far off that may be, km; None: not stated."""


@cache
def read_places() -> tuple[Place, ...]:
    """Every place of the bundled gazetteer.

    Examples
    --------
    >>> read_places()[0].name
    'Myitkyina'
    """
    with (DATA / "places.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Place(
                name=row["name"], kind=row["kind"], lon=float(row["lon"]), lat=float(row["lat"]),
                source=row["source"], uncertainty_km=_number(row["uncertainty_km"]),
            )
            for row in csv.DictReader(file)
        )  # fmt: skip


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
