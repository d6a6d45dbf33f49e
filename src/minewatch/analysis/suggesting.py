"""Which sites that nobody judged are worth a look, by the verdicts so far."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minewatch import review
from minewatch.analysis.report_inputs import strongest_detections
from minewatch.analysis.reviewing import open_review
from minewatch.errors import OutputError
from minewatch.model.verdicts import MINE, NOT_MINE


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """One site that nobody judged."""

    site_id: str
    """Which one."""
    likeness: float
    """0 to 1: how like those that people call mines, and unlike the others."""
    like: str
    """The judged site whose evidence is most like its own."""
    like_verdict: str
    """What people say of that one."""
    alert: str
    """What the detector says."""
    confidence: float
    """What the detector says, 0 to 1."""
    calibrated: float | None
    """Confidence that fits the verdicts; None when that was not asked for."""


@dataclass(frozen=True, kw_only=True)
class Suggestions:
    """What the verdicts so far say of the rest."""

    simulated: bool
    """Whether the run is."""
    suggestions: tuple[Suggestion, ...]
    """The most like mines first."""
    judged: int
    """Sites with a verdict of mine or not a mine, and evidence."""
    mines: int
    """Mines among them."""
    ranking: review.Ranking
    """How well likeness ranks, where it was tried."""
    calibration: review.Calibration | None
    """Confidence before and after; None when that was not asked for."""
    without_evidence: int
    """Sites that nobody judged and that have no evidence terms: they are not ranked."""


def suggest(directory: str | Path, *, recalibrate: bool = False) -> Suggestions:
    """Sites that nobody judged, by how like their evidence is to that of sites people call mines.

    Nothing is written, and no confidence of the run is changed. What changed and is no site
    (`changes.geojson`) has no evidence terms and is not ranked.

    Parameters
    ----------
    directory
        Folder of a finished run with its `state/`, which holds the evidence.
    recalibrate
        Whether a confidence is fitted to the verdicts too, and shown beside the detector's.

    Raises
    ------
    SettingsError
        When there are too few verdicts, or scikit-learn is not installed.
    OutputError
        When the evidence is not there.
    """
    known = open_review(directory)
    result = known.result
    strongest = strongest_detections(result)
    if strongest is None:
        raise OutputError(
            f"{result.directory} has no evidence terms: they lie in its state/",
            hint="take the whole folder of the run, or run again with --resume",
        )
    said = {p.site_id: p.judgement.verdict for p in known.places if p.judgement.verdict}
    sites = result.sites.set_index("site_id")
    terms = dict(zip(strongest["site_id"], strongest["terms"], strict=True))
    names = sorted({name for of in terms.values() for name in of})
    ids = [str(site) for site in sites.index if site in terms]
    judged = [site for site in ids if said.get(site) in (MINE, NOT_MINE)]
    open_ids = [site for site in ids if site not in said]
    inside = sites.geometry.representative_point().to_crs(result.aoi.utm_epsg)

    def of_terms(chosen: list[str]) -> np.ndarray:
        rows = [[terms[site].get(name, np.nan) for name in names] for site in chosen]
        return np.array(rows, float).reshape(len(chosen), len(names))

    people = review.Judged(
        terms=of_terms(judged),
        is_mine=np.array([said[site] == MINE for site in judged], bool),
        confidence=sites.loc[judged, "confidence"].to_numpy(float),
        xy=np.array([(inside[site].x, inside[site].y) for site in judged], float).reshape(-1, 2),
    )
    found = review.rank_by_likeness(people, of_terms(open_ids))
    confidence = sites.loc[open_ids, "confidence"].to_numpy(float)
    calibration = review.calibrate(people, confidence) if recalibrate else None
    rows = [
        _row(site, n, found, judged, said, sites.loc[site], calibration)
        for n, site in enumerate(open_ids)
    ]
    return Suggestions(
        simulated=result.simulated,
        suggestions=tuple(sorted(rows, key=lambda row: (-row.likeness, row.site_id))),
        judged=len(judged), mines=int(people.is_mine.sum()), ranking=found.ranking,
        calibration=calibration,
        without_evidence=sum(site not in terms and site not in said for site in sites.index),
    )  # fmt: skip


def _row(
    site: str,
    number: int,
    found: review.Likeness,
    judged: list[str],
    said: Any,
    row: Any,
    calibration: review.Calibration | None,
) -> Suggestion:
    like = judged[int(found.nearest[number])]
    return Suggestion(
        site_id=site, likeness=round(float(found.score[number]), 4), like=like,
        like_verdict=said[like], alert=row["alert"], confidence=float(row["confidence"]),
        calibrated=None if calibration is None else round(float(calibration.calibrated[number]), 4),
    )  # fmt: skip
