"""How many units of each stratum are drawn, and what interval that should give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from minewatch.analysis.sample_frame import stratum_names
from minewatch.errors import SettingsError, unknown_name
from minewatch.estimates.allocation import (
    Allocation,
    StratumGuess,
    allocate,
    expected_half_width,
    size_for_half_width,
)
from minewatch.samples import frame_raster
from minewatch.samples.label_entries import CLASSES
from minewatch.samples.sample_design import DesignStratum, SampleDesign
from minewatch.samples.unit_drawing import FrameCount

DEFAULT_SIZE: Final = 300
EXPECTED: Final[Mapping[str, float]] = {
    "mapped": 0.8, "other class": 0.1, "candidate": 0.1, "ring": 0.01, "change": 0.005,
    "rest": 0.0005,
}  # fmt: skip
"""Guessed share of the target: where the map has it, where it has another class of mine, and so
on; starting values, from no ground of ours. Replace them by `expect`, or by a pilot's figures."""
ALIKE: Final = {"pixel": 1.0, "site": 1.0, "block": 0.5, "tile": 0.2}
"""Guess of how alike pixels of one unit are (intra-cluster correlation); starting values."""
TARGETS: Final = {"pool": ("pool",), "pad": ("pad",), "mine": ("pool", "pad")}
"""What a sample may be sized for, to its classes."""


@dataclass(frozen=True, kw_only=True)
class SamplePlan:
    """A sample before it is drawn."""

    design: SampleDesign
    """Its design."""
    notes: tuple[str, ...]
    """What it rests on, in words."""

    @property
    def size(self) -> int:
        """Units to label: pixels of all tiles in a two-stage design."""
        drawn = sum(stratum.drawn for stratum in self.design.strata)
        return drawn * max(self.design.inside, 1)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What was asked for."""

    size: int | None
    half_width: str | None
    allocation: Allocation
    least: int
    take: Mapping[str, int]
    expect: Mapping[str, float]
    target: str


def plan_cells(
    design: SampleDesign, count: FrameCount, stratum_of: Mapping[int, int], wish: Wish
) -> SamplePlan:
    """A plan for pixels, blocks or tiles: strata that hold any, and the units to draw in each."""
    names = stratum_names(design, stratum_of)
    area = float(design.run["resolution_m"]) ** 2
    rows = [
        DesignStratum(
            name=name, units=units, pixels=pixels, area_m2=pixels * area, drawn=0,
            expected=_expected(name, by_code, design, wish), mapped=_mapped(by_code, design),
        )
        for name, units, pixels, by_code in zip(
            names, count.units, count.pixels, count.by_code, strict=True
        )
        if units
    ]  # fmt: skip
    unknown = set(wish.expect) - {row.name for row in rows}
    if unknown:
        known = [row.name for row in rows]
        raise SettingsError(unknown_name("stratum", min(unknown), known), hint="give one of these")
    if not rows:
        raise SettingsError("nothing of the area was seen", hint="choose another period")
    return size_plan(replace(design, not_seen_m2=count.not_seen * area), rows, wish)


def _expected(name: str, by_code: Mapping[int, int], design: SampleDesign, wish: Wish) -> float:
    """Guessed share of the target in a stratum: by what the map has in its pixels."""
    if name in wish.expect:
        return wish.expect[name]
    whole = sum(by_code.values())
    wanted = TARGETS[wish.target]
    guess = 0.0
    for code, pixels in by_code.items():
        of = design.codes[str(code)]
        last, stratum = of["classes"][-1], str(of["stratum"])
        key = "mapped" if last in wanted else "other class"
        if code < frame_raster.MAPPED:
            key = "change" if stratum.startswith("change_") else stratum
        guess += EXPECTED[key] * pixels
    return guess / whole if whole else 0.0


def _mapped(by_code: Mapping[int, int], design: SampleDesign) -> tuple[dict[str, float], ...]:
    whole = sum(by_code.values())
    shares = []
    for n in range(len(design.periods)):
        found: Counter[str] = Counter()
        for code, pixels in by_code.items():
            found[design.codes[str(code)]["classes"][n]] += pixels
        shares.append({name: found[name] / whole for name in CLASSES})
    return tuple(shares)


def size_plan(design: SampleDesign, rows: Sequence[DesignStratum], wish: Wish) -> SamplePlan:
    """How many of each stratum, and what interval that should give."""
    alike = _alike(design)
    guesses = [
        StratumGuess(
            name=row.name, units=row.units, size=row.pixels, expected=row.expected, alike=alike
        )
        for row in rows
    ]
    spread: dict[str, Any] = {
        "allocation": wish.allocation, "least": wish.least, "by_hand": wish.take
    }  # fmt: skip
    whole = sum(row.pixels for row in rows)
    target = sum(row.pixels * row.expected for row in rows) / whole
    size = wish.size or DEFAULT_SIZE
    if design.inside and wish.size is None:
        size = max(DEFAULT_SIZE // design.inside, 2)
    if wish.half_width is not None and wish.size is None:
        size = size_for_half_width(guesses, _share(wish.half_width, target, design, rows), **spread)
    if design.design == "simple":
        numbers = {row.name: max(round(size * row.pixels / whole), 0) for row in rows}
        simple = StratumGuess(
            name="all", units=sum(r.units for r in rows), size=whole, expected=target, alike=alike
        )
        half = expected_half_width([simple], {"all": min(size, simple.units)})
    else:
        numbers = allocate(guesses, size, **spread)
        half = expected_half_width(guesses, numbers)
    strata = tuple(replace(row, drawn=numbers[row.name]) for row in rows)
    done = replace(design, strata=strata, half_width=half)
    return SamplePlan(design=done, notes=tuple(_notes(done, target, size)))


def _alike(design: SampleDesign) -> float:
    """Variance of the mean of a unit over that of one pixel, as it is guessed."""
    if design.design == "two-stage":
        return (1 + (design.inside - 1) * ALIKE["tile"]) / design.inside
    pixels = design.side**2
    return (1 + (pixels - 1) * ALIKE[design.unit]) / pixels


def _share(text: str, target: float, design: SampleDesign, rows: Sequence[DesignStratum]) -> float:
    """A half width in words, as a share of what was seen."""
    word = text.strip().lower()
    try:
        if word.endswith("%"):
            return float(word[:-1]) / 100 * target
        if word.endswith("ha"):
            return float(word[:-2]) * 10_000 / sum(row.area_m2 for row in rows)
    except ValueError:
        pass
    raise SettingsError(f"a half width of {text!r}", hint="write 10% (of the area) or 2ha")


def _notes(design: SampleDesign, target: float, size: int) -> Iterator[str]:
    seen = design.seen_m2
    what = "sites" if design.unit == "site" else "ha"
    scale = sum(s.units for s in design.strata) if design.unit == "site" else seen / 10_000
    yield (
        f"if the guesses are right: {design.target} {target * scale:,.2f} {what} ± "
        f"{design.half_width * scale:,.2f} {what} (95 %) from {size} "
        f"{'tiles' if design.inside else design.unit + 's'}; guesses are not figures of this run"
    )
    if design.not_seen_m2:
        yield f"not seen: {design.not_seen_m2 / 10_000:,.2f} ha, an outcome of its own, not drawn"
    if design.not_seen_units:
        yield f"not seen: {design.not_seen_units} sites, an outcome of their own, not drawn"
    if design.run["simulated"]:
        yield "SIMULATED: no real place"
