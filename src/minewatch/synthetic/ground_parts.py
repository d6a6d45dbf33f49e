"""Parts of the ground with a history, and how much of each pixel each part fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from rasterio.features import rasterize
from rasterio.transform import from_origin
from scipy import sparse
from scipy.ndimage import find_objects
from shapely.geometry.base import BaseGeometry

from minewatch.synthetic.ground_spectra import material_index
from minewatch.synthetic.spec import CELL_M, PIXEL_M, WorldSpec

PSF_SIGMA_M = 4.0
"""Gaussian part of the point spread: with the 10 m box it gives a modulation of about 0.28 at the
Nyquist frequency, as Sentinel-2's 10 m bands have [D]."""
_CELLS = int(PIXEL_M / CELL_M)
_HALO_PX = 2


@dataclass(frozen=True)
class Event:
    """A part of the ground turns into something else."""

    day: int
    """Ordinal of the day on which it begins."""
    material: str | None
    """What it turns into; None: what would be there by nature."""
    fade_days: float = 3.0
    """Days until it is done."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of ground of one history. Later parts are drawn over earlier ones."""

    owner: str
    """Id of the thing it belongs to; empty for landscape."""
    role: str
    """What it is: `pool`, `bench`, `pad`, `camp`, `roof`, `road`, `field`, …"""
    shape: BaseGeometry
    """Outline in metres."""
    events: tuple[Event, ...]
    """In order of time; before the first one nature is there."""
    tint: tuple[float, ...] = field(default=(1.0,) * 6)
    """Factor on the reflectance of each band."""

    def at(self, day: int) -> tuple[Event | None, Event | None, float]:
        """The event under way, the one before it, and how far the change has gone (0..1)."""
        begun = [e for e in self.events if e.day <= day]
        if not begun:
            return None, None, 1.0
        now, before = begun[-1], begun[-2] if len(begun) > 1 else None
        done = min(1.0, (day - now.day + 1) / max(now.fade_days, 1.0))
        return now, before, done

    def material(self, day: int) -> str | None:
        """What it mostly is on a day; None: nature."""
        now, before, done = self.at(day)
        shown = now if done >= 0.5 else before
        return shown.material if shown else None


