"""What a change that is not a mine most likely is, in a word and in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import pandas as pd

from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT, ChangeRules
from minewatch.model import KACHIN, Climate

Figures = Mapping[Hashable, Any]
"""One row of `patch_figures.describe`, with the columns of `patch_slope.slopes_under` where slopes
are known."""


class Patch(NamedTuple):
    """A patch of lost ground that is no mine, and by what it is judged."""

    figures: Figures
    """Its figures."""
    rules: ChangeRules
    """Thresholds."""
    climate: Climate
    """When the rains are."""
    sees_pools: bool = True
    """Whether pixels can show pools: without, none is said to be missing."""

    @property
    def water(self) -> float:
        """Share of open water, 0..1."""
        return float(self.figures["water_area_m2"] / max(self.figures["area_m2"], 1.0))

    @property
    def is_new(self) -> bool:
        """Most of it was green before."""
        return bool(self.figures["new"] >= self.rules.new_share)

    @property
    def is_brief(self) -> bool:
        """Green again after the rains."""
        return bool(self.figures["lasting_days"] < self.rules.brief_days)

    @property
    def is_seasonal(self) -> bool:
        """Bare and green again in most years."""
        return bool(self.figures["seasonal_pct"] > self.rules.every_year_pct)

    @property
    def is_water(self) -> bool:
        """A body of water, not burnt ground that is as dark."""
        is_burnt = self.is_new and self.is_brief and not self.is_seasonal
        return self.water > self.rules.water_share and not is_burnt

    @property
    def elongation(self) -> float:
        """Length over width."""
        return float(self.figures["elongation"])

    @property
    def is_channel(self) -> bool:
        """Too long, or too large, for a pond."""
        is_large = self.figures["area_m2"] > self.rules.channel_m2
        return bool(self.elongation > self.rules.channel_elongation or is_large)

    @property
    def is_in_channel(self) -> bool:
        """In the strip of a river."""
        return bool(self.figures.get("in_channel", False))

    @property
    def knows_slope(self) -> bool:
        """Whether there are heights."""
        return not pd.isna(self.figures.get("slope_deg"))

    @property
    def is_slide(self) -> bool:
        """Drawn out, no longer than slides run, and down a steep slope where slopes are known."""
        if self.figures["length_m"] > self.rules.longest_slide_m:
            return False
        if not self.knows_slope:
            return self.elongation > self.rules.slide_elongation
        is_steep = self.figures["slope_deg"] > self.rules.steep_deg
        runs_down = is_steep and self.figures["downhill"] > self.rules.downhill
        return bool(self.elongation > self.rules.downhill_elongation and runs_down)

    @property
    def is_narrow(self) -> bool:
        """At most two pixels wide."""
        return bool(self.figures["width_m"] < self.rules.road_width_m)


class Rule(NamedTuple):
    """One kind: when a patch is of it, and why, in words."""

    kind: str
    holds: Callable[[Patch], bool]
    says: Callable[[Patch], str]


def name_change(
    figures: Figures,
    *,
    rules: ChangeRules = DEFAULT.changes,
    climate: Climate = KACHIN,
    sees_pools: bool = True,
) -> tuple[str, str]:
    """Kind (one of `model.CHANGE_KINDS`) and the reason in words: of the first rule that holds.

    Parameters
    ----------
    figures
        Of the patch.
    rules, climate
        Thresholds, and when the rains are.
    sees_pools
        Whether pixels can show pools; decides words, never the kind.
    """
    patch = Patch(figures, rules, climate, sees_pools)
    rule = next(rule for rule in RULES if rule.holds(patch))
    return rule.kind, rule.says(patch)


def _long(patch: Patch) -> str:
    return f"{patch.elongation:.1f} times as long as wide"


def _narrow(patch: Patch) -> str:
    return f"{_long(patch)}, {patch.figures['width_m']:.0f} m wide{_no_pools(patch)}"


def _no_pools(patch: Patch, words: str = ", no pools") -> str:
    """That there are no pools; nothing where they cannot be seen."""
    return words if patch.sees_pools else ""


def _months(patch: Patch) -> str:
    months = max(1, round(patch.figures["lasting_days"] / 30))
    return "a month" if months == 1 else f"{months} months"


def _slide(patch: Patch) -> str:
    words = f"bare ground {_long(patch)}{_no_pools(patch, ', without pools')}"
    if patch.knows_slope:
        words += f", down a slope of {patch.figures['slope_deg']:.0f} degrees"
        words += f" that falls to the {compass(patch.figures['aspect_deg'])}"
    return f"{words}, begun in the rains" if began_in_the_rains(patch) else words


def compass(azimuth_deg: float) -> str:
    """The nearest of eight directions.

    Examples
    --------
    >>> compass(350), compass(100)
    ('north', 'east')
    """
    names = ("north", "north-east", "east", "south-east", "south", "south-west", "west")
    return (*names, "north-west")[round(azimuth_deg / 45) % 8]


def began_in_the_rains(patch: Patch) -> bool:
    """Whether a day of the rains, when slides come down, lies in the window of its start."""
    if patch.figures["before"] <= 0:
        return False
    before, first = (
        date(1970, 1, 1) + timedelta(int(patch.figures[n])) for n in ("before", "first")
    )
    return patch.climate.has_rains_between(before, first)


RULES: tuple[Rule, ...] = (
    Rule(
        "river_bar",
        lambda p: p.is_in_channel,
        lambda p: f"along a river, {p.water:.0%} water: the channel and its bars",
    ),
    Rule(
        "river_bar",
        lambda p: p.is_water and p.is_channel,
        lambda p: f"{p.water:.0%} water, {_long(p)}: a channel and its bars",
    ),
    Rule(
        "flood",
        lambda p: p.is_water and p.is_new and p.figures["start_pool_pct"] < p.rules.dry_before_pct,
        lambda p: f"{p.water:.0%} water where there was none before, without bare ground",
    ),
    Rule(
        "fish_pond",
        lambda p: p.is_water,
        lambda p: f"{p.water:.0%} water and hardly any bare ground",
    ),
    Rule("road", lambda p: p.elongation > p.rules.road_elongation and p.is_narrow, _narrow),
    Rule(
        "paddy",
        lambda p: p.is_seasonal,
        lambda p: "bare and green again every year: a field, or plants that dry",
    ),
    Rule(
        "swidden",
        lambda p: p.is_brief,
        lambda p: f"green again after {_months(p)}{_no_pools(p)}",
    ),
    Rule("landslide", lambda p: p.is_slide, _slide),
    Rule("road", lambda p: p.elongation > p.rules.long_road_elongation, _narrow),
    Rule(
        "village",
        lambda p: not p.is_new or p.figures["start_disturbed_pct"] > p.rules.old_pct,
        lambda p: f"open from the start, nothing new{_no_pools(p, ', hardly any water')}",
    ),
    Rule(
        "other_clearing",
        lambda p: True,
        lambda p: (
            f"cleared {_months(p)} or longer, "
            + ("no pools seen" if p.sees_pools else "pools cannot be seen in pixels of this size")
        ),
    ),
)
"""What is asked of a change, in this order; fitted on simulated worlds, see `docs/accuracy.md`."""
