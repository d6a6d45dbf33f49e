"""Dry seasons as people write them, and what goes with them."""

from __future__ import annotations

import pytest

from minewatch.errors import SettingsError
from minewatch.model.climate import KACHIN, climate_of, read_dry_season


@pytest.mark.parametrize("text", ["", "5", "13-02", "00-04", "may-oct", "05-04", "1-12"])
def test_a_bad_dry_season_is_named_with_what_to_give(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_dry_season(text)
    assert repr(text) in refused.value.problem
    assert "05-10" in refused.value.hint


def test_the_seasons_of_kachin_move_with_the_dry_season() -> None:
    south = climate_of((5, 10), source="")
    assert south.rains == (12, 4)
    assert south.is_in_field_season(200)
    assert not south.is_in_field_season(100)
    assert climate_of(KACHIN.dry_season, source="x").rains == KACHIN.rains
