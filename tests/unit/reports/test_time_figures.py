"""Figures of time say what was not seen, and are the same bytes each time."""

from __future__ import annotations

import io

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from minewatch.model.palette import STATE_COLOURS
from minewatch.reports import area_figure, site_figure

LIFE = pd.DataFrame(
    {
        "label": ["2021", "2022", "2023"],
        "state": ["active", "not_observed", "abandoned_wet"],
        "disturbed_area_m2_low": [900.0, 0.0, 1500.0],
        "disturbed_area_m2_high": [1000.0, 1500.0, 1500.0],
        "pool_area_m2_low": [100.0, 0.0, 300.0], "pool_area_m2_high": [120.0, 300.0, 300.0],
    }
)  # fmt: skip
HISTORY = pd.DataFrame(
    {
        "label": ["2021", "2022"], "observed_fraction": [0.9, 0.4],
        **{f"{name}_{end}": [1.0, 2.0] for name in ("sites", "active") for end in ("low", "high")},
        **{
            f"{name}_{end}": [1e4, 2e4]
            for name in ("ever_disturbed_m2", "active_m2")
            for end in ("low", "high")
        },
    }
)  # fmt: skip
BANNER = (255, 212, 0)


def count(png: bytes, colour: tuple[int, ...]) -> int:
    pixels = (matplotlib.image.imread(io.BytesIO(png))[..., :3] * 255).round().astype(int)
    return int((abs(pixels - np.array(colour)).max(axis=-1) <= 2).sum())


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def test_a_site_shows_its_states_in_their_colours() -> None:
    png = site_figure(LIFE, title="s", simulated=False)
    for state in ("active", "not_observed", "abandoned_wet"):
        assert count(png, rgb(STATE_COLOURS[state])) > 500, state
    assert count(png, rgb(STATE_COLOURS["revegetated"])) == 0
    assert count(png, BANNER) == 0


@pytest.mark.parametrize("simulated", [True, False])
def test_what_is_simulated_says_so(simulated: bool) -> None:
    for png in (
        site_figure(LIFE, title="s", simulated=simulated),
        area_figure(HISTORY, title="a", simulated=simulated),
    ):
        assert (count(png, BANNER) > 1000) == simulated


def test_equal_figures_are_equal_bytes() -> None:
    assert area_figure(HISTORY, title="a", simulated=False) == area_figure(
        HISTORY.copy(), title="a", simulated=False
    )


def test_what_may_be_is_drawn_apart_from_what_was_seen() -> None:
    wide = HISTORY.assign(active_low=0.0, active_m2_low=0.0)
    sure, maybe = (area_figure(t, title="a", simulated=False) for t in (HISTORY, wide))
    active = rgb(STATE_COLOURS["active"])
    assert count(sure, active) > 3 * count(maybe, active) > 0
