"""How often 95 % intervals hold the truth: `python -m tests.accuracy.coverage [--draws 5000]`.

Populations are made up, their truth is known. Each is sampled thousands of times, and every
interval is asked whether it holds the truth. The table goes into `docs/area-estimates.md`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from minewatch.estimates import (
    DrawnUnits,
    clopper_pearson,
    difference,
    mid_p,
    ratio,
    share_without_mistakes,
    wilson,
)

Numbers = NDArray[np.float64]
Z = 1.959963984540054
LIMITS = {"mid-P": mid_p, "Clopper-Pearson": clopper_pearson, "Wilson": wilson}
OURS = "ours"
METHODS = ("Wald", "bootstrap", OURS, *LIMITS)
RESAMPLES = 300


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One number that a sample is asked for."""

    part: Numbers
    whole: Numbers
    most: tuple[Numbers, Numbers] | None = None
    is_change: bool = False
    looks: Numbers | None = None
    """How often each element was looked at: mistakes are taken out; `part` is how often it was
    called there."""


Draw = Callable[[np.random.Generator], tuple[DrawnUnits, Mapping[str, Asked]]]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A population, how it is sampled, and what is true of it."""

    name: str
    about: str
    truth: Mapping[str, float]
    draw: Draw
    fails: bool = False
    """Whether it is here to show what no interval can mend."""


@dataclass
class Tally:
    """How intervals of one method did."""

    held: int = 0
    too_high: int = 0
    too_low: int = 0
    widths: list[float] = field(default_factory=list)

    def add(self, low: float, high: float, truth: float) -> None:
        self.held += low <= truth <= high
        self.too_high += low > truth
        self.too_low += high < truth
        self.widths.append(high - low)


def cells(
    name: str, about: str, *, frame: Sequence[float], numbers: Sequence[int],
    probability: Sequence[Sequence[float]], is_known: bool = True,
) -> Scenario:  # fmt: skip
    """Strata of pixels whose map and reference is one of four: both, map, reference, none.

    Parameters
    ----------
    frame, numbers
        Pixels in each stratum, and how many of them are drawn.
    probability
        Dims (stratum, cell).
    is_known
        Whether the map's share of each stratum is used: it is known without a sample.
    """
    frame_array, odds = np.asarray(frame, float), np.asarray(probability, float)
    odds = np.column_stack([odds, 1 - odds.sum(axis=1)]) if odds.shape[1] == 3 else odds
    weight = frame_array / frame_array.sum()
    both, mapped, missed, none = weight @ odds
    truth = {
        "area": both + missed, "user's": both / (both + mapped),
        "producer's": both / (both + missed), "overall": both + none,
    }  # fmt: skip
    stratum = np.repeat(np.arange(len(frame)), numbers)
    known = odds[:, 0] + odds[:, 1]

    def draw(rng: np.random.Generator) -> tuple[DrawnUnits, Mapping[str, Asked]]:
        cell = np.concatenate(
            [
                np.repeat(np.arange(4), rng.multinomial(n, p))
                for n, p in zip(numbers, odds, strict=True)
            ]
        )
        is_map, is_ref = np.isin(cell, (0, 1)).astype(float), np.isin(cell, (0, 2)).astype(float)
        right, one = is_map * is_ref, np.ones(len(cell))
        asked = {
            "area": Asked(part=is_ref, whole=one),
            "user's": Asked(part=right, whole=is_map, most=(known, known) if is_known else None),
            "producer's": Asked(
                part=right, whole=is_ref, most=(known, 1 - known) if is_known else None
            ),
            "overall": Asked(part=(is_map == is_ref).astype(float), whole=one),
        }
        return DrawnUnits.of_pixels(stratum, list(frame)), asked

    return Scenario(name=name, about=about, truth=truth, draw=draw)


def post_strata() -> Scenario:
    """A simple random sample, sorted by the map afterwards."""
    weight = np.array([0.05, 0.95])
    odds = np.array([0.85, 0.02])
    frame = weight * 1e6

    def draw(rng: np.random.Generator) -> tuple[DrawnUnits, Mapping[str, Asked]]:
        while True:
            stratum = (rng.random(300) > weight[0]).astype("int64")
            if (np.bincount(stratum, minlength=2) > 0).all():
                break
        value = (rng.random(300) < odds[stratum]).astype(float)
        units = DrawnUnits.of_pixels(stratum, frame, post_stratified=True)
        return units, {"area": Asked(part=value, whole=np.ones(300))}

    return Scenario(
        name="post-strata", about="300 at random, sorted into map and rest afterwards",
        truth={"area": float(weight @ odds)}, draw=draw,
    )  # fmt: skip


def blocks(
    name: str, about: str, *, likeness: float, frame: Sequence[int], numbers: Sequence[int],
    odds: Sequence[float],
) -> Scenario:  # fmt: skip
    """Blocks of nine pixels that are alike: their share is beta distributed."""
    odds_array, frame_array = np.asarray(odds), np.asarray(frame, float)
    strength = (1 - likeness) / likeness
    stratum = np.repeat(np.arange(len(frame)), numbers)
    unit = np.repeat(np.arange(len(stratum)), 9)

    def draw(rng: np.random.Generator) -> tuple[DrawnUnits, Mapping[str, Asked]]:
        p = odds_array[stratum]
        share = rng.beta(p * strength, (1 - p) * strength)
        value = (rng.random((len(stratum), 9)) < share[:, None]).astype(float).ravel()
        units = DrawnUnits(
            stratum=stratum, size=np.full(len(stratum), 9.0), unit=unit, frame_units=frame_array,
            frame_size=frame_array * 9,
        )  # fmt: skip
        return units, {"area": Asked(part=value, whole=np.ones(len(value)))}

    truth = float(frame_array @ odds_array / frame_array.sum())
    return Scenario(name=name, about=about, truth={"area": truth}, draw=draw)


def tiles() -> Scenario:
    """Two stages: tiles of unlike size, then ten pixels in each."""
    rng = np.random.default_rng(3)
    frame = np.array([60, 400])
    size = [rng.integers(400, 1025, n).astype(float) for n in frame]
    share = [rng.beta(2, 18, frame[0]), rng.beta(0.3, 60, frame[1])]
    numbers, inside = (25, 25), 10
    truth = sum(float(m @ p) for m, p in zip(size, share, strict=True))
    truth /= sum(float(m.sum()) for m in size)

    def draw(rng: np.random.Generator) -> tuple[DrawnUnits, Mapping[str, Asked]]:
        at = [rng.choice(n, k, replace=False) for n, k in zip(frame, numbers, strict=True)]
        p = np.concatenate([of[i] for of, i in zip(share, at, strict=True)])
        value = (rng.random((len(p), inside)) < p[:, None]).astype(float).ravel()
        units = DrawnUnits(
            stratum=np.repeat([0, 1], numbers),
            size=np.concatenate([m[i] for m, i in zip(size, at, strict=True)]),
            unit=np.repeat(np.arange(len(p)), inside), frame_units=frame.astype(float),
            frame_size=np.array([m.sum() for m in size]),
        )  # fmt: skip
        return units, {"area": Asked(part=value, whole=np.ones(len(value)))}

    return Scenario(
        name="two stages", about="25 of 60 and 25 of 400 tiles, 10 pixels in each",
        truth={"area": truth}, draw=draw,
    )  # fmt: skip


def change() -> Scenario:
    """The same pixels at two times."""
    frame = np.array([10_000.0, 990_000.0])
    odds = np.array([[0.30, 0.05, 0.50], [0.002, 0.001, 0.001]])  # gained, lost, at both times
    weight = frame / frame.sum()
    numbers = (150, 150)
    stratum = np.repeat([0, 1], numbers)

    def draw(rng: np.random.Generator) -> tuple[DrawnUnits, Mapping[str, Asked]]:
        pick = rng.random(300)
        edges = np.cumsum(odds, axis=1)[stratum]
        gain = (pick < edges[:, 0]).astype(float)
        loss = ((pick >= edges[:, 0]) & (pick < edges[:, 1])).astype(float)
        asked = {"net change": Asked(part=gain, whole=loss, is_change=True)}
        return DrawnUnits.of_pixels(stratum, frame), asked

    truth = float(weight @ (odds[:, 0] - odds[:, 1]))
    return Scenario(
        name="change", about="300 pixels labelled at two times", truth={"net change": truth},
        draw=draw,
    )  # fmt: skip


def site_list() -> Scenario:
    """A list of 40 sites, 20 of them looked at."""
    is_mine = np.arange(40) < 33

    def draw(rng: np.random.Generator) -> tuple[DrawnUnits, Mapping[str, Asked]]:
        value = is_mine[rng.choice(40, 20, replace=False)].astype(float)
        units = DrawnUnits.of_pixels(np.zeros(20, "int64"), [40.0])
        return units, {"precision": Asked(part=value, whole=np.ones(20))}

    return Scenario(
        name="sites", about="20 of a list of 40 sites, 33 of them mines",
        truth={"precision": 33 / 40}, draw=draw,
    )  # fmt: skip


def interpreters(
    name: str, about: str, *, rule: str, flip: float, fails: bool, doubtful: float = 0.0
) -> Scenario:
    """Pixels whose labels are wrong now and then, the same everywhere.

    Parameters
    ----------
    name, about, fails
        As in `Scenario`.
    rule
        Who looks, and what is made of it: `one`, `two` (their mean), `third` (it decides where two
        differ); with mistakes taken out `two corrected`, `third corrected`, `tenth corrected` (the
        second looks at a tenth) or `again corrected` (and at what the first calls there).
    flip
        Probability of a mistake.
    doubtful
        Share of what is not there that looks as if it were: each look is taken in by a half.
    """
    frame = np.array([10_000.0, 990_000.0])
    odds = np.array([0.85, 0.002])
    numbers = (150, 150)
    stratum = np.repeat([0, 1], numbers)

    def draw(rng: np.random.Generator) -> tuple[DrawnUnits, Mapping[str, Asked]]:
        true = (rng.random(300) < odds[stratum]).astype(float)
        wrong = np.where((true == 0) & (rng.random(300) < doubtful), 0.5, flip)
        first, second, third = (np.where(rng.random(300) < wrong, 1 - true, true) for _ in range(3))
        differ = first != second
        units, one = DrawnUnits.of_pixels(stratum, frame), np.ones(300)
        if not rule.endswith("corrected"):
            label = {
                "one": first, "two": (first + second) / 2, "third": np.where(differ, third, first)
            }[rule]  # fmt: skip
            return units, {"area": Asked(part=label, whole=one)}
        is_twice = np.full(300, rule.startswith(("two", "third")))
        if rule.startswith(("tenth", "again")):
            is_twice = rng.random(300) < 0.1
        if rule.startswith("again"):
            is_twice |= first == 1
        is_thrice = is_twice & differ & rule.startswith(("third", "again"))
        yes = first + second * is_twice + third * is_thrice
        return units, {"area": Asked(part=yes, whole=one, looks=one + is_twice + is_thrice)}

    truth = float(frame @ odds / frame.sum())
    return Scenario(name=name, about=about, truth={"area": truth}, draw=draw, fails=fails)


def rows_of_pixels() -> Scenario:
    """A line of pixels in which what is there lies together, sampled at even steps."""
    rng = np.random.default_rng(5)
    there = np.zeros(20_000)
    for at in rng.integers(0, 19_960, 40):
        there[at : at + rng.integers(5, 40)] = 1

    def draw(rng: np.random.Generator) -> tuple[DrawnUnits, Mapping[str, Asked]]:
        step = 20_000 / 400
        at = np.floor((np.arange(400) + rng.random()) * step).astype(int)
        units = DrawnUnits.of_pixels(np.zeros(400, "int64"), [20_000.0])
        return units, {"area": Asked(part=there[at], whole=np.ones(400))}

    return Scenario(
        name="systematic", about="every 50th of 20,000 pixels whose class lies in runs",
        truth={"area": float(there.mean())}, draw=draw,
    )  # fmt: skip


def scenarios() -> list[Scenario]:
    """All of them, in the order of the table."""
    rare = [[0.75, 0.25, 0.0], [0.0, 0.0, 0.0002]]
    hidden = [[0.85, 0.15, 0.0], [0.0, 0.0, 0.02], [0.0, 0.0, 0.0001]]
    return [
        cells(
            "common", "classes of 2 to 65 % of the area, 640 pixels (Olofsson's numbers)",
            frame=(3_350_000, 6_650_000), numbers=(215, 425),
            probability=[[0.92, 0.08, 0.0], [0.0, 0.0, 0.03]],
        ),
        cells(
            "rare", "0.1 % of the area, 150 pixels of the map and 150 of the rest",
            frame=(1_070, 998_930), numbers=(150, 150), probability=rare,
        ),
        cells(
            "rare, with a ring", "0.2 % of the area; 100 map, 100 ring, 100 rest",
            frame=(1_500, 20_000, 978_500), numbers=(100, 100, 100), probability=hidden,
        ),
        cells(
            "nothing omitted", "the map misses nothing: the cell of omissions is always zero",
            frame=(10_000, 990_000), numbers=(75, 225),
            probability=[[0.9, 0.1, 0.0], [0.0, 0.0, 0.0]],
        ),
        cells(
            "strata not classes", "strata of another map (Stehman 2014), 300 pixels",
            frame=(40_000, 30_000, 30_000), numbers=(100, 100, 100),
            probability=[[0.5, 0.2, 0.1], [0.2, 0.1, 0.1], [0.02, 0.05, 0.03]],
        ),
        cells(
            "small", "10 pixels in each of three strata",
            frame=(4_000, 3_000, 3_000), numbers=(10, 10, 10),
            probability=[[0.8, 0.2, 0.0], [0.0, 0.0, 0.3], [0.0, 0.0, 0.05]],
        ),
        post_strata(),
        blocks(
            "blocks, alike", "60 and 60 blocks of 9 pixels, likeness 0.6",
            likeness=0.6, frame=(500, 20_000), numbers=(60, 60), odds=(0.6, 0.01),
        ),
        blocks(
            "blocks, unlike", "60 and 60 blocks of 9 pixels, likeness 0.1",
            likeness=0.1, frame=(500, 20_000), numbers=(60, 60), odds=(0.6, 0.01),
        ),
        blocks(
            "blocks, common", "60 and 60 blocks of 9 pixels, likeness 0.4",
            likeness=0.4, frame=(5_000, 20_000), numbers=(60, 60), odds=(0.6, 0.2),
        ),
        tiles(),
        rows_of_pixels(),
        change(),
        site_list(),
        interpreters(
            "labels right", "1 % of the area, labels never wrong", rule="one", flip=0.0, fails=False
        ),
        interpreters(
            "5 % wrong, one interpreter", "the same, each label wrong with 5 %, forest too",
            rule="one", flip=0.05, fails=True,
        ),
        interpreters(
            "5 % wrong, two interpreters", "the same, the mean of two", rule="two", flip=0.05,
            fails=True,
        ),
        interpreters(
            "5 % wrong, third look", "the same, a third decides where two differ", rule="third",
            flip=0.05, fails=True,
        ),
        interpreters(
            "5 % wrong, two interpreters, corrected", "mistakes taken out of 600 labels",
            rule="two corrected", flip=0.05, fails=False,
        ),
        interpreters(
            "5 % wrong, third look, corrected", "and of a third where two differ",
            rule="third corrected", flip=0.05, fails=False,
        ),
        interpreters(
            "5 % wrong, a tenth twice, corrected", "a second looks at a random tenth alone",
            rule="tenth corrected", flip=0.05, fails=False,
        ),
        interpreters(
            "5 % wrong, mines again, corrected",
            "at a tenth, and at all that the first calls mine; a third where two differ",
            rule="again corrected", flip=0.05, fails=False,
        ),
        interpreters(
            "doubtful ground, corrected",
            "the same, and 3 % of the forest takes in every second look", rule="third corrected",
            flip=0.05, fails=True, doubtful=0.03,
        ),
    ]  # fmt: skip


def measure(
    scenario: Scenario, *, draws: int, seed: int = 1, methods: Sequence[str] = METHODS
) -> dict[tuple[str, str], Tally]:
    """Of each number and method, how its intervals did."""
    rng = np.random.default_rng([seed, *scenario.name.encode()])
    tallies: dict[tuple[str, str], Tally] = {}
    for _ in range(draws):
        units, asked = scenario.draw(rng)
        for name, of in asked.items():
            for method, interval in _intervals(units, of, rng, methods):
                tallies.setdefault((name, method), Tally()).add(*interval, scenario.truth[name])
    return tallies


def _intervals(
    units: DrawnUnits, asked: Asked, rng: np.random.Generator, methods: Sequence[str]
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Intervals of each method; of a ratio only those of Wald and ours."""
    if asked.looks is not None:
        if OURS in methods:
            corrected = share_without_mistakes(units, asked.looks, asked.part).share
            yield OURS, (corrected.low, corrected.high)
        return
    if not asked.whole.any() and not asked.is_change:
        yield from ((name, (0.0, 1.0)) for name in methods)  # none of the kind was drawn
        return
    if asked.is_change:
        found = difference(units, asked.part, asked.whole)
    else:
        found = ratio(units, asked.part, asked.whole, most=asked.most)
    half = Z * found.standard_error
    known = {"Wald": (found.value - half, found.value + half), OURS: (found.low, found.high)}
    yield from ((name, known[name]) for name in methods if name in known)
    if asked.is_change or not (asked.whole == 1).all():
        return
    for name in methods:
        if name == "bootstrap":
            yield name, _bootstrap(units, asked.part, rng)
        elif name not in known:
            other = ratio(units, asked.part, asked.whole, limits=LIMITS[name])
            yield name, (other.low, other.high)


