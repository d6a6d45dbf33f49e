import numpy as np
import pytest

from minewatch.detect import is_disturbed
from minewatch.detect.overpass_rules import greenness, is_snow
from minewatch.detect.overpass_thresholds import OVERPASS

# reflectance x 10,000 of blue, green, red, nir, swir16: medians of Brazil, or by analogy
GROUNDS = {
    "forest": ((160, 360, 180, 2860, 1490), False),
    "forest in deep shade under haze": ((160, 140, 110, 480, 200), False),
    "bare pad": ((1420, 2020, 2440, 3220, 3400), True),
    "bare laterite in half light": ((300, 500, 850, 1300, 1600), True),
    "milky pool": ((1300, 1900, 1450, 650, 280), True),
    "idle dark pool": ((400, 600, 400, 300, 150), True),
    "black sheeting": ((450, 470, 480, 550, 500), True),
    "snow": ((7200, 7300, 7200, 6600, 1200), False),
    "thin cloud over forest": ((2000, 2100, 2000, 3900, 2000), False),
    "not seen": ((0, 0, 0, 0, 0), False),
}


def bands_of(spectrum: tuple[int, ...], *, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {n: np.array([v], "uint16") for n, v in zip(names, spectrum, strict=False)}


@pytest.mark.parametrize("names", [("blue", "green", "red", "nir"),
                                   ("blue", "green", "red", "nir", "swir16")])  # fmt: skip
@pytest.mark.parametrize("ground", GROUNDS)
def test_an_overpass_tells_ground_without_its_vegetation(
    ground: str, names: tuple[str, ...]
) -> None:
    spectrum, expected = GROUNDS[ground]
    assert is_disturbed(bands_of(spectrum, names=names)).tolist() == [expected]


@pytest.mark.parametrize("light", [0.35, 0.6, 1.3])
def test_the_light_on_a_slope_does_not_decide(light: float) -> None:
    for ground in ("forest", "bare pad"):
        spectrum, expected = GROUNDS[ground]
        lit = tuple(round(v * light) for v in spectrum)
        names = ("blue", "green", "red", "nir", "swir16")
        assert is_disturbed(bands_of(lit, names=names)).tolist() == [expected]


def test_snow_is_told_from_bright_ground_by_the_shortwave_band() -> None:
    names = ("blue", "green", "red", "nir", "swir16")
    thin_snow = bands_of((2900, 3000, 2900, 2800, 600), names=names)
    assert is_snow(thin_snow).tolist() == [True]
    del thin_snow["swir16"]
    assert is_snow(thin_snow).tolist() == [False]


@pytest.mark.parametrize("brightest", [900, 5000, 65535])
@pytest.mark.parametrize("count", [4, 5])
def test_disturbed_ground_and_snow_are_those_of_plain_numpy(brightest: int, count: int) -> None:
    rng = np.random.default_rng(count)
    names = ("blue", "green", "red", "nir", "swir16")[:count]
    bands = {name: rng.integers(0, brightest, (40, 50)).astype(np.uint16) for name in names}
    for band in bands.values():
        band[rng.random(band.shape) < 0.1] = 0
    blue, green, red, nir, swir = (
        bands.get(n, np.zeros(1)).astype(int) for n in (*names, "swir16")[:5]
    )
    snow = blue > 3500
    if count == 5:
        is_flat = (swir > 0) & (10 * (green - swir) > 4 * (green + swir))
        snow |= is_flat & (green > 2000)
    lost = 100 * (red - OVERPASS.path_light_dn) > round(100 * OVERPASS.red_over_nir) * nir
    veiled = 2 * blue > red + 2 * OVERPASS.cloud_dn
    np.testing.assert_array_equal(is_snow(bands), snow)
    expected = lost & (red > 0) & (nir > 0) & ~veiled & ~snow
    np.testing.assert_array_equal(is_disturbed(bands), expected)
    assert expected.any()
    assert not expected.all()


def test_greenness_is_missing_where_nothing_was_seen() -> None:
    bands = {"red": np.array([0, 180], "uint16"), "nir": np.array([0, 2860], "uint16")}
    found = greenness(bands)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx((2860 - 80) / (2860 + 80))
