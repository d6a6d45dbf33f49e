"""Dates as sources write them."""

from datetime import date

import pytest

from minewatch.areas.control import parse_control, parse_fuzzy_date


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2009", date(2009, 1, 1), date(2009, 12, 31)),
        ("2024-09", date(2024, 9, 1), date(2024, 9, 30)),
        ("2024-09 (late September)", date(2024, 9, 1), date(2024, 9, 30)),
        ("2024-02-10", date(2024, 2, 10), date(2024, 2, 10)),
        ("2014/2015", date(2014, 1, 1), date(2015, 12, 31)),
        ("2024-06/07", date(2024, 6, 1), date(2024, 7, 31)),
        ("2024-11-30/2025-01-02", date(2024, 11, 30), date(2025, 1, 2)),
        ("<=2023", None, date(2023, 12, 31)),
        ("before 2023-04", None, date(2023, 4, 30)),
        (">=2020", date(2020, 1, 1), None),
        ("since 2020-05-03", date(2020, 5, 3), None),
    ],
)
def test_a_written_date_means_the_widest_stretch_it_allows(text, first, last):
    assert parse_fuzzy_date(text) == (first, last)


@pytest.mark.parametrize("text", ["the eighties", "2024-13", "2024-02-30", "2015/2014", "24-05"])
def test_a_date_that_makes_no_sense_is_not_guessed(text):
    assert parse_fuzzy_date(text) is None


def test_an_unreadable_date_stays_open_and_is_noted():
    (interval,), (note,) = parse_control(
        [{"group": "G", "from": "the eighties", "to": "2009-05-31"}]
    )
    assert (interval.start, interval.end) == (None, date(2009, 5, 31))
    assert "the eighties" in note
    assert "the eighties" in interval.note


def test_exact_dates_need_no_note():
    (interval,), notes = parse_control({"group": "G", "from": "2009-01-02", "to": "2010-03-04"})
    assert (interval.note, interval.source, notes) == ("", "not stated", ())


def test_an_interval_that_ends_before_it_starts_is_left_open():
    (interval,), (note,) = parse_control([{"group": "G", "from": "2020", "to": "2010"}])
    assert (interval.start, interval.end) == (None, None)
    assert "ends (2010-12-31) before 2020-01-01" in note


def test_a_bare_name_holds_for_all_time():
    (interval,), notes = parse_control("KIO")
    assert (interval.group, interval.start, interval.end, notes) == ("KIO", None, None, ())


@pytest.mark.parametrize("value", [5, [{"from": "2020"}], [7]])
def test_what_is_no_interval_is_left_out_with_a_note(value):
    intervals, (note,) = parse_control(value)
    assert intervals == ()
    assert "left out" in note


def test_nothing_stated_gives_nothing():
    assert parse_control(None) == ((), ())
