"""Items of scenes in words: those of the job before are not put into words again.

Each scene's line of the list is remembered by a hash of the item it tells and of the code that
tells it; a line that is not the one remembered, or of another item, is told anew.
"""

from __future__ import annotations

import hashlib
import json
import marshal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minewatch import catalog, settings
from minewatch.model import Scene
from minewatch.store.keys import code_key


@dataclass(frozen=True)
class ItemCache:
    """The lines of a list of scenes, and what they were told from."""

    told: tuple[str, ...]
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
            told = json.loads(marks.read_text("utf-8"))
            held = {str(name): (str(item), str(line)) for name, (item, line) in told.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            held = {}
        return cls(tuple(catalog.item_lines(scenes)) if held and scenes else (), held)

    def tell(self, scenes: Iterable[Scene]) -> ItemCache:
        """The lines of a list of scenes; of items that are told here, the same."""
        code = code_key(catalog, settings).encode()
        known = {_mark(line.encode()): line for line in self.told}
        told, marks = [], dict[str, tuple[str, str]]()
        for scene in scenes:
            mark = _mark(code + _frozen(scene.item))
            before, at = self.marks.get(scene.id, ("", ""))
            line = known.get(at) if before == mark else None
            if line is None:
                line = catalog.item_line(scene)
                at = _mark(line.encode())
            told.append(line)
            marks[scene.id] = mark, at
        return ItemCache(tuple(told), marks)


def _frozen(item: Any) -> bytes:
    """An item as bytes: equal only for items whose every value is equal and of one type."""
    return marshal.dumps(item, 2)  # the last version that knows no references


def _mark(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
