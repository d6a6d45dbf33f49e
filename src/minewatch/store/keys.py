"""Keys: hashes of all that decides a result, so that a result with the right key still holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from minewatch.model import Band, Chunk, Scene, SceneList, SceneQuality
from minewatch.store.hashing import encode, hash_text, hash_values

LAYOUT_VERSION = 3
"""Version of the layout of `state/`: which files there are, and how they are read."""


def list_key(scenes: SceneList) -> str:
    """Hash of a frozen scene list, with what was left out and why."""
    about = [scenes.catalog, sorted(scenes.dropped.items()), list(scenes.notes)]
    return hash_values([[scene.key for scene in scenes], about])


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
    rules: str
    """`rule_versions.month_rules`: what made the months."""

    def of(self, scenes: Iterable[Scene], chunk: Chunk) -> str:
        """The key of a month of a chunk; the order of its scenes does not matter."""
        rows = ", ".join(sorted(self._rows[s.id] for s in scenes if s.id in self._rows))
        bands, ground = encode(list(self.bands)), self._grounds[chunk.name]
        return hash_text(f"[{encode(self.rules)}, [{rows}], {bands}, {ground}]")

    @cached_property
    def _rows(self) -> dict[str, str]:
        known = [(s, self.quality[s.id]) for s in self.scenes if s.id in self.quality]
        return {
            s.id: encode([s.key, found.scale, found.offset_dn, list(found.shift_xy_m)])
            for s, found in known
        }

    @cached_property
    def _grounds(self) -> dict[str, str]:
        boxes = {chunk.name: chunk.geobox for chunk in self.chunks}
        return {
            name: encode([str(box.crs), list(box.transform[:6]), list(box.shape)])
            for name, box in boxes.items()
        }
