"""Patches of every period, and what the other periods say of each of them.

One season proves little: a pool may be drained, a village has shown no calm yet. So a patch is
believed as the better half of its seasons is, two at least, and ground that was opened in one
season and is a mine in the next was a mine's beginning. Later looks may overturn an early verdict
(DESIGN §3). The patches of all periods are judged together, since a table costs far more to set up
than a row of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.labels import Patches, label_pixels
from minewatch.detect.morphology import Pixels, grown, is_among, values_at
from minewatch.detect.pool_banks.evidence_layers import from_day, let_go
from minewatch.detect.pool_banks.evidence_terms import confidence, evidence_terms
from minewatch.detect.pool_banks.lost_ground import Ground, find_all_channels, find_ground
from minewatch.detect.pool_banks.patch_cutting import MIN_PATCH_PX, cut_patches, run_of
from minewatch.detect.pool_banks.patch_figures import look_at, summarise
from minewatch.detect.pool_banks.pool_shares import SEED_PCT
from minewatch.model import Period

SAME_PLACE = 0.3
"""Share of a patch that another season's patches must cover to speak of the same place [D]."""
BEGUN_DAYS = 400
"""Ground opened at most so long before the end of a period is carried back from the next one [D]:
a year and the last weeks of the rains."""
LIKELY = 0.5
"""Confidence from which a patch is more likely a mine than not."""
BLOCK_PIXELS = 1 << 20
"""Pixels of patches judged at a time, periods together: sets the memory, never the answer."""

Bool = NDArray[np.bool_]
UInt8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Season:
    """The patches of one period."""

    step: int
    """Which period."""
    period: Period
    """The period."""
    where: Pixels
    """Flat indices of the pixels in patches, in order."""
    label: NDArray[np.int32]
    """Patch of each of them, from 1; of some that the table leaves out, too."""
    table: pd.DataFrame
    """`patches.describe` with `confidence` and `terms`, index the label."""

    def pixels_of(self, labels: pd.Index) -> tuple[Pixels, NDArray[np.int32]]:
        """The pixels of some patches, in order, and the patch of each."""
        is_wanted = np.zeros(self.label.max(initial=0) + 1, bool)
        is_wanted[labels.to_numpy()] = True
        kept = is_wanted[self.label]
        return self.where[kept], self.label[kept]


@dataclass(frozen=True)
class _Cut:
    """Patches of one period, not judged yet."""

    ground: Ground
    """The period."""
    patches: Patches
    """Its patches."""
    pools: UInt8
    """Pool share their pixels are judged by, per cent, dims (pixel,)."""


_Looked = tuple[Ground, int, dict[str, NDArray[Any]]]
"""A period, how many patches it has, and `patches.look_at` of their pixels."""


def find_seasons(
    evidence: xr.Dataset, periods: Sequence[Period], *, resolution_m: float
) -> tuple[list[Season], UInt8]:
    """Patches with pools in every period, each judged with the others in view.

    Returns
    -------
    seasons
        In order of time.
    pools
        Largest pool share of any period, per cent, dims (y, x).
    """
    rows, cols = evidence["first_detected"].shape
    grounds = list(find_ground(evidence, periods))
    best = np.zeros((rows, cols), np.uint8)
    for ground in grounds:
        best.reshape(-1)[ground.wet_at] = np.maximum(best.ravel()[ground.wet_at], ground.pool_pct)
    if not grounds:
        return [], best
    channels = find_all_channels(evidence, grounds, resolution_m=resolution_m)
    seasons = _judge(_cut(grounds, channels), evidence, resolution_m)
    seasons = _reconsider(seasons)
    return _carry_back(seasons, grounds, evidence, best, resolution_m), best


def _cut(grounds: Iterable[Ground], channels: Pixels) -> Iterator[_Cut]:
    """Lost ground round pools in each period, without channels."""
    for ground in grounds:
        lost = ground.lost_at[~is_among(ground.lost_at, channels)]
        wet = ground.wet_at, ground.pool_pct
        patches = cut_patches(lost, lost[values_at(lost, *wet) >= SEED_PCT], ground.shape)
        yield _Cut(ground, patches, values_at(patches.at, *wet))


def _judge(cuts: Iterable[_Cut], evidence: xr.Dataset, resolution_m: float) -> list[Season]:
    """Figures and confidence of the patches of some periods, each patch by itself."""
    seasons: list[Season] = []
    waiting: list[_Looked] = []
    for cut in cuts:
        ground = cut.ground
        seen = look_at(cut.patches, evidence, ground.step, ground.period, pools=cut.pools)
        let_go(layer.to_numpy() for layer in evidence.variables.values())
        waiting.append((ground, cut.patches.count, seen))
        if sum(len(pixels["label"]) for _, _, pixels in waiting) >= BLOCK_PIXELS:
            seasons += _judge_block(waiting, resolution_m)
            waiting = []
    return seasons + (_judge_block(waiting, resolution_m) if waiting else [])


def _judge_block(looked: Sequence[_Looked], resolution_m: float) -> list[Season]:
    """Seasons from what was seen of the pixels of their patches."""
    shifts = np.cumsum([0, *(count for _, count, _ in looked)])
    parts = [{**p, "label": p["label"] + at} for (_, _, p), at in zip(looked, shifts, strict=False)]
    pixels = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    table = summarise(pixels, int(shifts[-1]), pixel_m=resolution_m)
    table = table[table["pixels"] >= MIN_PATCH_PX]
    terms = evidence_terms(table)
    told = [{str(k): float(v) for k, v in row.items()} for row in terms.round(4).to_dict("records")]
    table = table.assign(confidence=confidence(terms), terms=pd.Series(told, index=table.index))
    seasons = []
    for (ground, count, seen), at in zip(looked, shifts, strict=False):
        where = seen["row"] * ground.shape[1] + seen["col"]
        rows = table.loc[at + 1 : at + count]
        rows = rows.set_axis(rows.index - at)
        seasons.append(Season(ground.step, ground.period, where, seen["label"], rows))
    return seasons