class Ground:
    """All parts of a world and their mixture in each pixel.

    Parameters
    ----------
    spec
        The world.
    parts
        In the order in which they are drawn.
    """

    def __init__(self, spec: WorldSpec, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        self.shape = (spec.size_px, spec.size_px)
        labels = _draw(self.parts, spec.size_px * _CELLS, spec.place.origin_xy)
        self.area_m2 = np.bincount(labels.ravel(), minlength=len(parts) + 1)[1:] * CELL_M**2
        self.mixture = _mixture(labels, len(self.parts), spec.size_px)
        self._days, self._materials, self._fades = _calendar(self.parts)
        self._tints = np.array([p.tint for p in self.parts]).reshape(-1, 6)

    def spectra(self, day: int, library: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How much of each part is no longer nature, and what it then reflects.

        Parameters
        ----------
        day
            Ordinal of the day.
        library
            Dims (material, band), reflectance.

        Returns
        -------
        cover, light : arrays, dims (part,) and (part, band)
            Cover 0..1; light already multiplied by cover.
        """
        now = (self._days <= day).sum(axis=1) - 1
        rows = np.arange(len(self.parts))
        done = np.clip((day - self._days[rows, now] + 1) / self._fades[rows, now], 0, 1)
        cover = np.zeros(len(rows))
        light = np.zeros((len(rows), 6))
        library = np.vstack([library, np.zeros(6)])  # row -1: nature
        for at, weight in ((now, done), (now - 1, 1 - done)):
            material = np.where(at < 0, -1, self._materials[rows, np.maximum(at, 0)])
            cover += weight * (material >= 0)
            light += weight[:, None] * library[material] * self._tints
        return cover.astype("float32"), light.astype("float32")

    def apply(self, nature: np.ndarray, day: int, library: np.ndarray) -> np.ndarray:
        """Reflectance of the world on a day, dims (band, y, x), from that of its nature."""
        cover, light = self.spectra(day, library)
        ground = nature * (1 - (self.mixture @ cover).reshape(self.shape))
        for band in range(6):
            ground[band] += (self.mixture @ light[:, band]).reshape(self.shape)
        return np.asarray(ground, "float32")


def _calendar(parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days, materials (-1: nature) and fades of all events, dims (part, event), padded."""
    width = max([len(p.events) for p in parts], default=1)
    days = np.full((len(parts), width), np.iinfo("int64").max)
    materials, fades = np.full(days.shape, -1), np.ones(days.shape)
    for i, part in enumerate(parts):
        for j, event in enumerate(part.events):
            days[i, j], fades[i, j] = event.day, max(event.fade_days, 1.0)
            materials[i, j] = -1 if event.material is None else material_index(event.material)
    return days, materials, fades


def _draw(parts: Sequence[Part], cells: int, origin_xy: tuple[float, float]) -> np.ndarray:
    """Label of the uppermost part in each 2 m cell; 0: none."""
    transform = from_origin(*origin_xy, CELL_M, CELL_M)
    shapes = [(p.shape, i + 1) for i, p in enumerate(parts) if not p.shape.is_empty]
    if not shapes:
        return np.zeros((cells, cells), "int32")
    return np.asarray(
        rasterize(shapes, out_shape=(cells, cells), transform=transform, dtype="int32")
    )


def _psf(pixels: int) -> np.ndarray:
    """Weights of 2 m cells in each of a row of pixels, dims (pixel, cell)."""
    offsets = np.arange(pixels * _CELLS) * CELL_M + CELL_M / 2
    centres = np.arange(pixels) * PIXEL_M + PIXEL_M / 2
    fine = centres[:, None, None] + (np.arange(_CELLS) - 2)[None, :, None] * CELL_M
    weights = np.exp(-(((offsets[None, None, :] - fine) / PSF_SIGMA_M) ** 2) / 2).sum(axis=1)
    return np.asarray(weights / weights.sum(axis=1).max(), "float32")


def _mixture(labels: np.ndarray, parts: int, pixels: int) -> sparse.csr_matrix:
    """Share of each part in each pixel, dims (pixel, part), sparse."""
    rows, cols, values = [], [], []
    bounds = _label_bounds(labels, parts)
    for part, (r0, r1, c0, c1) in enumerate(bounds):
        if r1 < r0:
            continue
        y0, y1 = max(r0 // _CELLS - _HALO_PX, 0), min(r1 // _CELLS + _HALO_PX + 1, pixels)
        x0, x1 = max(c0 // _CELLS - _HALO_PX, 0), min(c1 // _CELLS + _HALO_PX + 1, pixels)
        window = labels[y0 * _CELLS : y1 * _CELLS, x0 * _CELLS : x1 * _CELLS] == part + 1
        share = _psf(y1 - y0) @ window.astype("float32") @ _psf(x1 - x0).T
        y, x = np.nonzero(share > 1e-3)
        rows.append((y + y0) * pixels + x + x0)
        cols.append(np.full(y.size, part))
        values.append(share[y, x])
    if not rows:
        return sparse.csr_matrix((pixels**2, parts), dtype="float32")
    triplet = np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))
    return sparse.csr_matrix(triplet, shape=(pixels**2, parts), dtype="float32")


def _label_bounds(labels: np.ndarray, parts: int) -> list[tuple[int, int, int, int]]:
    """First and last row and column of each label; last before first when it is hidden."""
    bounds = [(0, -1, 0, -1)] * parts
    for i, found in enumerate(find_objects(labels, max_label=parts)):
        if found:
            y, x = found
            bounds[i] = (y.start, y.stop - 1, x.start, x.stop - 1)
    return bounds


def blob(
    rng: np.random.Generator, x: float, y: float, *, area_m2: float, stretch: float = 1.0,
    angle: float = 0.0,
) -> BaseGeometry:  # fmt: skip
    """A rounded irregular patch.

    Parameters
    ----------
    rng
        Source of randomness.
    x, y
        Its centre, metres.
    area_m2
        Its area.
    stretch
        Length over width.
    angle
        Direction of its length, radians from east.
    """
    theta = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = np.ones_like(theta)
    for k in range(2, 6):
        radius += rng.normal(0, 0.28 / k) * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    radius = np.clip(radius, 0.4, None)
    u, v = radius * np.cos(theta) * np.sqrt(stretch), radius * np.sin(theta) / np.sqrt(stretch)
    shape = shapely.Polygon(np.column_stack([u, v])).buffer(0)
    scale = np.sqrt(area_m2 / shape.area)
    u, v = u * scale, v * scale
    px = x + u * np.cos(angle) - v * np.sin(angle)
    py = y + u * np.sin(angle) + v * np.cos(angle)
    return shapely.Polygon(np.column_stack([px, py])).buffer(0)


def rectangle(x: float, y: float, length: float, width: float, angle: float) -> BaseGeometry:
    """A rectangle by centre, sizes (metres) and direction of its length (radians from east)."""
    c, s = np.cos(angle), np.sin(angle)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (length / 2, width / 2)
    return shapely.Polygon(corners @ np.array([(c, s), (-s, c)]) + (x, y))
