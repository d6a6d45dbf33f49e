"""Where one patch lies beside another: cross-correlation of edges to a part of a pixel.

Nothing here goes through BLAS: its threads would fight those that work on the chunks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, rfft2

from minewatch.compiled import kernel, part

Float = NDArray[np.float64]
Complex = NDArray[np.complex128]

STEPS_PER_PX = 32
"""Shifts are found to this part of a pixel."""
AROUND_STEPS = 24
"""Steps looked at to each side of the best whole pixel."""
FINE_PX, COARSE_PX = 0.7, 3.0
"""Standard deviations of the two blurs whose difference is an edge, pixels."""


@dataclass(frozen=True)
class Edges:
    """The edges of a patch, as waves."""

    waves: Complex
    """Half of their spectrum, dims (y, x), as `rfft2` gives it."""
    shape: tuple[int, int]
    """Rows and columns of the patch."""


def find_edges(patch: NDArray[np.uint16]) -> Edges | None:
    """Detail of a patch on one scale of brightness, without an edge round what was not seen.

    Parameters
    ----------
    patch
        Digital numbers, dims (y, x), 0 = not seen.

    Returns
    -------
    Edges or None
        None when it is flat.
    """
    is_seen = patch > 0
    seen = is_seen.astype(float) if not is_seen.all() else None
    values = _logarithms()[patch]
    detail = np.subtract(*(_local_mean(values, seen, width) for width in (FINE_PX, COARSE_PX)))
    if seen is not None:
        detail[~is_seen] = 0.0
    most = 4 * detail.std()
    edges = np.clip(detail, -most, most, out=detail)
    edges *= _taper(patch.shape)
    if not edges.any():
        return None
    return Edges(np.asarray(rfft2(edges)), (patch.shape[0], patch.shape[1]))


@lru_cache(maxsize=1)
def _logarithms() -> Float:
    """Of every digital number; 0 of 0."""
    return np.asarray(np.log(np.maximum(np.arange(1 << 16), 1.0)))


def _local_mean(values: Float, seen: Float | None, width_px: float) -> Float:
    """Values blurred over what was seen; None: all was."""
    if seen is None:
        share = _share_seen(values.shape, width_px)
    else:
        share = np.maximum(_blur(seen, _gaussian(width_px)), 1e-6)
    return _blur(values, _gaussian(width_px)) / share


def find_offset(scene: Edges, reference: Edges, *, most_px: float) -> tuple[float, float] | None:
    """Rows and columns by which a scene must be moved to lie on a reference.

    Parameters
    ----------
    scene, reference
        Edges of patches of the same shape.
    most_px
        Larger offsets are absurd.

    Returns
    -------
    (down, right) or None
        In pixels, whole numbers of 1 / `STEPS_PER_PX`; None when absurd.

    References
    ----------
    Guizar-Sicairos et al. 2008, doi:10.1364/OL.33.000156: the peak of the correlation is found on
    whole pixels, then around there on finer ones by the Fourier sum itself.
    """
    shared = reference.waves * scene.waves.conj()
    rows, cols = reference.shape
    match = np.abs(irfft2(shared, s=reference.shape))
    peak = np.unravel_index(np.argmax(match), match.shape)
    whole = [at if at <= side // 2 else at - side for at, side in zip(peak, (rows, cols))]  # noqa: B905
    if max(map(abs, whole)) > most_px + AROUND_STEPS / STEPS_PER_PX:
        return None
    match = np.abs(_sum_waves(shared.real.copy(), shared.imag.copy(), *_finer(rows, cols, *whole)))
    row, col = np.unravel_index(np.argmax(match), match.shape)
    down, right = float(whole[0] + _steps()[row]), float(whole[1] + _steps()[col])
    return None if max(abs(down), abs(right)) > most_px else (down, right)


def _steps() -> Float:
    """The steps around a whole pixel, in pixels."""
    return np.arange(-AROUND_STEPS, AROUND_STEPS) / STEPS_PER_PX


@lru_cache(maxsize=64)
def _finer(rows: int, cols: int, whole_down: int, whole_right: int) -> tuple[Float, ...]:
    """The waves at all steps around a whole pixel, real and imaginary parts.

    Dims (step, row of waves) for those down, (wave, step) for those to the right.
    """
    ys, xs = whole_down + _steps(), whole_right + _steps()
    down = np.exp(2j * np.pi / rows * np.outer(ys, np.fft.fftfreq(rows, 1 / rows)))
    right = np.exp(2j * np.pi / cols * np.outer(xs, np.arange(cols // 2 + 1)))
    right[:, 1 : (cols + 1) // 2] *= 2  # the other half of the spectrum mirrors this one
    return (
        down.real.copy(), down.imag.copy(), right.real.T.copy(), right.imag.T.copy(),
    )  # fmt: skip


@kernel(
    "float64[:,::1], float64[:,::1], float64[:,::1], float64[:,::1], float64[:,::1], float64[:,::1]"
)
def _sum_waves(
    shared: Float, shared_i: Float, down: Float, down_i: Float, right: Float, right_i: Float
) -> Float:  # pragma: no cover - compiled
    """The correlation between pixels, dims (step down, step right); `_i` are imaginary parts."""
    rows, waves = shared.shape
    out = np.zeros((len(down), right.shape[1]))
    line, line_i = np.empty(waves), np.empty(waves)
    for i in range(len(down)):
        line[:] = 0
        line_i[:] = 0
        for row in range(rows):
            a, b = down[i, row], down_i[i, row]
            for wave in range(waves):
                line[wave] += a * shared[row, wave] - b * shared_i[row, wave]
                line_i[wave] += a * shared_i[row, wave] + b * shared[row, wave]
        for wave in range(waves):
            c, d = line[wave], line_i[wave]
            for j in range(right.shape[1]):
                out[i, j] += c * right[wave, j] - d * right_i[wave, j]
    return out


@lru_cache(maxsize=8)
def _share_seen(shape: tuple[int, int], width_px: float) -> Float:
    """How much of its surroundings each pixel sees where all is seen."""
    return np.asarray(np.maximum(_blur(np.ones(shape), _gaussian(width_px)), 1e-6))


@lru_cache(maxsize=4)
def _gaussian(width_px: float) -> Float:
    reach = np.arange(-round(4 * width_px), round(4 * width_px) + 1)
    weights = np.exp(-(reach**2) / (2 * width_px**2))
    return np.asarray(weights / weights.sum())


@kernel("float64[:,::1], float64[::1]")
def _blur(values: Float, weights: Float) -> Float:  # pragma: no cover - compiled
    """Values blurred down and to the right, dims (y, x); beyond the edges they are mirrored."""
    (rows, cols), size = values.shape, len(weights)
    reach = size // 2
    out, line = np.zeros((rows, cols)), np.empty(cols + 2 * reach)
    within = line[reach : reach + cols]
    for row in range(rows):
        within[:] = 0
        for k in range(size):
            beside = values[_mirrored(row + k - reach, rows)]
            for col in range(cols):
                within[col] += weights[k] * beside[col]
        for at in range(reach):
            line[at] = within[_mirrored(at - reach, cols)]
            line[reach + cols + at] = within[_mirrored(cols + at, cols)]
        for k in range(size):
            for col in range(cols):
                out[row, col] += weights[k] * line[col + k]
    return out


@part
def _mirrored(at: int, count: int) -> int:  # pragma: no cover - compiled
    """The place among so many that shows itself at a place beyond them."""
    while not 0 <= at < count:
        at = -at - 1 if at < 0 else 2 * count - at - 1
    return at


@lru_cache(maxsize=8)
def _taper(shape: Any) -> Float:
    return np.outer(hann(shape[0]), hann(shape[1]))


def hann(count: int) -> Float:
    """The Hann window, to the bit as scipy's, whose package takes half a second to import.

    Parameters
    ----------
    count
        Its length.
    """
    return 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, count)) if count > 1 else np.ones(count)
