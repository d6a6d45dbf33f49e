"""Kernels beside what else computes the same, from the same uint16 (0 = not seen)."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from affine import Affine
from scipy import ndimage

from minewatch.cube.kernels import median_of_looks
from minewatch.detect import baseline
from minewatch.detect.labels import label_patches
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
    untouched = np.arange(MONTHS) < rng.integers(20, MONTHS + 1, pixels)[:, None]
    return series.astype(np.float32), untouched


def fit_ours(setup: Setup) -> Work:
    series, untouched = _series(setup)
    empty = np.zeros((len(series), baseline.FIT_FIELDS), np.float32)
    baseline.follow_baseline(empty[:2].copy(), series[:2], ANGLE, untouched[:2])
    return lambda: np.nan_to_num(baseline.follow_baseline(empty.copy(), series, ANGLE, untouched))


def fit_numpy(setup: Setup) -> Work:
    """The same fit and monitor, a month at a time over all pixels."""
    series, untouched = _series(setup)
    ridge, own = baseline.RIDGE, baseline.SEASON_MONTHS
    floor = baseline.FIRST_SD_MONTHS * baseline.FIRST_SD**2

    def work() -> Any:
        n, c, s, cc, ss, cs, v, vc, vs, missed, learnt = np.zeros((11, len(series)), np.float32)
        out = np.zeros_like(series)
        for t in range(MONTHS):
            x, y, value = np.cos(ANGLE[t]), np.sin(ANGLE[t]), series[:, t]
            with np.errstate(invalid="ignore", divide="ignore"):
                a, b, d = cc - c * c / n + ridge, ss - s * s / n + ridge, cs - c * s / n
                e, f = vc - v * c / n, vs - v * s / n
                det = a * b - d * d
                cosine, sine = (e * b - f * d) / det, (f * a - e * d) / det
                miss = (v - cosine * c - sine * s) / n + cosine * x + sine * y - value
                months = baseline.FIRST_SD_MONTHS + np.maximum(learnt - own, 0)
                sd = np.maximum(np.sqrt((floor + missed) / months), baseline.NOISE_FLOOR)
                told = (learnt >= baseline.MIN_MONTHS) & ~np.isnan(value)
                weight = np.where(told, np.minimum(1, 1.5 * sd / np.maximum(abs(miss), 1e-9)), 1)
            out[:, t] = np.where(told, miss / sd, 0)
            taught = untouched[:, t] & ~np.isnan(value)
            rough = taught & told & (learnt >= own)
            missed += np.where(rough, np.minimum(abs(miss), 3 * sd) ** 2, 0)
            weight, value = np.where(taught, weight, 0), np.nan_to_num(value)
            for total, term in (
                (n, 1), (c, x), (s, y), (cc, x * x), (ss, y * y), (cs, x * y),
                (v, value), (vc, x * value), (vs, y * value),
            ):  # fmt: skip
                total += weight * term
            learnt += taught
        return out

    return work


def _mask(setup: Setup) -> tuple[Any, Any]:
    rng, side = np.random.default_rng(0), int(2400 * setup.scale**0.5)
    field = ndimage.gaussian_filter(rng.standard_normal((side, side)), 2)
    return field > np.quantile(field, 0.8), rng.integers(0, 101, (side, side)).astype(np.uint8)


def zonal_ours(setup: Setup) -> Work:
    """As `detect` does it: its own labels, sums over the labelled pixels only."""
    mask, values = _mask(setup)
    label_patches(mask[:4, :4])

    def work() -> Any:
        labels, count = label_patches(mask)
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
        title=f"Seasonal baseline, fitted and monitored month by month, {MONTHS} months",
        ways={"minewatch": fit_ours, "numpy, all pixels at once": fit_numpy},
        tolerance=0.01,
        notes="`nrt` 0.3 wants its data package and a download: it is not in this run.",
    ),
    "zonal": Case(
        title="Labels and a mean each, of a fifth of the pixels",
        ways={"minewatch": zonal_ours, "scikit-image": zonal_skimage},
        tolerance=1e-6,
    ),
    "outlines": Case(
        title="Outlines of the labels as polygons",
        ways={"minewatch": outlines_ours, "rasterio + shapely": outlines_rasterio},
        tolerance=1e-6,
    ),
}  # fmt: skip
