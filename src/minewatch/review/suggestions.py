"""What the verdicts so far say of sites that nobody judged: likeness of evidence, and calibration.

Every figure of how well that works is of sites in parts of the area that were held out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from minewatch.errors import SettingsError

LEAST_VERDICTS: Final = 10
"""Verdicts, both mines and others among them, below which nothing is ranked."""
LEAST_FOR_CALIBRATION: Final = 50
"""Verdicts below which confidence is not calibrated anew."""
LEAST_A_CLASS: Final = 2
"""Verdicts of either kind below which no part can be held out."""
BLOCKS: Final = 5
"""Parts of the area, each held out once; starting value."""
_DRAWS: Final = 1_000
_BINS: Final = 5
_EPSILON: Final = 1e-3
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Sites that people call mine or not a mine."""

    terms: Values
    """Evidence terms, dims (site, term), each 0 to 1; NaN: not known of that site."""
    is_mine: Flags
    """What people say."""
    confidence: Values
    """What the detector says, 0 to 1."""
    xy: Values
    """Where they lie, metres, dims (site, 2)."""


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """How well mines come before others in parts of the area that were held out."""

    count: int
    """Sites that could be held out: the others had both kinds."""
    mines: int
    """Mines among them."""
    blocks: int
    """Parts that were held out."""
    likeness: float | None
    """Chance that a mine is ranked before another site by likeness (area under the ROC curve):
    0.5 says nothing, 1 all; None without both kinds."""
    low: float | None
    """Lower end of its 95 % interval (bootstrap of sites, so too narrow if neighbours are
    alike)."""
    high: float | None
    """Upper end."""
    confidence: float | None
    """The same by the detector's confidence: what likeness must beat to be of use."""


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Sites that nobody judged, ranked."""

    score: Values
    """0 to 1: how like those that people call mines, and unlike the others, dims (candidate,)."""
    nearest: NDArray[np.intp]
    """Of each the judged site whose terms are most like its own."""
    ranking: Ranking
    """How well that works where it was tried."""


@dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """Sites of about one confidence."""

    count: int
    """How many."""
    said: float
    """Mean of what was said of them, 0 to 1."""
    found: float
    """Share that people call mines."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The detector's confidence beside one that fits the verdicts, on sites held out."""

    count: int
    """Sites that could be held out."""
    before: float
    """Mean squared error of the detector's confidence (Brier score): 0 is perfect."""
    after: float
    """The same of the calibrated one."""
    bins_before: tuple[CalibrationBin, ...]
    """By the detector's confidence."""
    bins_after: tuple[CalibrationBin, ...]
    """By the calibrated one."""
    calibrated: Values
    """Of the sites that nobody judged, dims (candidate,)."""

    @property
    def is_better(self) -> bool:
        """Whether it is nearer to the verdicts where it was tried."""
        return self.after < self.before


def rank_by_likeness(judged: Judged, candidates: Values) -> Likeness:
    """Candidates by how like their evidence is to that of mines, from a logistic regression.

    Parameters
    ----------
    judged
        At least `LEAST_VERDICTS`, with both kinds among them.
    candidates
        Evidence terms of the others, dims (site, term).

    Raises
    ------
    SettingsError
        When there are too few verdicts, or scikit-learn is not installed.
    """
    check_counts(judged.is_mine, least=LEAST_VERDICTS, what="a ranking by likeness")
    terms, others = _scaled(judged.terms, judged.terms), _scaled(candidates, judged.terms)
    score = _chance(_fit(terms, judged.is_mine, strength=1.0), others)
    apart = np.linalg.norm(others[:, None, :] - terms[None, :, :], axis=2)
    return Likeness(
        score=score,
        nearest=np.argmin(apart, axis=1),
        ranking=_ranking(judged, terms),
    )


def calibrate(judged: Judged, candidates: Values) -> Calibration:
    """A confidence that fits the verdicts (Platt's way), before and after, on sites held out.

    Parameters
    ----------
    judged
        At least `LEAST_FOR_CALIBRATION`, with both kinds among them.
    candidates
        The detector's confidence of the others.

    Raises
    ------
    SettingsError
        When there are too few verdicts, or scikit-learn is not installed.

    References
    ----------
    Platt, J. (1999), Probabilistic outputs for support vector machines; Niculescu-Mizil and
    Caruana (2005), doi:10.1145/1102351.1102430.
    """
    check_counts(judged.is_mine, least=LEAST_FOR_CALIBRATION, what="a new calibration")
    logits = _logit(judged.confidence)
    held, tried, _ = _held_out(judged, logits, strength=1e6)
    if not tried.any():
        raise SettingsError(
            "no part of the area can be held out: mines and others lie apart",
            hint="judge more sites where there are few verdicts",
        )
    truth = judged.is_mine[tried]
    before, after = judged.confidence[tried], held[tried]
    model = _fit(logits, judged.is_mine, strength=1e6)
    return Calibration(
        count=int(tried.sum()), before=_brier(before, truth), after=_brier(after, truth),
        bins_before=_bins(before, truth), bins_after=_bins(after, truth),
        calibrated=_chance(model, _logit(candidates)),
    )  # fmt: skip


