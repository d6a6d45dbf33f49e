"""Unmixing against scipy's non-negative least squares, and against mixtures with a known answer."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import nnls

from minewatch.detect.endmembers import DEFAULT_LIBRARY, FOREST, LEACH_WATER, Library
from minewatch.detect.unmix import NOT_SEEN, fractions, without_shade
from minewatch.errors import ContractError
from minewatch.model import CORE_BANDS, REFLECTANCE_BANDS

BANDS = {"with SWIR": REFLECTANCE_BANDS, "10 m bands": CORE_BANDS}
EVERYTHING = dataclasses.replace(DEFAULT_LIBRARY, water_gain=0.0)


def _mixtures(shares: dict[str, list[float]], used=REFLECTANCE_BANDS) -> dict[str, np.ndarray]:
    """Reflectance of pixels that hold these shares of endmembers, by name; the rest is shade."""
    spectra = {e.name: np.array(e.spectrum) for e in DEFAULT_LIBRARY.endmembers}
    given = {name: np.array(share, float) for name, share in shares.items()}
    rest = {"shade": 1 - sum(given.values())}
    total = sum(np.outer(share, spectra[name]) for name, share in (given | rest).items())
    return {b: total[:, REFLECTANCE_BANDS.index(b)] for b in used}


def _oracle(bands: dict[str, np.ndarray], library: Library) -> np.ndarray:
    """Best shares by scipy, one row a pixel, with the sum held by a heavy row."""
    sigma = np.array([library.sigma[b] for b in bands])
    ends = np.array([library.reflectance(b) for b in bands]) / sigma[:, None]
    count = ends.shape[1]
    left = np.vstack([ends, np.sqrt(1e-3) * np.eye(count), np.full(count, 1e4)])
    pixels = np.column_stack(list(bands.values())) / sigma
    return np.array([nnls(left, np.concatenate([y, np.zeros(count), [1e4]]))[0] for y in pixels])


def _misfit(bands: dict[str, np.ndarray], library: Library) -> np.ndarray:
    """Squared misfit by scipy in squared sigma, one value a pixel."""
    found = _oracle(bands, library)
    ends = np.array([library.reflectance(b) for b in bands])
    sigma = np.array([library.sigma[b] for b in bands])
    return (((np.column_stack(list(bands.values())) - found @ ends.T) / sigma) ** 2).sum(axis=1)


@pytest.mark.parametrize("used", BANDS.values(), ids=BANDS)
def test_shares_equal_those_of_scipy_over_random_reflectance(used) -> None:
    rng = np.random.default_rng(7)
    bands = {b: rng.uniform(0.002, 0.5, 400) * rng.uniform(0.1, 1, 400) for b in used}
    shares = fractions(bands, library=EVERYTHING)
    expected = _oracle(bands, EVERYTHING)
    for group in EVERYTHING.groups:
        columns = [k for k, e in enumerate(EVERYTHING.endmembers) if e.group == group]
        np.testing.assert_allclose(shares[group], expected[:, columns].sum(axis=1), atol=2e-4)


def test_water_is_admitted_only_where_it_lowers_the_misfit_enough() -> None:
    rng = np.random.default_rng(8)
    bands = {b: rng.uniform(0.01, 0.3, 900) for b in REFLECTANCE_BANDS}
    dry = tuple(e for e in DEFAULT_LIBRARY.endmembers if e.group not in ("water", "white"))
    land = dataclasses.replace(DEFAULT_LIBRARY, endmembers=dry)
    gain = _misfit(bands, land) - _misfit(bands, DEFAULT_LIBRARY)
    shares = fractions(bands)
    is_wet = shares["water"] + shares["white"] > 0
    assert is_wet[gain > 5.2].all()
    assert not is_wet[gain < 4.8].any()
    assert ((gain > 0.5) & (gain < 4.8)).sum() > 10


@pytest.mark.parametrize("used", BANDS.values(), ids=BANDS)
def test_shares_are_never_negative_and_sum_to_one(used) -> None:
    rng = np.random.default_rng(3)
    shares = fractions({b: rng.uniform(0.001, 1.2, 500) for b in used})
    stacked = np.array([shares[g] for g in DEFAULT_LIBRARY.groups])
    assert stacked.min() >= 0
    np.testing.assert_allclose(stacked.sum(axis=0), 1, atol=1e-5)


@pytest.mark.parametrize("used", BANDS.values(), ids=BANDS)
@pytest.mark.parametrize("ground", ["laterite", "forest"])
def test_milky_pools_of_half_a_pixel_and_more_are_measured_as_shares(used, ground) -> None:
    pool = np.array([0.5, 0.8, 1.0])
    bands = _mixtures({"leach_water": pool, ground: 0.9 * (1 - pool)}, used)
    np.testing.assert_allclose(fractions(bands)["water"], pool, atol=0.06)


PADS = replace(
    DEFAULT_LIBRARY,
    endmembers=tuple(
        e if e.group != "shade" else replace(e, name="dark_water", group="water")
        for e in DEFAULT_LIBRARY.endmembers
        if e.name not in ("regrowth", "dry_vegetation")
    ),
    water_gain=0.0,
)
"""A library of one's own: ground that is known to be lit, so that dark is water."""


