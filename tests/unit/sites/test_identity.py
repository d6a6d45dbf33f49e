from __future__ import annotations

import re

from minewatch.sites.identity import make_id


def name(x: float, y: float, taken: tuple[str, ...] = ()) -> str:
    return make_id("demo", 32647, (x, y), cell_m=70, taken=taken)


def test_an_id_is_short_text_that_no_spreadsheet_takes_for_a_number():
    assert re.fullmatch(r"s[a-z2-7]{10}", name(240_000, 2_850_000))


def test_a_name_that_was_given_is_never_given_again():
    first = name(240_000, 2_850_000)
    second = name(240_000, 2_850_000, (first,))
    third = name(240_000, 2_850_000, (first, second))
    assert len({first, second, third}) == 3


def test_one_cell_has_one_name_and_each_cell_its_own():
    names = {name(240_000 + 70 * i, 2_850_000 + 70 * j) for i in range(40) for j in range(40)}
    assert len(names) == 1600
    assert name(240_031, 2_850_071) == name(240_099, 2_850_119)