def _bootstrap(units: DrawnUnits, values: Numbers, rng: np.random.Generator) -> tuple[float, float]:
    """Percentiles of samples drawn again from the sample, stratum by stratum, whole units."""
    inside = units.unit_average(values) * units.size
    n = units.per_stratum.astype(int)
    top = np.zeros(RESAMPLES)
    for h, size in enumerate(units.frame_size):
        at = np.flatnonzero(units.stratum == h)
        of, weight = inside[at], units.size[at]
        if (weight == 1).all() and np.isin(of, (0, 1)).all():
            top += size * rng.binomial(n[h], of.mean(), RESAMPLES) / n[h]
            continue
        pick = rng.integers(0, n[h], (RESAMPLES, n[h]))
        top += size * of[pick].sum(axis=1) / weight[pick].sum(axis=1)
    low, high = np.quantile(top / units.frame_size.sum(), (0.025, 0.975))
    return float(low), float(high)


def page(draws: int, seed: int = 1, only: Sequence[str] = ("",)) -> Iterator[str]:
    """The table, line by line."""
    yield from (
        f"Share of {draws:,} samples, in percent, whose 95 % interval holds the truth "
        f"(`python -m tests.accuracy.coverage --draws {draws}`). *Width* is that of ours, over "
        "the truth; *misses*: below the truth / above it.\n",
        f"| population | of | {' | '.join(METHODS)} | width | misses |",
        f"| --- | --- | {' | '.join('---:' for _ in METHODS)} | ---: | ---: |",
    )
    for scenario in scenarios():
        if not scenario.name.startswith(tuple(only)):
            continue
        tallies = measure(scenario, draws=draws, seed=seed)
        for name, truth in scenario.truth.items():
            got = [tallies.get((name, method)) for method in METHODS]
            best = tallies[name, OURS]
            shares = [f"{100 * t.held / draws:.1f}" if t else "–" for t in got]
            width = np.mean(best.widths) / abs(truth)
            yield (
                f"| {scenario.name}: {scenario.about} | {name} | {' | '.join(shares)} | "
                f"{width:.2f} | {100 * best.too_low / draws:.1f} / "
                f"{100 * best.too_high / draws:.1f} |"
            )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="Only populations whose names begin so.")
    words = parser.parse_args()
    for line in page(words.draws, words.seed, words.only or [""]):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
