"""The spectral library: data that physics can vouch for."""

from __future__ import annotations

import dataclasses

import pytest

from minewatch.detect.endmembers import (
    BURN,
    DEFAULT_LIBRARY,
    FOREST,
    SHADE,
    SNOW,
    Library,
)
from minewatch.errors import ContractError

DEEP = dataclasses.replace(SHADE, name="deep")
EVERY = {e.name: e for e in (*DEFAULT_LIBRARY.endmembers, BURN, SNOW)}.values()


@pytest.mark.parametrize("member", EVERY, ids=lambda e: e.name)
def test_every_spectrum_is_reflectance_with_a_source(member) -> None:
    assert len(member.spectrum) == 6
    assert all(0 < value < 1 for value in member.spectrum)
    assert member.source.startswith(("[C] ", "[D] "))


def test_vegetation_rises_to_the_near_infrared_and_water_falls() -> None:
    for member in DEFAULT_LIBRARY.endmembers:
        _, green, red, nir, swir16, _ = member.spectrum
        if member.group == "vegetation":
            assert nir > 2 * red
        if member.group == "water":
            assert nir < green
            assert swir16 < nir
        if member.group == "soil":
            assert green < red < nir < swir16


def test_shade_is_the_darkest_in_every_band() -> None:
    others = [e for e in DEFAULT_LIBRARY.endmembers if e is not SHADE]
    assert all(s < v for e in others for s, v in zip(SHADE.spectrum, e.spectrum, strict=True))


@pytest.mark.parametrize("members", [(SHADE,), (FOREST, SHADE, DEEP), (FOREST, FOREST)])
def test_a_library_needs_unique_names_and_no_second_shade(members) -> None:
    with pytest.raises(ContractError, match="spectral library"):
        Library(endmembers=members, sigma=DEFAULT_LIBRARY.sigma, water_gain=6.0)


def test_equal_libraries_hash_alike_so_that_their_solutions_are_shared() -> None:
    twin = dataclasses.replace(DEFAULT_LIBRARY, sigma=dict(DEFAULT_LIBRARY.sigma))
    assert hash(twin) == hash(DEFAULT_LIBRARY)
    assert twin == DEFAULT_LIBRARY
