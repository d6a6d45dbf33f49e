"""Fully constrained unmixing: the share of each kind of ground in a pixel.

A pool is about one pixel wide, so it is measured as a share of pixels and not counted in whole
ones. Shares are non-negative and sum to one [1]_; the few endmembers make it possible to solve
every combination of them beforehand, and to walk from one combination to the next in each pixel.

References
----------
.. [1] Heinz & Chang 2001, Fully constrained least squares linear spectral mixture analysis,
   doi:10.1109/36.911111
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minewatch.detect.endmembers import DEFAULT_LIBRARY, Library
from minewatch.detect.simplex import Solver, find_solver, unmix_pixels
from minewatch.errors import ContractError
from minewatch.model import CORE_BANDS, REFLECTANCE_BANDS, REFLECTANCE_SCALE, Band

NOT_SEEN = 255
"""Value of a pixel that was not seen, where shares are held in per cent."""
RESIDUAL_SCALE = 1_000
"""A residual held as uint8 is reflectance times this, at most 254."""
_BLOCK = 1 << 16


def fractions(
    bands: Mapping[str, NDArray[Any]], *, library: Library = DEFAULT_LIBRARY
) -> dict[str, NDArray[Any]]:
    """Shares of vegetation, soil, water, white and shade in every pixel, and the misfit.

    The shares sum to one with shade among them; `without_shade` divides it out. Water is milky or
    turbid water that reflects more than shade. Dark water has the spectrum of shade and is
    reported as shade: only its surroundings can reveal it. On ground known to be cleared and lit,
    another library may count dark pools as water. Each pixel is solved for itself.

    Parameters
    ----------
    bands
        Name to array, all of one shape: the four 10 m bands, and SWIR when there is any.
        Integers are reflectance × 10,000, floats reflectance 0..1; 0, less or NaN is not seen.
        Where SWIR is not seen, the four 10 m bands are unmixed alone.
    library
        Endmembers and weights.

    Returns
    -------
    dict of arrays, same shape
        One entry for each group of the library and `residual`, the root mean square misfit.
        From integers: uint8, shares in per cent, `residual` in reflectance × 1,000 (at most 254),
        `NOT_SEEN` where not seen. From floats: float32 0..1, reflectance, NaN where not seen.

    Raises
    ------
    ContractError
        When a 10 m band is missing or shapes differ.
    """
    used = _checked(bands)
    columns = [np.ascontiguousarray(bands[b]).reshape(-1) for b in used]
    names = (*library.groups, "residual")
    is_integer = columns[0].dtype.kind in "iu"
    out = np.empty((len(names), columns[0].size), np.uint8 if is_integer else np.float32)
    for start in range(0, columns[0].size, _BLOCK):
        block = np.stack([c[start : start + _BLOCK] for c in columns])
        out[:, start : start + _BLOCK] = _unmix_block(block, used, library, out.dtype)
    shape = bands[used[0]].shape
    return {name: values.reshape(shape) for name, values in zip(names, out, strict=True)}


def without_shade(
    shares: Mapping[str, NDArray[Any]], *, most_shade: float = 0.5
) -> dict[str, NDArray[Any]]:
    """Shares of the lit ground, with shade divided out up to a limit.

    Dividing by what little light is left turns the noise of a dark slope into water. So the
    divisor is never less than `1 - most_shade`, and dark pixels keep low shares of everything.

    Parameters
    ----------
    shares
        From `fractions`: uint8 per cent or float 0..1.
    most_shade
        Shade beyond this share is not divided out. [D] 0.5.

    Returns
    -------
    dict of arrays
        Shares of all groups but shade, same unit, dtype and not-seen value.
    """
    shade = shares["shade"]
    is_percent = shade.dtype == np.uint8
    unit = 100.0 if is_percent else 1.0
    lit = 1.0 - np.minimum(shade.astype(np.float32) / unit, most_shade)
    groups = [g for g in shares if g not in ("shade", "residual")]
    if not is_percent:
        return {g: shares[g] / lit for g in groups}
    seen = shade != NOT_SEEN
    return {
        g: np.where(seen, np.minimum(np.rint(shares[g] / lit), 100), NOT_SEEN).astype(np.uint8)
        for g in groups
    }


def _checked(bands: Mapping[str, NDArray[Any]]) -> tuple[Band, ...]:
    missing = [b for b in CORE_BANDS if b not in bands]
    if missing:
        raise ContractError(
            f"unmixing: band {missing[0]!r} is missing of {sorted(bands)}",
            hint=f"needs {', '.join(CORE_BANDS)}; swir16 and swir22 help",
        )
    used = tuple(b for b in REFLECTANCE_BANDS if b in bands)
    shapes = {b: bands[b].shape for b in used}
    if len(set(shapes.values())) > 1:
        raise ContractError(f"unmixing: bands differ in shape: {shapes}")
    return used


def _unmix_block(
    block: NDArray[Any], used: tuple[Band, ...], library: Library, kind: np.dtype[Any]
) -> NDArray[Any]:
    """Shares of groups and the residual, dims (group, pixel), of `block` (band, pixel)."""
    core = len(CORE_BANDS)
    out = np.empty((len(library.groups) + 1, block.shape[1]), kind)
    _run(find_solver(library, used), block, out)
    if len(used) == core:
        return out
    is_core_only = (block[:core] > 0).all(axis=0) & ~(block > 0).all(axis=0)
    if is_core_only.any():
        part = np.empty((len(out), int(is_core_only.sum())), out.dtype)
        _run(
            find_solver(library, CORE_BANDS), np.compress(is_core_only, block[:core], axis=1), part
        )
        out[:, is_core_only] = part
    return out


def _run(solver: Solver, block: NDArray[Any], out: NDArray[Any]) -> None:
    if out.dtype == np.uint8:
        unmix_pixels(block, out, 1.0 / REFLECTANCE_SCALE, 100.0, RESIDUAL_SCALE, NOT_SEEN, *solver)
    else:
        unmix_pixels(block, out, 1.0, 1.0, 1.0, np.nan, *solver)