def _reconsider(seasons: Sequence[Season]) -> list[Season]:
    """Confidence of each patch as the mean log-odds of the better half of its place's seasons."""
    shifts = np.cumsum([0, *(s.label.max(initial=0) for s in seasons)])[:-1]
    where = np.concatenate([s.where for s in seasons])
    label = np.concatenate([s.label + at for s, at in zip(seasons, shifts, strict=True)])
    size = np.bincount(label)
    odds = np.concatenate([_odds_at(where, other) for other in seasons])
    by_season = np.concatenate([label + len(size) * k for k in range(len(seasons))])
    mean, count = _mean_by_patch(odds, by_season, len(size) * len(seasons))
    told = np.where(count >= SAME_PLACE * np.tile(size, len(seasons)), mean, np.nan)
    chance = _best_half(np.ascontiguousarray(told.reshape(len(seasons), len(size)).T))
    return [
        replace(s, table=s.table.assign(confidence=chance[s.table.index + at]))
        for s, at in zip(seasons, shifts, strict=True)
    ]


def _mean_by_patch(
    values: NDArray[np.float32], label: NDArray[np.integer], patches: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Mean of the values that are there, and how many are, for each number of a patch."""
    told = np.isfinite(values)
    mean = pd.Series(values[told]).groupby(label[told]).mean().reindex(range(patches))
    return np.asarray(mean, np.float64), np.bincount(label[told], minlength=patches)


def _odds_at(at: Pixels, season: Season) -> NDArray[np.float32]:
    """Log-odds of the patch at each of some pixels, NaN where there is none."""
    chance = np.clip(season.table["confidence"].to_numpy(), 1e-4, 1 - 1e-4)
    odds = np.full(season.label.max(initial=0) + 1, np.nan, np.float32)
    odds[season.table.index.to_numpy()] = np.log(chance / (1 - chance))
    return values_at(at, season.where, odds[season.label], missing=np.nan)


def _best_half(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance from the mean odds of the better half of the seasons, of two at least."""
    values = -np.sort(-odds, axis=1)  # NaN last
    told = np.isfinite(values).sum(axis=1)
    kept = np.maximum(np.minimum(told, 2), (told + 1) // 2)
    is_kept = np.arange(values.shape[1]) < kept[:, None]
    mean = np.where(is_kept, values, 0).sum(axis=1) / np.where(kept > 0, kept, np.nan)
    return np.asarray(1 / (1 + np.exp(-mean)))


def _carry_back(
    seasons: Sequence[Season],
    grounds: Sequence[Ground],
    evidence: xr.Dataset,
    pools: UInt8,
    resolution_m: float,
) -> list[Season]:
    """Add to each season the ground opened in it that is a mine in the next one."""
    pairs = list(zip(seasons[:-1], seasons[1:], grounds, strict=False))
    begun = _judge((_begun(*pair, evidence, pools) for pair in pairs), evidence, resolution_m)
    out = []
    for more, (season, following, _) in zip(begun, pairs, strict=True):
        if not len(more.where):
            out.append(season)
            continue
        odds = _odds_at(more.where, following)
        mean, _ = _mean_by_patch(odds, more.label, more.label.max(initial=0) + 1)
        likely = 1 / (1 + np.exp(-mean[more.table.index]))
        out.append(_joined(season, replace(more, table=more.table.assign(confidence=likely))))
    return [*out, seasons[-1]]


def _begun(
    season: Season, following: Season, ground: Ground, evidence: xr.Dataset, pools: UInt8
) -> _Cut:
    """Ground opened in a season that is a mine in the next one, and none yet in this one."""
    likely = following.where[_is_likely(following)]
    opened = ground.lost_at[is_among(ground.lost_at, likely)]
    opened = opened[_opened_in(evidence, season.period, np.unravel_index(opened, ground.shape))]
    taken = grown(season.where[_is_likely(season)], ground.shape)
    patches = label_pixels(opened[~is_among(opened, taken)], ground.shape[1])
    return _Cut(ground, patches, pools.reshape(-1)[patches.at])


def _is_likely(season: Season) -> Bool:
    """Which pixels of a season lie in likely mines."""
    is_likely = np.zeros(season.label.max(initial=0) + 1, bool)
    is_likely[season.table.index.to_numpy()] = season.table["confidence"].to_numpy() >= LIKELY
    return np.asarray(is_likely[season.label])


def _opened_in(evidence: xr.Dataset, period: Period, at: Any) -> Bool:
    """Which of some pixels have a run under way that began not long before the period."""
    run = run_of(evidence, period, at)
    starts = evidence.variables["run_start"].to_numpy()
    begins = np.where(run == 1, starts[1][at], starts[0][at])
    return np.asarray((run >= 0) & (begins >= from_day(period.end) - BEGUN_DAYS))


def _joined(season: Season, more: Season) -> Season:
    """A season with further patches, which take the place of the doubtful ones they overlap."""
    taken = is_among(season.where, more.where)
    overlapped = season.label[taken]
    table = season.table[~season.table.index.isin(overlapped)]
    shift = int(season.label.max(initial=0))
    added = more.table.set_axis(more.table.index + shift)
    where = np.concatenate([season.where[~taken], more.where])
    label = np.concatenate([season.label[~taken], more.label + np.int32(shift)])
    order = np.argsort(where)
    return replace(
        season,
        where=where[order],
        label=label[order],
        table=pd.concat([table, added]) if len(added) else table,
    )
