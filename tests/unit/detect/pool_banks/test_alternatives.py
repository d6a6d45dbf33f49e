"""What a site could be instead: every case leans on a term there is."""

from minewatch.detect.pool_banks import clearings
from minewatch.detect.pool_banks.alternatives import score_alternatives
from minewatch.detect.pool_banks.evidence_terms import MEANINGS
from minewatch.detect.pool_banks.pool_bank_detector import PoolBanks
from minewatch.model import CHANGE_KINDS


def test_every_case_is_a_known_kind_against_which_a_term_of_the_detector_speaks():
    speaks = {term for kind in CHANGE_KINDS.values() for term in kind.contradicted_by}
    assert speaks
    assert speaks <= set(MEANINGS)


def test_full_evidence_rules_everything_out_and_none_leaves_everything_open():
    assert {a.plausibility for a in score_alternatives(dict.fromkeys(MEANINGS, 1.0))} == {0.0}
    assert {a.plausibility for a in score_alternatives(dict.fromkeys(MEANINGS, 0.0))} == {1.0}


def test_the_most_open_reading_comes_first():
    terms = {**dict.fromkeys(MEANINGS, 1.0), "lasting": 0.1, "alive": 0.4}
    assert [(a.kind, a.plausibility) for a in score_alternatives(terms)[:2]] == [
        ("swidden", 0.9),
        ("village", 0.6),
    ]


def test_one_sign_of_water_is_enough_against_bare_ground():
    terms = {**dict.fromkeys(MEANINGS, 0.0), "spots": 0.7}
    plausibilities = {a.kind: a.plausibility for a in score_alternatives(terms)}
    assert plausibilities["other_clearing"] == 0.3
    assert plausibilities["shadow"] == 1.0


def test_a_clearing_without_visible_pools_rules_nothing_out():
    """Once the strongest clearing at 20 m made every other reading 0.0: ruled out."""
    for value in (0.0, 1.0):
        terms = {f"{clearings.PREFIX}{name}": value for name in clearings.MEANINGS}
        others = PoolBanks().alternatives(terms)
        assert others[0].kind == "other_clearing"
        assert {"swidden", "village", "road"} <= {other.kind for other in others}
        assert {other.plausibility for other in others} == {None}
