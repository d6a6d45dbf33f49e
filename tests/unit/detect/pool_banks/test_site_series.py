"""A site month by month, against values written by hand."""

import numpy as np
import pytest
import xarray as xr

from minewatch.detect.overpass_thresholds import OVERPASS
from minewatch.detect.pool_banks.site_series import site_series
from minewatch.model.cubes import MONTH_LAYERS

MONTHS = np.arange("2019-01", "2022-01", dtype="datetime64[M]").astype("datetime64[ns]")
CHANGED = 24
"""Month in which the made-up ground loses its vegetation."""
INSIDE = np.array([[True, True, False]])


@pytest.fixture
def months():
    """Three pixels: forest with a season that turns bare, the third one never seen."""
    step = np.arange(len(MONTHS))
    ndvi = np.where(step < CHANGED, 0.8 + 0.05 * np.cos(2 * np.pi * step / 12), 0.1)
    nir = np.full(len(MONTHS), 3000.0)
    red = nir * (1 - ndvi) / (1 + ndvi) + OVERPASS.path_light_dn
    values = {"red": red, "nir": nir, "green": red + 100, "blue": red, "swir16": nir / 2,
              "swir22": nir / 3, "clear_looks": np.full(len(MONTHS), 4.0),
              "disturbed_looks": np.where(step < CHANGED, 0, 4),
              "last_undisturbed_day": np.where(step < CHANGED, 26, 0),
              "disturbed_since_day": np.where(step < CHANGED, 0, 4)}  # fmt: skip
    layers = {}
    for name in MONTH_LAYERS:
        array = np.zeros((len(MONTHS), 1, 3), "uint16")
        array[:, 0, :2] = np.rint(values.get(name, np.zeros(len(MONTHS))))[:, None]
        layers[name] = (("time", "y", "x"), array)
    return xr.Dataset(layers, coords={"time": MONTHS})


def test_the_baseline_is_the_season_before_the_change_carried_on(months):
    told = site_series(months, INSIDE)
    expected = 0.8 + 0.05 * np.cos(2 * np.pi * np.arange(len(MONTHS)) / 12)
    assert told["baseline"].to_numpy() == pytest.approx(expected, abs=0.01)
    assert told["greenness"].to_numpy()[CHANGED:] == pytest.approx(0.1, abs=0.01)
    assert (told["baseline_sd"] > 0).all()


def test_a_site_there_from_the_start_has_no_baseline(months):
    told = site_series(months.isel(time=slice(CHANGED - 2, None)), INSIDE)
    assert told["baseline"].isna().all()
    assert told["greenness"].notna().all()


def test_a_month_without_a_look_is_not_seen_but_still_expected(months):
    gone = months.copy(deep=True)
    for name in gone.data_vars:
        gone[name][30] = 0
    told = site_series(gone, INSIDE).iloc[30]
    assert np.isnan(told[["greenness", "milky_pct", "disturbed_pct"]].astype(float)).all()
    assert told["clear_looks"] == 0
    assert told["baseline"] == pytest.approx(0.8 + 0.05 * np.cos(2 * np.pi * 30 / 12), abs=0.01)


def test_looks_without_vegetation_are_counted(months):
    told = site_series(months, INSIDE)
    assert set(told["disturbed_pct"][:CHANGED]) == {0.0}
    assert set(told["disturbed_pct"][CHANGED:]) == {100.0}
