"""Patches of every period to sites with an identity through time."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import groupby

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import Geometry

from minewatch.model import DETECTIONS, TRACKS, check_columns, empty_table
from minewatch.sites.disjoint_ground import (
    DECIMALS,
    PRECISION_M,
    SLIVER_M2,
    common,
    share_out,
    snapped,
    united,
    upright,
    without,
)
from minewatch.sites.grouping import Geometries, Labels, extent_m, group
from minewatch.sites.identity import make_id
from minewatch.sites.site_rules import LinkRules

log = logging.getLogger(__name__)

_START = ("period_start", "first_detected", "anchor_x", "anchor_y")
Start = tuple[str, str, float, float]
"""Period, first overpass and place of a patch; the smallest of a site's is its birth."""
Member = tuple[int, Geometry]
"""Row of the sorted detections, and what of it belongs to the site."""


@dataclass(frozen=True, kw_only=True)
class Links:
    """Sites, and the patches they are made of."""

    tracks: gpd.GeoDataFrame
    """Contract `TRACKS`, sorted by `site_id`; footprints in metres, disjoint."""
    members: gpd.GeoDataFrame
    """Rows of `DETECTIONS` with their `site_id`; a patch shared between sites is cut into rows."""


@dataclass(frozen=True, kw_only=True)
class _Site:
    """A site as known so far."""

    id: str
    anchor: tuple[float, float]
    born: Start
    footprint: Geometry
    members: tuple[Member, ...]
    merged_from: tuple[str, ...] = ()
    split_from: tuple[str, ...] = ()


def link(
    detections: gpd.GeoDataFrame, *, area_key: str, epsg: int, rules: LinkRules | None = None
) -> Links:
    """Sites through time: identity, union footprint and lineage.

    Periods are taken in order and only look back: what a later period brings never changes the id
    of an earlier site, though it may merge it into another (`merged_from`) or part it
    (`split_from`). A merge keeps the id of the older site, a split that of the part where the site
    began, and both take the ground's whole history with them. Neighbours that grow until they touch
    stay two sites, and share the new ground by nearness.

    Parameters
    ----------
    detections
        Contract `DETECTIONS`; rows in any order, polygons in metres, those of one period disjoint.
        Columns `anchor_x` and `anchor_y` (metres), when there, say where each patch began: ids
        come from them, and without them from the patch's centroid.
    area_key
        SHA-256 of the area's outline, part of every id.
    epsg
        CRS of the detections.
    rules
        Distances; None takes `LinkRules()`.

    Returns
    -------
    Links
        `first_detected` is that of the patch that began first in the site's first period;
        `last_undisturbed` is the earliest of the patches that began about then, null when that
        one was there from the start.

    Raises
    ------
    ContractError
        When the detections lack a column or have another CRS.
    """
    check_columns(detections, DETECTIONS, name="detections", epsg=epsg)
    rules = rules or LinkRules()
    rows = _in_order(detections)
    starts = tuple(zip(*(rows[name].tolist() for name in _START), strict=True))
    linker = _Linker(starts=starts, area_key=area_key, epsg=epsg, rules=rules)
    periods = list(zip(rows["period_start"], rows["period_end"], strict=True))
    shapes = rows.geometry.to_numpy()
    sites: list[_Site] = []
    taken: frozenset[str] = frozenset()
    for _, part in groupby(range(len(rows)), key=periods.__getitem__):
        sites = linker.follow(sites, list(part), shapes, taken)
        taken |= {s.id for s in sites}
    log.info("%d patches are %d sites", len(rows), len(sites))
    return _as_tables(sites, rows, epsg, rules)


