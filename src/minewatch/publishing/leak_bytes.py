"""Private numbers and texts in raw bytes: what lies in a file though no program shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from minewatch.publishing.leak_index import Leak, PrivateIndex
from minewatch.publishing.leak_places import AllowedPlaces
from minewatch.publishing.leak_text import scan_text

_KINDS: Final = (("<f8", 2e-6), (">f8", 2e-6), ("<f4", 2e-5), (">f4", 2e-5))
"""Kind of number, and degrees to which it holds a coordinate: 4 bytes are rounded outwards."""
_RUNS: Final = re.compile(rb"[\x09\x0a\x0d\x20-\x7e\x80-\xff]{4,}")
_SCALES: Final = (1e6, 1e7, 1e5)
"""Of degrees as whole numbers of four bytes."""


def scan_bytes(
    content: bytes, index: PrivateIndex, allowed: AllowedPlaces, *, where: str
) -> Iterator[Leak]:
    """Everything private in bytes of any format that is not packed.

    Parameters
    ----------
    content
        The bytes.
    index, allowed, where
        As for `scan_text`.
    """
    runs = b"\n".join(_RUNS.findall(content)).decode("utf-8", errors="replace")
    wide = content.replace(b"\0", b"") if content.count(0) > len(content) // 3 else b""
    yield from scan_text(runs, index, allowed, where=f"{where} (bytes)")
    if wide:
        yield from scan_text(wide.decode("latin-1"), index, allowed, where=f"{where} (bytes)")
    if len(index.places):
        for what in dict.fromkeys(_numbers(content, index, allowed)):
            yield Leak(kind="coordinate", where=f"{where} (bytes)", what=what)


def _numbers(content: bytes, index: PrivateIndex, allowed: AllowedPlaces) -> Iterator[str]:
    """Pairs of numbers at a private place, at any byte, next to each other or with one between."""
    west, south, east, north = index.bounds
    for kind, tolerance in (*_KINDS, ("<i4", 2e-6), (">i4", 2e-6)):
        size = np.dtype(kind).itemsize
        for start in range(min(size, len(content))):
            length = (len(content) - start) // size
            raw = np.frombuffer(content, kind, count=length, offset=start)
            for scale in _SCALES if kind.endswith("i4") else (1.0,):
                values = raw.astype(float) / scale if scale != 1.0 else raw
                with np.errstate(invalid="ignore"):
                    lon = (values >= west - tolerance) & (values <= east + tolerance)
                    lat = (values >= south - tolerance) & (values <= north + tolerance)
                for step in (1, 2):
                    for first, second, turned in ((lon, lat, False), (lat, lon, True)):
                        at = np.flatnonzero(first[:-step] & second[step:])
                        if not len(at):
                            continue
                        points = np.column_stack([values[at], values[at + step]]).astype(float)
                        points = points[:, ::-1] if turned else points
                        points = points[index.near(points, degrees=tolerance)]
                        leaks = allowed.are_leaks(points, index, degrees=tolerance)
                        yield from (f"{x:.7g}, {y:.7g}" for x, y in points[leaks].tolist())
