"""The whole job beside the pipeline a good engineer would write in an afternoon."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minewatch import synthetic
from minewatch.pipeline import run

from .case import Case, Setup, Work

BANDS = ["blue", "green", "red", "nir", "swir16", "swir22"]
SMALL, LARGE = "archive", "archive-large"
YEARS = {SMALL: (2020, 2022), LARGE: (2017, 2022)}
"""Archive to the years of its first November and of its last April."""
SIDE_PX = {SMALL: 256, LARGE: 660}
"""Archive to the side of its world at scale 1."""


def archive_of(setup: Setup, name: str) -> synthetic.Archive:
    """A simulated archive, an overpass every ten days."""
    first, last = YEARS[name]
    spec = replace(
        synthetic.PRESETS["demo"], name="bench", seed=3, revisit_days=10, quarries=0,
        size_px=int(SIDE_PX[name] * setup.scale**0.5) // 2 * 2,
        start=date(first, 11, 1), end=date(last, 4, 30),
    )  # fmt: skip
    return synthetic.Archive(directory=setup.folder / name, spec=spec)


def maker(*names: str) -> Callable[[Setup], None]:
    """What writes archives."""

    def make_files(setup: Setup) -> None:
        for archive in (archive_of(setup, name) for name in names):
            if not archive.truth_overpasses.exists():
                shutil.rmtree(archive.directory, ignore_errors=True)
                synthetic.write_archive(archive.directory, archive.spec)

    return make_files


def ours(setup: Setup, name: str = SMALL) -> Work:
    """`minewatch.run`."""

    def once(archive: synthetic.Archive) -> Any:
        out = setup.folder / "run"
        shutil.rmtree(out, ignore_errors=True)
        run(
            archive.aoi, start=archive.spec.start, end=archive.spec.end,
            catalog=str(archive.catalog), out=out,
        )  # fmt: skip
        return np.zeros(1)

    return _warmed(once, setup, name)


def _warmed(work: Callable[[synthetic.Archive], Any], setup: Setup, name: str) -> Work:
    """Work on an archive, done once on the small one: all is loaded and compiled then."""
    work(archive_of(setup, SMALL))
    return lambda: work(archive_of(setup, name))


def afternoon(setup: Setup, name: str = SMALL) -> Work:
    """Seasonal medians by odc-stac and dask, a drop of NDVI, labels, polygons, GeoJSON.

    Of all overpasses it reads those of the first and of the last dry season only.
    """
    import odc.stac
    import pystac

    def season(items: list[Any], start: str, end: str) -> Any:
        chosen = [i for i in items if start <= i.datetime.date().isoformat() <= end]
        cube = odc.stac.load(
            chosen, bands=[*BANDS, "scl"], crs="utm", resolution=10, groupby="solar_day",
            chunks={"x": 512, "y": 512}, resampling={"*": "bilinear", "scl": "nearest"},
        )  # fmt: skip
        clear = cube.scl.isin([4, 5, 6, 7])
        return cube[BANDS].where(clear & (cube.red > 0)).median("time").compute()

    def work(archive: synthetic.Archive) -> Any:
        items = list(pystac.Catalog.from_file(str(archive.catalog)).get_items(recursive=True))
        years = archive.spec.start.year + 1, archive.spec.end.year
        before, after = (season(items, f"{y - 1}-11-01", f"{y}-04-30") for y in years)
        ndvi = [(m.nir - m.red) / (m.nir + m.red) for m in (before, after)]
        lost = ((ndvi[0] - ndvi[1] > 0.25) & (ndvi[1] < 0.5)).to_numpy()
        _write_patches(lost, before.odc, setup.folder / "afternoon.geojson")
        return np.zeros(0)

    return _warmed(work, setup, name)


def all_overpasses(setup: Setup, name: str = SMALL) -> Work:
    """Every overpass in one cube by odc-stac, monthly medians, greenness below that of the months
    of the first two years, when it was lost for good, and a table a dry season: all by xarray.
    """
    import odc.stac
    import pystac
    import xarray as xr

    def work(archive: synthetic.Archive) -> Any:
        items = list(pystac.Catalog.from_file(str(archive.catalog)).get_items(recursive=True))
        cube = odc.stac.load(
            items, bands=[*BANDS, "scl"], crs="utm", resolution=10, groupby="solar_day",
            chunks=None, pool=2, resampling={"*": "bilinear", "scl": "nearest"},
        )  # fmt: skip
        clear = cube.scl.isin([4, 5, 6, 7]) & (cube.red > 0)
        months = xr.Dataset(
            {band: cube[band].where(clear).astype("float32").resample(time="MS").median()
             for band in BANDS}
        )  # fmt: skip
        ndvi = (months.nir - months.red) / (months.nir + months.red)
        usual = ndvi[:24].groupby("time.month").mean()
        is_low = (ndvi.groupby("time.month") - usual < -0.25) & (ndvi < 0.5)
        runs = is_low.rolling(time=3).sum() == 3
        is_lost = runs.any("time").to_numpy()
        seen = ndvi.notnull().resample(time="YS-NOV").sum()
        low = is_low.resample(time="YS-NOV").sum() > seen / 2
        for at, season in enumerate(low):
            path = setup.folder / f"season-{at}.geojson"
            _write_patches(is_lost & season.to_numpy(), cube.odc, path)
        return np.zeros(0)

    return _warmed(work, setup, name)


def _write_patches(lost: Any, odc: Any, path: Path) -> None:
    import geopandas as gpd
    import pandas as pd
    import shapely
    from rasterio.features import shapes
    from scipy import ndimage

    labels, count = ndimage.label(ndimage.binary_opening(lost))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    labels[sizes[labels] < 10] = 0
    outlines = shapes(labels.astype(np.int32), labels > 0, transform=odc.transform)
    rows = [(int(label), shapely.geometry.shape(outline)) for outline, label in outlines]
    table = pd.DataFrame({"site": [label for label, _ in rows]})
    found = gpd.GeoDataFrame(table, geometry=[o for _, o in rows], crs=odc.crs.to_epsg())
    found.to_crs(4326).to_file(path)


WAYS = {
    "minewatch": ours,
    "odc-stac + xarray, two seasons": afternoon,
    "odc-stac + xarray, all overpasses": all_overpasses,
}
NOTES = (
    "The answers are not the same. Two seasons: two medians and one drop of NDVI; other "
    "overpasses are not read. All overpasses: one float cube, monthly medians, months below those "
    "of the first two years. Neither checks an offset or a shift, keeps months, unmixes pools, "
    "knows swidden from a mine, links through time, or can be updated or resumed."
)
CASES = {
    "job": Case(
        title="The whole job on a small simulated archive: two dry seasons, six bands",
        ways=WAYS, notes=NOTES,
    ),
    "job-large": Case(
        title="The whole job on a larger simulated archive: five dry seasons, six bands",
        ways={way: partial(work, name=LARGE) for way, work in WAYS.items()},
        most_rounds=1, only_asked=True, notes="One round: all overpasses take minutes.",
    ),
}  # fmt: skip
MAKERS = {"job": maker(SMALL), "job-large": maker(LARGE, SMALL)}
