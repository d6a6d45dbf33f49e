"""5,000 mutations of recorded and made-up items: none ends a search, each is told."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.malformed_items import check_selection, mutated
from tests.unit.catalog.conftest import make_item

from minewatch.model import Period
from minewatch.sensors import get_sensor

MUTATIONS = 5_000
EVER = Period(date(1970, 1, 1), date(2099, 12, 31))


@pytest.fixture(scope="module")
def recorded(shared_data: Callable[[str], Path]) -> list[dict[str, Any]]:
    """Items of all catalogues, as they were recorded, and one that is made up."""
    items = [make_item()]
    for folder in ("stac_items", "stac_2026"):
        for path in sorted(shared_data(folder).rglob("*.json")):
            document = json.loads(path.read_text("utf-8"))
            listed = (
                document if isinstance(document, list) else document.get("features", [document])
            )
            found = [i for i in listed if isinstance(i, dict) and i.get("type") == "Feature"]
            items += [item for item in found if "properties" in item][:3]
    return items


@pytest.mark.parametrize("sensor", ["sentinel-2-l2a", "landsat-c2-l2"])
def test_no_mutation_of_an_item_ends_a_search(recorded: list[Any], sensor: str) -> None:
    profile, rng, kept = get_sensor(sensor), random.Random(sensor), 0
    good = [make_item("good", tile="01CDE")] if sensor == "sentinel-2-l2a" else []
    for _ in range(MUTATIONS // 5):
        strange = [mutated(rng.choice(recorded), rng) for _ in range(5)]
        kept += len(check_selection(good, strange, profile=profile, period=EVER).scenes)
    assert len(recorded) > 30
    assert kept > MUTATIONS // 20  # most are wrong, not all
