"""What a site's row says beside the ground: its scenes, and who held the place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from minewatch.model import WGS84, ControlInterval, Period, SceneList


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Which scenes reach which site, by footprint: a cloud may have stood over it all the same."""

    ids: tuple[str, ...]
    """Scene ids, in order of time."""
    days: NDArray[np.datetime64]
    """Day of each scene."""
    reaches: NDArray[np.bool_]
    """Whether a scene's footprint holds the site's middle, dims (site, scene)."""

    def on(self, site: int, days: Iterable[date]) -> list[str]:
        """Ids of the scenes of a site on some days, in the order of the days, then by id."""
        return [
            name
            for day in days
            for name in sorted(
                self.ids[k]
                for k in np.flatnonzero(self.reaches[site] & (self.days == np.datetime64(day)))
            )
        ]

    def last_overpass(self, site: int, period: Period) -> date:
        """Last day of a period on which a scene reached the site; its last day when none did."""
        low, high = np.datetime64(period.start), np.datetime64(period.end)
        days = self.days[self.reaches[site] & (self.days >= low) & (self.days <= high)]
        if not len(days):
            return period.end
        latest: date = days.max().astype(object)
        return latest


def find_coverage(tracks: gpd.GeoDataFrame, scenes: SceneList) -> Coverage:
    """Which scenes reach which site.

    Parameters
    ----------
    tracks
        Contract `TRACKS`, any CRS.
    scenes
        The scenes of the run.
    """
    ordered = sorted(scenes, key=lambda s: (s.day, s.id))
    middles = tracks.geometry.representative_point().to_crs(WGS84).to_numpy()
    reaches = np.zeros((len(tracks), len(ordered)), bool)
    footprints = np.array([s.footprint for s in ordered], dtype=object)
    scene, site = shapely.STRtree(middles).query(footprints, predicate="intersects")
    reaches[site, scene] = True
    return Coverage(
        ids=tuple(s.id for s in ordered),
        days=np.array([s.day for s in ordered], dtype="datetime64[D]"),
        reaches=reaches,
    )


def name_control(control: Iterable[ControlInterval], period: Period) -> str | None:
    """Everyone who held the area in a period, with dates inside it and sources; None: unknown.

    Overlapping claims are all named, earlier ones first: the sources disagree, or the place changed
    hands.

    Parameters
    ----------
    control
        Intervals of the area.
    period
        The period.

    Examples
    --------
    >>> held = ControlInterval(group="A", start=None, end=date(2024, 9, 30), source="S")
    >>> name_control([held], Period(date(2024, 7, 1), date(2024, 12, 31)))
    'A (until 2024-09-30; S)'
    """
    claims = [
        c
        for c in control
        if (c.start or date.min) <= period.end and (c.end or date.max) >= period.start
    ]
    claims.sort(key=lambda c: (c.start or date.min, c.end or date.max, c.group, c.source))
    return " | ".join(_claim(c, period) for c in claims) or None


def _claim(claim: ControlInterval, period: Period) -> str:
    words = []
    if claim.start and claim.start > period.start:
        words.append(f"from {claim.start}")
    if claim.end and claim.end < period.end:
        words.append(f"until {claim.end}")
    when = " ".join(words)
    return f"{claim.group} ({'; '.join(filter(None, [when, claim.source]))})"
