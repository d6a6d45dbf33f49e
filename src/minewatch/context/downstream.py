"""What lies below the sites: rivers, reaches and places, with the share of draws that say so.

A pair of a site and what lies below it has a share: of the draws of the heights, and of the cells
of the site, from which the water comes there. Ranges of counts and areas take pairs of at least
`SURE_SHARE` at their low end and of at least `MAYBE_SHARE` at their high end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from minewatch.context.drainage import Drainage, walk_down
from minewatch.context.ground_cells import PlacesNear, Starts
from minewatch.context.river_network import RiverNetwork

SURE_SHARE: Final = 0.9
"""A site is surely above what at least this share of the draws puts below it; starting value."""
MAYBE_SHARE: Final = 0.1
"""It may be above what at least this share puts below it; starting value."""
_LABELS: Final = ("river", "reach")
_STAY: Final = 3


def trace(
    drainage: Drainage,
    starts: Starts,
    network: RiverNetwork,
    near: PlacesNear,
    *,
    beside: int = 0,
) -> Mapping[str, pd.DataFrame]:
    """What the water of each site comes to in one draw of the heights.

    Parameters
    ----------
    drainage
        Where the water of each cell goes in this draw.
    starts
        Where the sites are.
    network
        Rivers and reaches, those of the heights as measured whichever draw is walked.
    near
        Cells within reach of places.
    beside
        A walk is in a river when it is at most so many cells beside it: 0 for the heights as
        measured, 1 for a draw, whose rivers may lie beside those. Then it must stay in it for three
        cells.

    Returns
    -------
    dict
        `first` (the first river of each walk), `river`, `reach` and `place` (all that it comes to):
        `site` (number), `target` (number), `share` of the site's walks, `metres` along the path to
        it, the least of the walks.
    """
    river = network.near(network.river, cells=beside)
    reach = network.near(network.reach, cells=beside)
    seen: dict[str, list[tuple[Any, Any, Any]]] = {"river": [], "reach": [], "place": []}
    # beside a river as measured, a walk may cross the last cells of streams that end in it
    stays = {name: _Stays.begin(len(starts.cell), _STAY if beside else 1) for name in _LABELS}
    for walks, here, metres in walk_down(drainage, starts.cell):
        for name, label in zip(_LABELS, (river, reach), strict=True):
            seen[name].append(stays[name].step(walks, label[here], metres))
        if (hit := near.is_near[here]).any():
            low = np.searchsorted(near.cell, here[hit], "left")
            count = np.searchsorted(near.cell, here[hit], "right") - low
            rows = np.repeat(low - np.cumsum(count) + count, count) + np.arange(count.sum())
            seen["place"].append(
                (np.repeat(walks[hit], count), near.place[rows], np.repeat(metres[hit], count))
            )
    walks_of = np.bincount(starts.site, minlength=len(starts.sites))
    out: dict[str, pd.DataFrame] = {}
    for name, parts in seen.items():
        table = pd.DataFrame(
            {
                column: np.concatenate([*(part[k] for part in parts), np.empty(0, kind)])
                for k, (column, kind) in enumerate(
                    (("walk", int), ("target", int), ("metres", float))
                )
            }
        )
        table["site"] = starts.site[table["walk"].to_numpy(int)]
        table = table.sort_values(["walk", "metres"], kind="stable")
        if name == "river":
            out["first"] = _shares(table.drop_duplicates("walk"), walks_of)
        out[name] = _shares(table.drop_duplicates(["walk", "target"]), walks_of)
    return out


@dataclass
class _Stays:
    """For how many steps each walk has been in which river, and since which metre."""

    label: NDArray[np.int64]
    steps: NDArray[np.int64]
    since: NDArray[np.float64]
    least: int
    """Steps from which a stay counts."""

    @classmethod
    def begin(cls, walks: int, least: int) -> _Stays:
        return cls(np.zeros(walks, int), np.zeros(walks, int), np.zeros(walks), least)

    def step(
        self, walks: NDArray[np.intp], now: NDArray[np.int32], metres: NDArray[np.float64]
    ) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float64]]:
        """The walks whose stay counts from this step on, the label, and where it began."""
        goes_on = now == self.label[walks]
        self.since[walks] = np.where(goes_on, self.since[walks], metres)
        self.steps[walks] = np.where(goes_on, self.steps[walks] + 1, 1)
        self.label[walks] = now
        counts = (now > 0) & (self.steps[walks] == self.least)
        return walks[counts], now[counts], self.since[walks][counts]


def _shares(walks: pd.DataFrame, walks_of: NDArray[np.intp]) -> pd.DataFrame:
    pairs = walks.groupby(["site", "target"], sort=True)
    table = pairs.agg(share=("walk", "size"), metres=("metres", "min")).reset_index()
    table["share"] = table["share"] / walks_of[table["site"].to_numpy(int)]
    return table


def mean_shares(draws: Sequence[Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """The same tables over all draws: the mean share, and `metres` as a least and a most.

    Parameters
    ----------
    draws
        Answers of `trace`, the first from the heights as measured.
    """
    out = {}
    for name in draws[0]:
        table = pd.concat([draw[name] for draw in draws], ignore_index=True)
        pairs = table.groupby(["site", "target"], sort=True)
        merged = pairs.agg(
            share=("share", "sum"), metres_low=("metres", "min"), metres_high=("metres", "max")
        ).reset_index()
        merged["share"] = (merged["share"] / len(draws)).clip(upper=1.0)
        out[name] = merged
    return out


def only_maybe(shares: pd.DataFrame, targets: NDArray[np.bool_]) -> pd.DataFrame:
    """The same shares, those of some targets below `SURE_SHARE`: they count in high ends alone.

    Parameters
    ----------
    shares
        `site`, `target`, `share`.
    targets
        Whether each target, by its number, is only maybe where it is said to be.
    """
    is_maybe = targets[shares["target"].to_numpy(int)]
    highest = np.nextafter(SURE_SHARE, 0)
    return shares.assign(share=shares["share"].mask(is_maybe, shares["share"].clip(upper=highest)))
