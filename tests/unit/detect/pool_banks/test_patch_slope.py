"""How patches lie on slopes: planes whose slope is known, and strips that run down or across."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox

from minewatch.detect.labels import label_pixels
from minewatch.detect.pool_banks.patch_figures import shape
from minewatch.detect.pool_banks.patch_slope import slopes_under
from minewatch.model import Chunk, Grid

BOX = GeoBox.from_bbox((600_000, 2_800_000, 600_600, 2_800_600), crs="EPSG:32647", resolution=10)
GRID = Grid(geobox=BOX, chunks=(Chunk(row=0, col=0, geobox=BOX),))


def plane(east: float, north: float, *, unknown: slice | None = None) -> xr.Dataset:
    """Ground that rises alike everywhere, on pixels of 30 m."""
    layers = {
        name: (("y", "x"), np.full((24, 24), v, np.float32))
        for name, v in (("gradient_east", east), ("gradient_north", north))
    }
    if unknown:
        for _, values in layers.values():
            values[unknown] = np.nan
    ys = 2_800_645 - 30 * np.arange(24)
    xs = 599_955 + 30 * np.arange(24)
    return xr.Dataset(layers, coords={"y": ys.astype(float), "x": xs.astype(float)})


def strip(kind: str) -> np.ndarray:
    labels = np.zeros((60, 60), np.int32)
    at = np.arange(10, 30)
    if kind == "east":
        labels[20:23, at] = 1
    elif kind == "north":
        labels[at, 20:23] = 1
    else:  # to the south-east
        for off in (-1, 0, 1):
            labels[at, at + off] = 1
    return labels


def lie(labels: np.ndarray, gradient: xr.Dataset) -> pd.Series:
    rows, cols = np.nonzero(labels)
    table = shape(pd.DataFrame({"label": labels[rows, cols], "row": rows, "col": cols}), 10.0)
    patches = label_pixels(np.flatnonzero(labels), labels.shape[1])
    return slopes_under(patches, table, gradient, grid=GRID).loc[1]


@pytest.mark.parametrize(("kind", "axis"), [("east", 90), ("north", 0), ("south-east", 135)])
def test_the_long_axis_points_where_the_strip_runs(kind: str, axis: float) -> None:
    rows, cols = np.nonzero(labels := strip(kind))
    table = shape(pd.DataFrame({"label": labels[rows, cols], "row": rows, "col": cols}), 10.0)
    off = (table.loc[1, "axis_deg"] - axis + 90) % 180 - 90
    assert abs(off) < 2


@pytest.mark.parametrize(
    ("east", "north", "aspect"),
    [(-0.5, 0.0, 90), (0.5, 0.0, 270), (0.0, 0.5, 180), (0.0, -0.5, 0)],
)
def test_a_slope_faces_where_it_falls(east: float, north: float, aspect: float) -> None:
    found = lie(strip("east"), plane(east, north))
    assert found["slope_deg"] == pytest.approx(np.degrees(np.arctan(0.5)), abs=1e-4)
    assert abs((found["aspect_deg"] - aspect + 180) % 360 - 180) < 1e-3


@pytest.mark.parametrize(
    ("kind", "east", "north", "downhill"),
    [("east", -0.5, 0.0, 1.0), ("east", 0.0, 0.5, 0.0), ("north", 0.0, 0.5, 1.0),
     ("south-east", -0.4, 0.4, 1.0), ("south-east", 0.4, 0.4, 0.0)],
)  # fmt: skip
def test_a_strip_runs_downhill_or_across(
    kind: str, east: float, north: float, downhill: float
) -> None:
    assert lie(strip(kind), plane(east, north))["downhill"] == pytest.approx(downhill, abs=0.05)


def test_a_patch_is_told_by_the_ground_right_under_it() -> None:
    ys, xs = (BOX.coordinates[name].values for name in ("y", "x"))
    under = (strip("east") > 0) * np.float32(0.5)
    layers = {"gradient_east": (("y", "x"), under), "gradient_north": (("y", "x"), 0 * under)}
    found = lie(strip("east"), xr.Dataset(layers, coords={"y": ys, "x": xs}))
    assert found["slope_deg"] == pytest.approx(np.degrees(np.arctan(0.5)), abs=1e-4)


def test_where_the_rise_is_unknown_nothing_is_told() -> None:
    assert lie(strip("east"), plane(0.5, 0.0, unknown=slice(None))).isna().all()


def test_a_patch_half_on_unknown_ground_is_told_by_the_other_half() -> None:
    found = lie(strip("north"), plane(0.0, 0.5, unknown=slice(0, 8)))
    assert found["slope_deg"] == pytest.approx(np.degrees(np.arctan(0.5)), abs=1e-4)
