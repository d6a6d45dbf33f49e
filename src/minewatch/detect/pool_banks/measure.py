"""Figures of every site in every period, seen or not."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from minewatch.detect.morphology import Pixels, grown
from minewatch.detect.pixel_sizes import whole_pixels
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE, check_evidence
from minewatch.detect.pool_banks.patch_figures import pool_ndwi
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT, PoolBankRules
from minewatch.detect.pool_banks.pool_shares import pool_share
from minewatch.detect.pool_banks.site_water import built_so_far, fill_shares, water_green
from minewatch.detect.pool_ranges import pool_ranges, water_ranges
from minewatch.model import (
    OBSERVATIONS,
    POOL_COLUMNS,
    TRACKS,
    WATER_COLUMNS,
    Evidence,
    Grid,
    PeriodEvidence,
    Rasterise,
    check_columns,
    sees_pools_at,
)


def measure(
    evidence: Evidence,
    tracks: gpd.GeoDataFrame,
    *,
    grid: Grid,
    pixel_m: float,
    rasterise: Rasterise,
    rules: PoolBankRules = DEFAULT,
) -> pd.DataFrame:
    """Areas, pool counts and how much was seen, for every site in every period.

    Lost ground of mixed pixels is summed over the site and a ring round it; pools and water over
    the site, which holds nearly all of what its pools send back. Water is what stands in the
    period; pools are the most that showed of them so far, with water or white: one that is drained
    or covered now was built all the same. Where a period saw nothing of a pixel it adds nothing,
    and `observed_fraction` says so. Where pixels are too large for pools, what is said of pools
    and water is null.

    Parameters
    ----------
    evidence
        Layers of the detector over the whole grid.
    tracks
        Contract `TRACKS`: the sites and their union footprints, in the CRS of the grid.
    grid
        As given to `find`.
    pixel_m
        The coarser of the grid's pixel and the sensor's own, metres.
    rasterise
        Number of the geometry that covers each pixel of the grid, from 1; 0: none.
    rules
        Thresholds.

    Returns
    -------
    pandas.DataFrame
        Contract `OBSERVATIONS`, one row a site and period, sorted by both.
    """
    check_evidence(evidence.layers)
    check_columns(tracks, TRACKS, name="tracks", epsg=grid.epsg)
    tracks = tracks.sort_values("site_id", ignore_index=True)
    core = rasterise(list(tracks.geometry), grid)
    ring = whole_pixels(rules.measures.ring_m, grid.resolution_m)
    at = grown(np.flatnonzero(core), core.shape, ring)
    inside = core.reshape(-1)[at] > 0
    label = np.where(inside, core.reshape(-1)[at], _largest_around(core, at, ring)) - 1
    sites, periods = len(tracks), evidence.periods
    sees_pools = sees_pools_at(pixel_m)
    at_once = max(1, BLOCK_PIXELS // max(1, len(at)))
    tables = []
    for start in range(0, len(periods), at_once):
        steps = range(len(periods))[start : start + at_once]
        seen = [
            _read(evidence.of(k), at, sees_pools=sees_pools, pixel_m=grid.resolution_m, rules=rules)
            for k in steps
        ]
        number = [label + sites * nth for nth in range(len(steps))]  # of each site in each period
        table = _figures(
            {name: np.concatenate([of[name] for of in seen]) for name in seen[0]},
            np.concatenate(number),
            np.tile(inside, len(steps)), sites * len(steps), grid.pixel_area_m2, rules,
        )  # fmt: skip
        days = [(p.start.isoformat(), p.end.isoformat()) for p in periods[start : start + at_once]]
        table.insert(0, "site_id", np.tile(tracks["site_id"].to_numpy(), len(steps)))
        table.insert(1, "period_start", np.repeat([first for first, _ in days], sites))
        table.insert(2, "period_end", np.repeat([last for _, last in days], sites))
        tables.append(table)
    if not tables:
        return pd.DataFrame(columns=list(OBSERVATIONS))
    table = pd.concat(tables).sort_values(["site_id", "period_start"], ignore_index=True)
    return _with_areas(table, sees_pools=sees_pools, rules=rules)


BLOCK_PIXELS = 1 << 20
"""Pixels of sites worked on at a time, in all periods: sets the memory, never the answer."""
_USED = ("clear_looks", "vegetation_pct", "ndwi", "nir")


def _largest_around(numbers: NDArray[np.int32], at: Pixels, ring: int) -> NDArray[np.int32]:
    """The largest number within a ring of each of some pixels, corners included."""
    around = np.pad(numbers, ring)
    rows, cols = np.divmod(at, numbers.shape[1])
    found = np.zeros(len(at), np.int32)
    for down, right in np.ndindex(2 * ring + 1, 2 * ring + 1):
        np.maximum(found, around[rows + down, cols + right], out=found)
    return found


def _read(
    evidence: PeriodEvidence,
    at: Pixels,
    *,
    sees_pools: bool,
    pixel_m: float,
    rules: PoolBankRules,
) -> dict[str, NDArray[np.uint8]]:
    """What one period says of the pixels of sites, in no more memory than theirs."""
    place = np.unravel_index(at, evidence.layers["nir"].shape)
    seen = {name: evidence.layers[name][place] for name in _USED}
    milky = evidence.layers["pool_pct"][place]
    seen["milky_pct"] = np.where(milky == NO_SHARE, 0, milky).astype(np.uint8)
    seen["pool_pct"] = (
        pool_share(evidence, at, pixel_m=pixel_m, rules=rules.water)
        if sees_pools
        else np.zeros(len(at), np.uint8)
    )
    return seen


def _figures(
    layers: dict[str, NDArray[np.uint8]],
    label: NDArray[np.int32],
    inside: NDArray[np.bool_],
    sites: int,
    pixel_area_m2: float,
    rules: PoolBankRules,
) -> pd.DataFrame:
    """Figures of some sites, or of each of them in some periods: one row a number of `label`."""
    seen = layers["vegetation_pct"] != NO_SHARE

    def total(values: NDArray[Any], where: NDArray[np.bool_]) -> NDArray[np.float64]:
        weights = values[where].astype(float)
        return np.bincount(label[where], weights=weights, minlength=sites).astype(float)

    ones = np.ones(len(label))
    wet = (
        _turns_colour(layers, label, seen & inside, rules)
        .reindex(range(sites))
        .fillna(0)
        .to_numpy()
    )
    pixels = _pixels(layers, label, seen & inside)
    fill = _fill(pixels, seen & inside, rules)
    areas = {
        name: wet * total(fill[name], seen & inside) * pixel_area_m2 for name in ("water", "lined")
    }
    lost = 100 - np.minimum(layers["vegetation_pct"].astype(int), 100)
    lost = np.where(lost >= rules.measures.lost_min_pct, lost, 0)
    disturbed = total(lost, seen) * pixel_area_m2 / 100
    observed = total(ones, seen & inside) / np.maximum(total(ones, inside), 1)
    green = total((layers["vegetation_pct"] >= rules.measures.green_pct), seen & inside)
    overpasses = pd.Series(layers["clear_looks"][inside]).groupby(label[inside]).median()
    with np.errstate(invalid="ignore", divide="ignore"):
        vegetated = green / total(ones, seen & inside)
    return pd.DataFrame(
        {
            "disturbed_area_m2": disturbed,
            **areas,
            "clear_looks": overpasses.reindex(range(sites)).fillna(0).astype(int).to_numpy(),
            "observed_fraction": observed,
            "vegetated_fraction": vegetated,
            "water_green": water_green(pixels, rules=rules.fill).reindex(range(sites)).to_numpy(),
        }
    )


def _pixels(
    layers: dict[str, NDArray[np.uint8]], label: NDArray[np.int32], where: NDArray[np.bool_]
) -> pd.DataFrame:
    """What the water of sites is measured from."""
    names = ("nir", "ndwi", "vegetation_pct", "milky_pct")
    return pd.DataFrame({"label": label[where], **{n: layers[n][where] for n in names}})


def _fill(
    pixels: pd.DataFrame, where: NDArray[np.bool_], rules: PoolBankRules
) -> dict[str, NDArray[np.float64]]:
    """Shares of water and of lined pools in every pixel, 0 elsewhere than `where`."""
    shares = fill_shares(pixels, rules=rules.fill)
    out = {}
    for name in ("water", "lined"):
        out[name] = np.zeros(len(where))
        out[name][where] = shares[name]
    return out


def _with_areas(table: pd.DataFrame, *, sees_pools: bool, rules: PoolBankRules) -> pd.DataFrame:
    """The table with its columns of areas in place of `water` and `lined` of each period.

    Rows are sorted by site and period.
    """
    if not sees_pools:
        table[["water", "lined"]] = 0.0
    lined = table["lined"].where(table["observed_fraction"] > 0)
    by_site = lined.groupby(table["site_id"], sort=False)
    built = by_site.transform(built_so_far, rules=rules.fill).to_numpy(float)
    disturbed = np.maximum(table["disturbed_area_m2"].to_numpy(), built)
    areas = pd.DataFrame(
        {
            "disturbed_area_m2": disturbed,
            "pad_area_m2": disturbed - built,
            "pool_area_m2": built,
            **pool_ranges(built, rules=rules.ranges),
            **water_ranges(table["water"].to_numpy(), rules=rules.ranges),
        }
    )
    if not sees_pools:
        areas[[*POOL_COLUMNS, *WATER_COLUMNS]] = np.nan
        table["water_green"] = np.nan
    return table.drop(columns=["disturbed_area_m2", "water", "lined"]).join(areas)


def _turns_colour(
    layers: dict[str, NDArray[np.uint8]],
    label: NDArray[np.int32],
    where: NDArray[np.bool_],
    rules: PoolBankRules,
) -> pd.Series:
    """0..1 for each site: whether its darkest pixels have the colour of water.

    Pools that were drained, and shade on what was left, are dark but keep the colour of soil.
    """
    names = {"pool_pct": layers["pool_pct"][where], "ndwi": layers["ndwi"][where].astype(float)}
    pixels = pd.DataFrame({"label": label[where], **names})
    turn = pool_ndwi(pixels, pool_share=rules.patches.pool_share)
    dry, wet = rules.measures.dry_ndwi, rules.measures.wet_ndwi
    return ((turn - dry) / (wet - dry)).clip(0, 1)
