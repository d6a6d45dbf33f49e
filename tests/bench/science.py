"""Kernels beside what else computes the same, from the same uint16 (0 = not seen)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from minewatch.cube.pixel_kernels import median_of_overpasses
from minewatch.detect.labels import label_patches, label_pixels
from minewatch.detect.outlines import outline_labels
from minewatch.detect.pool_banks import baseline
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT
from minewatch.detect.pool_banks.season_statistics import NO_SHARE, median_share
from minewatch.model import DETECTIONS
from minewatch.sites import link

from .case import Case, Setup, Work

LOOKS = 30


def _overpasses(setup: Setup) -> Any:
    rng, side = np.random.default_rng(0), int(700 * setup.scale**0.5)
    overpasses = rng.integers(1, 9000, (LOOKS, side, side)).astype(np.uint16)
    overpasses[rng.random(overpasses.shape) < 0.4] = 0
    return overpasses


def median_ours(setup: Setup) -> Work:
    overpasses = _overpasses(setup)
    median_of_overpasses(overpasses[:, :4, :4].copy())
    return lambda: median_of_overpasses(overpasses)


def _floats(overpasses: Any) -> Any:
    floats = overpasses.astype(np.float32)
    floats[overpasses == 0] = np.nan
    return floats


def median_bottleneck(setup: Setup) -> Work:
    import bottleneck

    overpasses = _overpasses(setup)
    return lambda: np.nan_to_num(bottleneck.nanmedian(_floats(overpasses), axis=0))


def median_numpy(setup: Setup) -> Work:
    overpasses = _overpasses(setup)
    return lambda: np.nan_to_num(np.nanmedian(_floats(overpasses), axis=0))


def median_dask(setup: Setup) -> Work:
    import xarray as xr

    def median(cube: Any) -> Any:
        return cube.where(cube > 0).median("time").fillna(0).compute(scheduler="threads").values

    cube = xr.DataArray(_overpasses(setup), dims=("time", "y", "x")).chunk({"y": 128, "x": 128})
    median(cube[:, :8, :8])  # where numbagg lies beside it, the first call takes twenty seconds
    return lambda: median(cube)


MONTHS = 60
ROWS = 100
ANGLE = (2 * np.pi * np.arange(MONTHS) / 12).astype(np.float32)


def _series(setup: Setup) -> tuple[Any, Any]:
    """Greenness and months to learn from, dims (month, pixel): what the pipeline and `nrt` take."""
    rng, pixels = np.random.default_rng(0), ROWS * int(100_000 / ROWS * setup.scale)
    series = 0.8 + 0.05 * np.cos(ANGLE)[:, None] + 0.04 * rng.standard_normal((MONTHS, pixels))
    series[rng.random(series.shape) < 0.3] = np.nan
    untouched = np.arange(MONTHS)[:, None] < rng.integers(20, MONTHS + 1, pixels)
    return series.astype(np.float32), untouched


def fit_ours(setup: Setup) -> Work:
    series, untouched = _series(setup)
    empty = np.zeros((series.shape[1], baseline.FIT_FIELDS), np.float32)
    return _warmed(lambda: baseline.follow_baseline(empty.copy(), series, ANGLE, untouched))


def _warmed(work: Work) -> Work:
    """Work done once before: it is compiled, and its memory is at hand, as block after block."""
    work()
    return work


def fit_numpy(setup: Setup) -> Work:
    """The same fit and monitor, a month at a time over all pixels."""
    series, untouched = _series(setup)
    rules = DEFAULT.baseline
    ridge, own = rules.ridge, rules.season_months
    floor = rules.first_sd_months * rules.first_sd**2

    def work() -> Any:
        n, c, s, cc, ss, cs, v, vc, vs, missed, learnt = np.zeros((11, series.shape[1]), np.float32)
        out = np.zeros_like(series)
        for t in range(MONTHS):
            x, y, value = np.cos(ANGLE[t]), np.sin(ANGLE[t]), series[t]
            with np.errstate(invalid="ignore", divide="ignore"):
                a, b, d = cc - c * c / n + ridge, ss - s * s / n + ridge, cs - c * s / n
                e, f = vc - v * c / n, vs - v * s / n
                det = a * b - d * d
                cosine, sine = (e * b - f * d) / det, (f * a - e * d) / det
                miss = (v - cosine * c - sine * s) / n + cosine * x + sine * y - value
                months = rules.first_sd_months + np.maximum(learnt - own, 0)
                sd = np.maximum(np.sqrt((floor + missed) / months), rules.noise_floor)
                known = (learnt >= rules.min_months) & ~np.isnan(value)
                weight = np.where(known, np.minimum(1, 1.5 * sd / np.maximum(abs(miss), 1e-9)), 1)
            out[t] = np.where(known, miss / sd, np.nan)
            taught = untouched[t] & ~np.isnan(value)
            rough = taught & known & (learnt >= own)
            missed += np.where(rough, np.minimum(abs(miss), 3 * sd) ** 2, 0)
            weight, value = np.where(taught, weight, 0), np.nan_to_num(value)
            for total, term in (
                (n, 1), (c, x), (s, y), (cc, x * x), (ss, y * y), (cs, x * y),
                (v, value), (vc, x * value), (vs, y * value),
            ):  # fmt: skip
                total += weight * term
            learnt += taught
        return out

    return _warmed(work)


HISTORY = MONTHS // 2
DATES = pd.date_range("2017-01-15", periods=MONTHS, freq="30D")


def fit_ewma(setup: Setup) -> Work:
    """EWMA of `nrt`."""
    from nrt.monitor.ewma import EWMA

    return _monitored(EWMA, setup)


def fit_cusum(setup: Setup) -> Work:
    """CUSUM of `nrt`."""
    from nrt.monitor.cusum import CuSum

    return _monitored(CuSum, setup)


def _monitored(kind: Any, setup: Setup) -> Work:
    """A monitor of `nrt`: fitted on the first half of the months, then led month by month."""
    import xarray as xr

    series, _ = _series(setup)
    cube = xr.DataArray(
        series.reshape(MONTHS, ROWS, -1), dims=("time", "y", "x"), coords={"time": DATES}
    )

    def work() -> Any:
        monitor = kind(trend=False, harmonic_order=1)
        monitor.fit(cube[:HISTORY], method="OLS", screen_outliers=None)
        for at in range(HISTORY, MONTHS):
            monitor.monitor(cube[at].to_numpy(), DATES[at].to_pydatetime())
        return np.zeros(0)

    return _warmed(work)


def fit_cold(setup: Setup) -> Work:
    """COLD of pyxccd on a hundredth of the pixels: a harder problem, seven bands at a time."""
    from pyxccd import cold_detect

    series = np.ascontiguousarray(_series(setup)[0][:, ::100].T)
    days = np.array([day.toordinal() for day in DATES], np.int64)

    def work() -> Any:
        for values in series:
            seen = ~np.isnan(values)
            band = (10_000 * values[seen]).astype(np.int64)
            clear = np.zeros(len(band), np.int64)
            try:
                cold_detect(days[seen], *[band] * 7, clear)
            except RuntimeError:  # too few overpasses for it
                continue
        return np.zeros(0)

    return work


SEASON_MONTHS = 6


def _shares(setup: Setup) -> Any:
    """Per cent in each month of a season, dims (pixel, month), 255 where not seen."""
    rng, pixels = np.random.default_rng(0), int(400_000 * setup.scale)
    shares = rng.integers(0, 101, (pixels, SEASON_MONTHS)).astype(np.uint8)
    shares[rng.random(shares.shape) < 0.3] = NO_SHARE
    return shares


def season_ours(setup: Setup) -> Work:
    shares = np.ascontiguousarray(_shares(setup).T)  # as months are kept
    return _warmed(lambda: median_share(shares))


def _floats_of(shares: Any) -> Any:
    return np.where(shares == NO_SHARE, np.nan, shares).astype(np.float32)


def _season_by(nanmedian: Callable[..., Any], setup: Setup) -> Work:
    shares = _shares(setup)

    def work() -> Any:
        return np.nan_to_num(np.floor(nanmedian(_floats_of(shares), axis=1)), nan=NO_SHARE)

    return _warmed(work)


def season_numbagg(setup: Setup) -> Work:
    import numbagg

    return _season_by(numbagg.nanmedian, setup)


def season_bottleneck(setup: Setup) -> Work:
    import bottleneck

    return _season_by(bottleneck.nanmedian, setup)


def season_moments(setup: Setup) -> Work:
    import numbagg

    shares = _shares(setup)

    def work() -> Any:
        floats = _floats_of(shares)
        numbagg.nanmean(floats, axis=1), numbagg.nanstd(floats, axis=1)
        return np.zeros(0)

    return _warmed(work)


def _mask(setup: Setup) -> tuple[Any, Any]:
    rng, side = np.random.default_rng(0), int(2400 * setup.scale**0.5)
    field = ndimage.gaussian_filter(rng.standard_normal((side, side)), 2)
    return field > np.quantile(field, 0.8), rng.integers(0, 101, (side, side)).astype(np.uint8)


def zonal_ours(setup: Setup) -> Work:
    """As `detect` does it: its own labels, sums over the labelled pixels only."""
    mask, values = _mask(setup)
    label_pixels(np.flatnonzero(mask[:4, :4]), 4)

    def work() -> Any:
        patches = label_pixels(np.flatnonzero(mask), mask.shape[1])
        label, length = patches.label, patches.count + 1
        areas = np.bincount(label, minlength=length)[1:]
        return np.bincount(label, values.ravel()[patches.at], minlength=length)[1:] / areas

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


PERIODS = 5


def _patches(setup: Setup) -> gpd.GeoDataFrame:
    """One growing patch a site and period, sites 400 m apart, edges on pixels of 10 m."""
    rng, across, pitch = np.random.default_rng(0), int(50 * setup.scale**0.5), 60
    at = np.arange(across) * pitch + pitch // 2
    y, x = np.ogrid[: across * pitch, : across * pitch]
    far = np.hypot(y % pitch - pitch // 2, x % pitch - pitch // 2)
    tables = []
    for period in range(PERIODS):
        rough = ndimage.gaussian_filter(rng.standard_normal(far.shape), 3) * 10
        labels, _ = label_patches(far < 7 + period + rough)
        labels *= np.isin(labels, labels[np.ix_(at, at)])
        outlines = outline_labels(labels, transform=(10, 0, 500_000, 0, -10, 2_900_000))
        day, last = f"{2018 + period}-11-01", f"{2019 + period}-04-30"
        table = gpd.GeoDataFrame(geometry=[outline for _, outline in outlines], crs=32647)
        tables.append(table.assign(period_start=day, period_end=last, first_detected=day))
    rows = pd.concat(tables, ignore_index=True).assign(last_undisturbed=None, confidence=0.9)
    areas = {name: rows.area for name in DETECTIONS if name.endswith("_m2")}
    return rows.assign(**areas, pool_count_low=0, pool_count_high=1, terms=[{}] * len(rows))


def _first_of_each(site: Any, geometry: Any) -> Any:
    """Sorted pairs of a patch and the first one of its site: the partition, whatever its names."""
    place = shapely.get_coordinates(shapely.point_on_surface(geometry)).round(1)
    table = pd.DataFrame({"site": site, "x": place[:, 0], "y": place[:, 1]})
    table = table.sort_values(["x", "y"], kind="stable", ignore_index=True)
    return table.groupby("site").x.transform("first").to_numpy() + table.x


def link_ours(setup: Setup) -> Work:
    rows = _patches(setup)
    link(rows[:20], area_key="bench", epsg=32647)

    def work() -> Any:
        members = link(rows, area_key="bench", epsg=32647).members
        return _first_of_each(members["site_id"], members.geometry)

    return work


def link_iou(setup: Setup) -> Work:
    """Patches of two periods that follow are one when they share a tenth of their union."""
    rows = _patches(setup)
    shapes, period = rows.geometry.to_numpy(), rows["period_start"].to_numpy()

    def work() -> Any:
        starts = np.unique(period)
        pairs = []
        for before, after in pairwise(starts):
            old, new = np.flatnonzero(period == before), np.flatnonzero(period == after)
            a, b = shapely.STRtree(shapes[old]).query(shapes[new], predicate="intersects")
            one, other = shapes[new[a]], shapes[old[b]]
            shared = shapely.area(shapely.intersection(one, other))
            together = shapely.area(shapely.union(one, other))
            kept = shared >= 0.1 * together
            pairs.append((new[a][kept], old[b][kept]))
        left, right = np.concatenate(pairs, axis=1)
        graph = coo_array((np.ones(len(left)), (left, right)), shape=(len(rows), len(rows)))
        return _first_of_each(connected_components(graph, directed=False)[1], rows.geometry)

    return work


CASES = {
    "median": Case(
        title=f"Median over {LOOKS} overpasses of uint16, two in five not seen",
        ways={
            "minewatch": median_ours, "bottleneck": median_bottleneck, "numpy": median_numpy,
            "xarray + dask": median_dask,
        },
        tolerance=0.5,
        notes="Ours on one core, xarray + dask on two; peers first need floats with NaN.",
    ),
    "fit": Case(
        title=f"Seasonal baseline, fitted and monitored month by month, {MONTHS} months",
        ways={
            "minewatch": fit_ours, "numpy, all pixels at once": fit_numpy, "nrt EWMA": fit_ewma,
            "nrt CUSUM": fit_cusum, "pyxccd COLD, a hundredth of the pixels": fit_cold,
        },
        tolerance=0.01,
        repeats=8,
        notes=(
            "Memory at hand, from rows of months (COLD: of pixels); nrt takes 1.3 threads, the "
            "others one. nrt fits the first half of the months once and monitors the other, ours "
            "fits and monitors every month; COLD is a harder problem. Their answers are others."
        ),
    ),
    "season": Case(
        title=f"Median over the {SEASON_MONTHS} months of a season, shares as uint8",
        ways={
            "minewatch": season_ours, "bottleneck": season_bottleneck, "numbagg": season_numbagg,
            "numbagg, mean and spread": season_moments,
        },
        notes=(
            "All warm, on one thread; peers first need floats with NaN. Evidence takes medians of "
            "months where a mean and its spread would believe every cloud: there is no kernel of "
            "these, and numbagg's are an easier problem."
        ),
    ),
    "zonal": Case(
        title="Labels and a mean each, of a fifth of the pixels",
        ways={"minewatch": zonal_ours, "scikit-image": zonal_skimage},
        tolerance=1e-6,
        repeats=4,
        notes="Four times in a row, as periods follow one another.",
    ),
    "link": Case(
        title=f"Patches of {PERIODS} periods linked to sites",
        ways={"minewatch": link_ours, "STRtree + IoU": link_iou},
        tolerance=0.2,
        notes=(
            "Every site is one patch a period here, so that both find the same sites. Ours also "
            "groups patches of a period, unites footprints, names sites, and looks for merges and "
            "splits."
        ),
    ),
    "outlines": Case(
        title="Outlines of the labels as polygons",
        ways={"minewatch": outlines_ours, "rasterio + shapely": outlines_rasterio},
        tolerance=1e-6,
    ),
}  # fmt: skip
