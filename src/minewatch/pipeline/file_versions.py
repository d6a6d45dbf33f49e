"""Of which version of each file months hold pixels: compared between processes and jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minewatch.model import REPLACED, PixelReader, ReadFailure, Scene
from minewatch.store.month_files import MonthRecord


def versions_read(reader: PixelReader, scenes: Iterable[Scene]) -> dict[str, str]:
    """Scene id to its bands with a mark of the version that was read; what has none is left out.

    Parameters
    ----------
    reader
        Who read them; one that knows no versions has none.
    scenes
        Of which scenes.
    """
    marks_of = getattr(reader, "marks_of", None)
    if marks_of is None:
        return {}
    found = {}
    for scene in scenes:
        marks = marks_of(asset.href for asset in scene.assets.values())
        bands = {band: marks.get(asset.href) for band, asset in sorted(scene.assets.items())}
        if text := " ".join(f"{band}={mark}" for band, mark in bands.items() if mark):
            found[scene.id] = text
    return found


def expect_versions(
    reader: PixelReader, scenes: Iterable[Scene], versions: Mapping[str, str]
) -> None:
    """Have a reader give pixels of those versions only that are in kept months.

    Parameters
    ----------
    reader
        Who reads.
    scenes
        What is read next.
    versions
        Scene id to its bands and marks, as `versions_read` gave them.
    """
    expect = getattr(reader, "expect", None)
    if expect is None:
        return
    for scene in scenes:
        marks = _marks(versions.get(scene.id, ""))
        expect({a.href: marks[band] for band, a in scene.assets.items() if band in marks})


def kept_versions(records: Iterable[MonthRecord]) -> dict[str, str]:
    """Scene id to all its bands of which kept months hold pixels, with their marks.

    Parameters
    ----------
    records
        Of months that agree (see `mixed_scenes`).
    """
    bands: dict[str, dict[str, str]] = {}
    for record in records:
        for scene_id, text in record.versions.items():
            bands.setdefault(scene_id, {}).update(_marks(text))
    return {
        scene_id: " ".join(f"{band}={mark}" for band, mark in sorted(marks.items()))
        for scene_id, marks in bands.items()
    }


def mixed_scenes(records: Iterable[MonthRecord]) -> tuple[ReadFailure, ...]:
    """A failure for each file of which months hold pixels of more than one version.

    It happens where a file was replaced between two jobs, or between two workers of a cluster.

    Parameters
    ----------
    records
        Of all months.
    """
    first: dict[tuple[str, str], str] = {}
    mixed = set()
    for record in records:
        for scene_id, text in record.versions.items():
            for band, mark in _marks(text).items():
                if first.setdefault((scene_id, band), mark) != mark:
                    mixed.add((scene_id, band))
    return tuple(
        ReadFailure(
            scene_id=scene_id, band=band, chunk="*",
            reason=f"{scene_id} {band}: {REPLACED} between two parts of it that were read",
        )
        for scene_id, band in sorted(mixed)
    )  # fmt: skip


def _marks(text: str) -> dict[str, str]:
    return {band: mark for band, _, mark in (part.partition("=") for part in text.split())}
