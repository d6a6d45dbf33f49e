from __future__ import annotations

import numpy as np
import pytest
import shapely

from minewatch.sites.grouping import extent_m, group
from minewatch.sites.site_rules import LinkRules


def squares(*corners: tuple[float, float], side: float = 20.0) -> np.ndarray:
    out = np.empty(len(corners), dtype=object)
    out[:] = [shapely.box(x, y, x + side, y + side) for x, y in corners]
    return out


NONE = squares()


def test_clusters_are_numbered_by_their_first_member():
    labels = group(squares((0, 0), (900, 0), (30, 0)), NONE, rules=LinkRules())
    assert labels.tolist() == [0, 1, 0]


def test_nothing_gives_no_cluster():
    assert group(NONE, NONE, rules=LinkRules()).tolist() == []


def test_known_sites_stay_apart_from_each_other_without_a_patch_between():
    labels = group(NONE, squares((0, 0), (30, 0)), rules=LinkRules())
    assert labels.tolist() == [0, 1]


def test_the_closest_pair_is_joined_first():
    rules = LinkRules(one_site_m=200)
    labels = group(squares((0, 0), (120, 0), (200, 0)), NONE, rules=rules)
    assert labels.tolist() == [0, 1, 1]


def test_a_pair_joins_across_130_m_although_a_third_one_lies_in_reach_of_it():
    patches = squares((0, 0), (150, 0), (340, 0), (9000, 0), (9030, 0))
    assert group(patches, NONE, rules=LinkRules()).tolist() == [0, 0, 1, 2, 2]


def test_one_ground_is_one_site_even_when_it_is_larger_than_a_site_may_be():
    patch, site = shapely.box(0, 0, 1000, 50), shapely.box(10, 0, 900, 50)
    labels = group(np.array([patch]), np.array([site]), rules=LinkRules())
    assert labels.tolist() == [0, 0]


def test_a_large_patch_that_only_brushes_a_site_is_another_site():
    patch, site = shapely.box(0, 0, 880, 50), shapely.box(870, 0, 1000, 50)
    labels = group(np.array([patch]), np.array([site]), rules=LinkRules())
    assert labels.tolist() == [0, 1]


def test_extent_is_the_longest_way_across():
    assert extent_m(shapely.box(0, 0, 30, 40)) == pytest.approx(50)
