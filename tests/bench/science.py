"""Kernels beside what else computes the same, from the same uint16 (0 = not seen)."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from affine import Affine
from scipy import ndimage

from minewatch.cube.kernels import median_of_looks
from minewatch.detect.baseline import MIN_MONTHS, NOISE_FLOOR, RIDGE, drop_below_baseline
from minewatch.detect.outlines import outline_labels

from .case import Case, Setup, Work

LOOKS = 30


def _looks(setup: Setup) -> Any:
    rng, side = np.random.default_rng(0), int(700 * setup.scale**0.5)
    looks = rng.integers(1, 9000, (LOOKS, side, side)).astype(np.uint16)
    looks[rng.random(looks.shape) < 0.4] = 0
    return looks


def median_ours(setup: Setup) -> Work:
    looks = _looks(setup)
    median_of_looks(looks[:, :4, :4].copy())
    return lambda: median_of_looks(looks)


def _floats(looks: Any) -> Any:
    floats = looks.astype(np.float32)
    floats[looks == 0] = np.nan
    return floats


def median_bottleneck(setup: Setup) -> Work:
    import bottleneck

    looks = _looks(setup)
    return lambda: np.nan_to_num(bottleneck.nanmedian(_floats(looks), axis=0))


def median_numpy(setup: Setup) -> Work:
    looks = _looks(setup)
    return lambda: np.nan_to_num(np.nanmedian(_floats(looks), axis=0))


def median_dask(setup: Setup) -> Work:
    import xarray as xr

    cube = xr.DataArray(_looks(setup), dims=("time", "y", "x")).chunk({"y": 128, "x": 128})
    return lambda: cube.where(cube > 0).median("time").fillna(0).compute(scheduler="threads").values


MONTHS = 60
ANGLE = (2 * np.pi * np.arange(MONTHS) / 12).astype(np.float32)


def _series(setup: Setup) -> tuple[Any, Any]:
    rng, pixels = np.random.default_rng(0), int(100_000 * setup.scale)
    series = 0.8 + 0.05 * np.cos(ANGLE) + 0.04 * rng.standard_normal((pixels, MONTHS))
    series[rng.random(series.shape) < 0.3] = np.nan
    change = rng.integers(20, MONTHS + 1, pixels)
    return series.astype(np.float32), change


def fit_ours(setup: Setup) -> Work:
    series, change = _series(setup)
    drop_below_baseline(series[:2], ANGLE, change[:2])
    return lambda: np.nan_to_num(drop_below_baseline(series, ANGLE, change))


def fit_numpy(setup: Setup) -> Work:
    """The same robust fit, all pixels at once, by normal equations."""
    series, change = _series(setup)
    rows = np.stack([np.ones(MONTHS), np.cos(ANGLE), np.sin(ANGLE)], axis=1)
    products = rows[:, :, None] * rows[:, None, :]
    ridge = np.diag([0.0, RIDGE, RIDGE])

    def work() -> Any:
        values = np.nan_to_num(series).astype(float)
        usable = (np.arange(MONTHS) < change[:, None]) & ~np.isnan(series)
        weight = usable.astype(float)
        enough = usable.sum(axis=1) >= MIN_MONTHS
        weight[~enough] = 1.0
        for _ in range(4):
            left = np.tensordot(weight, products, 1) + ridge
            fit = np.linalg.solve(left, ((weight * values) @ rows)[..., None])[..., 0]
            off = np.abs(values - fit @ rows.T)
            counted = np.where(usable, off, np.nan)
            counted[~enough] = 0
            sd = np.maximum(1.4826 * np.nanmedian(counted, axis=1), NOISE_FLOOR)[:, None]
            weight = np.where(usable, np.minimum(1, 1.5 * sd / np.maximum(off, 1e-9)), 0)
            weight[~enough] = 1.0
        drop = (fit @ rows.T - series) / sd
        drop[~enough] = np.nan
        return np.nan_to_num(drop)

    return work


def _mask(setup: Setup) -> tuple[Any, Any]:
    rng, side = np.random.default_rng(0), int(2400 * setup.scale**0.5)
    field = ndimage.gaussian_filter(rng.standard_normal((side, side)), 2)
    return field > np.quantile(field, 0.8), rng.integers(0, 101, (side, side)).astype(np.uint8)


EIGHT = np.ones((3, 3), int)


def zonal_ours(setup: Setup) -> Work:
    """As `detect` does it: labels by scipy, sums over the labelled pixels only."""
    mask, values = _mask(setup)

    def work() -> Any:
        labels, count = ndimage.label(mask, EIGHT)
        at = np.flatnonzero(labels)
        label = labels.ravel()[at]
        areas = np.bincount(label, minlength=count + 1)[1:]
        return np.bincount(label, values.ravel()[at], minlength=count + 1)[1:] / areas

    return work


def zonal_skimage(setup: Setup) -> Work:
    from skimage.measure import label, regionprops_table

    mask, values = _mask(setup)

    def work() -> Any:
        labels = label(mask, connectivity=2)
        return regionprops_table(labels, values, properties=("label", "area", "mean_intensity"))[
            "mean_intensity"
        ]

    return work


def outlines_ours(setup: Setup) -> Work:
    labels = ndimage.label(_mask(setup)[0])[0]
    outline_labels(labels[:8, :8], transform=Affine.scale(10, -10))
    return lambda: np.sort(
        [p.area for _, p in outline_labels(labels, transform=(10, 0, 0, 0, -10, 0))]
    )


def outlines_rasterio(setup: Setup) -> Work:
    from rasterio.features import shapes

    labels = ndimage.label(_mask(setup)[0])[0].astype(np.int32)

    def work() -> Any:
        found = shapes(labels, labels > 0, transform=Affine(10, 0, 0, 0, -10, 0))
        return np.sort([shapely.geometry.shape(outline).area for outline, _ in found])

    return work


CASES = {
    "median": Case(
        title=f"Median over {LOOKS} looks of uint16, two in five not seen",
        ways={
            "minewatch": median_ours, "bottleneck": median_bottleneck, "numpy": median_numpy,
            "xarray + dask": median_dask,
        },
        tolerance=0.5,
        notes="Ours on one core, xarray + dask on two; peers first need floats with NaN.",
    ),
    "fit": Case(
        title=f"A robust seasonal fit and the drop below it, {MONTHS} months, four rounds",
        ways={"minewatch": fit_ours, "numpy, batched": fit_numpy},
        tolerance=0.01,
        notes="`nrt` 0.3 wants its data package and a download: it is not in this run.",
    ),
    "zonal": Case(
        title="Labels and a mean each, of a fifth of the pixels",
        ways={"minewatch (scipy)": zonal_ours, "scikit-image": zonal_skimage},
        tolerance=1e-6,
    ),
    "outlines": Case(
        title="Outlines of the labels as polygons",
        ways={"minewatch": outlines_ours, "rasterio + shapely": outlines_rasterio},
        tolerance=1e-6,
    ),
}  # fmt: skip
