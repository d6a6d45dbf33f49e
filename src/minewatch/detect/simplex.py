"""The arithmetic of unmixing: least squares over shares that are non-negative and sum to one.

Endmembers are so few that the best shares of every combination are a small matrix found once; a
pixel then walks from combination to combination [1]_, [2]_ without any further inversion.

References
----------
.. [1] Lawson & Hanson 1974, Solving Least Squares Problems, chapter 23, doi:10.1137/1.9781611971217
.. [2] Bro & De Jong 1997, A fast non-negativity-constrained least squares algorithm,
   doi:10.1002/(SICI)1099-128X(199709/10)11:5<393::AID-CEM483>3.0.CO;2-L
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part
from minewatch.detect.endmembers import Library
from minewatch.model import REFLECTANCE_BANDS, Band

_RIDGE = 1e-3  # squared sigma; makes the answer unique when endmembers outnumber bands


class Solver(NamedTuple):
    """Everything about a library that does not depend on the pixel.

    A combination of endmembers is a number with one bit for each of them.
    """

    weighted: NDArray[np.float64]  # endmembers / sigma, dims (endmember, band)
    weights: NDArray[np.float64]  # 1 / sigma
    gram: NDArray[np.float64]  # with the ridge
    sizes: NDArray[np.int64]  # endmembers in each combination
    members: NDArray[np.int64]  # which ones, dims (combination, place)
    inverses: NDArray[np.float64]  # best shares: last row + correlation @ the rows before it
    groups: NDArray[np.int64]  # group of each endmember
    start: int  # combination to begin with: vegetation and soil in shade
    water: int  # endmembers that must earn their place
    water_gain: float


@lru_cache(maxsize=32)
def find_solver(library: Library, used: tuple[Band, ...]) -> Solver:
    """Best shares of every combination of the library's endmembers in the bands used."""
    members = sorted(library.endmembers, key=lambda e: e.group == "shade")
    weights = np.array([1.0 / library.sigma[b] for b in used])
    columns = [REFLECTANCE_BANDS.index(b) for b in used]
    weighted = np.array([e.spectrum for e in members])[:, columns] * weights
    count = len(members)
    gram = weighted @ weighted.T + _RIDGE * np.eye(count)
    chosen = [[k for k in range(count) if bits >> k & 1] for bits in range(1 << count)]
    places = np.zeros((1 << count, count), np.int64)
    inverses = np.zeros((1 << count, count + 1, count))
    for bits, kept in enumerate(chosen[1:], 1):
        inverse = np.linalg.inv(gram[np.ix_(kept, kept)])
        ones = inverse.sum(axis=1)
        size = len(kept)
        places[bits, :size] = kept
        inverses[bits, :size, :size] = inverse - np.outer(ones, ones) / ones.sum()
        inverses[bits, size, :size] = ones / ones.sum()
    names = [e.group for e in members]
    return Solver(
        weighted=weighted,
        weights=weights,
        gram=gram,
        sizes=np.array([len(kept) for kept in chosen]),
        members=places,
        inverses=inverses,
        groups=np.array([library.groups.index(e.group) for e in members]),
        start=1 << (count - 1)
        | sum(1 << names.index(g) for g in ("vegetation", "soil") if g in names),
        water=sum(1 << k for k, e in enumerate(members) if e.group in ("water", "white")),
        water_gain=library.water_gain,
    )


