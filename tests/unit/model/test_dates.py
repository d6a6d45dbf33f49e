"""A day, a month or a year: its first day for a start, its last for an end."""

from __future__ import annotations

from datetime import date

import pytest

from minewatch.errors import SettingsError
from minewatch.model.dates import parse_day


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-03", date(2024, 2, 3), date(2024, 2, 3)),
    ],
)
def test_a_span_begins_with_its_first_day_and_ends_with_its_last(
    text: str, first: date, last: date
) -> None:
    assert parse_day(text) == first
    assert parse_day(text, end=True) == last


@pytest.mark.parametrize("text", ["", "24", "2024-13", "2024-02-30", "03/02/2024", "0000"])
def test_what_is_no_day_is_named_with_what_to_write(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_day(text, name="--start")
    assert "--start" in refused.value.problem
    assert repr(text) in refused.value.problem
    assert "2023-11-05" in refused.value.hint
