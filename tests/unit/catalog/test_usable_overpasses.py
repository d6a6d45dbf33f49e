"""Usable overpasses per month."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from minewatch.catalog import find_scenes, summarise_overpasses
from minewatch.model import AreaOfInterest, Period


def test_overpasses_are_passes_and_empty_months_are_told(
    aoi: AreaOfInterest,
    item: Callable[..., dict[str, Any]],
    static: Callable[..., Path],
    tmp_path: Path,
) -> None:
    items = [
        item("a1", day="2023-01-05", tile="47RMJ", cloud=20.0),
        item("a2", day="2023-01-05", tile="47RLJ", cloud=80.0),
        item("b1", day="2023-01-10", tile="47RMJ", cloud=90.0),
        item("c1", day="2023-03-01", tile="47RMJ", cloud=None),
    ]
    period = Period(date(2023, 1, 1), date(2023, 3, 31))
    table = summarise_overpasses(
        find_scenes(aoi, period, catalog=str(static(tmp_path, items))), period
    )
    assert table["month"].tolist() == ["2023-01", "2023-02", "2023-03"]
    assert table["scenes"].tolist() == [3, 0, 1]
    assert table["looks"].tolist() == [2, 0, 1]
    assert table["usable_looks"].tolist() == [1, 0, 1]
    assert table["clear_looks"].tolist() == [0.6, 0.0, 1.0]
    assert table["cloud_cover_pct"].tolist()[0] == 63.3
    assert math.isnan(table["cloud_cover_pct"][1])


def test_days_outside_the_period_do_not_count(
    aoi: AreaOfInterest,
    item: Callable[..., dict[str, Any]],
    static: Callable[..., Path],
    tmp_path: Path,
) -> None:
    catalog = static(tmp_path, [item("a", day="2023-01-05"), item("b", day="2023-01-20")])
    found = find_scenes(aoi, Period(date(2023, 1, 1), date(2023, 1, 31)), catalog=str(catalog))
    table = summarise_overpasses(found, Period(date(2023, 1, 10), date(2023, 1, 31)))
    assert table["looks"].tolist() == [1]
