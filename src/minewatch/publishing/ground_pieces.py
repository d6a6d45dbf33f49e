"""The ground of two releases laid over each other: the pieces that both are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import numpy as np
import shapely

Grounds = Mapping[str, shapely.Geometry]
"""Where the sites of each region were counted, metres of the grid; they do not overlap."""
Pieces = Mapping[str, tuple[str, ...]]
"""Region to the names of the pieces that it is made of."""
LEAST_OVERLAP_M2: Final = 1e4
"""Outlines that share less only touch: they were rounded."""


def lay_over(fine: Grounds, coarse: Grounds) -> tuple[Pieces, Pieces]:
    """The pieces of the regions of two frames, those that both have under one name.

    Parameters
    ----------
    fine, coarse
        The two frames; a region that is one piece gives it its name, the fine one first.

    Returns
    -------
    of_fine, of_coarse
        Every region of each.
    """
    crossings = _crossings(fine, coarse)
    left = {
        True: {name: shape.area for name, shape in fine.items()},
        False: {name: shape.area for name, shape in coarse.items()},
    }
    times: dict[str, int] = defaultdict(int)
    for one, two, area in crossings:
        left[True][one] -= area
        left[False][two] -= area
        times[one] += 1
    of_fine: dict[str, list[str]] = {name: [] for name in fine}
    of_coarse: dict[str, list[str]] = {name: [] for name in coarse}
    for one, two, _ in crossings:
        whole = times[one] == 1 and left[True][one] <= LEAST_OVERLAP_M2
        name = one if whole else f"{one} in {two}"
        of_fine[one].append(name)
        of_coarse[two].append(name)
    for is_fine, parts in ((True, of_fine), (False, of_coarse)):
        for name, names in parts.items():
            if not names:
                names.append(name)
            elif left[is_fine][name] > LEAST_OVERLAP_M2:
                names.append(f"rest of {name}")
    return (
        {name: tuple(names) for name, names in of_fine.items()},
        {name: tuple(names) for name, names in of_coarse.items()},
    )


def _crossings(fine: Grounds, coarse: Grounds) -> list[tuple[str, str, float]]:
    """Pairs that share ground, and how much, m2; sorted."""
    if not fine or not coarse:
        return []
    names, others = sorted(fine), sorted(coarse)
    shapes = np.array([fine[name] for name in names], dtype=object)
    wide = np.array([coarse[name] for name in others], dtype=object)
    one, two = shapely.STRtree(wide).query(shapes, predicate="intersects")
    areas = shapely.area(shapely.intersection(shapes[one], wide[two]))
    pairs = zip(one.tolist(), two.tolist(), areas.tolist(), strict=True)
    return sorted((names[i], others[k], area) for i, k, area in pairs if area > LEAST_OVERLAP_M2)
