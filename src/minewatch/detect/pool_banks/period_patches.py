"""Patches of every period, and what the other periods say of each of them.

One season proves little: a pool may be drained, a village has shown no calm yet. So a patch is
believed as the better half of its seasons is, two at least, and ground that was opened in one
season and is a mine in the next was a mine's beginning. Later overpasses may overturn an early
verdict (DESIGN §3). The patches of all periods are judged together, since a table costs far more to
set up than a row of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from minewatch.detect.days import from_day
from minewatch.detect.labels import Patches, label_pixels
from minewatch.detect.morphology import Pixels, grown, is_among, values_at
from minewatch.detect.pixel_sizes import area_pixels, whole_pixels
from minewatch.detect.pool_banks.channels import find_channels
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.evidence_terms import confidence, evidence_terms
from minewatch.detect.pool_banks.lost_ground import Ground, find_ground
from minewatch.detect.pool_banks.patch_cutting import cut_patches, run_of
from minewatch.detect.pool_banks.patch_figures import read_pixels, summarise
from minewatch.detect.pool_banks.pool_bank_rules import PeriodRules, PoolBankRules
from minewatch.model import KACHIN, Climate, Evidence, Period, PeriodEvidence

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
    """`patch_figures.describe` with `confidence` and `terms`, index the label."""

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


_Read = tuple[Ground, int, dict[str, NDArray[Any]]]
"""A period, how many patches it has, and `patch_figures.read_pixels` of them."""


@dataclass(frozen=True)
class Judge:
    """What judging patches needs besides them."""

    evidence: Evidence
    """Layers of the detector over the whole grid."""
    pixel_m: float
    """Pixel size, metres."""
    rules: PoolBankRules
    """Thresholds."""
    climate: Climate = KACHIN
    """When fields are opened."""


def find_seasons(judge: Judge) -> tuple[list[Season], UInt8, Pixels]:
    """Patches with pools in every period, each judged with the others in view.

    Returns
    -------
    seasons
        In order of time.
    pools
        Largest pool share of any period, per cent, dims (y, x).
    channels
        Strips of rivers: flat indices, in order.
    """
    evidence, rules = judge.evidence, judge.rules
    grounds = list(find_ground(evidence, pixel_m=judge.pixel_m, rules=rules))
    best = np.zeros(evidence.shape, np.uint8)
    for ground in grounds:
        best.reshape(-1)[ground.wet_at] = np.maximum(best.ravel()[ground.wet_at], ground.pool_pct)
    if not grounds:
        return [], best, np.empty(0, np.intp)
    channels = find_channels(evidence, grounds, pixel_m=judge.pixel_m, rules=rules.water)
    cuts = chain(_cut(grounds, channels, judge), _cut_turning(grounds, channels, judge))
    both = _judge(cuts, judge)
    readings = zip(both[: len(grounds)], both[len(grounds) :], strict=True)
    seasons = [_joined(season, _better(turning, season)) for season, turning in readings]
    seasons = _reconsider(seasons, evidence, rules.periods)
    return _carry_back(seasons, grounds, best, judge), best, channels


def _cut(grounds: Iterable[Ground], channels: Pixels, judge: Judge) -> Iterator[_Cut]:
    """Lost ground round pools in each period, without channels and without what turns green again.

    Fields and trees that drop their leaves are bare and green by turns: they are no ground of a
    mine, and would join it to all that lies around.
    """
    turns = _turns(judge)
    for ground in grounds:
        lost = ground.lost_at[~is_among(ground.lost_at, channels)]
        yield _cut_round(lost, ~turns[lost], ~turns[lost], ground, judge)


def _cut_turning(grounds: Iterable[Ground], channels: Pixels, judge: Judge) -> Iterator[_Cut]:
    """The same where ground that turned green in other years counts: patches that hold some of it.

    A mine opened in a wood that drops its leaves has the seasons of the wood before it; in its own
    it is plainly bare. It may begin only where ground was green at first: ponds and fields that are
    drained and filled were not.
    """
    rules, turns = judge.rules.patches, _turns(judge)
    start = judge.evidence.whole["start_disturbed_pct"].reshape(-1)
    for ground in grounds:
        lost = ground.lost_at[~is_among(ground.lost_at, channels)]
        plants = judge.evidence.of(ground.step).layers["vegetation_pct"].reshape(-1)[lost]
        is_bare = turns[lost] & (plants < rules.turning_plants_pct)
        is_kept = ~turns[lost] | is_bare
        may_seed = ~turns[lost] | (is_bare & (start[lost] < rules.old_pct))
        cut = _cut_round(lost, is_kept, may_seed, ground, judge)
        label = cut.patches.label[is_among(cut.patches.at, lost[is_bare])]
        patches = cut.patches.without(~np.isin(np.arange(1, cut.patches.count + 1), label))
        pools = values_at(patches.at, ground.wet_at, ground.pool_pct)
        yield replace(cut, patches=patches, pools=pools)


def _turns(judge: Judge) -> Bool:
    """Which pixels of the grid turn green in most years, flat."""
    seasonal = judge.evidence.whole["seasonal_pct"].reshape(-1)
    return np.asarray((seasonal >= judge.rules.patches.turning_pct) & (seasonal != NO_SHARE))


def _cut_round(lost: Pixels, is_kept: Bool, may_seed: Bool, ground: Ground, judge: Judge) -> _Cut:
    """Patches of kept ground, and of what lies right beside the pools that may begin one."""
    rules = judge.rules
    wet = ground.wet_at, ground.pool_pct
    seeds = lost[may_seed & (values_at(lost, *wet) >= rules.water.seed_pct)]
    margin = whole_pixels(rules.patches.beside_m, judge.pixel_m)
    lost = lost[is_kept | is_among(lost, grown(seeds, ground.shape, margin))]
    patches = cut_patches(lost, seeds, ground.shape, pixel_m=judge.pixel_m, rules=rules.patches)
    return _Cut(ground, patches, values_at(patches.at, *wet))


def _judge(cuts: Iterable[_Cut], judge: Judge) -> list[Season]:
    """Figures and confidence of the patches of some periods, each patch by itself."""
    seasons: list[Season] = []
    waiting: list[_Read] = []
    variability = judge.evidence.latest("nir_variability")
    for cut in cuts:
        here = judge.evidence.of(cut.ground.step)
        seen = read_pixels(cut.patches, here, variability=variability, pools=cut.pools)
        waiting.append((cut.ground, cut.patches.count, seen))
        if sum(len(pixels["label"]) for _, _, pixels in waiting) >= BLOCK_PIXELS:
            seasons += _judge_block(waiting, judge)
            waiting = []
    return seasons + (_judge_block(waiting, judge) if waiting else [])


def _judge_block(read: Sequence[_Read], judge: Judge) -> list[Season]:
    """Seasons from what was seen of the pixels of their patches."""
    rules = judge.rules
    shifts = np.cumsum([0, *(count for _, count, _ in read)])
    parts = [{**p, "label": p["label"] + at} for (_, _, p), at in zip(read, shifts, strict=False)]
    pixels = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    table = summarise(pixels, int(shifts[-1]), pixel_m=judge.pixel_m, rules=rules)
    table = table[table["pixels"] >= area_pixels(rules.patches.min_patch_m2, judge.pixel_m)]
    terms = evidence_terms(table, rules=rules.terms, climate=judge.climate)
    rows = [{str(k): float(v) for k, v in row.items()} for row in terms.round(4).to_dict("records")]
    table = table.assign(
        confidence=confidence(terms, rules=rules.confidence),
        terms=pd.Series(rows, index=table.index),
    )
    seasons = []
    for (ground, count, seen), at in zip(read, shifts, strict=False):
        where = seen["row"] * ground.shape[1] + seen["col"]
        here = table.loc[at + 1 : at + count]
        here = here.set_axis(here.index - at)
        seasons.append(Season(ground.step, ground.period, where, seen["label"], here))
    return seasons


def _reconsider(seasons: Sequence[Season], evidence: Evidence, rules: PeriodRules) -> list[Season]:
    """Confidence of each patch as the mean log-odds of the better half of its place's seasons.

    A later season makes an earlier one likelier only where the ground was plainly bare and stayed
    so from one to the other: a wood that lost its leaves was no mine because it is one now.
    """
    shifts = np.cumsum([0, *(s.label.max(initial=0) for s in seasons)])[:-1]
    where = np.concatenate([s.where for s in seasons])
    label = np.concatenate([s.label + at for s, at in zip(seasons, shifts, strict=True)])
    size = np.bincount(label)
    own = np.concatenate([_odds_at(s.where, s) for s in seasons])
    odds = []
    for other in seasons:
        there = _odds_at(where, other)
        stays = _stays_bare(seasons, other, evidence, rules)
        odds.append(np.where(stays, there, np.minimum(there, own)))
    by_season = np.concatenate([label + len(size) * k for k in range(len(seasons))])
    mean, count = _mean_by_patch(np.concatenate(odds), by_season, len(size) * len(seasons))
    same = np.where(count >= rules.same_place * np.tile(size, len(seasons)), mean, np.nan)
    chance = _best_half(np.ascontiguousarray(same.reshape(len(seasons), len(size)).T))
    return [
        replace(s, table=s.table.assign(confidence=chance[s.table.index + at]))
        for s, at in zip(seasons, shifts, strict=True)
    ]


def _stays_bare(
    seasons: Sequence[Season], until: Season, evidence: Evidence, rules: PeriodRules
) -> Bool:
    """Whether each pixel in patches is bare and stays so up to a season; True where it is over."""
    out = []
    for season in seasons:
        if season.step >= until.step:
            out.append(np.ones(len(season.where), bool))
            continue
        at = np.unravel_index(season.where, evidence.shape)
        run, later = (run_of(evidence.of(s.step), at) for s in (season, until))
        out.append((run == later) & _is_bare(evidence.of(season.step), at, rules))
    return np.concatenate(out)


def _mean_by_patch(
    values: NDArray[np.float32], label: NDArray[np.integer], patches: int
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Mean of the values that are there, and how many are, for each number of a patch."""
    known = np.isfinite(values)
    mean = pd.Series(values[known]).groupby(label[known]).mean().reindex(range(patches))
    return np.asarray(mean, np.float64), np.bincount(label[known], minlength=patches)


