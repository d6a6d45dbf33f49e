"""The door of `detect_pair`: two datasets in, two pictures on one grid out, or a clear error."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.errors import ContractError
from minewatch.model import CORE_BANDS, REFLECTANCE_BANDS, REFLECTANCE_SCALE

Picture = dict[str, NDArray[np.float32]]
"""Band to reflectance 0..1, dims (y, x), NaN where not seen in any of the 10 m bands."""
Transform = tuple[float, float, float, float, float, float]
BRIGHTEST_MEDIAN = 2.0
"""No picture of ground, cloud or snow has a median reflectance above this."""


def read_pictures(before: xr.Dataset, after: xr.Dataset) -> tuple[Picture, Picture]:
    """Both pictures in the bands that they share.

    Raises
    ------
    ContractError
        For a missing band, other dims than (y, x), different shapes, or values that are not
        reflectance 0..1.
    """
    used = [b for b in REFLECTANCE_BANDS if b in before and b in after]
    for name, dataset in (("before", before), ("after", after)):
        missing = [b for b in CORE_BANDS if b not in dataset]
        if missing:
            raise ContractError(
                f"{name}: band {missing[0]!r} is missing of {sorted(map(str, dataset))}",
                hint=f"needs {', '.join(CORE_BANDS)}; swir16 and swir22 help",
            )
        for band in used:
            if set(dataset[band].dims) != {"y", "x"}:
                raise ContractError(
                    f"{name}: {band!r} has dims {dataset[band].dims}, not ('y', 'x')",
                    hint="give one picture, without a time dimension",
                )
    shapes = [tuple(d["red"].sizes[dim] for dim in ("y", "x")) for d in (before, after)]
    if shapes[0] != shapes[1]:
        raise ContractError(
            f"before has shape {shapes[0]}, after has {shapes[1]} (y, x)",
            hint="put both on one grid first",
        )
    return _read(before, used, "before"), _read(after, used, "after")


def _read(dataset: xr.Dataset, used: list[Any], name: str) -> Picture:
    picture: Picture = {}
    for band in used:
        values = dataset[band].transpose("y", "x").to_numpy().astype(np.float32)
        picture[band] = np.where(np.isfinite(values) & (values > 0), values, np.float32(np.nan))
        seen = picture[band][np.isfinite(picture[band])]
        middle = float(np.median(seen)) if seen.size else 0.0
        if middle > BRIGHTEST_MEDIAN:
            raise ContractError(
                f"{name}: {band!r} has a median of {middle:g}, so it is not reflectance 0..1",
                hint=f"divide by {REFLECTANCE_SCALE}, after the offset that the item states",
            )
    is_seen = np.isfinite(np.array([picture[b] for b in CORE_BANDS])).all(axis=0)
    return {b: np.where(is_seen, v, np.float32(np.nan)) for b, v in picture.items()}


def find_transform(before: xr.Dataset, after: xr.Dataset, resolution_m: float | None) -> Transform:
    """Affine transform of the pixels' edges, from the coordinates or the resolution.

    Raises
    ------
    ContractError
        When there is neither, when coordinates are uneven, in degrees, or differ between the two.
    """
    if "x" not in before.coords or "y" not in before.coords:
        if resolution_m is None:
            raise ContractError(
                "before: no coordinates x and y", hint="give them, or resolution_m=10"
            )
        return (resolution_m, 0.0, 0.0, 0.0, -resolution_m, 0.0)
    (x0, dx), (y0, dy) = (_axis(before, name, resolution_m) for name in ("x", "y"))
    for name, step in (("x", dx), ("y", dy)):
        if name not in after.coords:
            continue
        ours, theirs = before[name].to_numpy(), after[name].to_numpy()
        if ours.shape == theirs.shape and np.abs(ours - theirs).max(initial=0) > abs(step) / 4:
            raise ContractError(
                f"before begins at {name} = {ours[0]}, after at {theirs[0]}",
                hint="put both on one grid first",
            )
    if abs(dx) < 0.1:
        raise ContractError(
            f"before: x in steps of {dx:g} is not in metres",
            hint="project to the area's UTM zone first",
        )
    return (dx, 0.0, x0 - dx / 2, 0.0, dy, y0 - dy / 2)


def _axis(dataset: xr.Dataset, name: str, resolution_m: float | None) -> tuple[float, float]:
    """First pixel centre and step of one coordinate."""
    values = dataset[name].to_numpy().astype(float)
    down = -1.0 if name == "y" else 1.0
    if values.size < 2:
        return float(values[0]) if values.size else 0.0, down * (resolution_m or 10.0)
    step = (values[-1] - values[0]) / (values.size - 1)
    if not step or np.abs(np.diff(values) - step).max() > abs(step) / 100:
        raise ContractError(
            f"before: coordinate {name!r} is not evenly spaced", hint="resample the picture first"
        )
    return float(values[0]), float(step)


def find_crs(dataset: xr.Dataset) -> str | None:
    """CRS as text from `spatial_ref` or the attributes; None when the dataset names none."""
    places = [dataset.coords[n].attrs for n in ("spatial_ref", "crs") if n in dataset.coords]
    for attributes in (*places, dataset.attrs):
        for key in ("crs_wkt", "spatial_ref", "crs"):
            if attributes.get(key):
                return str(attributes[key])
    return None
