"""The kinds of change that are no mine: the one catalogue of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TIME_SERIES: Final = "pool-banks"
THRESHOLDS: Final = "dry-season-thresholds"
RADAR: Final = "radar-clearings"
PAIR: Final = "detect_pair"


@dataclass(frozen=True, kw_only=True)
class ChangeKind:
    """One kind."""

    meaning: str
    """What it is, in words that follow "instead of a mine, this may be"."""
    rule: str
    """How it differs from the others, in words."""
    contradicted_by: tuple[str, ...] = ()
    """Evidence terms of a detection that speak against it; the strongest counts."""
    colour: str
    """Its colour in maps and pictures."""
    hatch: str
    """Its pattern in maps: a brush of Qt."""
    detectors: tuple[str, ...]
    """Who can give it: names of detectors, or `detect_pair`."""


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """Another reading of the same ground."""

    kind: str
    """One of `CHANGE_KINDS`."""
    plausibility: float | None
    """0: ruled out, 1: nothing speaks against it; one minus the strongest of its terms. None:
    pixels of this size cannot separate it from a mine."""
    terms: tuple[str, ...]
    """Names of the evidence terms that speak against it."""
    reason: str
    """What would have to be true, in words."""


CHANGE_KINDS: Final[Mapping[str, ChangeKind]] = {
    "swidden": ChangeKind(
        meaning="cleared and burnt, and green again within one monsoon",
        rule="bare for less than a season, no pools",
        contradicted_by=("lasting",),
        colour="#8c6d31", hatch="horizontal", detectors=(TIME_SERIES, THRESHOLDS, RADAR),
    ),
    "landslide": ChangeKind(
        meaning="new bare ground drawn out down the slope",
        rule="drawn out, on a steep slope and along its fall where slopes are known",
        contradicted_by=("compact",),
        colour="#7f3b08", hatch="vertical", detectors=(TIME_SERIES,),
    ),
    "river_bar": ChangeKind(
        meaning="a bar or bank of a river that moved",
        rule="mostly water, and long or large",
        colour="#3182bd", hatch="cross", detectors=(TIME_SERIES, PAIR),
    ),
    "flood": ChangeKind(
        meaning="water that comes and goes with the season",
        rule="new water where there was none in the first year",
        contradicted_by=("not_seasonal",),
        colour="#6baed6", hatch="b_diagonal", detectors=(TIME_SERIES, PAIR),
    ),
    "road": ChangeKind(
        meaning="new bare ground drawn out along a track",
        rule="long and at most two pixels wide, or very long",
        contradicted_by=("compact",),
        colour="#7b4a1e", hatch="f_diagonal", detectors=(TIME_SERIES, PAIR),
    ),
    "village": ChangeKind(
        meaning="there from the start, and nothing in it changes",
        rule="open from the start, nothing new, hardly any water",
        contradicted_by=("alive",),
        colour="#756bb1", hatch="diagonal_x", detectors=(TIME_SERIES,),
    ),
    "paddy": ChangeKind(
        meaning="bare and green by turns every year",
        rule="bare and green again in most years",
        contradicted_by=("not_seasonal",),
        colour="#74c476", hatch="dense5", detectors=(TIME_SERIES,),
    ),
    "fish_pond": ChangeKind(
        meaning="water with hardly any bare ground round it",
        rule="mostly water, neither long nor new",
        contradicted_by=("bare",),
        colour="#08519c", hatch="dense6", detectors=(TIME_SERIES,),
    ),
    "snow": ChangeKind(
        meaning="snow",
        rule="bright, and dark in shortwave infrared",
        colour="#9ecae1", hatch="dense7", detectors=(PAIR,),
    ),
    "shadow": ChangeKind(
        meaning="dark ground whose colour is not that of water",
        rule="darker in every band, and nothing bare",
        contradicted_by=("agree", "ndwi"),
        colour="#525252", hatch="horizontal", detectors=(PAIR,),
    ),
    "cloud_residue": ChangeKind(
        meaning="haze or the rim of a cloud",
        rule="blue rose as much as red, or its surroundings are hidden",
        colour="#bdbdbd", hatch="vertical", detectors=(PAIR,),
    ),
    "misregistration": ChangeKind(
        meaning="the rim of open ground, in a picture that lies a pixel beside the other",
        rule="no wider than a shift by one pixel explains",
        colour="#969696", hatch="cross", detectors=(PAIR,),
    ),
    "other_clearing": ChangeKind(
        meaning="cleared ground without pools, as a quarry",
        rule="cleared for a season or longer, none of the others",
        contradicted_by=("spots", "ndwi"),
        colour="#d6616b", hatch="b_diagonal", detectors=(TIME_SERIES, THRESHOLDS, RADAR, PAIR),
    ),
}  # fmt: skip
"""Kind to what is known of it, in the order of legends."""
