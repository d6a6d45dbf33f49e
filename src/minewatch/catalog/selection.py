"""Which of a catalogue's items become scenes: every one re-checked, duplicates resolved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.catalog.answers import RawItem
from minewatch.catalog.item_checks import ItemError, drop_item
from minewatch.catalog.items import scene_from_item
from minewatch.model import Period, Scene
from minewatch.sensors import SensorProfile, baseline_number, get_sensor

SAME_GROUND_FRACTION = 0.5
"""Two granules of one pass and tile are versions of one product when they share more than this
of the smaller one; less, and they are the two ends of a datastrip, both needed [D]."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Scenes that can be used, and why others cannot."""

    scenes: tuple[Scene, ...]
    """Sorted by time, tile and id."""
    dropped: Mapping[str, str]
    """Item id to the reason, sorted by id."""
    elsewhere: int
    """Items outside the area."""
    elsewhen: int
    """Items outside the period."""
    days: tuple[str, str]
    """First and last day over the area of all items read, ISO; empty when there are none."""
    notes: tuple[str, ...] = ()
    """What the scenes do not say, in words."""


@dataclass(kw_only=True)
class _Sieve:
    """What has been let through so far."""

    scenes: list[Scene] = field(default_factory=list)
    dropped: dict[str, str] = field(default_factory=dict)
    days: list[str] = field(default_factory=list)
    elsewhere: int = 0
    elsewhen: int = 0


def select_scenes(
    items: Iterable[RawItem],
    *,
    profile: SensorProfile,
    area: BaseGeometry | None = None,
    period: Period | None = None,
    max_cloud_cover_pct: float = 100.0,
) -> Selection:
    """The usable scenes among items, whatever the catalogue claimed to have filtered.

    Parameters
    ----------
    items
        Items as given; their order changes nothing.
    profile
        The sensor they should be of.
    area
        Outline that a scene must touch, WGS 84; None: anywhere.
    period
        Days it must lie in; None: any time.
    max_cloud_cover_pct
        Most cloud cover of the whole tile; scenes that state none are kept.
    """
    sieve = _Sieve()
    if area is not None:
        shapely.prepare(area)
    for raw in items:
        try:
            scene = scene_from_item(raw.item, profile=profile, base=raw.base)
        except ItemError as error:
            drop_item(sieve.dropped, raw.item, error)
            continue
        if area is not None and not area.intersects(scene.footprint):
            sieve.elsewhere += 1
            continue
        sieve.days.append(scene.day.isoformat())
        if period is not None and scene.day not in period:
            sieve.elsewhen += 1
        elif (scene.cloud_cover_pct or 0) > max_cloud_cover_pct:
            reason = f"cloud cover {scene.cloud_cover_pct:.1f} % > {max_cloud_cover_pct:g} %"
            sieve.dropped[scene.id] = reason
        else:
            sieve.scenes.append(scene)
    kept, duplicates = drop_duplicates(sieve.scenes)
    if profile.is_radar:
        kept, others = keep_one_orbit(kept)
        duplicates = {**duplicates, **others}
    return Selection(
        scenes=kept,
        dropped=dict(sorted((sieve.dropped | duplicates).items())),
        elsewhere=sieve.elsewhere,
        elsewhen=sieve.elsewhen,
        days=(min(sieve.days, default=""), max(sieve.days, default="")),
        notes=_notes(kept),
    )


def drop_duplicates(scenes: Iterable[Scene]) -> tuple[tuple[Scene, ...], dict[str, str]]:
    """One scene per pass and tile: the newest baseline, then the newest processing.

    Returns
    -------
    tuple of Scene
        Sorted by time, tile and id.
    dict
        Id of each scene left out to the reason.
    """
    groups: dict[tuple[str, str], list[Scene]] = defaultdict(list)
    for scene in sorted(scenes, key=lambda s: (s.id, s.collection)):
        groups[(scene.overpass, scene.tile) if scene.tile else ("", scene.id)].append(scene)
    kept: list[Scene] = []
    dropped: dict[str, str] = {}
    for group in groups.values():
        best: list[Scene] = []
        for scene in sorted(group, key=_newness, reverse=True):
            rival = next((b for b in best if _same_ground(scene, b)), None)
            if rival is None:
                best.append(scene)
            elif scene.id != rival.id:
                dropped[scene.id] = _why(scene, rival)
        kept += best
    return tuple(sorted(kept, key=lambda s: (s.acquired, s.tile, s.id))), dropped


def keep_one_orbit(scenes: tuple[Scene, ...]) -> tuple[tuple[Scene, ...], dict[str, str]]:
    """The scenes of one relative orbit: the one with the most overpasses, of equal ones the first.

    A slope looks otherwise from another orbit: series of several cannot be compared.

    Returns
    -------
    tuple of Scene
        In the order given.
    dict
        Id of each scene left out to the reason.
    """
    overpasses: dict[str, set[str]] = defaultdict(set)
    for scene in scenes:
        overpasses[scene.tile].add(scene.overpass)
    if len(overpasses) < 2:
        return scenes, {}
    chosen = min(overpasses, key=lambda orbit: (-len(overpasses[orbit]), orbit))
    reason = f"of another relative orbit than {chosen or '?'}, which has the most overpasses"
    left_out = {s.id: f"{s.tile or 'orbit ?'}: {reason}" for s in scenes if s.tile != chosen}
    return tuple(scene for scene in scenes if scene.tile == chosen), left_out


def _newness(scene: Scene) -> tuple[int, str, str]:
    number = baseline_number(scene.baseline)
    return (-1 if number is None else number, scene.made, scene.id)


def _same_ground(a: Scene, b: Scene) -> bool:
    if a.id == b.id:
        return True
    shared = a.footprint.intersection(b.footprint).area
    return bool(shared > SAME_GROUND_FRACTION * min(a.footprint.area, b.footprint.area))


def _why(scene: Scene, rival: Scene) -> str:
    if scene.baseline == rival.baseline:
        return f"duplicate of {rival.id}: same pass, tile and baseline {scene.baseline or '?'}"
    return (
        f"duplicate of {rival.id}: same pass and tile, baseline {scene.baseline or '?'} is "
        f"older than {rival.baseline}"
    )


def _needs_one(scene: Scene) -> bool:
    """Whether the offset of a scene depends on its processing baseline."""
    return get_sensor(scene.sensor).offset is not None


def _notes(scenes: tuple[Scene, ...]) -> tuple[str, ...]:
    """What many scenes fail to say, said once."""
    silent_on = {
        "their projection: it is taken from the files": [
            s.id for s in scenes if all(a.epsg is None for a in s.assets.values())
        ],
        "their outline: their box is taken": [s.id for s in scenes if not s.item.get("geometry")],
        "their tile: duplicates cannot be recognised": [s.id for s in scenes if not s.tile],
        "their processing baseline": [s.id for s in scenes if not s.baseline and _needs_one(s)],
        "their cloud cover": [
            s.id for s in scenes if s.cloud_cover_pct is None and not get_sensor(s.sensor).is_radar
        ],
    }
    notes = [
        f"{len(ids)} of {len(scenes)} scenes do not state {what} ({ids[0]}, …)"
        for what, ids in silent_on.items()
        if ids
    ]
    bands = sorted({tuple(sorted(s.assets)) for s in scenes}, key=len)
    if len(bands) > 1:
        notes.append(f"scenes differ in their bands: {', '.join(bands[0])} only, in some")
    return tuple(notes)
