import numpy as np
import pytest

from minewatch.detect.pool_banks import nir_deficit
from minewatch.detect.pool_banks.evidence_layers import NIR_SCALE
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT

WATER_NIR = DEFAULT.water.water_nir

LAND = 0.28


def nir_deficit_share(nir: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Of a whole grid, 0 where not asked for."""
    found = np.zeros(nir.shape, np.uint8)
    found[where] = nir_deficit.nir_deficit_share(
        nir, np.flatnonzero(where), pixel_m=10.0, rules=DEFAULT.water
    )
    return found


def scene(share: float, *, light: float = 1.0) -> np.ndarray:
    """A bank of 2 x 5 pixels with a share of water, in ground of one brightness."""
    nir = np.full((21, 21), LAND * light)
    nir[10:12, 8:13] = (1 - share) * LAND * light + share * WATER_NIR
    return np.rint(nir * NIR_SCALE).astype("uint8")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_the_missing_light_is_the_share_of_water(share: float) -> None:
    found = nir_deficit_share(scene(share), np.ones((21, 21), bool))
    assert found[10, 10] == pytest.approx(100 * share, abs=2)
    assert found[2, 2] == 0


def test_a_dark_slope_changes_nothing() -> None:
    found = nir_deficit_share(scene(0.5, light=0.5), np.ones((21, 21), bool))
    assert found[10, 10] == pytest.approx(50, abs=3)


def test_nothing_is_said_in_deep_shade_or_without_neighbours() -> None:
    everywhere = np.ones((21, 21), bool)
    assert nir_deficit_share(scene(0.5, light=0.2), everywhere)[10, 10] == 255
    alone = np.full((21, 21), 255, "uint8")
    alone[10, 10] = 50
    assert nir_deficit_share(alone, everywhere)[10, 10] == 255


def test_nothing_is_said_of_a_pixel_that_was_not_seen() -> None:
    nir = scene(0.5)
    nir[10, 10] = 255
    found = nir_deficit_share(nir, np.ones((21, 21), bool))
    assert np.argwhere(found == 255).tolist() == [[10, 10]]


@pytest.mark.parametrize(("light", "is_told"), [(39, False), (40, True)])
def test_land_of_a_tenth_of_reflectance_is_no_deep_shade(light: int, is_told: bool) -> None:
    nir = np.full((21, 21), light, "uint8")
    found = nir_deficit_share(nir, np.ones((21, 21), bool))
    assert (found == (0 if is_told else 255)).all()


def test_land_is_the_upper_quarter_of_what_was_seen_around() -> None:
    rng = np.random.default_rng(4)
    nir = rng.integers(40, 130, (30, 30)).astype("uint8")
    nir[rng.random(nir.shape) < 0.3] = 255
    found = nir_deficit_share(nir, np.ones(nir.shape, bool))
    for row, col in np.argwhere(nir != 255):
        around = nir[max(row - 4, 0) : row + 5, max(col - 4, 0) : col + 5]
        seen = np.sort(around[around != 255])
        if len(seen) < 20:
            assert found[row, col] == 255
            continue
        land = float(seen[int(0.75 * (len(seen) - 1))])
        water = WATER_NIR * NIR_SCALE
        share = min(max(100 * (land - float(nir[row, col])) / (land - water), 0.0), 100.0)
        assert found[row, col] == int(share), (row, col)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.7])
def test_what_else_is_asked_for_changes_nothing(share: float) -> None:
    rng = np.random.default_rng(5)
    nir = rng.integers(40, 130, (40, 60)).astype("uint8")
    nir[rng.random(nir.shape) < 0.3] = 255
    where = rng.random(nir.shape) < share
    everywhere = nir_deficit_share(nir, np.ones(nir.shape, bool))
    assert np.array_equal(nir_deficit_share(nir, where), np.where(where, everywhere, 0))
