"""Every attack fails, and the page says what each got."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.release_attacks import BEGIN, END, Row, attack, database_row, table

PAGE = Path(__file__).parents[3] / "docs" / "publishing.md"


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return attack(tmp_path_factory.mktemp("attacks"))


@pytest.mark.timeout(1200)
def test_every_attack_gets_nothing(rows: list[Row]) -> None:
    assert {row.name: row.got for row in rows if row.got} == {}


def test_every_attack_gets_something_where_nothing_is_protected(rows: list[Row]) -> None:
    assert [row.name for row in rows if not row.bare] == []


def test_the_page_shows_what_was_measured(rows: list[Row]) -> None:
    text = PAGE.read_text("utf-8")
    shown = BEGIN + text.split(BEGIN)[1].split(END)[0] + END
    assert shown == table(rows, of_database=database_row(text))
    assert database_row(text)