@pytest.mark.parametrize("used", BANDS.values(), ids=BANDS)
@pytest.mark.parametrize("water", ["leach_water", "turbid_water", "shade"])
def test_on_open_pads_small_and_dark_pools_are_measured_too(used, water) -> None:
    pool = np.array([0.0, 0.2, 0.5, 0.8])
    shares = {"laterite": 1 - pool} | ({} if water == "shade" else {water: pool})
    found = fractions(_mixtures(shares, used), library=PADS)
    np.testing.assert_allclose(found["water"], pool, atol=0.14)


def test_noise_over_shaded_forest_does_not_become_water() -> None:
    rng = np.random.default_rng(11)
    lit = rng.uniform(0.05, 0.9, 4000)
    clean = _mixtures({"forest": lit})
    noisy = {b: np.maximum(v + rng.normal(0, 0.004, 4000), 0.001) for b, v in clean.items()}
    water = without_shade(fractions(noisy))["water"]
    assert np.mean(water > 0.05) < 0.002


def test_dark_water_is_reported_as_shade() -> None:
    dark = {b: np.array([v]) for b, v in zip(CORE_BANDS, (0.03, 0.035, 0.02, 0.012), strict=True)}
    assert fractions(dark)["shade"][0] > 0.85


def test_integers_give_the_same_shares_in_per_cent() -> None:
    bands = _mixtures({"forest": [0.5, 0.0], "bright_soil": [0.2, 0.6], "leach_water": [0.0, 0.4]})
    integers = {b: np.rint(v * 10_000).astype(np.uint16) for b, v in bands.items()}
    exact, rounded = fractions(bands), fractions(integers)
    for group in DEFAULT_LIBRARY.groups:
        assert rounded[group].dtype == np.uint8
        np.testing.assert_allclose(rounded[group], exact[group] * 100, atol=1)


def test_pixels_that_were_not_seen_stay_so() -> None:
    bands = _mixtures({"forest": [0.5, 0.5, 0.5, 0.5]})
    bands["red"][:3] = [np.nan, 0.0, -0.01]
    np.testing.assert_array_equal(np.isnan(fractions(bands)["soil"]), [True, True, True, False])
    whole = {b: (np.nan_to_num(v).clip(0) * 1e4).astype(np.uint16) for b, v in bands.items()}
    shares = fractions(whole)
    np.testing.assert_array_equal(shares["soil"] == NOT_SEEN, [True, True, True, False])
    assert without_shade(shares)["soil"][0] == NOT_SEEN


def test_a_pixel_without_swir_is_unmixed_from_the_10_m_bands() -> None:
    bands = _mixtures({"leach_water": [0.6, 0.6], "laterite": [0.2, 0.2]})
    bands["swir16"][1] = 0
    both = fractions(bands)
    alone = fractions({b: bands[b] for b in CORE_BANDS})
    assert both["water"][1] == alone["water"][1]
    assert both["residual"][0] != alone["residual"][0]


def test_a_pixel_does_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(5)
    bands = {b: rng.integers(0, 4000, (90, 80)).astype(np.uint16) for b in REFLECTANCE_BANDS}
    whole = fractions(bands)
    part = fractions({b: v[13:57, 21:40] for b, v in bands.items()})
    for name in whole:
        np.testing.assert_array_equal(whole[name][13:57, 21:40], part[name])


def test_shade_is_divided_out_but_not_where_almost_nothing_is_lit() -> None:
    shares = fractions(_mixtures({"forest": [0.8, 0.1]}))
    lit = without_shade(shares)
    assert lit["vegetation"][0] == pytest.approx(1, abs=0.03)
    assert lit["vegetation"][1] == pytest.approx(0.2, abs=0.03)


def test_the_misfit_of_something_outside_the_library_is_large() -> None:
    bands = _mixtures({"forest": [0.5]})
    odd = {b: v + (0.3 if b == "blue" else 0.0) for b, v in bands.items()}
    assert fractions(bands)["residual"][0] < 0.01
    assert fractions(odd)["residual"][0] > 0.05


def test_a_missing_10_m_band_is_named() -> None:
    with pytest.raises(ContractError, match="'nir' is missing"):
        fractions({b: np.ones(3) for b in ("blue", "green", "red")})


def test_bands_of_different_shape_are_refused() -> None:
    bands = _mixtures({"forest": [0.5, 0.5]})
    with pytest.raises(ContractError, match="differ in shape"):
        fractions({**bands, "red": bands["red"][:1]})


def test_another_library_changes_the_groups() -> None:
    small = Library(
        endmembers=(FOREST, LEACH_WATER, DEFAULT_LIBRARY.endmembers[-1]),
        sigma=DEFAULT_LIBRARY.sigma,
        water_gain=0.0,
    )
    shares = fractions(_mixtures({"forest": [0.5], "leach_water": [0.3]}), library=small)
    assert list(shares) == ["vegetation", "water", "shade", "residual"]
    assert shares["water"][0] == pytest.approx(0.3, abs=0.01)
