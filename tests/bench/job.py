"""The whole job beside the pipeline a good engineer would write in an afternoon."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from minewatch import synthetic
from minewatch.pipeline import run

from .case import Case, Setup, Work

SEASONS = [("2020-11-01", "2021-04-30"), ("2021-11-01", "2022-04-30")]
BANDS = ["blue", "green", "red", "nir", "swir16", "swir22"]


def _spec(setup: Setup) -> synthetic.WorldSpec:
    return replace(
        synthetic.PRESETS["demo"], name="bench", seed=3, revisit_days=10, quarries=0,
        size_px=int(256 * setup.scale**0.5) // 2 * 2,
        start=date(2020, 11, 1), end=date(2022, 4, 30),
    )  # fmt: skip


def make_files(setup: Setup) -> None:
    folder = setup.folder / "archive"
    if not (folder / "truth_looks.csv").exists():
        shutil.rmtree(folder, ignore_errors=True)
        synthetic.write_archive(folder, _spec(setup))


def ours(setup: Setup) -> Work:
    archive = synthetic.Archive(directory=setup.folder / "archive", spec=_spec(setup))

    def once() -> Any:
        out = setup.folder / "run"
        shutil.rmtree(out, ignore_errors=True)
        run(
            archive.aoi, start=archive.spec.start, end=archive.spec.end,
            catalog=str(archive.catalog), out=out,
        )  # fmt: skip
        return np.zeros(1)

    once()  # compiles what is not compiled yet
    return once


def afternoon(setup: Setup) -> Work:
    """Seasonal medians by odc-stac and dask, a drop of NDVI, labels, polygons, GeoJSON."""
    import geopandas as gpd
    import odc.stac
    import pandas as pd
    import pystac
    import shapely
    from rasterio.features import shapes
    from scipy import ndimage

    archive = synthetic.Archive(directory=setup.folder / "archive", spec=_spec(setup))

    def season(items: list[Any], start: str, end: str) -> Any:
        chosen = [i for i in items if start <= i.datetime.date().isoformat() <= end]
        cube = odc.stac.load(
            chosen, bands=[*BANDS, "scl"], crs="utm", resolution=10, groupby="solar_day",
            chunks={"x": 512, "y": 512}, resampling={"*": "bilinear", "scl": "nearest"},
        )  # fmt: skip
        clear = cube.scl.isin([4, 5, 6, 7])
        return cube[BANDS].where(clear & (cube.red > 0)).median("time").compute()

    def work() -> Any:
        items = list(pystac.Catalog.from_file(str(archive.catalog)).get_items(recursive=True))
        before, after = (season(items, *days) for days in SEASONS)
        ndvi = [(m.nir - m.red) / (m.nir + m.red) for m in (before, after)]
        lost = ((ndvi[0] - ndvi[1] > 0.25) & (ndvi[1] < 0.5)).to_numpy()
        labels, count = ndimage.label(ndimage.binary_opening(lost))
        sizes = np.bincount(labels.ravel(), minlength=count + 1)
        labels[sizes[labels] < 10] = 0
        outlines = shapes(labels.astype(np.int32), labels > 0, transform=before.odc.transform)
        rows = [(int(label), shapely.geometry.shape(outline)) for outline, label in outlines]
        table = pd.DataFrame({"site": [label for label, _ in rows]})
        found = gpd.GeoDataFrame(table, geometry=[o for _, o in rows], crs=before.odc.crs.to_epsg())
        found.to_crs(4326).to_file(setup.folder / "afternoon.geojson")
        return np.zeros(0)

    work()
    return work


CASES = {
    "job": Case(
        title="The whole job on a simulated archive: two dry seasons, six bands",
        ways={"minewatch": ours, "odc-stac + xarray + scipy + geopandas": afternoon},
        notes=(
            "The answers are not the same: the afternoon's pipeline takes two medians and one drop "
            "of NDVI. It checks no offset and no shift, keeps no months, unmixes no pool, knows no "
            "swidden from a mine, links nothing through time, and cannot be updated or resumed."
        ),
    )
}
