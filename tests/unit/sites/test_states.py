"""Truths of states written by hand; seasons end on 20 April of 2020, 2021, ..."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from minewatch.sites.site_rules import StateRules
from minewatch.sites.states import Record, Timeline, build_timeline, settle, steady

BEGAN = date(2020, 1, 10)
WORKED, QUIET = (4000.0, 6000.0), 3000.0


def told(
    area: Sequence[float],
    *,
    pool: Sequence[float] | float = 0.0,
    water: Sequence[float] | float | None = None,
    colour: Sequence[float] | float = np.nan,
    green: Sequence[float] | float = 0.2,
    fraction: Sequence[float] | float = 1.0,
    overpasses: Sequence[int] | int = 9,
    began: date | None = BEGAN,
    days: Sequence[date] | None = None,
) -> Timeline:
    count = len(area)
    record = Record(
        disturbed_m2=np.array(area, float),
        pool_m2=np.full(count, pool, float),
        water_m2=np.full(count, pool if water is None else water, float),
        water_green=np.full(count, colour, float),
        green=np.full(count, green, float),
        observed_fraction=np.full(count, fraction, float),
        clear_looks=np.full(count, overpasses, "int64"),
        last_overpass=tuple(days or [date(2020 + k, 4, 20) for k in range(count)]),
    )
    return build_timeline(record, began=began)


@pytest.mark.parametrize(
    ("pool", "green", "state"),
    [
        (800.0, 0.2, "abandoned_wet"),
        (800.0, 0.95, "abandoned_wet"),
        (0.0, 0.2, "abandoned_dry"),
        (0.0, 0.95, "revegetated"),
    ],
)
def test_water_and_green_decide_the_state_of_ground_that_nobody_works(pool, green, state):
    story = told([*WORKED, QUIET, QUIET], pool=pool, green=[0.1, 0.1, green, green])
    assert story.states == ("active", "active", state, state)


@pytest.mark.parametrize(
    ("water", "state"), [(800.0, "abandoned_wet"), (150.0, "abandoned_dry"), (0.0, "abandoned_dry")]
)
def test_pools_as_they_are_built_do_not_make_a_site_wet_but_filled_ones_do(water, state):
    story = told([*WORKED, QUIET, QUIET], pool=800.0, water=[800.0, 800.0, water, water])
    assert story.states[-2:] == (state, state)
    assert story.water_last_seen[-1] == date(2023 if water == 800.0 else 2021, 4, 20)


@pytest.mark.parametrize(
    ("resumes", "state"), [(2022, "idle"), (2023, "abandoned_wet"), (None, "abandoned_wet")]
)
def test_a_pause_before_work_goes_on_is_idle_unless_it_is_long(resumes, state):
    """Dark pools in the first seasons of an old mine were told as left, and as worked later."""
    colour = [0.2 if resumes and 2020 + k >= resumes else 0.09 for k in range(6)]
    story = told([QUIET] * 6, pool=800.0, colour=colour, began=None)
    assert story.states[0] == state
    assert story.states[-1] == ("active" if resumes else "abandoned_wet")


@pytest.mark.parametrize(
    ("is_grown", "days_on", "state"),
    [
        (True, 90, "active"),
        (True, 400, "active"),
        (False, 90, "idle"),
        (False, 400, "abandoned_dry"),
    ],
)
def test_growth_and_time_decide_between_active_idle_and_abandoned(is_grown, days_on, state):
    after = date.fromordinal(BEGAN.toordinal() + days_on)
    story = told([4000, 6000 if is_grown else 2000], days=[BEGAN, after])
    assert story.states == ("active", state)


@pytest.mark.parametrize(
    ("fraction", "overpasses", "is_seen"),
    [(0.5, 1, True), (0.5, 0, False), (0.49, 9, False), (0.0, 0, False)],
)
def test_less_than_half_seen_or_no_overpass_is_not_observed(fraction, overpasses, is_seen):
    story = told([4000], fraction=fraction, overpasses=overpasses)
    assert story.states == (("active",) if is_seen else ("not_observed",))


def test_a_season_that_was_not_observed_interrupts_nothing():
    story = told([4000, 0, 6000, 8000], fraction=[1, 0, 1, 1])
    assert story.states == ("active", "not_observed", "active", "active")
    assert story.last_activity[1] == date(2020, 4, 20)


def test_a_site_stays_active_while_its_ground_is_kept_bare():
    assert set(told([4000, 6000, 8000, 7900]).states) == {"active"}


def test_ground_kept_bare_for_years_without_growth_is_not_active_any_more():
    story = told([4000, 6000, 6000, 6000, 6000, 6000])
    assert story.states == ("active",) * 3 + ("abandoned_dry",) * 3
    assert story.last_activity[-1] == date(2022, 4, 20)


def test_new_pools_are_work_even_on_ground_that_does_not_grow():
    steady_pools = told([4000] * 6, pool=[200] * 6)
    new_pools = told([4000] * 6, pool=[200, 200, 500, 500, 800, 800])
    assert steady_pools.states[-1] == "abandoned_wet"
    assert set(new_pools.states) == {"active"}


def test_pools_that_fill_while_the_ground_greens_are_rain_not_work():
    story = told([6000, 6000, 3000, 2000, 1500], pool=[200, 200, 600, 1200, 1200])
    assert story.states[2:] == ("abandoned_wet",) * 3


def test_old_pools_of_milky_water_are_worked_and_dark_ones_were_left():
    milky = told([4000] * 4, pool=800, colour=0.2, began=None)
    dark = told([4000] * 4, pool=800, colour=0.08, began=None)
    unknown = told([4000] * 4, pool=800, began=None)
    assert set(milky.states) == {"active"}
    assert set(dark.states) == set(unknown.states) == {"abandoned_wet"}


def test_milky_water_says_nothing_where_hardly_any_stands():
    assert "active" not in told([4000] * 4, pool=800, water=50, colour=0.2, began=None).states


def test_one_milky_season_is_no_work():
    story = told([4000] * 5, pool=800, colour=[0.08, 0.08, 0.2, 0.08, 0.08], began=None)
    assert set(story.states) == {"abandoned_wet"}


@pytest.mark.parametrize(("last", "state"), [(0.0, "abandoned_dry"), (800.0, "active")])
def test_pools_that_dried_end_the_work_at_a_site_that_does_not_grow(last, state):
    """Ground stays bare for two monsoons: bare alone is no work where nobody fills the pools."""
    days = [date(2020, 2, 1), date(2020, 4, 20), date(2021, 4, 20)]
    story = told([4000, 6000, 6000], pool=800, water=[800, 800, last], colour=0.13, days=days)
    assert story.states == ("active", "active", state)


def test_a_pool_of_ten_metres_is_wet():
    wet, dry = (told([QUIET] * 3, pool=100, water=w, began=None) for w in (95.0, 85.0))
    assert (wet.states[-1], dry.states[-1]) == ("abandoned_wet", "abandoned_dry")


def test_dark_water_ends_the_work_at_a_site_that_does_not_grow():
    story = told([*WORKED, 6000, 6000], pool=800, colour=[0.2, 0.2, 0.08, 0.08])
    assert story.states == ("active", "active", "abandoned_wet", "abandoned_wet")


def test_an_abandoned_site_that_is_worked_again_for_two_seasons_is_active_from_the_first():
    story = told([*WORKED, QUIET, QUIET, 5000, 6000])
    assert story.states == (
        "active",
        "active",
        "abandoned_dry",
        "abandoned_dry",
        "active",
        "active",
    )


def test_pools_that_dry_out_turn_wet_into_dry():
    story = told([*WORKED, *[QUIET] * 4], pool=[800, 800, 800, 800, 20, 20])
    assert story.states[2:] == ("abandoned_wet",) * 2 + ("abandoned_dry",) * 2
    assert story.water_last_seen[-1] == date(2023, 4, 20)


def test_a_site_that_was_green_from_the_start_is_revegetated():
    assert told([800] * 3, green=0.9, began=None).states == ("revegetated",) * 3


def test_a_site_that_was_there_from_the_start_is_active_only_once_it_grows():
    story = told([4000, 4000, 6000, 8000], began=None)
    assert story.states == ("abandoned_dry", "abandoned_dry", "active", "active")
    assert story.last_activity == (None, None, date(2022, 4, 20), date(2023, 4, 20))


def test_a_site_that_was_there_from_the_start_and_never_worked_has_no_last_activity():
    story = told([2000] * 3, green=0.5, began=None)
    assert story.last_activity == (None, None, None)
    assert story.states == ("abandoned_dry",) * 3


def test_a_site_that_was_there_from_the_start_is_idle_until_the_work_of_the_next_period():
    assert told([4000, 6000, 8000], began=None).states[:2] == ("idle", "active")
    assert told([4000], began=None).states == ("idle",)


def test_a_new_site_that_nobody_could_see_since_was_last_active_when_it_was_found():
    story = told([0, 0], fraction=0.1)
    assert story.states == ("not_observed", "not_observed")
    assert story.last_activity == (BEGAN, BEGAN)


def test_the_last_season_is_believed_only_when_it_was_well_seen():
    assert told([*WORKED, 8000, QUIET]).states[-1] == "abandoned_dry"
    assert told([*WORKED, 8000, QUIET], overpasses=[9, 9, 9, 5]).states[-1] == "active"
    assert told([*WORKED, 8000, QUIET], fraction=[1, 1, 1, 0.7]).states[-1] == "active"


def test_a_pause_of_one_season_is_not_told():
    assert set(told([2000, 4000, 4000, 3300, 5200, 7000]).states) == {"active"}


def test_a_single_outlier_leaves_no_trace_in_a_series():
    good = np.ones(5, bool)
    assert steady(np.array([2.0, 2.0, 99.0, 2.0, 2.0]), good).tolist() == [2.0] * 5
    assert steady(np.array([2.0, 2.0, 0.0, 2.0, 2.0]), good).tolist() == [2.0] * 5


def test_a_poorly_seen_last_value_repeats_the_one_before():
    values = np.array([2.0, 2.0, 9.0])
    assert steady(values, np.array([True, True, False])).tolist() == [2.0, 2.0, 2.0]
    assert steady(values, np.array([True, True, True])).tolist() == [2.0, 2.0, 9.0]


def test_a_reading_counts_from_its_first_season_once_it_lasts_two():
    well, badly = np.ones(6, bool), np.array([True] * 5 + [False])
    flags = np.array([1, 1, 0, 1, 0, 0], bool)
    assert settle(flags, well, 2).tolist() == [True, True, True, True, False, False]
    assert settle(flags[:5], well[:5], 2).tolist() == [True, True, True, True, False]
    assert settle(flags[:5], badly[1:], 2).tolist() == [True] * 5


def test_a_step_in_a_series_keeps_its_place():
    values = np.array([1.0, 1.0, 5.0, 5.0, 5.0])
    assert steady(values, np.ones(5, bool)).tolist() == values.tolist()


def test_nothing_observed_settles_to_nothing():
    assert settle(np.zeros(0, bool), np.zeros(0, bool), 2).tolist() == []
    assert told([]).states == ()


def test_thresholds_can_be_changed_in_one_place():
    record = Record(
        disturbed_m2=np.array([4000.0]), pool_m2=np.array([0.0]),
        water_m2=np.array([0.0]), water_green=np.array([np.nan]), green=np.array([0.1]),
        observed_fraction=np.array([0.6]), clear_looks=np.array([3]), last_overpass=(BEGAN,),
    )  # fmt: skip
    strict = StateRules(min_observed_fraction=0.7)
    assert build_timeline(record, began=BEGAN).states == ("active",)
    assert build_timeline(record, began=BEGAN, rules=strict).states == ("not_observed",)
