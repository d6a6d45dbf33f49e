"""The order in which places are looked at."""

from __future__ import annotations

import pandas as pd

from minewatch.review import queue_blind, queue_sites


def sites(**columns: list[object]) -> pd.DataFrame:
    plain = {
        "site_id": ["a", "b", "c", "d"], "confidence": [0.9] * 4,
        "max_disturbed_area_m2": [1000.0] * 4, "first_detected": ["2022-01-01"] * 4,
    }  # fmt: skip
    return pd.DataFrame({**plain, **columns})


def test_what_is_near_the_bar_large_or_new_comes_first_and_says_why() -> None:
    near = queue_sites(sites(confidence=[0.9, 0.9, 0.52, 0.05]))
    assert (near[0].id, near[0].why) == ("c", ("near the bar",))
    large = queue_sites(sites(max_disturbed_area_m2=[1.0, 2.0, 3.0, 4000.0]))
    assert (large[0].id, "large" in large[0].why) == ("d", True)
    new = queue_sites(
        sites(first_detected=["2022-01-01", "2024-01-01", "2022-01-01", "2022-01-01"])
    )
    assert (new[0].id, "new" in new[0].why) == ("b", True)
    assert all("new" not in of.why for of in queue_sites(sites()))


def test_every_site_is_in_it_once_and_none_without_sites() -> None:
    assert sorted(of.id for of in queue_sites(sites(confidence=[0.1, None, 0.5, 0.7]))) == [*"abcd"]
    assert queue_sites(sites().iloc[:0]) == []


def test_a_blind_order_is_that_of_its_reviewer_and_gives_no_reason() -> None:
    ids = [f"s{n}" for n in range(50)]
    kai, again, min_ = (queue_blind(of, salt=by) for of, by in
                        ((ids, "Kai"), (ids[::-1], "Kai"), (ids, "Min")))  # fmt: skip
    assert kai == again
    assert kai != min_
    assert sorted(of.id for of in kai) == sorted(ids)
    assert {of.why for of in kai} == {()}
