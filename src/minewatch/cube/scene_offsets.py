"""The offset of every scene: from metadata, both ends of its histogram and scenes near in time.

An addend moves dark and bright pixels of every band by one step. So a scene carries it when both
ends lie that step above the same ends of the scenes of its tile near in time. A raised dark end
alone is haze or fog: taking an offset off it would turn the ground black.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from minewatch.model import Scene, SceneQuality
from minewatch.sensors import OffsetDecision, OffsetRule, get_sensor

log = logging.getLogger(__name__)

YEAR_DAYS = 365.25
BRIGHT_NIR = "bright nir"
"""The end that fog leaves where it is."""
PIXELS = "pixels"
"""`SceneQuality.offset_source` where the pixels overruled the metadata."""


def decide_offsets(
    scenes: Iterable[Scene], quality: Mapping[str, SceneQuality]
) -> dict[str, SceneQuality]:
    """The quality of scenes with their offset decided.

    The order of scenes changes nothing. In this order, scene by scene:

    1. Metadata that is certain decides, whatever the pixels look like.
    2. A dark end below what the addend leaves possible, in any band: no addend.
    3. Both ends lie the addend above those of scenes near in time whose offset is known: the
       addend. Scenes decided so are neighbours of others in turn.
    4. Many scenes, none of them darker and no known one near them: the addend, for fog lifts.
    5. Otherwise metadata stands, and a note says what speaks against it.

    Parameters
    ----------
    scenes
        All scenes of a job.
    quality
        By scene id, as `measure_scene_quality` gives it; scenes without one decide nothing.

    Returns
    -------
    dict
        Scene id to its quality: `offset_dn`, `offset_source`, `offset_reason` and `notes` decided.
    """
    decided = dict(quality)
    tiles: defaultdict[tuple[str, str], list[_Seen]] = defaultdict(list)
    for scene in scenes:
        if scene.id in quality and get_sensor(scene.sensor).offset is not None:
            tiles[scene.sensor, scene.tile].append(_see(scene, quality[scene.id]))
    for (sensor, _), seen in tiles.items():
        rule = get_sensor(sensor).offset
        assert rule is not None  # a tile is made of such sensors alone
        for scene_id, verdict in _decide_tile(seen, rule):
            found = decided[scene_id]
            for note in verdict.notes:
                log.warning("%s: %s", scene_id, note)
            decided[scene_id] = replace(
                found,
                offset_dn=verdict.offset_dn,
                offset_source=verdict.source,
                offset_reason=verdict.reason,
                notes=(*found.notes, *verdict.notes),
            )
    return decided


@dataclass(frozen=True, eq=False)
class _Seen:
    """What is known of the offset of one scene before it is decided."""

    id: str
    day: date
    metadata: OffsetDecision
    ends: Mapping[str, float]
    """Name of an end (`dark red`, `bright nir`) to its raw digital number."""

    @property
    def dark(self) -> dict[str, float]:
        """The dark ends."""
        return {name: dn for name, dn in self.ends.items() if name.startswith("dark")}

    @property
    def darkest_dn(self) -> float | None:
        """The lowest dark end of all bands; None: too little vegetation seen."""
        return min(self.dark.values(), default=None)


@dataclass(frozen=True)
class _Rises:
    """How far the ends of a scene lie above those of the scenes near it in time."""

    by_end: Mapping[str, float]
    """Name of an end to digital numbers; empty when too few are near."""
    neighbours: int
    """Scenes compared with."""

    def are_addend(self, rule: OffsetRule) -> bool:
        """Whether all ends rise by the addend: dark ones, and bright near-infrared with them."""
        if "dark red" not in self.by_end or BRIGHT_NIR not in self.by_end:
            return False
        others = (rise for name, rise in self.by_end.items() if not name.endswith("nir"))
        is_step = all(abs(rise + rule.offset_dn) <= rule.ends_within_dn for rise in others)
        return is_step and self.by_end[BRIGHT_NIR] >= rule.nir_rise_from_dn

    def are_fog(self, rule: OffsetRule) -> bool:
        """Whether the dark end rises and bright near-infrared does not."""
        if "dark red" not in self.by_end or BRIGHT_NIR not in self.by_end:
            return False
        is_raised = self.by_end["dark red"] >= -rule.offset_dn / 2
        return is_raised and self.by_end[BRIGHT_NIR] < rule.nir_rise_from_dn

    def __str__(self) -> str:
        rises = ", ".join(f"{name} {rise:+.0f}" for name, rise in self.by_end.items())
        return f"against {self.neighbours} scenes near in time: {rises} DN"


@dataclass(frozen=True)
class _Verdict:
    """The offset of a scene, who decided it, how, and what is uncertain."""

    offset_dn: int
    source: str
    reason: str
    notes: tuple[str, ...] = ()


def _see(scene: Scene, found: SceneQuality) -> _Seen:
    metadata = get_sensor(scene.sensor).offset_from_metadata(scene)
    ends = {
        f"{name} {band}": dn
        for band, pair in found.ends_dn.items()
        for name, dn in zip(("dark", "bright"), pair, strict=True)
    }
    return _Seen(scene.id, scene.day, metadata, ends)


def _decide_tile(seen: Sequence[_Seen], rule: OffsetRule) -> Iterator[tuple[str, _Verdict]]:
    """The verdict on every scene of one tile."""
    plain = {s.id: offset for s in seen if (offset := _plain_offset(s, rule)) is not None}
    known, lasting = _spread(seen, plain, rule)
    neighbours = _Neighbours(seen, known)
    for scene in seen:
        if scene.metadata.is_certain:
            verdict = _keep_certain(scene, rule)
        elif scene.darkest_dn is None:
            note = "too little clear vegetation to verify the offset on pixels"
            verdict = _keep(scene, note, note)
        elif scene.darkest_dn <= rule.absent_up_to_dn:
            verdict = _overrule(scene, 0, f"{_dark_words(scene)}: no room for an addend")
        elif scene.id in lasting:
            reason = f"{_dark_words(scene)}, and no scene near in time is darker: fog lifts"
            verdict = _overrule(scene, rule.offset_dn, reason)
        elif scene.id in known and scene.id not in plain:
            reason = f"both ends rise {neighbours.rises(scene, rule)}"
            verdict = _overrule(scene, rule.offset_dn, reason)
        else:
            verdict = _weigh_metadata(scene, neighbours.rises(scene, rule), rule)
        yield scene.id, verdict


def _plain_offset(scene: _Seen, rule: OffsetRule) -> int | None:
    """The offset of a scene that can be compared with: beyond question, and not in fog."""
    darkest = scene.darkest_dn
    if darkest is None:
        return None
    if darkest <= rule.absent_up_to_dn:
        return 0
    stated_dn = scene.metadata.offset_dn
    is_stated = stated_dn == rule.offset_dn and darkest >= rule.carried_from_dn
    return stated_dn if is_stated and darkest + stated_dn <= rule.absent_up_to_dn else None


def _spread(
    seen: Sequence[_Seen], plain: Mapping[str, int], rule: OffsetRule
) -> tuple[dict[str, int], frozenset[str]]:
    """Offsets that are known in the end, and the scenes among them that only a long time decides.

    Every round compares with what was known before it, so that the order of scenes does not
    matter.
    """
    known, lasting = dict(plain), frozenset[str]()
    while True:
        unknown = [s for s in seen if s.id not in known and _may_carry(s, rule)]
        neighbours = _Neighbours(seen, known)
        carried = [s for s in unknown if neighbours.rises(s, rule).are_addend(rule)]
        if not carried:
            carried = _long_bright(unknown, neighbours, rule)
            lasting |= {s.id for s in carried}
        if not carried:
            return known, lasting
        known |= {s.id: rule.offset_dn for s in carried}


def _may_carry(scene: _Seen, rule: OffsetRule) -> bool:
    darkest = scene.darkest_dn
    return not scene.metadata.is_certain and (darkest or 0) > rule.absent_up_to_dn


def _long_bright(
    unknown: Sequence[_Seen], neighbours: _Neighbours, rule: OffsetRule
) -> list[_Seen]:
    """Scenes with nothing known near them and enough like them, all as bright at the dark end."""
    bright = [
        scene
        for scene in unknown
        if (scene.darkest_dn or 0) >= rule.carried_from_dn
        and (scene.darkest_dn or 0) + rule.offset_dn <= rule.absent_up_to_dn
        and len(neighbours.near(scene, rule)) < rule.least_neighbours
    ]
    each_other = _Neighbours(bright, {s.id: rule.offset_dn for s in bright})
    return [
        scene
        for scene in bright
        if len(each_other.near(scene, rule)) + 1 >= rule.lasting_scenes
        and each_other.rises(scene, rule).are_addend(rule)
    ]


class _Neighbours:
    """Scenes whose offset is known, and their ends after it."""

    def __init__(self, scenes: Iterable[_Seen], offsets: Mapping[str, int]) -> None:
        self._scenes = sorted(
            (s for s in scenes if s.id in offsets), key=lambda s: (s.day, s.id)
        )
        self._days = np.array([s.day.toordinal() for s in self._scenes], np.int64)
        self._ends = [
            {name: dn + offsets[s.id] for name, dn in s.ends.items()} for s in self._scenes
        ]

    def near(self, scene: _Seen, rule: OffsetRule) -> list[Mapping[str, float]]:
        """Ends of the others of its season, of any year, the nearest in time first."""
        apart = np.abs(self._days - scene.day.toordinal())
        around = apart % YEAR_DAYS
        in_season = np.minimum(around, YEAR_DAYS - around) <= rule.season_days
        nearest = np.argsort(apart, kind="stable")
        return [self._ends[n] for n in nearest if in_season[n] and self._scenes[n] is not scene]

    def rises(self, scene: _Seen, rule: OffsetRule) -> _Rises:
        """How far the ends of a scene lie above the median of the same ends near in time."""
        near = self.near(scene, rule)[: rule.most_neighbours]
        by_end = {}
        for name, dn in scene.ends.items():
            others = [ends[name] for ends in near if name in ends]
            if len(others) >= rule.least_neighbours:
                by_end[name] = dn - float(np.median(others))
        return _Rises(by_end, len(near))


def _keep_certain(scene: _Seen, rule: OffsetRule) -> _Verdict:
    offset_dn, source = scene.metadata.offset_dn, scene.metadata.source
    if scene.darkest_dn is not None and scene.darkest_dn >= rule.carried_from_dn:
        reason = f"{_dark_words(scene)}: haze or fog, for {source} never carries an offset"
        return _Verdict(offset_dn, source, reason, (reason,))
    return _Verdict(offset_dn, source, f"{source} never carries an offset")


def _overrule(scene: _Seen, offset_dn: int, reason: str) -> _Verdict:
    """What the pixels say; the metadata keeps the word where it agrees."""
    metadata = scene.metadata
    if offset_dn == metadata.offset_dn:
        return _Verdict(offset_dn, metadata.source, f"{metadata.source}; {reason}")
    note = (
        f"{metadata.source} means an offset of {metadata.offset_dn} DN, but {reason}: "
        f"{offset_dn} is used"
    )
    return _Verdict(offset_dn, PIXELS, reason, (note,))


def _weigh_metadata(scene: _Seen, rises: _Rises, rule: OffsetRule) -> _Verdict:
    """Metadata stands, for the pixels decide nothing; noted where they do not agree with it."""
    dark, offset_dn = _dark_words(scene), scene.metadata.offset_dn
    if rises.are_fog(rule):
        reason = f"haze or fog: the dark end rises and bright near-infrared does not, {rises}"
        return _keep(scene, reason, f"{reason}: {offset_dn} is kept")
    if offset_dn == rule.offset_dn and (scene.darkest_dn or 0) >= rule.carried_from_dn:
        return _keep(scene, f"{dark} agree")
    compared = (
        f"the ends do not rise together, {rises}"
        if rises.by_end
        else f"{rises.neighbours} scenes near in time, too few to compare with"
    )
    reason = f"{dark} decide no offset; {compared}"
    return _keep(scene, reason, f"{reason}: {offset_dn} is kept")


def _keep(scene: _Seen, reason: str, *notes: str) -> _Verdict:
    metadata = scene.metadata
    return _Verdict(metadata.offset_dn, metadata.source, f"{metadata.source}; {reason}", notes)


def _dark_words(scene: _Seen) -> str:
    return f"dark ends of vegetation from {scene.darkest_dn:.0f} DN"
