"""What changed between two pictures: mines that began or grew, and what only looks like them.

Two pictures are less than a time series: a field cleared the season before and a mine's first
bench may look alike. Use this for a first look, and where no more than two composites exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.labels import label_patches
from minewatch.detect.outlines import outline_labels
from minewatch.detect.pair.clearing_kinds import confidence, describe, name_kind
from minewatch.detect.pair.pair_rules import PAIR_RULES, PairRules
from minewatch.detect.pair.picture_checks import Picture, find_crs, find_transform, read_pictures
from minewatch.detect.pair.vegetation_loss import find_change, find_cloud, find_patches, level
from minewatch.detect.pixel_sizes import whole_pixels
from minewatch.detect.unmix import fractions, without_shade
from minewatch.model import with_overrides

COLUMNS = ("kind", "confidence", "area_m2", "reason")
"""Columns of the answer, beside the geometry."""


def detect_pair(
    before: xr.Dataset,
    after: xr.Dataset,
    *,
    resolution_m: float | None = None,
    rules: Mapping[str, Any] | None = None,
) -> gpd.GeoDataFrame:
    """Outlines of what lost its vegetation between two pictures, each with what it most likely is.

    A `site` row says that a mine began or grew there; `pad` and `pool` rows are the bare ground
    and the water inside sites. Every other kind is one of `model.CHANGE_KINDS`: kept, labelled,
    not a mine. Ground that was open in both pictures gives no row, and neither does regrowth.
    Patches of less than 0.1 ha are left out.

    Parameters
    ----------
    before, after
        Reflectance 0..1, dims (y, x) on one grid in projected metres, variables `blue, green, red,
        nir` and, when there, `swir16, swir22`. NaN, 0 and less are not seen.
    resolution_m
        Pixel size, when the datasets have no `x` and `y` coordinates.
    rules
        Thresholds to replace, nested plain values such as `{"loss": {"lost_fall": 0.3}}`; those
        there are: `docs/rules.md`. None takes them as shipped.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns `kind`, `confidence` (0..1 that it is a mine), `area_m2` (of a pool: summed pixel
        shares) and `reason` in words; sites first, then their pads and pools, then the rest. In
        the CRS of `before`, or without one when it names none.

    Raises
    ------
    ContractError
        When bands, dims, grids or units are not as above.
    SettingsError
        For an unknown threshold, or a value that it cannot have.
    """
    chosen = with_overrides(PAIR_RULES, rules or {}, prefix="pair.")
    transform = find_transform(before, after, resolution_m)
    pixel_m2 = abs(transform[0] * transform[4])
    pixel_m = pixel_m2**0.5
    whole = level(*read_pictures(before, after), rules=chosen.loss)
    cloud = find_cloud(*whole, pixel_m=pixel_m, rules=chosen)
    then, now = level(*whole, reach_px=chosen.loss.haze_m / pixel_m, rules=chosen.loss)
    change = find_change(then, now, pixel_m=pixel_m, rules=chosen.loss)
    labels = _find_labels(change.lost, cloud, pixel_m=pixel_m, rules=chosen)
    water, bare = _water_and_bare(now, labels > 0, most_shade=chosen.figures.most_shade)
    patches = describe(labels, change, then, now, water, raw=whole, pixel_m=pixel_m, rules=chosen)
    kinds = _judge(patches, pixel_m=pixel_m, rules=chosen)
    sites = np.isin(labels, kinds.index[kinds["kind"] == "site"])
    rows = [_outlined(labels, np.ones(labels.shape), labels, kinds, transform)]
    for part, share, weight in (("pad", bare, np.ones(labels.shape)), ("pool", water, water)):
        numbers, _ = label_patches(sites & (share >= chosen.figures.part_share), 0)
        rows.append(_outlined(numbers, weight, labels, kinds.assign(kind=part), transform))
    table = pd.concat(rows, ignore_index=True)
    order = table["kind"].map({"site": 0, "pad": 1, "pool": 2}).fillna(3)
    table = table.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=find_crs(before))


def _find_labels(
    lost: NDArray[np.bool_], cloud: NDArray[np.bool_], *, pixel_m: float, rules: PairRules
) -> NDArray[np.int32]:
    """Patches of lost ground from 1, those under cloud apart and last, dims (y, x)."""
    clear, covered = (
        find_patches(
            part,
            min_pixels=max(rules.kinds.min_site_m2 / pixel_m**2, rules.kinds.min_site_pixels),
            join_px=whole_pixels(rules.loss.join_m, pixel_m),
        )
        for part in (lost & ~cloud, lost & cloud)
    )
    numbered = np.where(covered > 0, covered + clear.max(initial=0), 0)
    return np.asarray(np.where(cloud, numbered, clear), np.int32)


def _water_and_bare(
    now: Picture, where: NDArray[np.bool_], *, most_shade: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lit shares of water, and of soil and white, dims (y, x); 0 outside `where`."""
    shares = fractions({band: values[where] for band, values in now.items()})
    found = without_shade(shares, most_shade=most_shade)
    water, bare = np.zeros(where.shape, np.float32), np.zeros(where.shape, np.float32)
    water[where] = np.nan_to_num(found["water"])
    bare[where] = np.nan_to_num(found["soil"] + found["white"])
    return water, bare


def _judge(patches: pd.DataFrame, *, pixel_m: float, rules: PairRules) -> pd.DataFrame:
    """Kind, confidence and reason of every patch; index the label."""
    named = [
        name_kind(patch, pixel_m=pixel_m, rules=rules.kinds) for _, patch in patches.iterrows()
    ]
    kinds = pd.DataFrame(named, columns=["kind", "reason"], index=patches.index)
    if named:
        sure = confidence(patches, rules=rules.confidence).round(3)
        most = np.minimum(sure, rules.confidence.most_of_others)
        kinds["confidence"] = sure.where(kinds["kind"] == "site", most)
    return kinds


def _outlined(
    numbers: NDArray[np.integer],
    weight: NDArray[np.floating],
    labels: NDArray[np.int32],
    kinds: pd.DataFrame,
    transform: Sequence[float],
) -> pd.DataFrame:
    """One row for each number: its outline, its summed weight as area, and its patch's kind."""
    pieces = outline_labels(numbers, transform=transform)
    if not pieces:
        return pd.DataFrame(columns=[*COLUMNS, "geometry"])
    outlines = pd.DataFrame(pieces, columns=["number", "geometry"]).groupby("number")["geometry"]
    table = outlines.agg(lambda g: g.iloc[0] if len(g) == 1 else shapely.MultiPolygon(list(g)))
    pixel_m2 = abs(transform[0] * transform[4])
    area = np.bincount(numbers.ravel(), weight.ravel()) * pixel_m2
    patch = np.zeros(len(area), np.int32)
    patch[numbers] = labels
    chosen = kinds.loc[patch[table.index]]
    return pd.DataFrame(
        {
            "kind": chosen["kind"].to_numpy(),
            "confidence": chosen["confidence"].to_numpy(),
            "area_m2": area[table.index].round(1),
            "reason": chosen["reason"].to_numpy(),
            "geometry": table.to_numpy(),
        }
    )
