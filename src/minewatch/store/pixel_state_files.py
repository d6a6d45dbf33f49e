"""What a detector keeps of the pixels of a chunk, so that a new scene needs no earlier month."""

from __future__ import annotations

import io
import logging
import zipfile
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minewatch.files import write_bytes_atomic
from minewatch.model import PixelState

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChunkState:
    """All that scoring the months after a step needs of those before."""

    pixels: PixelState
    """What the detector keeps of each pixel."""
    recent: NDArray[np.uint16] | None = None
    """`detect.recent_counts` up to the end of the step; None: there were no months."""

    def cut(self, part: slice) -> ChunkState:
        """The state of some of the pixels."""
        layers = {name: layer[part] for name, layer in self.pixels.layers.items()}
        recent = None if self.recent is None else np.ascontiguousarray(self.recent[..., part])
        return ChunkState(replace(self.pixels, layers=layers), recent)


def join_states(states: Sequence[ChunkState]) -> ChunkState:
    """The state of pixels that were cut apart: of the same months, in their order."""
    first, *others = states
    if not others:
        return first
    layers = {
        name: np.concatenate([state.pixels.layers[name] for state in states])
        for name in first.pixels.layers
    }
    recent = [state.recent for state in states if state.recent is not None]
    return ChunkState(
        replace(first.pixels, layers=layers), np.concatenate(recent, axis=-1) if recent else None
    )


@dataclass(frozen=True)
class PixelStateFiles:
    """The states of one chunk: a file a step, found by the key of the step."""

    folder: Path
    """Where they lie."""

    def latest(self, keys: Sequence[str], layers: Collection[str]) -> tuple[int, ChunkState | None]:
        """The latest state there is along a chain of steps.

        Parameters
        ----------
        keys
            Key of each step, in order.
        layers
            Names of the layers that the detector keeps.

        Returns
        -------
        steps, kept
            How many steps it has taken in, and itself; 0 and None when there is none.
        """
        for at in reversed(range(len(keys))):
            kept = self._read(keys[at], layers)
            if kept is not None:
                return at + 1, kept
        return 0, None

    def write(self, key: str, kept: ChunkState) -> None:
        """Keep the state up to the end of a step; with a checksum, whole or not at all."""
        content, pixels = io.BytesIO(), kept.pixels
        with zipfile.ZipFile(content, "w") as archive:
            layers = {**pixels.layers, "when": np.array([pixels.months, pixels.first_day])}
            if kept.recent is not None:
                layers["recent"] = kept.recent
            for name, layer in layers.items():
                packed = io.BytesIO()
                np.save(packed, layer, allow_pickle=False)
                member = zipfile.ZipInfo(f"{name}.npy")
                # The level must be given here: a member made by hand takes none from its archive.
                # Fits are noise: they would hardly be smaller, and take longest.
                packing = zipfile.ZIP_STORED if layer.dtype.kind == "f" else zipfile.ZIP_DEFLATED
                archive.writestr(member, packed.getbuffer(), packing, compresslevel=1)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_bytes_atomic(self._path(key), content.getvalue())

    def keep_only(self, keys: Collection[str]) -> None:
        """Forget all but the states after some steps."""
        names = {self._path(key).name for key in keys}
        for path in self.folder.glob("*"):
            if path.name not in names:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key[:16]}.npz"

    def _read(self, key: str, names: Collection[str]) -> ChunkState | None:
        path = self._path(key)
        try:
            with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
                layers = {name: file[name] for name in names}
                months, first_day = file["when"].tolist()
                return ChunkState(PixelState(months, first_day, layers), file.get("recent"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            log.warning("%s is damaged (%s): earlier months are scored again", path, error)
            return None