def check_counts(is_mine: Flags, *, least: int, what: str) -> None:
    """Raise when there are too few verdicts for something, or of one kind only."""
    mines = int(is_mine.sum())
    others = len(is_mine) - mines
    if len(is_mine) < least or min(mines, others) < LEAST_A_CLASS:
        raise SettingsError(
            f"{len(is_mine)} sites with evidence are judged so far ({mines} mine, {others} not a "
            f"mine): {what} needs {least}, at least {LEAST_A_CLASS} of each kind",
            hint="judge some more: `minewatch review serve DIR`",
        )


def _ranking(judged: Judged, terms: Values) -> Ranking:
    held, tried, blocks = _held_out(judged, terms, strength=1.0)
    truth, score, confidence = judged.is_mine[tried], held[tried], judged.confidence[tried]
    low, high = _interval(truth, score)
    return Ranking(
        count=int(tried.sum()), mines=int(truth.sum()), blocks=blocks,
        likeness=_roc_area(truth, score), low=low, high=high,
        confidence=_roc_area(truth, confidence),
    )  # fmt: skip


def _held_out(judged: Judged, values: Values, *, strength: float) -> tuple[Values, Flags, int]:
    """Of each site what a model says that saw nothing of its part of the area."""
    block = area_blocks(judged.xy)
    held, tried = np.full(len(block), np.nan), np.zeros(len(block), bool)
    used = 0
    for number in np.unique(block):
        out = block == number
        if len(np.unique(judged.is_mine[~out])) < 2:
            continue  # nothing to learn from
        held[out] = _chance(
            _fit(values[~out], judged.is_mine[~out], strength=strength), values[out]
        )
        tried |= out
        used += 1
    return held, tried, used


def area_blocks(xy: Values) -> NDArray[np.intp]:
    """Which part of the area each site lies in: parts are compact, so neighbours stay together.

    Parameters
    ----------
    xy
        Metres, dims (site, 2).
    """
    cluster = _sklearn("cluster")
    places = np.unique(xy, axis=0)
    count = min(BLOCKS, len(places))
    parts = cluster.KMeans(n_clusters=count, n_init=10, random_state=0).fit(xy)
    blocks: NDArray[np.intp] = parts.labels_.astype(np.intp)
    return blocks


def _fit(values: Values, is_mine: Flags, *, strength: float) -> Any:
    linear = _sklearn("linear_model")
    return linear.LogisticRegression(C=strength, max_iter=1_000).fit(values, is_mine)


def _chance(model: Any, values: Values) -> Values:
    if not len(values):
        return np.empty(0)
    chance: Values = model.predict_proba(values)[:, list(model.classes_).index(True)]
    return chance


def _sklearn(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(f"sklearn.{name}")
    except ModuleNotFoundError:
        raise SettingsError(
            "scikit-learn is not installed", hint="pip install 'minewatch[review]'"
        ) from None


def _scaled(terms: Values, of: Values) -> Values:
    """Terms by the mean and spread of the judged ones; what is not known speaks for neither."""
    known = np.where(np.isnan(of), 0.5, of)
    spread = known.std(axis=0)
    filled = np.where(np.isnan(terms), 0.5, terms)
    scaled: Values = (filled - known.mean(axis=0)) / np.where(spread > _EPSILON, spread, 1.0)
    return scaled


def _logit(confidence: Values) -> Values:
    inside = np.clip(confidence, _EPSILON, 1 - _EPSILON)
    logit: Values = np.log(inside / (1 - inside))[:, None]
    return logit


def _roc_area(truth: Flags, score: Values) -> float | None:
    """Share of pairs of a mine and another in which the mine has more; ties count half."""
    if not truth.any() or truth.all():
        return None
    apart = score[truth][:, None] - score[~truth][None, :]
    return float((apart > 0).mean() + 0.5 * (apart == 0).mean())


def _interval(truth: Flags, score: Values) -> tuple[float | None, float | None]:
    rng = np.random.default_rng(0)
    draws: Sequence[NDArray[np.intp]] = [
        rng.integers(0, len(truth), len(truth)) for _ in range(_DRAWS if len(truth) else 0)
    ]
    areas = [a for at in draws if (a := _roc_area(truth[at], score[at])) is not None]
    if not areas:
        return None, None
    return float(np.quantile(areas, 0.025)), float(np.quantile(areas, 0.975))


def _brier(said: Values, truth: Flags) -> float:
    return float(np.mean((said - truth) ** 2))


def _bins(said: Values, truth: Flags) -> tuple[CalibrationBin, ...]:
    number = np.minimum((said * _BINS).astype(int), _BINS - 1)
    return tuple(
        CalibrationBin(
            count=int(at.sum()), said=float(said[at].mean()), found=float(truth[at].mean())
        )
        for n in range(_BINS)
        if (at := number == n).any()
    )
