"""Which site of an inventory a judgement is about, when its id is known and when it is not.

A rejection hides a site, so it must cover most of it; what began after a person looked was not
judged by that person, wherever it lies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from minewatch.model import WGS84
from minewatch.model.verdicts import NOT_MINE
from minewatch.review.judgements import Judgement

NEAR_M: Final = 200.0
"""A site of the same id lies no farther from where it was judged; starting value: an id names the
place where a site began, so one that lies elsewhere is of another area or was edited."""
LEAST_SHARE: Final = 0.5
"""Least part of the smaller of two outlines that lies in the other; starting value."""
LEAST_LIKENESS: Final = 0.2
"""Least overlap of a rejection with a site, as a part of both together (intersection over union);
starting value: the rejection of a large clearing says nothing of a small mine within it."""
BY_ID: Final = "id"
BY_PLACE: Final = "place"


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Which row of a table each judgement is about."""

    rows: Mapping[str, int] = field(default_factory=dict)
    """Subject to the place of its row in the table, from 0."""
    ways: Mapping[str, str] = field(default_factory=dict)
    """Subject to `id` or `place`."""
    later: Mapping[str, str] = field(default_factory=dict)
    """Subject without a row to the first look of something that began on its ground later."""


def match_judgements(
    judgements: Sequence[Judgement], table: gpd.GeoDataFrame, *, epsg: int
) -> Matches:
    """The row of a table that each judgement is about: by id, else by place and time.

    Parameters
    ----------
    judgements
        What people think.
    table
        Sites or changes, any CRS: `first_detected`, and `site_id` when they have ids.
    epsg
        CRS in metres to measure in.

    Returns
    -------
    Matches
        At most one row a judgement and one judgement a row: an id comes before a place, a newer
        word before an older one, a larger overlap before a smaller one.
    """
    if not len(table) or not judgements:
        return Matches()
    sites = np.asarray(table.geometry.to_crs(epsg).array, dtype=object)
    places = np.asarray(
        gpd.GeoSeries([j.outline for j in judgements], crs=WGS84).to_crs(epsg).array, dtype=object
    )
    rows, ways = _by_id(judgements, table, sites, places)
    later: dict[str, str] = {}
    began = list(table["first_detected"])
    for judgement, row, is_match in _overlaps(judgements, sites, places):
        subject = judgement.subject
        if not is_match or subject in rows:
            continue
        if str(began[row]) > judgement.seen_until:
            later.setdefault(subject, str(began[row]))
        elif row not in rows.values():
            rows[subject], ways[subject] = row, BY_PLACE
    return Matches(rows=rows, ways=ways, later={s: d for s, d in later.items() if s not in rows})


def _by_id(
    judgements: Sequence[Judgement],
    table: gpd.GeoDataFrame,
    sites: np.ndarray,
    places: np.ndarray,
) -> tuple[dict[str, int], dict[str, str]]:
    rows: dict[str, int] = {}
    if "site_id" not in table:
        return rows, {}
    known = {site_id: row for row, site_id in enumerate(table["site_id"])}
    order = sorted(range(len(judgements)), key=lambda n: judgements[n].time, reverse=True)
    for number in order:
        judgement = judgements[number]
        for site_id in judgement.site_ids:
            row = known.get(site_id)
            if row is None or row in rows.values():
                continue
            if shapely.distance(sites[row], places[number]) <= NEAR_M:
                rows[judgement.subject] = row
                break
    return rows, dict.fromkeys(rows, BY_ID)


def _overlaps(
    judgements: Sequence[Judgement], sites: np.ndarray, places: np.ndarray
) -> list[tuple[Judgement, int, bool]]:
    """Judgements and rows that share ground, the largest first, and whether it is enough."""
    sites, places = shapely.make_valid(sites), shapely.make_valid(places)
    numbers, rows = shapely.STRtree(sites).query(places, predicate="intersects")
    shared = shapely.area(shapely.intersection(places[numbers], sites[rows]))
    one, two = shapely.area(places[numbers]), shapely.area(sites[rows])
    share = shared / np.maximum(np.minimum(one, two), 1e-9)
    likeness = shared / np.maximum(one + two - shared, 1e-9)
    enough = share >= LEAST_SHARE
    rejects = np.array([j.verdict == NOT_MINE for j in judgements], dtype=bool)[numbers]
    enough &= ~rejects | (likeness >= LEAST_LIKENESS)
    order = np.lexsort((rows, numbers, -shared))
    return [(judgements[numbers[i]], int(rows[i]), bool(enough[i])) for i in order]
