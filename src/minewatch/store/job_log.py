"""What each job on a run's folder met: scenes that came, came late, were replaced or are gone.

The inventory depends on the scenes there are, never on the way they came: so this is kept beside
the outputs, in `state/log.jsonl`, and not in the manifest (`docs/decisions/0004`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from minewatch.model import SceneList
from minewatch.store.state_folder import StateFolder

_SHOWN = 3
"""Scene ids named in a sentence."""
GONE = "no longer in the catalogue"


@dataclass(frozen=True, kw_only=True)
class SceneChanges:
    """How a scene list differs from the one of the job before."""

    new: tuple[str, ...] = ()
    """Scenes later than all known before."""
    late: tuple[str, ...] = ()
    """Scenes that were not known, of days that were."""
    reprocessed: Mapping[str, str] = field(default_factory=dict)
    """Scene known before to the one that took its place; the same id when replaced in place."""
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    """Scene known before to the reason it is not used any more."""

    def __bool__(self) -> bool:
        return bool(self.new or self.late or self.reprocessed or self.withdrawn)


def compare_scenes(before: SceneList | None, after: SceneList) -> SceneChanges:
    """What became of the scenes of a list, and which ones came.

    Parameters
    ----------
    before
        The list of the last finished job; None when there was none.
    after
        The list of this one.

    Returns
    -------
    SceneChanges
        Ids sorted by time. A scene replaced by a newer processing of the same pass and tile counts
        as reprocessed, not as withdrawn and late.
    """
    if before is None:
        return SceneChanges(new=tuple(scene.id for scene in after))
    known, now = {s.id: s for s in before}, {s.id: s for s in after}
    came = [scene for scene in after if scene.id not in known]
    heirs = {(s.overpass, s.tile): s.id for s in came if s.tile}
    reprocessed, withdrawn = {}, {}
    for scene in before:
        if scene.id in now:
            if scene.key != now[scene.id].key:
                reprocessed[scene.id] = scene.id
        elif heir := heirs.get((scene.overpass, scene.tile)):
            reprocessed[scene.id] = heir
        else:
            withdrawn[scene.id] = after.dropped.get(scene.id, GONE)
    fresh = [scene for scene in came if scene.id not in set(reprocessed.values())]
    last = max((scene.day for scene in before), default=date.min)
    return SceneChanges(
        new=tuple(s.id for s in fresh if s.day > last),
        late=tuple(s.id for s in fresh if s.day <= last),
        reprocessed=reprocessed,
        withdrawn=withdrawn,
    )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One finished job on a folder."""

    job: str
    """`run`, `update` or `other periods`."""
    end: str
    """Last day looked at, ISO."""
    period: str
    """Step of the inventory."""
    scenes: int
    """Scenes used."""
    changes: SceneChanges
    """How they differ from those of the job before."""
    months_read: int
    """Chunk-months read from imagery."""
    months_kept: int
    """Chunk-months that held from before."""
    bytes_read: int
    """Bytes of imagery fetched."""
    other_rules: tuple[str, ...] = ()
    """What other rules had made before, in words."""
    other_months: int = 0
    """Chunk-months that were read again for it."""
    other_scenes: int = 0
    """Scenes that were looked over again for it."""

    def words(self) -> list[str]:
        """The entry in sentences."""
        changes = self.changes
        words = [f"{self.scenes} scenes, {len(changes.new)} of them new"]
        if changes.late:
            words.append(f"{len(changes.late)} came late: {_some(changes.late)}")
        if changes.reprocessed:
            pairs = [a if a == b else f"{a} by {b}" for a, b in changes.reprocessed.items()]
            words.append(f"{len(pairs)} were processed anew and replaced: {_some(pairs)}")
        if changes.withdrawn:
            pairs = [f"{name} ({why})" for name, why in changes.withdrawn.items()]
            words.append(f"{len(pairs)} were withdrawn and count no more: {_some(pairs)}")
        read = f", {self.bytes_read / 1e6:.0f} MB" if self.months_read else ""
        words.append(f"{self.months_read} months read{read}, {self.months_kept} kept as they were")
        if self.other_rules:
            words.append(f"made by other rules before: {'; '.join(self.other_rules)}")
            words.append(
                f"{self.other_scenes} scenes were looked over and {self.other_months} months read "
                "again for it"
            )
        return words


def read_log(directory: str | Path) -> list[Entry]:
    """Every job that was finished on a folder, in order.

    Parameters
    ----------
    directory
        The run's folder.
    """
    path = StateFolder(directory=Path(directory) / "state").log_path
    return [_entry(json.loads(line)) for line in _lines(path)]


def extend_log(log: Path, entry: Entry) -> bytes:
    """The content of a log with one more entry.

    Parameters
    ----------
    log
        The log as it is; may be absent.
    entry
        The job just finished.
    """
    lines = [*_lines(log), json.dumps(asdict(entry), sort_keys=True, ensure_ascii=False)]
    return "".join(f"{line}\n" for line in lines).encode()


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def _entry(row: dict[str, Any]) -> Entry:
    kinds = row.pop("changes")
    changes = SceneChanges(
        new=tuple(kinds["new"]), late=tuple(kinds["late"]),
        reprocessed=kinds["reprocessed"], withdrawn=kinds["withdrawn"],
    )  # fmt: skip
    rules = tuple(row.pop("other_rules", ()))
    return Entry(changes=changes, other_rules=rules, **row)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
