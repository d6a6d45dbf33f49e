"""Recall by size, of mines older than the archive and of others, for `minewatch context absence`.

`python -m tests.accuracy.recall_by_size` writes `src/minewatch/context/data/recall_by_size.csv`
from the reporting worlds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from minewatch import synthetic
from minewatch.synthetic.recall_tables import BEGUN, SIZE_CLASSES_HA

from .harness import Ran, run_worlds
from .worlds import REPORTING

TABLE = Path(__file__).parents[2] / "src/minewatch/context/data/recall_by_size.csv"


def recall_by_size(worlds: Sequence[Ran]) -> pd.DataFrame:
    """Site-seasons, how many were found, and of how many sites they are, by begin and size."""
    matches = []
    for ran in worlds:
        score = synthetic.score_inventory(ran.result.inventory, ran.result.sites, ran.truth)
        if len(score.matches):
            starts = score.matches["site_id"].map(ran.truth.sites.set_index("id")["start"])
            begun = np.where(starts < ran.truth.start, *BEGUN)
            matches.append(score.matches.assign(world=ran.spec.name, begun=begun))
    table = pd.concat(matches, ignore_index=True)
    hectares = table["disturbed_area_m2"] / 1e4
    rows = []
    for begun in BEGUN:
        # below the first class: sites that are overgrown by then
        for low, high in pairwise((0.0, *SIZE_CLASSES_HA)):
            is_here = (hectares >= low if low == 0 else hectares > low) & (hectares <= high)
            part = table[is_here & (table["begun"] == begun)]
            rows.append(
                {
                    "begun": begun, "from_ha": low, "to_ha": high if np.isfinite(high) else "",
                    "site_seasons": len(part), "found": int(part["found_id"].notna().sum()),
                    "sites": len(part[["world", "site_id"]].drop_duplicates()),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    recall_by_size(run_worlds(list(REPORTING.values()))).to_csv(TABLE, index=False)


if __name__ == "__main__":
    main()