def _odds_at(at: Pixels, season: Season) -> NDArray[np.float32]:
    """Log-odds of the patch at each of some pixels, NaN where there is none."""
    chance = np.clip(season.table["confidence"].to_numpy(), 1e-4, 1 - 1e-4)
    odds = np.full(season.label.max(initial=0) + 1, np.nan, np.float32)
    odds[season.table.index.to_numpy()] = np.log(chance / (1 - chance))
    return values_at(at, season.where, odds[season.label], missing=np.nan)


def _best_half(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance from the mean odds of the better half of the seasons, of two at least."""
    values = -np.sort(-odds, axis=1)  # NaN last
    known = np.isfinite(values).sum(axis=1)
    kept = np.maximum(np.minimum(known, 2), (known + 1) // 2)
    is_kept = np.arange(values.shape[1]) < kept[:, None]
    mean = np.where(is_kept, values, 0).sum(axis=1) / np.where(kept > 0, kept, np.nan)
    return np.asarray(1 / (1 + np.exp(-mean)))


def _carry_back(
    seasons: Sequence[Season], grounds: Sequence[Ground], pools: UInt8, judge: Judge
) -> list[Season]:
    """Add to each season the ground opened in it that is a mine in the next one."""
    pairs = list(zip(seasons[:-1], seasons[1:], grounds, strict=False))
    begun = _judge((_begun(*pair, pools, judge) for pair in pairs), judge)
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


def _begun(season: Season, following: Season, ground: Ground, pools: UInt8, judge: Judge) -> _Cut:
    """Ground opened in a season that is a mine in the next one, and none yet in this one."""
    rules = judge.rules
    likely = following.where[_is_likely(following, rules.periods.likely)]
    opened = ground.lost_at[is_among(ground.lost_at, likely)]
    here = judge.evidence.of(ground.step)
    at = np.unravel_index(opened, ground.shape)
    is_bare = _is_bare(here, at, rules.periods)
    opened = opened[is_bare & _opened_in(here, at, rules.periods.begun_days)]
    margin = whole_pixels(rules.patches.margin_m, judge.pixel_m)
    taken = grown(season.where[_is_likely(season, rules.periods.likely)], ground.shape, margin)
    patches = label_pixels(opened[~is_among(opened, taken)], ground.shape[1])
    return _Cut(ground, patches, pools.reshape(-1)[patches.at])


def _is_likely(season: Season, likely: float) -> Bool:
    """Which pixels of a season lie in likely mines."""
    is_likely = np.zeros(season.label.max(initial=0) + 1, bool)
    is_likely[season.table.index.to_numpy()] = season.table["confidence"].to_numpy() >= likely
    return np.asarray(is_likely[season.label])


def _is_bare(evidence: PeriodEvidence, at: Any, rules: PeriodRules) -> Bool:
    """Which of some pixels have hardly any plants in a period, though they lost some."""
    return np.asarray(evidence.layers["vegetation_pct"][at] < rules.bare_plants_pct)


def _opened_in(evidence: PeriodEvidence, at: Any, begun_days: int) -> Bool:
    """Which of some pixels have a run under way that began not long before the period."""
    run = run_of(evidence, at)
    starts = evidence.whole["run_start"]
    begins = np.where(run == 1, starts[1][at], starts[0][at])
    return np.asarray((run >= 0) & (begins >= from_day(evidence.period.end) - begun_days))


def _better(season: Season, than: Season) -> Season:
    """The patches of a season that are likelier mines than all they overlap in another reading."""
    other = np.zeros(than.label.max(initial=0) + 1)
    other[than.table.index.to_numpy()] = than.table["confidence"].to_numpy()
    there = values_at(season.where, than.where, other[than.label], missing=0.0)
    most = pd.Series(there).groupby(season.label).max()
    table = season.table[season.table["confidence"] > most.reindex(season.table.index)]
    where, label = season.pixels_of(table.index)
    return replace(season, where=where, label=label, table=table)


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