@kernel(
    "uint16[:,::1], uint8[:,::1], float64, float64, int64, int64, float64[::1,:], float64[::1],"
    "float64[:,::1], int64[::1], int64[:,::1], float64[:,:,::1], int64[::1], int64, int64, float64"
)
def unmix_pixels(
    block: NDArray[Any],
    out: NDArray[Any],
    scale: float,
    unit: float,
    residual_unit: float,
    not_seen: float,
    weighted: NDArray[np.float64],
    weights: NDArray[np.float64],
    gram: NDArray[np.float64],
    sizes: NDArray[np.int64],
    members: NDArray[np.int64],
    inverses: NDArray[np.float64],
    groups: NDArray[np.int64],
    start: int,
    water: int,
    water_gain: float,
) -> None:
    """Shares of the groups and the residual of every pixel of `block` into `out`."""
    width, pixels = block.shape
    count = len(groups)
    everything = (1 << count) - 1
    target = np.empty(width)
    correlation = np.empty(count)
    share = np.empty(count)
    land = np.empty(count)
    slope = np.empty(count)
    total = np.empty(len(out))
    by_band = weighted.T.copy()
    for p in range(pixels):
        is_seen = True
        for b in range(width):
            target[b] = block[b, p] * scale * weights[b]
            is_seen = is_seen and block[b, p] > 0 and np.isfinite(target[b])
        if not is_seen:
            for g in range(len(out)):
                out[g, p] = not_seen
            continue
        for k in range(count):
            correlation[k] = 0.0
            share[k] = 0.0
        for b in range(width):
            for k in range(count):
                correlation[k] += by_band[b, k] * target[b]
        share[count - 1] = 1.0
        chosen = _descend(
            share, start, everything & ~water, correlation, gram, sizes, members, inverses, slope
        )
        misfit = _misfit(share, weighted, target)
        if misfit > water_gain and water:
            for k in range(count):
                land[k] = share[k]
            _descend(share, chosen, everything, correlation, gram, sizes, members, inverses, slope)
            if misfit - _misfit(share, weighted, target) < water_gain:
                for k in range(count):
                    share[k] = land[k]
        for g in range(len(out)):
            total[g] = 0.0
        for k in range(count):
            total[groups[k]] += share[k]
        for b in range(width):
            gap = target[b]
            for k in range(count):
                gap -= weighted[k, b] * share[k]
            total[-1] += (gap / weights[b]) ** 2
        total[-1] = np.sqrt(total[-1] / width) * residual_unit / unit
        for g in range(len(out)):
            value = total[g] * unit
            out[g, p] = min(np.rint(value), 254.0) if unit > 1.0 else value


@part
def _descend(
    share: NDArray[np.float64],
    chosen: int,
    allowed: int,
    correlation: NDArray[np.float64],
    gram: NDArray[np.float64],
    sizes: NDArray[np.int64],
    members: NDArray[np.int64],
    inverses: NDArray[np.float64],
    slope: NDArray[np.float64],
) -> int:
    """Active-set descent from the shares given to the best allowed ones, changed in place.

    Lawson and Hanson's walk: take the best shares of the chosen endmembers, give up those that
    turn negative on the way, then add the one that lowers the misfit most, until none does.
    """
    count = len(share)
    for _ in range(4 * count):
        chosen = _settle(share, chosen, correlation, sizes, members, inverses, slope)
        size = sizes[chosen]
        level = -1e-7
        for k in range(count):
            slope[k] = -correlation[k]
        for i in range(size):
            j = members[chosen, i]
            for k in range(count):
                slope[k] += gram[j, k] * share[j]
        for i in range(size):
            level += slope[members[chosen, i]] * share[members[chosen, i]]
        best = -1
        for k in range(count):
            if slope[k] < level and allowed >> k & 1 and not chosen >> k & 1:
                best, level = k, slope[k]
        if best < 0:
            break
        chosen |= 1 << best
    return chosen


@part
def _settle(
    share: NDArray[np.float64],
    chosen: int,
    correlation: NDArray[np.float64],
    sizes: NDArray[np.int64],
    members: NDArray[np.int64],
    inverses: NDArray[np.float64],
    goal: NDArray[np.float64],
) -> int:
    """Move to the best shares of the chosen endmembers, dropping those that reach zero first."""
    while True:
        size = sizes[chosen]
        step, blocked = 1.0, -1
        for i in range(size):
            goal[i] = inverses[chosen, size, i]
        for j in range(size):
            pull = correlation[members[chosen, j]]
            for i in range(size):
                goal[i] += inverses[chosen, j, i] * pull
        for i in range(size):
            k = members[chosen, i]
            if goal[i] < 0.0 and share[k] < step * (share[k] - goal[i]):
                step, blocked = share[k] / (share[k] - goal[i]), k
        for i in range(size):
            k = members[chosen, i]
            share[k] += step * (goal[i] - share[k])
        if blocked < 0:
            return chosen
        share[blocked] = 0.0
        chosen &= ~(1 << blocked)


@part
def _misfit(
    share: NDArray[np.float64], weighted: NDArray[np.float64], target: NDArray[np.float64]
) -> float:
    """Squared misfit in squared sigma, summed over bands."""
    total = 0.0
    for b in range(len(target)):
        gap = target[b]
        for k in range(len(share)):
            gap -= weighted[k, b] * share[k]
        total += gap * gap
    return total
