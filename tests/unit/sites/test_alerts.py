from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from minewatch.sites.alerts import Signs, Standing, climb

NAN = float("nan")


def standing(
    confidence: Sequence[float],
    *,
    overpasses: Sequence[int] | int = 4,
    green: Sequence[bool] | bool = False,
    wet: bool = False,
    alone: bool = False,
) -> Standing:
    count = len(confidence)
    return climb(
        Signs(
            confidence=np.array(confidence, float),
            clear_looks=np.full(count, overpasses, "int64"),
            is_green=np.full(count, green, bool),
            is_seen=np.full(count, True, bool),
            was_wet=np.full(count, wet, bool),
            last_overpass=tuple(date(2020 + k, 4, 20) for k in range(count)),
            began=date(2020, 2, 1),
            stands_alone=alone,
        )
    )


@pytest.mark.parametrize(
    ("overpasses", "confidence", "rung"),
    [
        (2, 0.7, "candidate"),
        (1, 0.8, "candidate"),
        (2, 0.8, "provisional"),
        (3, 0.7, "provisional"),
        (6, 0.7, "provisional"),
        (6, 0.8, "confirmed"),
        (5, 0.9, "provisional"),
        (9, 0.4, "candidate"),
    ],
)
def test_overpasses_and_confidence_of_one_season_decide_its_rung(overpasses, confidence, rung):
    assert standing([confidence], overpasses=overpasses).rungs == (rung,)


def test_what_stands_alone_without_a_track_needs_more_confidence():
    assert standing([0.6, 0.6]).rungs[-1] == "confirmed"
    assert standing([0.6, 0.6], alone=True).rungs[-1] == "candidate"
    assert standing([0.7, 0.7], alone=True).rungs[-1] == "confirmed"


def test_a_second_season_confirms():
    assert standing([0.7, 0.7], overpasses=3).rungs == ("provisional", "confirmed")


def test_overpasses_of_short_periods_add_up():
    rungs = standing([0.7] * 6, overpasses=1).rungs
    assert rungs == (
        "candidate",
        "candidate",
        "provisional",
        "provisional",
        "provisional",
        "confirmed",
    )


def test_weak_detections_never_add_up_to_more_than_a_candidate():
    told = standing([0.45] * 8)
    assert set(told.rungs) == {"candidate"}
    assert set(told.confidence) == {0.45}


def test_two_green_seasons_set_the_count_back():
    assert standing([0.7, NAN, NAN], overpasses=5, green=[False, True, True], wet=True).rungs == (
        "provisional", "provisional", "candidate",
    )  # fmt: skip


def test_one_green_season_sets_nothing_back():
    told = standing([0.7, NAN, 0.7], overpasses=5, green=[False, True, False], wet=True)
    assert told.rungs == ("provisional", "provisional", "confirmed")


def test_green_seasons_with_a_detection_between_them_set_nothing_back():
    told = standing([0.7, NAN, 0.4, NAN], overpasses=3, green=[False, True, False, True], wet=True)
    assert told.rungs[-1] == "provisional"


def test_dry_ground_that_is_green_again_after_one_monsoon_is_rejected():
    told = standing([0.7, NAN, NAN], green=[False, True, True])
    assert told.rungs == ("provisional", "rejected", "rejected")
    assert told.confidence[0] == 0.7
    assert told.confidence[1] <= 0.2


def test_ground_that_greens_later_than_a_fallow_is_not_rejected():
    told = standing([0.7, NAN, NAN], green=[False, False, True])
    assert "rejected" not in told.rungs


def test_ground_with_pools_is_not_rejected_for_being_green():
    assert "rejected" not in standing([0.7, NAN, NAN], green=[False, True, True], wet=True).rungs


def test_a_confirmed_site_stays_confirmed_when_it_regrows():
    told = standing([0.9, NAN, NAN], overpasses=8, green=[False, True, True])
    assert set(told.rungs) == {"confirmed"}


def test_a_new_detection_makes_a_rejected_site_a_candidate_again():
    assert standing([0.7, NAN, 0.4], green=[False, True, False]).rungs[-1] == "candidate"


def test_further_seasons_take_away_doubt_but_never_all_of_it():
    told = standing([0.7] * 9).confidence
    assert told[:3] == (0.7, 0.76, 0.808)
    assert told[-1] == told[3] < 0.85
