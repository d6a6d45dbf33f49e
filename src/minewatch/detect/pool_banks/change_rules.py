"""What a change that is not a mine most likely is, in a word and in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import pandas as pd

WATER_SHARE = 0.35
"""Share of open water of a patch from which it is a body of water [D]; burnt ground and wet soil
look like up to a third of it."""
ONE_MONSOON_DAYS = 120
"""Ground open no longer than this was green again after the rains: a burnt field greens in weeks,
a slide stays bare for years [D]."""
EVERY_YEAR_PCT = 45
"""Share of the looks of a season that show ground in most years from which it does so each year
[D]."""
ROAD_WIDTH_M = 22.0
"""A road is at most two pixels wide [D]."""
STEEP_DEG = 22.0
"""Slides start on slopes above 25-30 degrees [DOMAIN §3]; heights of 30 m flatten slopes."""
DOWNHILL = 0.9
"""Cosine between a slide and the line of fall: within 25 degrees of it [D]."""

Figures = Mapping[Hashable, Any]
"""One row of `patch_figures.describe`, with the columns of `patch_slope.slopes_under` where slopes
are known."""


class Rule(NamedTuple):
    """One kind: when a patch is of it, and why, in words."""

    kind: str
    holds: Callable[[Figures], bool]
    says: Callable[[Figures], str]


def name_confuser(patch: Figures) -> tuple[str, str]:
    """Kind (one of `model.CHANGE_KINDS`) and the reason in words: of the first rule that holds.

    Parameters
    ----------
    patch
        Its figures.
    """
    rule = next(rule for rule in RULES if rule.holds(patch))
    return rule.kind, rule.says(patch)


def _water(patch: Figures) -> float:
    """Share of open water, 0..1."""
    return float(patch["water_area_m2"] / max(patch["area_m2"], 1.0))


def _is_new(patch: Figures) -> bool:
    return bool(patch["new"] >= 0.3)


def _is_brief(patch: Figures) -> bool:
    return bool(patch["lasting_days"] < ONE_MONSOON_DAYS)


def _is_water(patch: Figures) -> bool:
    is_burnt = _is_new(patch) and _is_brief(patch) and patch["seasonal_pct"] <= EVERY_YEAR_PCT
    return _water(patch) > WATER_SHARE and not is_burnt


def _is_slide(patch: Figures) -> bool:
    if pd.isna(patch.get("slope_deg")):
        return bool(patch["elongation"] > 2.6)
    runs_down = patch["slope_deg"] > STEEP_DEG and patch["downhill"] > DOWNHILL
    return bool(patch["elongation"] > 2 and runs_down)


def _is_channel(patch: Figures) -> bool:
    return bool(patch["elongation"] > 4 or patch["area_m2"] > 50_000)


def _long(patch: Figures) -> str:
    return f"{patch['elongation']:.1f} times as long as wide"


def _narrow(patch: Figures) -> str:
    return f"{_long(patch)}, {patch['width_m']:.0f} m wide, no pools"


def _months(patch: Figures) -> str:
    months = max(1, round(patch["lasting_days"] / 30))
    return "a month" if months == 1 else f"{months} months"


def _slide(patch: Figures) -> str:
    words = f"bare ground {_long(patch)}, without pools"
    if not pd.isna(patch.get("slope_deg")):
        words += f", down a slope of {patch['slope_deg']:.0f} degrees"
        words += f" that falls to the {compass(patch['aspect_deg'])}"
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


def began_in_the_rains(patch: Figures) -> bool:
    """Whether a day of June to October, when slides come down, lies in the window of its start."""
    if patch["before"] <= 0:
        return False
    before, first = (date(1970, 1, 1) + timedelta(int(patch[n])) for n in ("before", "first"))
    years = range(before.year, first.year + 1)
    return any(before <= date(y, 10, 31) and first >= date(y, 6, 1) for y in years)


RULES: tuple[Rule, ...] = (
    Rule(
        "river_bar",
        lambda p: _is_water(p) and _is_channel(p),
        lambda p: f"{_water(p):.0%} water, {_long(p)}: a channel and its bars",
    ),
    Rule(
        "flood",
        lambda p: _is_water(p) and _is_new(p) and p["start_pool_pct"] < 4,
        lambda p: f"{_water(p):.0%} water where there was none before, without bare ground",
    ),
    Rule(
        "fish_pond",
        _is_water,
        lambda p: f"{_water(p):.0%} water and hardly any bare ground",
    ),
    Rule(
        "road",
        lambda p: p["elongation"] > 3 and p["width_m"] < ROAD_WIDTH_M,
        _narrow,
    ),
    Rule(
        "paddy",
        lambda p: p["seasonal_pct"] > EVERY_YEAR_PCT,
        lambda p: "bare and green again every year: a field, or plants that dry",
    ),
    Rule(
        "swidden",
        _is_brief,
        lambda p: f"green again after {_months(p)}, no pools",
    ),
    Rule("landslide", _is_slide, _slide),
    Rule(
        "road",
        lambda p: p["elongation"] > 5,
        _narrow,
    ),
    Rule(
        "village",
        lambda p: not _is_new(p) or p["start_disturbed_pct"] > 50,
        lambda p: "open from the start, nothing new, hardly any water",
    ),
    Rule(
        "other_clearing",
        lambda p: True,
        lambda p: f"cleared {_months(p)} or longer, no pools seen",
    ),
)
"""What is asked of a change, in this order; fitted on simulated worlds, see `docs/accuracy.md`."""
