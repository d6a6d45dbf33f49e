"""The rasters of a project: copied beside it, or left where they lie."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol
from xml.etree.ElementTree import fromstring

import numpy as np
import rasterio
import xarray as xr
from odc.geo.geobox import GeoBox
from rasterio.errors import RasterioError

from minewatch.errors import OutputError
from minewatch.exporters.cog_writing import write_cog
from minewatch.files import atomic_path, output_error
from minewatch.model import RunResult
from minewatch.model.raster_coords import raster_coords

RasterChoice = Literal["copy", "link", "none"]
FOLDER: Final = "rasters"
NATURAL_COLOUR: Final = "natural_colour"
MOST_PERIODS: Final = 24
"""Latest periods that have raster layers of their own; a legend of more serves nobody."""
STACKS: Final[Mapping[str, str]] = {
    "score": "Evidence of change",
    "observed": "Seen clear",
    "clear_looks": "Clear looks",
}
"""Rasters of the run with a band a period, to their titles."""


class GroundPicture(Protocol):
    """Natural colour of the whole grid in one period."""

    @property
    def period_start(self) -> str:
        """First day of the period, ISO."""

    @property
    def rgb(self) -> np.ndarray:
        """Dims (colour, y, x), uint8; 0 in all colours: not seen."""

    @property
    def transform(self) -> rasterio.Affine:
        """Of its pixels, metres."""

    @property
    def epsg(self) -> int:
        """UTM zone."""


@dataclass(frozen=True, kw_only=True)
class ProjectRaster:
    """One raster layer of a project."""

    name: str
    """Name of the layer, without special characters."""
    kind: str
    """`natural_colour`, a name of `STACKS`, or `first_detected`."""
    title: str
    """Its name in the legend."""
    source: str
    """Path from the folder of the project."""
    path: Path
    """Where it lies now."""
    band: int = 1
    """Which band is shown."""
    span: tuple[str, str] | None = None
    """First and last day of its period; None for what covers the whole run."""


def place_rasters(
    result: RunResult, out: Path, *, choice: RasterChoice, ground: Sequence[GroundPicture]
) -> tuple[list[ProjectRaster], list[Path]]:
    """The raster layers of a project, latest period first, and the files written for them.

    Parameters
    ----------
    result
        A finished run.
    out
        Folder of the project.
    choice
        `copy` makes the folder whole, `link` refers to the folder of the run for what lies there,
        `none` leaves rasters out.
    ground
        Natural colour of every period, which no run has as files: written with `link` too; empty
        takes the first and the last, which the run has.
    """
    if choice == "none":
        return [], []
    written: list[Path] = []
    rasters = []
    pictures = _pictures(result, out, written, ground)
    for start, path in pictures.items():
        period = _period(result, start)
        rasters.append(
            ProjectRaster(
                name=f"{NATURAL_COLOUR}_{start}", kind=NATURAL_COLOUR, title=period["label"],
                source=_source(path, result, out, choice, written), path=path,
                span=(period["start"], period["end"]),
            )
        )  # fmt: skip
    rasters.sort(key=lambda raster: raster.name, reverse=True)
    if "first_detected" in result.rasters:
        path = result.rasters["first_detected"]
        source = _source(path, result, out, choice, written)
        rasters.append(
            ProjectRaster(
                name="first_detected", kind="first_detected", title="First detected",
                source=source, path=path,
            )
        )  # fmt: skip
    for kind in STACKS:
        rasters += _stack(kind, result, out, choice, written)
    return rasters, written


def picture_files(result: RunResult) -> dict[str, Path]:
    """First day of the period of each natural-colour raster of a run, to its file.

    Parameters
    ----------
    result
        A finished run.
    """
    starts = {str(p["label"]): str(p["start"]) for p in result.manifest["periods"]}
    found = {}
    for name in ("rgb_before", "rgb_after"):
        path = result.rasters.get(name)
        if path is None:
            continue
        try:
            with rasterio.open(path) as file:
                label = file.tags().get("meaning", "").removeprefix("natural colour, ")
        except (RasterioError, OSError) as error:
            hint = "run again with --resume"
            raise OutputError(f"cannot read {path}: {error}", hint=hint) from error
        if label in starts:
            found[starts[label]] = path
    return found


def _pictures(
    result: RunResult, out: Path, written: list[Path], ground: Sequence[GroundPicture]
) -> dict[str, Path]:
    """First day of a period to the file of its picture: those of the run, or made here."""
    if not ground:
        return picture_files(result)
    made = {}
    for picture in sorted(ground, key=lambda p: p.period_start)[-MOST_PERIODS:]:
        rows, cols = picture.rgb.shape[1:]
        geobox = GeoBox((rows, cols), picture.transform, f"EPSG:{picture.epsg}")
        layer = xr.DataArray(picture.rgb, dims=("band", "y", "x"), coords=raster_coords(geobox))
        path = out / FOLDER / NATURAL_COLOUR / f"{picture.period_start}.tif"
        label = _period(result, picture.period_start)["label"]
        write_cog(
            layer, path, meaning=f"natural colour, {label}",
            unit="1", band_names=("red", "green", "blue"), simulated=result.simulated,
        )  # fmt: skip
        made[picture.period_start] = path
        written.append(path)
    return made


def _stack(
    kind: str, result: RunResult, out: Path, choice: RasterChoice, written: list[Path]
) -> list[ProjectRaster]:
    """One layer a period of a raster with a band a period, latest first."""
    path = result.rasters.get(kind)
    if path is None:
        return []
    source = _source(path, result, out, choice, written)
    periods = list(enumerate(result.manifest["periods"], start=1))
    return [
        ProjectRaster(
            name=f"{kind}_{period['start']}", kind=kind, title=str(period["label"]), source=source,
            path=path, band=band, span=(str(period["start"]), str(period["end"])),
        )
        for band, period in periods[: -MOST_PERIODS - 1 : -1]
    ]  # fmt: skip


def _period(result: RunResult, start: str) -> dict[str, str]:
    for period in result.manifest["periods"]:
        if str(period["start"]) == start:
            return {name: str(period[name]) for name in ("start", "end", "label")}
    return {"start": start, "end": start, "label": start}


def _source(
    path: Path, result: RunResult, out: Path, choice: RasterChoice, written: list[Path]
) -> str:
    """Path of a raster from the project; with `copy` it is put there first, with its parts."""
    if path.is_relative_to(out):
        return f"./{path.relative_to(out).as_posix()}"
    if choice == "link":
        relative = Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()
        return relative if relative.startswith("../") else f"./{relative}"
    base = result.directory / FOLDER
    names = [path.relative_to(base), *(p.relative_to(base) for p in _parts_of(path))]
    for name in names:
        _copy(base / name, out / FOLDER / name)
        written.append(out / FOLDER / name)
    return f"./{FOLDER}/{names[0].as_posix()}"


def _parts_of(path: Path) -> list[Path]:
    """Files that a VRT is made of."""
    if path.suffix != ".vrt":
        return []
    try:
        root = fromstring(path.read_bytes())
    except OSError as error:
        raise output_error(path, error) from None
    return [path.parent / (e.text or "") for e in root.iter("SourceFilename")]


def _copy(source: Path, target: Path) -> None:
    try:
        with atomic_path(target) as part:
            shutil.copyfile(source, part)
    except OSError as error:
        raise output_error(target, error) from None
