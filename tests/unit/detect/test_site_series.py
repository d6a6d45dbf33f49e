"""A site month by month, against values written by hand."""

import numpy as np
import pytest
import xarray as xr

from minewatch.detect import get_detection, get_detector
from minewatch.detect.overpass_thresholds import OVERPASS
from minewatch.detect.site_series import site_series
from minewatch.model.cubes import MONTH_LAYERS

MONTHS = np.arange("2019-01", "2022-01", dtype="datetime64[M]").astype("datetime64[ns]")
CHANGED = 24
"""Month in which the made-up ground loses its vegetation."""
INSIDE = np.array([[True, True, False]])
POOL_BANKS = get_detector("pool-banks")


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
    table = site_series(months, INSIDE, detector=POOL_BANKS)
    expected = 0.8 + 0.05 * np.cos(2 * np.pi * np.arange(len(MONTHS)) / 12)
    assert table["baseline"].to_numpy() == pytest.approx(expected, abs=0.01)
    assert table["greenness"].to_numpy()[CHANGED:] == pytest.approx(0.1, abs=0.01)
    assert (table["baseline_sd"] > 0).all()


def test_a_site_there_from_the_start_has_no_baseline(months):
    table = site_series(months.isel(time=slice(CHANGED - 2, None)), INSIDE, detector=POOL_BANKS)
    assert table["baseline"].isna().all()
    assert table["greenness"].notna().all()


def test_a_month_without_an_overpass_is_not_seen_but_still_expected(months):
    gone = months.copy(deep=True)
    for name in gone.data_vars:
        gone[name][30] = 0
    row = site_series(gone, INSIDE, detector=POOL_BANKS).iloc[30]
    assert np.isnan(row[["greenness", "milky_pct", "disturbed_pct"]].astype(float)).all()
    assert row["clear_looks"] == 0
    assert row["baseline"] == pytest.approx(0.8 + 0.05 * np.cos(2 * np.pi * 30 / 12), abs=0.01)


def test_overpasses_without_vegetation_are_counted(months):
    table = site_series(months, INSIDE, detector=POOL_BANKS)
    assert set(table["disturbed_pct"][:CHANGED]) == {0.0}
    assert set(table["disturbed_pct"][CHANGED:]) == {100.0}


def test_a_detector_that_expects_nothing_leaves_the_baseline_empty(months):
    table = site_series(months, INSIDE, detector=get_detector("dry-season-thresholds"))
    assert table[["baseline", "baseline_sd"]].isna().all().all()
    assert table["greenness"].notna().all()


def test_the_baseline_follows_the_rules_of_the_run(months):
    shipped = site_series(months, INSIDE, detector=POOL_BANKS)
    stricter = get_detection(
        "pool-banks", {"pool-banks": {"baseline": {"noise_floor": 0.2}}}
    ).detector
    other = site_series(months, INSIDE, detector=stricter)
    assert (other["baseline_sd"] > shipped["baseline_sd"]).all()
