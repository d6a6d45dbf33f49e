"""Likeness and calibration: what they find is there, what is not there they do not find."""

from __future__ import annotations

import numpy as np
import pytest

from minewatch.errors import SettingsError
from minewatch.review import Judged, calibrate, rank_by_likeness, suggestions


def judged(count: int = 80, *, signal: float = 1.0, over: float = 0.0) -> Judged:
    """Sites of two kinds over ten kilometres; `signal`: how far their terms are apart; `over`: by
    how much the detector is too sure."""
    rng = np.random.default_rng(3)
    is_mine = np.arange(count) % 2 == 0
    terms = rng.uniform(0, 0.6, (count, 4))
    terms[:, 0] += 0.4 * signal * is_mine
    chance = np.where(is_mine, 0.6, 0.4) + rng.normal(0, 0.1, count)
    return Judged(
        terms=terms, is_mine=is_mine, confidence=np.clip(chance + over, 0.01, 0.99),
        xy=rng.uniform(0, 10_000, (count, 2)),
    )  # fmt: skip


def test_sites_like_mines_come_first_and_held_out_figures_see_it() -> None:
    people = judged()
    found = rank_by_likeness(people, np.array([[1.0, 0.3, 0.3, 0.3], [0.0, 0.3, 0.3, 0.3]]))
    assert found.score[0] > 0.8 > 0.2 > found.score[1]
    assert [bool(people.is_mine[n]) for n in found.nearest] == [True, False]
    assert found.ranking.count == 80
    assert found.ranking.blocks == 5
    assert found.ranking.likeness > 0.85
    assert found.ranking.low < found.ranking.likeness < found.ranking.high


def test_terms_without_a_word_rank_as_chance_does() -> None:
    found = rank_by_likeness(judged(signal=0.0), np.empty((0, 4)))
    assert found.ranking.low < 0.5 < found.ranking.high
    assert found.ranking.confidence > 0.75


def test_what_lies_only_in_one_place_is_not_found_elsewhere() -> None:
    # verdicts follow the place, and terms give the place away: random folds would say 100 %
    rng = np.random.default_rng(5)
    corner = np.repeat(np.arange(5), 12)
    xy = np.stack([corner * 5_000.0, np.zeros(60)], axis=1) + rng.normal(0, 50, (60, 2))
    terms = np.eye(5)[corner] + rng.normal(0, 0.01, (60, 5))
    people = Judged(
        terms=terms, is_mine=corner % 2 == 0, confidence=rng.uniform(size=60), xy=xy
    )  # fmt: skip
    assert rank_by_likeness(people, np.empty((0, 5))).ranking.likeness < 0.6


def test_a_term_that_is_not_known_of_a_site_speaks_for_neither() -> None:
    people = judged()
    unknown = rank_by_likeness(people, np.full((1, 4), np.nan)).score
    assert rank_by_likeness(people, np.full((1, 4), 0.5)).score == pytest.approx(unknown)


@pytest.mark.parametrize("count", [0, 9])
def test_too_few_verdicts_are_named(count: int) -> None:
    with pytest.raises(SettingsError, match=f"{count} sites with evidence are judged so far"):
        rank_by_likeness(judged(count), np.empty((0, 4)))


def test_verdicts_of_one_kind_only_are_too_few() -> None:
    people = judged(40)
    alike = Judged(
        terms=people.terms, is_mine=np.ones(40, bool), confidence=people.confidence, xy=people.xy
    )
    with pytest.raises(SettingsError, match="40 mine, 0 not a mine"):
        rank_by_likeness(alike, np.empty((0, 4)))


def test_a_detector_that_is_too_sure_is_mended_on_sites_held_out() -> None:
    found = calibrate(judged(200, over=0.3), np.array([0.9]))
    assert found.count == 200
    assert found.is_better
    assert sum(b.count for b in found.bins_before) == 200
    apart = [sum(b.count * abs(b.said - b.found) for b in of) / 200
             for of in (found.bins_before, found.bins_after)]  # fmt: skip
    assert apart[1] < 0.5 * apart[0]
    assert 0 < found.calibrated[0] < 0.9


def test_calibration_needs_fifty() -> None:
    with pytest.raises(SettingsError, match=r"49 sites .* needs 50"):
        calibrate(judged(49), np.empty(0))


def test_without_scikit_learn_the_message_names_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(SettingsError) as caught:
        suggestions.rank_by_likeness(judged(), np.empty((0, 4)))
    assert "minewatch[review]" in caught.value.hint
