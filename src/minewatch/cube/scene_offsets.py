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

from minewatch.model import REFLECTANCE_BANDS, Scene, SceneQuality
from minewatch.sensors import OffsetDecision, OffsetRule, get_sensor

log = logging.getLogger(__name__)

YEAR_DAYS = 365.25
BRIGHT_NIR = "bright nir"
"""The end that fog leaves about where it is."""
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
    5. Otherwise metadata stands, and a note says what speaks against it. Where it says that there
       is nothing to take off and the dark end is raised all the same, the scene is left out: be it
       fog or an addend, its ground would look brighter than it is.

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
                offset_is_open=verdict.is_open,
                left_out=verdict.left_out,
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
class _Comparison:
    """How far the ends of a scene lie above those of the scenes near it in time."""

    by_end: Mapping[str, float]
    """Name of an end to digital numbers; empty when too few are near."""
    neighbours: int
    """Scenes compared with."""
    is_expected: bool
    """Whether most of those of which metadata says the same carry the addend."""

    def are_addend(self, rule: OffsetRule) -> bool:
        """Whether the ends rise by the addend.

        Dark ends do in fog, too, so near-infrared must rise with them, above all its bright end.
        It need not where the scenes near in time of which metadata says the same carry the addend:
        there fog that looks like one is less likely than leaves that changed.
        """
        if "dark red" not in self.by_end or BRIGHT_NIR not in self.by_end:
            return False
        within = {"dark": rule.ends_within_dn, "bright": -rule.offset_dn / 2}
        others = (name for name in self.by_end if not name.endswith("nir"))
        is_step = all(
            abs(self.by_end[name] + rule.offset_dn) <= within[name.split()[0]] for name in others
        )
        is_nir_up = self.by_end.get("dark nir", 0.0) >= -rule.offset_dn / 2
        is_bright = is_nir_up and self.by_end[BRIGHT_NIR] >= rule.nir_step_from_dn
        return is_step and (is_bright or self.is_expected)

    def raise_dark(self, rule: OffsetRule) -> bool:
        """Whether the dark end of red rises: by more than half of the addend."""
        return self.by_end.get("dark red", 0.0) >= -rule.offset_dn / 2

    def leave_bright(self, rule: OffsetRule) -> bool:
        """Whether bright near-infrared clearly does not rise."""
        still_dn = -rule.offset_dn - rule.nir_step_from_dn
        return BRIGHT_NIR in self.by_end and self.by_end[BRIGHT_NIR] < still_dn

    def __str__(self) -> str:
        steps = ", ".join(f"{name} {dn:+.0f}" for name, dn in self.by_end.items())
        return f"against {self.neighbours} scenes near in time: {steps} DN"


@dataclass(frozen=True)
class _Verdict:
    """The offset of a scene, who decided it, how, and what is uncertain."""

    offset_dn: int
    source: str
    reason: str
    notes: tuple[str, ...] = ()
    is_open: bool = False
    left_out: str = ""


def _see(scene: Scene, found: SceneQuality) -> _Seen:
    metadata = get_sensor(scene.sensor).offset_from_metadata(scene)
    ends = {
        f"{name} {band}": dn
        for band in REFLECTANCE_BANDS
        if band in found.ends_dn
        for name, dn in zip(("dark", "bright"), found.ends_dn[band], strict=True)
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
            reason = f"the ends rise by the addend {neighbours.compare(scene, rule)}"
            verdict = _overrule(scene, rule.offset_dn, reason)
        else:
            verdict = _compare_with_metadata(scene, neighbours.compare(scene, rule), rule)
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
        carried = [s for s in unknown if neighbours.compare(s, rule).are_addend(rule)]
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
        and each_other.compare(scene, rule).are_addend(rule)
    ]


class _Neighbours:
    """Scenes whose offset is known, and their ends after it."""

    def __init__(self, scenes: Iterable[_Seen], offsets: Mapping[str, int]) -> None:
        self._scenes = sorted((s for s in scenes if s.id in offsets), key=lambda s: (s.day, s.id))
        self._days = np.array([s.day.toordinal() for s in self._scenes], np.int64)
        self._ends = [
            {name: dn + offsets[s.id] for name, dn in s.ends.items()} for s in self._scenes
        ]
        self._offsets = [offsets[s.id] for s in self._scenes]

    def near(self, scene: _Seen, rule: OffsetRule) -> list[int]:
        """Numbers of the others of its season, of any year, the nearest in time first."""
        apart = np.abs(self._days - scene.day.toordinal())
        around = apart % YEAR_DAYS
        in_season = np.minimum(around, YEAR_DAYS - around) <= rule.season_days
        nearest = np.argsort(apart, kind="stable")
        return [int(n) for n in nearest if in_season[n] and self._scenes[n] is not scene]

    def compare(self, scene: _Seen, rule: OffsetRule) -> _Comparison:
        """How far the ends of a scene lie above the median of the same ends near in time."""
        near = self.near(scene, rule)[: rule.most_neighbours]
        by_end = {}
        for name, dn in scene.ends.items():
            others = [self._ends[n][name] for n in near if name in self._ends[n]]
            if len(others) >= rule.least_neighbours:
                by_end[name] = dn - float(np.median(others))
        source = scene.metadata.source
        alike = [self._offsets[n] for n in near if self._scenes[n].metadata.source == source]
        carry = sum(offset_dn == rule.offset_dn for offset_dn in alike)
        is_expected = carry >= rule.least_neighbours and 2 * carry > len(alike)
        return _Comparison(by_end, len(near), is_expected)


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


def _compare_with_metadata(scene: _Seen, compared: _Comparison, rule: OffsetRule) -> _Verdict:
    """Metadata stands, for the pixels decide nothing; noted where they do not bear it out."""
    dark, offset_dn = _dark_words(scene), scene.metadata.offset_dn
    is_fog = compared.raise_dark(rule) and compared.leave_bright(rule)
    if offset_dn == rule.offset_dn and (scene.darkest_dn or 0) >= rule.carried_from_dn:
        if not is_fog:
            return _keep(scene, f"{dark} agree")
        reason = f"dark ends rise and bright near-infrared does not, as in fog, {compared}"
    elif is_fog:
        reason = f"haze or fog: dark ends rise and bright near-infrared does not, {compared}"
    elif compared.by_end:
        reason = f"{dark} decide no offset; the ends do not rise together, {compared}"
    else:
        few = f"{compared.neighbours} scenes near in time, too few to compare with"
        reason = f"{dark} decide no offset; {few}"
    kept = replace(_keep(scene, reason, f"{reason}: {offset_dn} is kept"), is_open=True)
    if offset_dn == 0 and compared.raise_dark(rule):
        return replace(kept, left_out="its dark ends are raised, by fog or by an offset")
    return kept


def _keep(scene: _Seen, reason: str, *notes: str) -> _Verdict:
    metadata = scene.metadata
    return _Verdict(metadata.offset_dn, metadata.source, f"{metadata.source}; {reason}", notes)


def _dark_words(scene: _Seen) -> str:
    return f"dark ends of vegetation from {scene.darkest_dn:.0f} DN"
