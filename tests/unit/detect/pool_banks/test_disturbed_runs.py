from datetime import date

import numpy as np

from minewatch.detect.days import from_day
from minewatch.detect.pool_banks.disturbed_runs import (
    OPEN_FIELDS,
    RUNS,
    confirmed_runs,
    follow_runs,
    limits_of,
)
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT

MONTHS = [date(2020 + k // 12, k % 12 + 1, 1) for k in range(30)]

LIMITS = limits_of(DEFAULT.runs)


def runs_of(pattern: str, **changes: dict[int, int]) -> list[tuple[int, ...]]:
    """Runs of one pixel; `g` green, `d` disturbed on all 4 overpasses from day 5, `.` not seen."""
    pattern = pattern.ljust(len(MONTHS), pattern[-1])
    layers = {
        "clear": [0 if p == "." else 4 for p in pattern],
        "disturbed": [4 if p == "d" else 0 for p in pattern],
        "green_day": [26 if p == "g" else 0 for p in pattern],
        "since": [5 if p == "d" else 0 for p in pattern],
    }
    for name, values in changes.items():
        for month, value in values.items():
            layers[name][month] = value
    arrays = [np.array(values, "uint16")[:, None] for values in layers.values()]
    days = np.array([from_day(m) for m in MONTHS])
    runs = np.zeros((1, RUNS, 3), "uint16")
    under_way = np.zeros((1, len(OPEN_FIELDS)), "uint16")
    for part in (slice(0, 7), slice(7, 8), slice(8, None)):  # where it is cut must not matter
        follow_runs(runs, under_way, *(array[part] for array in arrays), days[part], LIMITS)
    found = confirmed_runs(runs, under_way, LIMITS)[0]
    return [tuple(int(v) for v in run) for run in found if run[0]]


def day(month: int, number: int) -> int:
    return from_day(MONTHS[month]) + number - 1


def test_a_run_begins_between_the_last_green_and_the_first_disturbed_overpass() -> None:
    assert runs_of("ggggd") == [(day(4, 5), day(3, 26), day(29, 5))]


def test_unseen_months_widen_the_window() -> None:
    assert runs_of("gg...d")[0][:2] == (day(5, 5), day(1, 26))


def test_one_bad_month_confirms_nothing() -> None:
    assert runs_of("gggdggg") == []


def test_a_green_overpass_before_confirmation_moves_the_start() -> None:
    moved = runs_of("gggdddd", disturbed={3: 2}, green_day={4: 3}, since={4: 9})
    assert moved[0][:2] == (day(4, 9), day(4, 3))


def test_a_stray_green_overpass_after_confirmation_ends_nothing() -> None:
    (run,) = runs_of("gggdddddddd", green_day={8: 12}, disturbed={8: 3}, since={8: 20})
    assert run[0] == day(3, 5)


def test_green_months_end_a_run_and_a_second_one_is_kept() -> None:
    first, second = runs_of("gggddddgggggdddd")
    assert first == (day(3, 5), day(2, 26), day(6, 5))
    assert second[:2] == (day(12, 5), day(11, 26))


def test_of_three_runs_the_shortest_is_forgotten() -> None:
    kept = runs_of("gddddggggddgggggddddddd")
    assert [run[0] for run in kept] == [day(1, 5), day(16, 5)]


def test_ground_bare_from_the_first_overpass_has_no_green_overpass_before() -> None:
    assert runs_of("d")[0][:2] == (day(0, 5), 0)


def test_vegetation_that_came_back_has_gone_before() -> None:
    pattern = "ggggddddgggggggg"
    clear = np.full((len(pattern), 1), 4, "uint16")
    lost = np.array([p == "d" for p in pattern])[:, None]
    told = (np.where(lost, 4, 0), np.where(lost, 0, 26), np.where(lost, 5, 0))
    days = np.array([from_day(m) for m in MONTHS[: len(pattern)]])
    untouched = follow_runs(
        np.zeros((1, RUNS, 3), "uint16"), np.zeros((1, len(OPEN_FIELDS)), "uint16"),
        clear, *(layer.astype("uint16") for layer in told), days, LIMITS,
    )  # fmt: skip
    assert untouched[:, 0].tolist() == [True] * 4 + [False] * 12
