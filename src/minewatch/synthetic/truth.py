"""The truth of a simulated world, read back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from minewatch.errors import OutputError
from minewatch.model import WGS84


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is true of a simulated world."""

    sites: gpd.GeoDataFrame
    """One row per mine, metres: `id`, `start`, `disturbed_0_1_ha`, `ended` (ISO days or None);
    `surroundings` and `state_at_start` are None where a truth does not say."""
    seasons: pd.DataFrame
    """One row per mine and dry season: `site_id`, `period_start`, `period_end`, `state`,
    `disturbed_area_m2`, `pool_area_m2`, `pool_count`; `water_area_m2` (mean of the season) and its
    least and most are NaN where a truth does not say."""
    confusers: gpd.GeoDataFrame
    """What is no mine, metres: `id`, `kind`."""
    periods: tuple[str, ...]
    """Last days of the dry seasons that the archive touches."""
    area_km2: float
    """Area of the world."""
    start: str
    """First day of the archive."""
    end: str
    """Last day of the archive."""
    clear_days: pd.DataFrame
    """One row per site and day on which it was truly clear: `site_id`, `date`; may be empty."""
    revisit_days: int = 5
    """Days between two passes."""


def read_truth(path: Path) -> Truth:
    """The truth that `write_archive` left as `truth.geojson`.

    Parameters
    ----------
    path
        The file; `truth_site_looks.csv` is read from beside it when it is there.

    Raises
    ------
    OutputError
        When it is not such a file.
    """
    path = Path(path)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        entry = raw["minewatch:world"]
    except (OSError, ValueError, KeyError) as error:
        raise OutputError(
            f"{path} is no truth of a simulated world", hint="give the truth.geojson of an archive"
        ) from error
    frame = gpd.GeoDataFrame.from_features(raw["features"], crs=WGS84, columns=_TRUTH_COLUMNS)
    frame = frame.to_crs(entry["epsg"])
    sites = frame[frame["kind"] == "mine"].reset_index(drop=True)
    rows = [
        {"site_id": site.id, **season} for site in sites.itertuples() for season in site.seasons
    ]
    overpasses = path.with_name("truth_site_looks.csv")
    clear = pd.read_csv(overpasses, dtype=str) if overpasses.exists() else pd.DataFrame()
    return Truth(
        sites=sites.drop(columns="seasons"),
        seasons=pd.DataFrame(rows, columns=_SEASON_COLUMNS),
        confusers=frame.loc[frame["kind"] != "mine", ["id", "kind", "geometry"]],
        periods=tuple(entry["seasons"]), area_km2=entry["area_km2"],
        start=entry["start"], end=entry["end"],
        revisit_days=entry["revisit_days"],
        clear_days=clear if len(clear) else pd.DataFrame(columns=["site_id", "date"]),
    )  # fmt: skip


_TRUTH_COLUMNS = [
    "geometry", "id", "kind", "start", "disturbed_0_1_ha", "ended", "fate", "surroundings",
    "state_at_start", "seasons",
]  # fmt: skip
_SEASON_COLUMNS = [
    "site_id", "period_start", "period_end", "state", "disturbed_area_m2", "pad_area_m2",
    "pool_area_m2", "pool_count", "water_area_m2", "water_area_least_m2", "water_area_most_m2",
]  # fmt: skip
