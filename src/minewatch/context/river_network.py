"""Rivers out of a drainage: which cells, which river each is of, and what flows into what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.context.drainage import Drainage, Heights

RIVER_KM2: Final = 5.0
"""Ground that must drain through a cell for it to be a river; starting value."""
_NAMED_SHARE = 0.3


@dataclass(frozen=True, kw_only=True)
class RiverNetwork:
    """The rivers of a drainage."""

    river: NDArray[np.int32]
    """Number of the river of each cell, dims (cell,); 0: none."""
    reach: NDArray[np.int32]
    """Number of its reach, from one confluence to the next; 0: none."""
    rivers: pd.DataFrame
    """One row a river, the largest catchment first: `river`, `name`, `catchment_km2` at its mouth,
    `length_m`, `flows_into` (0: it leaves the heights), `mouth_cell`, `head_cell`."""
    drainage: Drainage
    """Where they were found."""

    def near(self, label: NDArray[np.int32], *, cells: int = 1) -> NDArray[np.int32]:
        """Labels spread to some cells beside the river, where no other label is.

        Beside two rivers it is the larger one: else a walk along a river would touch every stream
        whose mouth it passes.
        """
        if not cells:
            return label
        none = np.iinfo(np.int32).max
        numbered = np.where(label > 0, label, none).reshape(self.drainage.shape)
        spread = ndimage.minimum_filter(numbered, size=2 * cells + 1, mode="nearest").ravel()
        spread[spread == none] = 0
        out: NDArray[np.int32] = np.where(label > 0, label, spread).astype(np.int32)
        return out

    def line(self, river: int) -> shapely.LineString:
        """The course of a river from its head to its mouth, and on to what it flows into."""
        row = self.rivers.loc[self.rivers["river"] == river].iloc[0]
        cells, downstream = [int(row["head_cell"])], self.drainage.downstream
        while cells[-1] != row["mouth_cell"]:
            cells.append(int(downstream[cells[-1]]))
        after = int(downstream[cells[-1]])
        cells += [after] if after >= 0 else []
        x, y = self.drainage.xy(np.array(cells))
        return shapely.LineString(np.column_stack([x, y]))

    def reach_line(self, reach: int) -> shapely.LineString:
        """The course of a reach, and on to the cell that it flows into."""
        cells = np.flatnonzero(self.reach == reach)
        cells = cells[np.argsort(self.drainage.catchment_m2[cells], kind="stable")]
        after = int(self.drainage.downstream[cells[-1]])
        x, y = self.drainage.xy(np.append(cells, after))
        return shapely.LineString(np.column_stack([x, y]))


def find_rivers(drainage: Drainage, *, least_km2: float = RIVER_KM2) -> RiverNetwork:
    """The rivers of a drainage.

    Where two meet, the one with the larger catchment goes on and the other ends, as on maps.

    Parameters
    ----------
    drainage
        Where water goes.
    least_km2
        Ground that must drain through a cell for it to be a river.
    """
    is_river = (drainage.catchment_m2 >= least_km2 * 1e6) & (drainage.downstream >= 0)
    cells = np.flatnonzero(is_river)
    cells = cells[np.lexsort((cells, -drainage.catchment_m2[cells]))]
    following = drainage.downstream[cells]
    flows_on = following != cells
    main = np.full(len(drainage.downstream), -1, np.int64)
    main[following[flows_on][::-1]] = cells[flows_on][::-1]  # the largest is written last
    entering = np.bincount(following[flows_on], minlength=len(main))
    river = np.zeros(len(main), np.int32)
    reach = np.zeros(len(main), np.int32)
    rows: list[dict[str, Any]] = []
    reaches = 0
    for cell, after in zip(cells.tolist(), following.tolist(), strict=True):
        if after == cell or main[after] != cell:
            rows.append({"mouth_cell": cell, "flows_into": 0 if after == cell else river[after]})
            river[cell] = len(rows)
        else:
            river[cell] = river[after]
        if after != cell and main[after] == cell and entering[after] == 1:
            reach[cell] = reach[after]
        else:
            reaches += 1
            reach[cell] = reaches
        row = rows[river[cell] - 1]
        row["head_cell"] = cell
        row["length_m"] = row.get("length_m", 0.0) + (
            0.0
            if after == cell
            else float(drainage.steps_m(np.array([cell]), np.array([after]))[0])
        )
    table = pd.DataFrame(rows, columns=["mouth_cell", "flows_into", "head_cell", "length_m"])
    table.insert(0, "river", np.arange(1, len(table) + 1))
    table.insert(1, "name", "")
    mouths = table["mouth_cell"].to_numpy(np.int64)
    table.insert(2, "catchment_km2", drainage.catchment_m2[mouths] / 1e6)
    return RiverNetwork(river=river, reach=reach, rivers=table, drainage=drainage)


def name_rivers(
    network: RiverNetwork, lines: Sequence[shapely.Geometry], names: Sequence[str]
) -> RiverNetwork:
    """The same rivers with the names that a layer has for them.

    A name goes to the river that runs longest along lines of that name, when that is at least 0.3
    of its cells.

    Parameters
    ----------
    network
        Rivers without names.
    lines, names
        Courses, metres of the same zone, and what each is called.
    """
    cells = np.flatnonzero(network.river)
    if not len(cells) or not len(lines):
        return network
    x, y = network.drainage.xy(cells)
    reach_m = 2.5 * abs(network.drainage.transform.a)
    which, line = shapely.STRtree(list(lines)).query_nearest(
        shapely.points(x, y), max_distance=reach_m, all_matches=False
    )
    found = pd.DataFrame(
        {"river": network.river[cells[which]], "name": np.asarray(names, object)[line]}
    )
    counts = found[found["name"] != ""].value_counts(["river", "name"]).reset_index()
    counts = counts.sort_values(["count", "river", "name"], ascending=[False, True, True])
    counts = counts.drop_duplicates("river").drop_duplicates("name")
    sizes = np.bincount(network.river)
    counts = counts[counts["count"] >= _NAMED_SHARE * sizes[counts["river"].to_numpy(int)]]
    table = network.rivers.copy()
    table["name"] = table["river"].map(counts.set_index("river")["name"]).fillna("")
    return RiverNetwork(
        river=network.river, reach=network.reach, rivers=table, drainage=network.drainage
    )


def mark_lines(heights: Heights, lines: Sequence[shapely.Geometry]) -> NDArray[np.bool_]:
    """Cells that lines run through, dims (y, x): sampled at a quarter of a cell."""
    rows, cols = heights.metres.shape
    mask = np.zeros((rows, cols), bool)
    step = heights.cell_m / 4
    for line in lines:
        points = shapely.get_coordinates(shapely.segmentize(line, step))
        col, row = ~heights.transform * (points[:, 0], points[:, 1])
        col, row = np.floor(col).astype(int), np.floor(row).astype(int)
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        mask[row[inside], col[inside]] = True
    return mask