@dataclass(frozen=True, kw_only=True)
class _Linker:
    """What stays the same from period to period."""

    starts: tuple[Start, ...]
    area_key: str
    epsg: int
    rules: LinkRules

    def follow(
        self, sites: list[_Site], rows: list[int], shapes: Geometries, taken: frozenset[str]
    ) -> list[_Site]:
        """The sites after one more period.

        Parameters
        ----------
        sites
            Those known before.
        rows
            Rows of the period.
        shapes
            Outline of every row of all periods.
        taken
            Every name given before, also to sites that are gone.
        """
        known = sorted(sites, key=lambda s: s.born)
        patches = shapes[rows]
        footprints = _array([s.footprint for s in known])
        labels = group(patches, footprints, rules=self.rules)
        of_patch, of_site = labels[: len(patches)], labels[len(patches) :]
        pieces = _pieces(rows, patches, of_patch, footprints, of_site)
        clusters: dict[int, list[_Site]] = defaultdict(list)
        for label, site in zip(of_site.tolist(), known, strict=True):
            clusters[label].append(site)
        askew = _askew(pieces, footprints, of_site)
        names, out = set(taken), []
        for label in sorted({*pieces, *clusters}):
            olds, members = clusters[label], pieces.get(label, ())
            if not members:
                out += olds
                continue
            is_plain = label not in askew
            if olds:
                now = [_merge(olds, members, are_upright=is_plain)]
            else:
                now = [self._begin(members, names, are_upright=is_plain)]
            names.add(now[0].id)
            out += self._part(now[0], names) if olds else now
        return out

    def _begin(
        self, members: tuple[Member, ...], taken: Collection[str], *, parent: str = "",
        are_upright: bool = False,
    ) -> _Site:  # fmt: skip
        """A site that was not there before."""
        born = self.starts[_first_row(members)]
        anchor = born[2:]
        return _Site(
            id=make_id(self.area_key, self.epsg, anchor, cell_m=self.rules.cell_m, taken=taken),
            anchor=anchor,
            born=born,
            footprint=united([g for _, g in members], are_upright=are_upright),
            members=members,
            split_from=(parent,) if parent else (),
        )

    def _part(self, site: _Site, taken: set[str]) -> list[_Site]:
        """A site split where its ground cannot be one any more.

        The part where it began keeps its name; the names of the others are added to `taken`.
        """
        parts = shapely.get_parts(site.footprint)
        if len(parts) == 1 or extent_m(site.footprint) < self.rules.one_site_m:
            return [site]
        labels = group(parts, _array([]), rules=self.rules)
        grounds = [united(parts[labels == k]) for k in range(labels.max() + 1)]
        if len(grounds) == 1:
            return [site]
        shares = [_inside(site.members, ground) for ground in grounds]
        stays = int(np.argmin([g.distance(shapely.Point(site.anchor)) for g in grounds]))
        out = [replace(site, footprint=grounds[stays], members=shares.pop(stays))]
        for share in sorted(filter(None, shares), key=_first_row):
            out.append(self._begin(share, taken, parent=site.id))
            taken.add(out[-1].id)
        return out


def _merge(olds: list[_Site], members: tuple[Member, ...], *, are_upright: bool) -> _Site:
    """The oldest of some sites, with the others and new members taken in."""
    oldest, *others = sorted(olds, key=lambda s: s.born)
    return replace(
        oldest,
        footprint=united(
            [s.footprint for s in olds] + [g for _, g in members], are_upright=are_upright
        ),
        members=tuple(m for s in olds for m in s.members) + members,
        merged_from=_ids(oldest.merged_from, *((s.id, *s.merged_from) for s in others)),
        split_from=_ids(*(s.split_from for s in olds)),
    )


def _pieces(
    rows: list[int],
    patches: Geometries,
    of_patch: Labels,
    footprints: Geometries,
    of_site: Labels,
) -> dict[int, tuple[Member, ...]]:
    """Members of each cluster; a patch that reaches into the ground of another site is cut."""
    reached: dict[int, list[int]] = defaultdict(list)
    if len(footprints):
        for i, j in shapely.STRtree(footprints).query(patches, predicate="intersects").T.tolist():
            if of_site[j] != of_patch[i] and common(patches[i], footprints[j]).area >= SLIVER_M2:
                reached[i].append(j)
    pieces: dict[int, list[Member]] = defaultdict(list)
    for i, row in enumerate(rows):
        label, foreign = int(of_patch[i]), sorted(reached[i])
        own = footprints[of_site == label]
        owners = [footprints[j] for j in foreign]
        cuts = [patches[i]]
        if foreign and len(own):
            cuts = share_out(patches[i], [united(own), *owners])
        elif foreign:
            cuts = [without(patches[i], owners), *(common(patches[i], o) for o in owners)]
        for number, cut in zip([label, *of_site[foreign].tolist()], cuts, strict=True):
            if not cut.is_empty:
                pieces[number].append((row, cut))
    return {label: tuple(members) for label, members in pieces.items()}


