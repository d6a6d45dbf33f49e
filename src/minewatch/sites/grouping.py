"""Which patches and sites are one: single linkage that cannot chain without bound."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

from minewatch.sites.site_rules import LinkRules

Geometries = NDArray[np.object_]
Labels = NDArray[np.intp]


def group(patches: Geometries, known: Geometries, *, rules: LinkRules) -> Labels:
    """Number of the cluster of each patch and, after them, of each known site.

    Edges are taken from the closest pair on (single linkage). An edge joins two clusters when all
    of it stays narrower than `one_site_m`; or, when at most one known site is among them, if the
    gap is at most `near_m` and all of it stays below `max_site_m`, or if patch and site are the
    same ground. So neighbouring sites do not fuse, and two known sites only when together they are
    no larger than one.

    Parameters
    ----------
    patches
        Polygons of one period, metres, in a fixed order: it breaks ties.
    known
        Footprints of the sites known before, disjoint, in a fixed order.
    rules
        Distances.

    Returns
    -------
    array of int, one per patch and known site
        Clusters numbered by their first member.
    """
    nodes = np.concatenate([patches, known])
    is_known = np.arange(len(nodes)) >= len(patches)
    left, right, gap = _edges(patches, known, rules)
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(len(nodes), len(nodes)))
    _, component = connected_components(graph, directed=False)
    labels = component.astype(np.intp)
    diagonal = _bounds_diagonal(nodes, component)
    size, sites = np.bincount(component), np.bincount(component, is_known)
    of_edge = component[left]
    widest = np.zeros(len(size))
    np.maximum.at(widest, of_edge, gap)
    is_plain = (size == 2) & (sites < 2) & (widest <= rules.near_m) & (diagonal <= rules.max_site_m)
    for number in np.flatnonzero((diagonal >= rules.one_site_m) & (size > 1) & ~is_plain):
        edge = np.flatnonzero(of_edge == number)
        edges = _by_nearness(nodes, is_known, left[edge], right[edge], gap[edge])
        members = np.flatnonzero(component == number)
        labels[members] = len(nodes) + _cluster(members, nodes, is_known, edges, rules)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def extent_m(geometry: shapely.Geometry) -> float:
    """Largest distance between two points of a geometry, in its units."""
    points = _corners(geometry)
    return float(cdist(points, points).max())


def _edges(
    patches: Geometries, known: Geometries, rules: LinkRules
) -> tuple[Labels, Labels, NDArray[np.float64]]:
    """Pairs that might be one site, and the gap between them."""
    tree = shapely.STRtree(patches)
    a, b = tree.query(patches, predicate="dwithin", distance=rules.join_m)
    a, b = a[a < b], b[a < b]
    site, patch = tree.query(known, predicate="dwithin", distance=rules.link_m)
    left, right = np.concatenate([a, patch]), np.concatenate([b, site + len(patches)])
    nodes = np.concatenate([patches, known])
    return left, right, shapely.distance(nodes[left], nodes[right])


def _by_nearness(
    nodes: Geometries,
    is_known: NDArray[np.bool_],
    left: Labels,
    right: Labels,
    gap: NDArray[np.float64],
) -> list[tuple[int, int, float]]:
    """Edges from the closest on: the gap, or minus the share of the smaller that overlaps."""
    shared = shapely.area(shapely.intersection(nodes[left], nodes[right]))
    share = shared / np.minimum(shapely.area(nodes[left]), shapely.area(nodes[right]))
    nearness = np.where(is_known[right] & (gap == 0), -share, gap)
    order = np.lexsort((right, left, nearness))
    return list(
        zip(left[order].tolist(), right[order].tolist(), nearness[order].tolist(), strict=True)
    )


def _bounds_diagonal(nodes: Geometries, component: Labels) -> NDArray[np.float64]:
    """Diagonal of the bounding box of each component: no extent is larger."""
    count = int(component.max(initial=-1)) + 1
    box = np.full((count, 4), np.inf)
    bounds = shapely.bounds(nodes) * [1, 1, -1, -1]
    np.minimum.at(box, component, bounds)
    diagonal: NDArray[np.float64] = np.hypot(box[:, 0] + box[:, 2], box[:, 1] + box[:, 3])
    return diagonal


def _cluster(
    members: Labels,
    nodes: Geometries,
    is_known: NDArray[np.bool_],
    edges: list[tuple[int, int, float]],
    rules: LinkRules,
) -> Labels:
    """Cluster of each member of one component, named by a member's number."""
    cluster = {int(m): int(m) for m in members}
    corners = {int(m): _corners(nodes[m]) for m in members}
    extents = {m: float(cdist(p, p).max()) for m, p in corners.items()}
    sites = {m: int(is_known[m]) for m in cluster}
    for i, j, nearness in edges:
        a, b = sorted((cluster[i], cluster[j]))
        if a == b:
            continue
        across = float(cdist(corners[a], corners[b]).max())
        extent = max(extents[a], extents[b], across)
        is_close = nearness <= rules.near_m and extent <= rules.max_site_m
        is_same = -nearness >= rules.same_ground
        if extent < rules.one_site_m or (sites[a] + sites[b] < 2 and (is_close or is_same)):
            cluster = {m: a if c == b else c for m, c in cluster.items()}
            corners[a] = np.concatenate([corners[a], corners[b]])
            extents[a], sites[a] = extent, sites[a] + sites[b]
    return np.array([cluster[int(m)] for m in members], dtype=np.intp)


def _corners(geometry: shapely.Geometry) -> NDArray[np.float64]:
    """Corners of the convex hull, dims (corner, xy)."""
    points: NDArray[np.float64] = shapely.get_coordinates(shapely.convex_hull(geometry))
    return points
