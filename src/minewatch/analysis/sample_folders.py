"""The folder of a sample: written once, found by name."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from minewatch.analysis.sample_plan import SamplePlan
from minewatch.errors import OutputError, SettingsError, unknown_name
from minewatch.exporters import hash_file
from minewatch.samples.sample_design import FOLDER
from minewatch.samples.unit_files import SampleUnit, write_unit_files


@dataclass(frozen=True, kw_only=True)
class DrawnSample:
    """A sample that was drawn."""

    folder: Path
    """Where its files lie."""
    plan: SamplePlan
    """How it was drawn."""
    files: tuple[Path, ...]
    """Its files."""
    is_new: bool
    """False when it was there already, the same to the byte."""


def write_sample(
    folder: Path,
    plan: SamplePlan,
    units: Sequence[SampleUnit],
    outlines: Sequence[BaseGeometry],
    frame: Path | None,
) -> DrawnSample:
    """Write the sample, or find that the same one is there; never over another one."""
    with tempfile.TemporaryDirectory(prefix="minewatch-sample-") as scratch:
        made = write_unit_files(Path(scratch), plan.design, units, outlines, frame=frame)
        files = tuple(folder / path.name for path in made)
        if (folder / "design.json").exists():
            same = all(
                path.exists() and path.read_bytes() == (Path(scratch) / path.name).read_bytes()
                for path in (folder / "design.json", folder / "units.csv")
            )
            if not same:
                raise OutputError(
                    f"{folder} holds another sample",
                    hint="choose another --name: labels of people may belong to it",
                )
            return DrawnSample(folder=folder, plan=plan, files=files, is_new=False)
        folder.mkdir(parents=True, exist_ok=True)
        for path in made:
            target = folder / path.name
            target.write_bytes(path.read_bytes())
            assert hash_file(target) == hash_file(path)
    return DrawnSample(folder=folder, plan=plan, files=files, is_new=True)


def sample_folder(result_directory: Path, sample: str | Path) -> Path:
    """The folder of a sample: by its name in a run, or as a path.

    Raises
    ------
    SettingsError
        When there is none; lists the known ones.
    """
    named = Path(result_directory) / FOLDER / str(sample)
    for folder in (named, Path(sample)):
        if (folder / "design.json").exists():
            return folder
    known = sorted(p.parent.name for p in (Path(result_directory) / FOLDER).glob("*/design.json"))
    raise SettingsError(
        unknown_name("sample", str(sample), known), hint="draw one: minewatch sample DIR"
    )