def _askew(
    pieces: dict[int, tuple[Member, ...]], footprints: Geometries, of_site: Labels
) -> set[int]:
    """The clusters of which anything is not `upright`."""
    flat = [(label, piece) for label, members in pieces.items() for _, piece in members]
    label = np.concatenate([[label for label, _ in flat], of_site])
    return set(label[~upright(np.concatenate([_array([p for _, p in flat]), footprints]))].tolist())


def _inside(members: Iterable[Member], ground: Geometry) -> tuple[Member, ...]:
    """What of each member lies in a ground."""
    cut = ((row, common(piece, ground)) for row, piece in members)
    return tuple((row, piece) for row, piece in cut if not piece.is_empty)


def _in_order(detections: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Detections in an order that does not depend on the one given, with anchors."""
    rows = detections.copy()
    rows.geometry = snapped(rows.geometry.to_numpy())
    if "anchor_x" not in rows or "anchor_y" not in rows:
        middles = shapely.set_precision(shapely.centroid(rows.geometry.to_numpy()), PRECISION_M)
        rows["anchor_x"], rows["anchor_y"] = shapely.get_coordinates(middles).round(DECIMALS).T
    rows["_wkb"] = shapely.to_wkb(rows.geometry.to_numpy(), hex=True)
    order = ["period_start", "period_end", "first_detected", "anchor_x", "anchor_y", "_wkb"]
    return rows.sort_values(order, kind="stable", ignore_index=True).drop(columns="_wkb")


def _as_tables(sites: list[_Site], rows: gpd.GeoDataFrame, epsg: int, rules: LinkRules) -> Links:
    sites = sorted(sites, key=lambda s: s.id)
    flat = [
        (s.id, row, piece) for s in sites for row, piece in sorted(s.members, key=lambda m: m[0])
    ]
    members = rows.loc[[row for _, row, _ in flat]].reset_index(drop=True)
    members.insert(0, "site_id", pd.Series([name for name, _, _ in flat], dtype=object))
    members.geometry = gpd.GeoSeries([piece for _, _, piece in flat], crs=epsg)
    if not sites:
        return Links(tracks=empty_table(TRACKS, epsg=epsg), members=members)
    first = rows.loc[[_first_row(s.members) for s in sites]]
    columns = {
        "site_id": [s.id for s in sites],
        "first_detected": first["first_detected"].tolist(),
        "last_undisturbed": _undisturbed(rows, sites, rules),
        "merged_from": [list(s.merged_from) for s in sites],
        "split_from": [list(s.split_from) for s in sites],
    }
    data = {name: pd.Series(values, dtype=object) for name, values in columns.items()}
    tracks = gpd.GeoDataFrame(data, geometry=[s.footprint for s in sites], crs=epsg)
    return Links(tracks=tracks, members=members)


def _undisturbed(
    rows: gpd.GeoDataFrame, sites: Iterable[_Site], rules: LinkRules
) -> list[str | None]:
    """Last overpass of each site at which all of its ground that began with it was undisturbed."""
    periods = rows["period_start"].tolist()
    begun = pd.to_datetime(rows["first_detected"]).to_numpy("datetime64[D]").astype(int).tolist()
    before = [None if pd.isna(day) else str(day) for day in rows["last_undisturbed"]]
    found = []
    for site in sites:
        of = sorted({row for row, _ in site.members})
        early = sorted({periods[row] for row in of})[: rules.birth_periods]
        near = [
            r
            for r in of
            if periods[r] in early and abs(begun[r] - begun[of[0]]) <= rules.birth_days
        ]
        days = [day for row in near if (day := before[row]) is not None]
        found.append(min(days) if before[of[0]] is not None else None)
    return found


def _first_row(members: Iterable[Member]) -> int:
    return min(row for row, _ in members)


def _ids(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for group in groups for name in group}))


def _array(geometries: list[Geometry]) -> Geometries:
    out = np.empty(len(geometries), dtype=object)
    out[:] = geometries
    return out
