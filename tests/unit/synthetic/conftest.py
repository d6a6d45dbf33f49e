"""A small simulated archive, written once for all tests that only read it."""

from dataclasses import replace
from datetime import date

import pytest

from minewatch.synthetic import PRESETS, Archive, WorldSpec, write_archive

SMALL = replace(
    PRESETS["mines"], name="small", size_px=160, mines=3, start=date(2020, 11, 1), villages=0,
    end=date(2022, 10, 31), revisit_days=24, swidden_per_km2_year=1.0, offset_flag_errors=0.3,
)  # fmt: skip


@pytest.fixture(scope="session")
def small_spec() -> WorldSpec:
    return SMALL


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return write_archive(tmp_path_factory.mktemp("simulated") / "small", SMALL)
