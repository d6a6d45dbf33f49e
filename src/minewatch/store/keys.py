"""Keys: hashes of all that decides a result, so that a result with the right key still holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from minewatch.model import Band, Chunk, Scene, SceneList, SceneQuality

STATE_VERSION = 2
"""Version of the layout of `state/` and of the rules that make a month; raised when they change."""


def list_key(scenes: SceneList) -> str:
    """Hash of a frozen scene list, with what was left out and why."""
    told = [scenes.catalog, sorted(scenes.dropped.items()), list(scenes.notes)]
    return hash_values([[scene.key for scene in scenes], told])


@dataclass(frozen=True, kw_only=True)
class MonthKeys:
    """Hashes of all that decides the pixels of a month of a chunk.

    What many months and chunks share is put into words once.
    """

    scenes: Iterable[Scene]
    """Scenes there are; those without a quality decide nothing."""
    quality: Mapping[str, SceneQuality]
    """Quality by scene id."""
    bands: Sequence[Band]
    """Bands read."""
    chunks: Iterable[Chunk]
    """The ground."""

    def of(self, scenes: Iterable[Scene], chunk: Chunk) -> str:
        """The key of a month of a chunk; the order of its scenes does not matter."""
        rows = ", ".join(sorted(self._rows[s.id] for s in scenes if s.id in self._rows))
        bands, ground = _encode(list(self.bands)), self._grounds[chunk.name]
        return hash_text(f"[{STATE_VERSION}, [{rows}], {bands}, {ground}]")

    @cached_property
    def _rows(self) -> dict[str, str]:
        known = [(s, self.quality[s.id]) for s in self.scenes if s.id in self.quality]
        return {
            s.id: _encode([s.key, fact.scale, fact.offset_dn, list(fact.shift_xy_m)])
            for s, fact in known
        }

    @cached_property
    def _grounds(self) -> dict[str, str]:
        boxes = {chunk.name: chunk.geobox for chunk in self.chunks}
        return {
            name: _encode([str(box.crs), list(box.transform[:6]), list(box.shape)])
            for name, box in boxes.items()
        }


def code_key(*modules: ModuleType) -> str:
    """Hash of the source of modules, of packages with all that lies in them.

    So that no result outlives a change of what made it.
    """
    paths = [Path(str(module.__file__)) for module in modules]
    found = [p.parent.glob("*.py") if p.name == "__init__.py" else [p] for p in paths]
    sources = [path for of_one in found for path in sorted(of_one)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def hash_values(values: Any) -> str:
    """SHA-256 of plain values, in hexadecimal."""
    return hash_text(_encode(values))


def hash_text(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


_encode = json.JSONEncoder(sort_keys=True).encode
