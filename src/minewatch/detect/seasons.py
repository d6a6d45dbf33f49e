"""Patches of every period, and what the other periods say of each of them.

One season proves little: a pool may be drained, a village has shown no calm yet. So a patch is
believed as the better half of its seasons is, two at least, and ground that was opened in one
season and is a mine in the next was a mine's beginning. Later looks may overturn an early verdict
(DESIGN §3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage

from minewatch.detect.evidence import NO_SHARE, from_day
from minewatch.detect.labels import label_patches
from minewatch.detect.masks import MIN_PATCH_PX, cut_patches, lost_ground, run_of
from minewatch.detect.patches import describe
from minewatch.detect.pools import EIGHT, SEED_PCT, find_channels, in_banks, water_share
from minewatch.detect.terms import confidence, evidence_terms
from minewatch.model import Period

HIDDEN_SHARE = 0.35
"""Share of the usual number of looks below which a pixel counts as hidden [D]."""
SAME_PLACE = 0.3
"""Share of a patch that another season's patches must cover to speak of the same place [D]."""
BEGUN_DAYS = 400
"""Ground opened at most so long before the end of a period is carried back from the next one [D]:
a year and the last weeks of the rains."""
LIKELY = 0.5
"""Confidence from which a patch is more likely a mine than not."""

Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Season:
    """The patches of one period."""

    step: int
    """Which period."""
    period: Period
    """The period."""
    where: NDArray[np.int64]
    """Flat indices of the pixels in patches."""
    label: NDArray[np.int32]
    """Patch of each of them, from 1."""
    table: pd.DataFrame
    """`patches.describe` with `confidence` and `terms`, index the label."""

    def labels(self, shape: tuple[int, int]) -> Labels:
        """Patches as an array, dims (y, x), 0 elsewhere."""
        out = np.zeros(shape[0] * shape[1], np.int32)
        kept = np.isin(self.label, self.table.index)
        out[self.where[kept]] = self.label[kept]
        return out.reshape(shape)


def find_seasons(
    evidence: xr.Dataset, periods: Sequence[Period], *, resolution_m: float
) -> tuple[list[Season], NDArray[np.uint8]]:
    """Patches with pools in every period, each judged with the others in view.

    Returns
    -------
    seasons
        In order of time.
    pools
        Largest pool share of any period, per cent, dims (y, x).
    """
    shape = _shape(evidence)
    channels, best = np.zeros(shape, bool), np.zeros(shape, np.uint8)
    for _, lost, water in _water(evidence, periods):
        channels |= _channels(evidence, lost & (water >= SEED_PCT), resolution_m)
        np.maximum(best, in_banks(water), out=best)
    seasons = []
    for step, lost, water in _water(evidence, periods):
        pools = in_banks(water)
        labels, count = cut_patches(lost & ~channels, lost & (pools >= SEED_PCT) & ~channels)
        seasons.append(_judge(labels, count, evidence, step, periods[step], pools, resolution_m))
    seasons = _reconsider(seasons, shape)
    return _carry_back(seasons, evidence, best, resolution_m), best


