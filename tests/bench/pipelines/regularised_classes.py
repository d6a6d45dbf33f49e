"""As `sits` works, by hand: months made regular, gaps filled, a forest taught, pixels classified.

`sits` is R; its steps are `sits_regularize`, `sits_train(sits_rfor())`, `sits_classify` and
`sits_smooth`. Samples come from the truth of the archive, as its users bring some hundred points.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from rasterio.features import rasterize
from scipy import ndimage
from sklearn.ensemble import RandomForestClassifier

from .shared import BANDS, CLEAR_CLASSES, asked, load, scenes_of, write_patches

SAMPLES = 300
"""Pixels of each class."""
ROWS_AT_ONCE = 64


def months_of(scenes: list[Any]) -> Any:
    """Medians of months, gaps filled along time: dims (time, y, x), float32."""
    cube = load(scenes, BANDS, chunks=None, pool=2)
    clear = cube.scl.isin(CLEAR_CLASSES) & (cube.red > 0)
    months = cube[BANDS].where(clear).astype("float32").resample(time="MS").median()
    filled = months.interpolate_na("time")
    return filled.ffill("time").bfill("time").fillna(0)


def main() -> None:
    """Classes of whole series; the patches of the class of mines."""
    archive, out = asked()
    months = months_of(scenes_of(archive))
    odc_of = months.odc
    series = np.concatenate([months[band].to_numpy() for band in BANDS])
    truth = gpd.read_file(archive / "truth.geojson").to_crs(odc_of.crs.to_epsg())
    outlines = ((outline, 1) for outline in truth.geometry)
    is_mine = rasterize(outlines, series.shape[1:], transform=odc_of.transform) > 0
    rng = np.random.default_rng(0)
    chosen = np.concatenate([
        rng.choice(np.flatnonzero(of), min(SAMPLES, int(of.sum())), replace=False)
        for of in (is_mine, ~is_mine)
    ])  # fmt: skip
    by_pixel = series.reshape(len(series), -1)
    forest = RandomForestClassifier(100, random_state=0, n_jobs=2)
    forest.fit(by_pixel[:, chosen].T, is_mine.ravel()[chosen])
    shares = np.concatenate([
        forest.predict_proba(rows.reshape(len(series), -1).T)[:, 1]
        for rows in np.array_split(series, range(ROWS_AT_ONCE, series.shape[1], ROWS_AT_ONCE), 1)
    ])  # fmt: skip
    smooth = ndimage.uniform_filter(shares.reshape(is_mine.shape), 5)
    write_patches(smooth > 0.5, odc_of, out / "mines.geojson")


if __name__ == "__main__":
    main()
