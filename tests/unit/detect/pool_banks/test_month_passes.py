"""Passes over months say, to the bit, what plain numpy says of the same months."""

import numpy as np
import pytest

from minewatch.detect.overpass_rules import greenness, is_snow
from minewatch.detect.overpass_thresholds import OVERPASS
from minewatch.detect.pool_banks.month_passes import (
    SHARES,
    limits_of,
    months_greenness,
    months_since_begun,
    see_ground,
)
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT

NAMES = ("blue", "green", "red", "nir", "swir16")


def bands() -> dict[str, np.ndarray]:
    """Months of all kinds of ground: unseen, forest, bare, snow; dims (month, pixel)."""
    rng = np.random.default_rng(3)
    most = rng.choice([300, 2600, 9000], (9, 3000))
    found = {name: rng.integers(0, most).astype("uint16") for name in NAMES}
    for values in found.values():
        values[rng.random(values.shape) < 0.1] = 0
    return found


def test_greenness_of_months_is_that_of_an_overpass() -> None:
    months = bands()
    found = months_greenness(months["red"], months["nir"], OVERPASS.path_light_dn)
    np.testing.assert_array_equal(found, greenness(months))


@pytest.mark.parametrize("has_swir", [True, False])
def test_ground_is_seen_as_numpy_says(has_swir: bool) -> None:
    months, rules = bands(), DEFAULT.shares
    if not has_swir:
        del months["swir16"]
    green, wanted = greenness(months), np.array([0, 3, 4, 8])
    found = np.empty((len(SHARES), len(wanted), green.shape[1]), "uint8")
    lost = np.empty(found.shape[1:], bool)
    given = [months[name] for name in ("blue", "green", "nir")]
    given.append(months.get("swir16", months["nir"]))
    limits = limits_of(rules, OVERPASS, has_swir=has_swir)
    see_ground(found, lost, green, wanted, tuple(given), limits)

    seen = np.isfinite(green) & ~is_snow(months)
    span = rules.green_full - rules.green_none
    plants = np.rint(np.clip((green - rules.green_none) / span, 0, 1) * 100)
    leaf, nir = (months[name].astype("float32") for name in ("green", "nir"))
    expected = {
        "vegetation": np.where(seen, plants, 255),
        "soil": np.where(seen, 100 - plants, 255),
        "pool": np.where(seen, 0, 255),
        "nir": np.where(nir > 0, np.minimum(np.rint(nir * (400 / 10_000)), 254), 255),
        "ndwi": np.where(
            nir > 0, np.rint(100 + 100 * (leaf - nir) / np.maximum(leaf + nir, 1)), 255
        ),
    }
    for name, values in zip(SHARES, found, strict=True):
        np.testing.assert_array_equal(values, expected[name][wanted], err_msg=name)
    np.testing.assert_array_equal(lost, (seen & (green < rules.green_unmixed))[wanted])
    assert 0.05 < lost.mean() < 0.95
    assert is_snow(months).any()


def test_months_before_ground_was_opened_are_left_out() -> None:
    rng = np.random.default_rng(5)
    days, start, end, open_days = np.arange(100, 280, 30), 100, 279, 60
    runs = rng.choice([0, 90, 130, 170, 250, 300], (4000, 2, 3)).astype("uint16")
    under_way = rng.choice([0, 90, 130, 170, 250, 300], (4000, 7)).astype("uint16")
    clear = rng.choice([0, 0, 3], (len(days), 4000)).astype("uint16")
    found = months_since_begun(runs, under_way, clear, days, start, end, open_days)

    kept = np.ones(clear.shape, bool)
    for run in (runs[:, 0], runs[:, 1], under_way):
        begins, lasts = run[:, 0].astype(int), run[:, 2].astype(int)
        of = (begins >= start) & (begins <= end) & (lasts >= end - open_days)
        later = days[:, None] + 31 > begins[of]
        kept[:, of] = later | ~(later & (clear[:, of] > 0)).any(axis=0)
    np.testing.assert_array_equal(found, kept)
    assert 0.02 < 1 - kept.mean() < 0.5
