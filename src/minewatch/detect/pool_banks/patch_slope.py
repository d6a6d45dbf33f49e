"""How a patch lies on the slope under it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from minewatch.detect.labels import Patches
from minewatch.model import Grid

SLOPE_COLUMNS = ("slope_deg", "aspect_deg", "downhill")
"""Columns of `slopes_under`."""


def slopes_under(
    patches: Patches, table: pd.DataFrame, gradient: xr.Dataset, *, grid: Grid
) -> pd.DataFrame:
    """Slope under each patch, where it faces, and whether the patch runs downhill.

    Parameters
    ----------
    patches
        The patches.
    table
        Of `patch_figures.describe` of some of them, with `axis_deg`; index the label.
    gradient
        `gradient_east` and `gradient_north`, metres a metre, dims (y, x), with coordinates of any
        pixel size in the grid's CRS; NaN where unknown.
    grid
        Where the patches lie.

    Returns
    -------
    pandas.DataFrame
        Index that of the table. `slope_deg`: mean steepness, degrees from the horizontal;
        `aspect_deg`: where it falls to, degrees clockwise from north; `downhill`: cosine between
        its longest axis and the line of fall, 0..1. NaN where the gradient is unknown.
    """
    rows, cols = np.divmod(patches.at, grid.geobox.shape[1])
    transform = grid.geobox.transform
    xs = transform.c + (cols + 0.5) * transform.a
    ys = transform.f + (rows + 0.5) * transform.e
    here = gradient.sel(
        y=xr.DataArray(ys, dims="pixel"), x=xr.DataArray(xs, dims="pixel"), method="nearest"
    )
    east, north = here["gradient_east"].to_numpy(), here["gradient_north"].to_numpy()
    pixels = pd.DataFrame({"east": east, "north": north, "steep": np.hypot(east, north)})
    mean = pixels.groupby(patches.label).mean().reindex(table.index)
    aspect = np.degrees(np.arctan2(-mean["east"], -mean["north"])) % 360
    return pd.DataFrame(
        {
            "slope_deg": np.degrees(np.arctan(mean["steep"])),
            "aspect_deg": aspect,
            "downhill": np.abs(np.cos(np.radians(table["axis_deg"] - aspect))),
        }
    )
