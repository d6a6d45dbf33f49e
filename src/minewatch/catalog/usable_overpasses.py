"""How often the ground was seen, month by month, before a single pixel is read."""

from __future__ import annotations

import pandas as pd

from minewatch.model import Overpass, Period, SceneList, group_overpasses, months_of

USABLE_CLOUD_COVER_PCT = 60.0
"""An overpass with at most this cloud cover on its clearest tile is called usable [D]."""


def summarise_overpasses(scene_list: SceneList, period: Period) -> pd.DataFrame:
    """Overpasses per calendar month, also for months without any.

    Parameters
    ----------
    scene_list
        Scenes; tiles of one pass are one overpass.
    period
        Its months are the rows.

    Returns
    -------
    DataFrame
        One row a month, in order:

        ================= ===================================================================
        month             `2023-08`
        scenes            number of scenes (tiles)
        looks             number of overpasses
        usable_looks      passes whose clearest tile has at most 60 % cloud, or states none
        clear_looks       sum over passes of the clear share of the tiles: how often a place
                          was seen on average by the catalogue's cloud cover
        cloud_cover_pct   mean cloud cover of the scenes; NaN without scenes
        ================= ===================================================================
    """
    rows = []
    for month in months_of(period):
        inside = [s for s in scene_list if s.day in month and s.day in period]
        overpasses = group_overpasses(inside)
        covers = [s.cloud_cover_pct for s in inside if s.cloud_cover_pct is not None]
        rows.append(
            {
                "month": f"{month.start:%Y-%m}",
                "scenes": len(inside),
                "looks": len(overpasses),
                "usable_looks": sum(
                    _clearest(overpass) <= USABLE_CLOUD_COVER_PCT for overpass in overpasses
                ),
                "clear_looks": round(sum(map(_clear_share, overpasses)), 1),
                "cloud_cover_pct": round(sum(covers) / len(covers), 1) if covers else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def _clearest(overpass: Overpass) -> float:
    return min(scene.cloud_cover_pct or 0.0 for scene in overpass)


def _clear_share(overpass: Overpass) -> float:
    return sum(1 - (s.cloud_cover_pct or 0.0) / 100 for s in overpass) / len(overpass)