def _water(
    evidence: xr.Dataset, periods: Sequence[Period]
) -> Iterator[tuple[int, NDArray[np.bool_], NDArray[np.uint8]]]:
    """Lost ground and water of each period; its share halves what it knew before."""
    water = np.zeros(evidence["first_detected"].shape, np.uint8)
    for step, period in enumerate(periods):
        lost = lost_ground(evidence, step, period)
        near = ndimage.binary_dilation(lost, EIGHT)
        now = water_share(evidence, step, near)
        water = np.where(near & (water > 0), (water.astype(np.int16) + now) // 2, now)
        water = water.astype(np.uint8)
        yield step, lost, water


def _channels(
    evidence: xr.Dataset, wet: NDArray[np.bool_], resolution_m: float
) -> NDArray[np.bool_]:
    """Rivers and lakes: water on ground that never was green, or is so by turns."""
    start = evidence["start_disturbed_pct"].to_numpy()
    seasonal = evidence["seasonal_pct"].to_numpy()
    old = ((start >= 50) & (start != NO_SHARE)) | ((seasonal >= 40) & (seasonal != NO_SHARE))
    old |= evidence["run_before"][0].to_numpy() == 0
    looks = evidence["clear_looks"].to_numpy().sum(axis=0, dtype=np.uint16)
    usual = np.median(looks[looks > 0]) if looks.any() else 0.0
    hidden = (looks > 0) & (looks < HIDDEN_SHARE * usual)
    return find_channels(wet & old, hidden, resolution_m=resolution_m)


def _judge(
    labels: Labels,
    count: int,
    evidence: xr.Dataset,
    step: int,
    period: Period,
    pools: NDArray[np.uint8],
    resolution_m: float,
) -> Season:
    table = describe(labels, count, evidence, step, period, pools=pools, pixel_m=resolution_m)
    table = table[table["pixels"] >= MIN_PATCH_PX]
    terms = evidence_terms(table)
    told = [{str(k): float(v) for k, v in row.items()} for row in terms.round(4).to_dict("records")]
    table = table.assign(confidence=confidence(terms), terms=pd.Series(told, index=table.index))
    where = np.flatnonzero(labels)
    return Season(step, period, where, labels.ravel()[where], table)


def _reconsider(seasons: Sequence[Season], shape: tuple[int, int]) -> list[Season]:
    """Confidence of each patch as the mean log-odds of the better half of its place's seasons."""
    said: list[pd.DataFrame] = [pd.DataFrame(index=s.table.index) for s in seasons]
    for other in seasons:
        odds = _odds_of(other, shape)
        for season, table in zip(seasons, said, strict=True):
            values = pd.Series(odds[season.where]).groupby(season.label)
            is_same = values.count() / values.size() >= SAME_PLACE
            table[other.step] = values.mean().where(is_same).reindex(table.index)
    return [
        replace(s, table=s.table.assign(confidence=_best_half(t)))
        for s, t in zip(seasons, said, strict=True)
    ]


def _shape(evidence: xr.Dataset) -> tuple[int, int]:
    rows, cols = evidence["first_detected"].shape
    return rows, cols


def _odds_of(season: Season, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Log-odds of each pixel's patch, flat, NaN where there is none."""
    out = np.full(shape[0] * shape[1], np.nan, np.float32)
    chance = season.table["confidence"].clip(1e-4, 1 - 1e-4)
    odds = pd.Series(np.log(chance / (1 - chance)), index=chance.index)
    out[season.where] = odds.reindex(season.label).to_numpy()
    return out


def _best_half(odds: pd.DataFrame) -> pd.Series:
    """Chance from the mean odds of the better half of the seasons, of two at least."""
    values = -np.sort(-odds.to_numpy(float), axis=1)  # NaN last
    told = np.isfinite(values).sum(axis=1)
    kept = np.maximum(np.minimum(told, 2), (told + 1) // 2)
    is_kept = np.arange(values.shape[1]) < kept[:, None]
    mean = np.where(is_kept, values, 0).sum(axis=1) / np.where(kept > 0, kept, np.nan)
    return pd.Series(1 / (1 + np.exp(-mean)), index=odds.index)


def _carry_back(
    seasons: Sequence[Season],
    evidence: xr.Dataset,
    pools: NDArray[np.uint8],
    resolution_m: float,
) -> list[Season]:
    """Add to each season the ground opened in it that is a mine in the next one."""
    shape = _shape(evidence)
    out = list(seasons)
    for season, following in zip(reversed(out[:-1]), reversed(out[1:]), strict=True):
        chance = following.table["confidence"]
        likely = chance.index[chance >= LIKELY]
        ahead = np.zeros(shape, bool)
        ahead.flat[following.where[np.isin(following.label, likely)]] = True
        lost = lost_ground(evidence, season.step, season.period)
        known = season.table.index[season.table["confidence"] >= LIKELY]
        taken = ndimage.binary_dilation(np.isin(season.labels(shape), known), EIGHT)
        begun = lost & ahead & ~taken & _opened_in(evidence, season.period)
        labels, count = label_patches(begun)
        more = _judge(
            labels.astype(np.int32), int(count), evidence, season.step, season.period, pools,
            resolution_m,
        )  # fmt: skip
        odds = _odds_of(following, shape)
        mean = pd.Series(odds[more.where]).groupby(more.label).mean().reindex(more.table.index)
        table = more.table.assign(confidence=1 / (1 + np.exp(-mean)))
        out[season.step] = _joined(season, replace(more, table=table))
    return out


def _opened_in(evidence: xr.Dataset, period: Period) -> NDArray[np.bool_]:
    """Where the run under way began not long before the period."""
    run = run_of(evidence, period)
    starts = evidence["run_start"].to_numpy()
    begins = np.where(run == 1, starts[1], starts[0])
    return np.asarray((run >= 0) & (begins >= from_day(period.end) - BEGUN_DAYS))


def _joined(season: Season, more: Season) -> Season:
    """A season with further patches, which take the place of the doubtful ones they overlap."""
    overlapped = season.label[np.isin(season.where, more.where)]
    table = season.table[~season.table.index.isin(overlapped)]
    shift = int(season.label.max(initial=0))
    added = more.table.set_axis(more.table.index + shift)
    kept = ~np.isin(season.where, more.where)
    return replace(
        season,
        where=np.concatenate([season.where[kept], more.where]),
        label=np.concatenate([season.label[kept], more.label + np.int32(shift)]),
        table=pd.concat([table, added]) if len(added) else table,
    )
