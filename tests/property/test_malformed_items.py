"""Whatever is wrong in an item, it is dropped or told, and the search goes on."""

import random
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.malformed_items import check_selection, mutated
from tests.unit.catalog.conftest import make_item

from minewatch.model import Period
from minewatch.sensors import get_sensor

PROFILE = get_sensor("sentinel-2-l2a")
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))
GOOD = make_item("good", tile="47RMK")


@given(st.integers(0, 1 << 32))
@settings(max_examples=300, deadline=None)
def test_no_mutation_of_an_item_ends_a_search(seed: int) -> None:
    rng = random.Random(seed)
    strange = [mutated(make_item(f"m{n}"), rng) for n in range(2)]
    check_selection([GOOD], strange, profile=PROFILE, period=YEAR)
