"""Items of scenes as lines of JSON: those of the job before are not encoded again.

Each scene's line of the list is remembered by a hash of its item and of the rules that wrote it; a
line that is not the one remembered, or of another item, is written anew.
"""

from __future__ import annotations

import hashlib
import json
import marshal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minewatch import catalog
from minewatch.model import Scene
from minewatch.store.rule_versions import version_of


@dataclass(frozen=True)
class ItemCache:
    """The lines of a list of scenes, and what they were made from."""

    lines: tuple[str, ...]
    """A line a scene, in order."""
    marks: Mapping[str, tuple[str, str]]
    """Scene id to the mark of its item, and that of its line."""

    @classmethod
    def read(cls, marks: Path, scenes: Path | None) -> ItemCache:
        """Those of an earlier list; none where they cannot be read.

        Parameters
        ----------
        marks
            The file in which `marks` are kept.
        scenes
            The list itself; None: there is none.
        """
        try:
            held_marks = json.loads(marks.read_text("utf-8"))
            held = {str(name): (str(item), str(line)) for name, (item, line) in held_marks.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            held = {}
        return cls(tuple(catalog.item_lines(scenes)) if held and scenes else (), held)

    def encode(self, scenes: Iterable[Scene]) -> ItemCache:
        """The lines of a list of scenes; of items that are the same, the same lines."""
        rules = str(version_of("items")).encode()
        known = {_mark(line.encode()): line for line in self.lines}
        lines, marks = [], dict[str, tuple[str, str]]()
        for scene in scenes:
            mark = _mark(rules + _frozen(scene.item))
            before, at = self.marks.get(scene.id, ("", ""))
            line = known.get(at) if before == mark else None
            if line is None:
                line = catalog.item_line(scene)
                at = _mark(line.encode())
            lines.append(line)
            marks[scene.id] = mark, at
        return ItemCache(tuple(lines), marks)


def _frozen(item: Any) -> bytes:
    """An item as bytes: equal only for items whose every value is equal and of one type."""
    return marshal.dumps(item, 2)  # the last version that knows no references


def _mark(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
