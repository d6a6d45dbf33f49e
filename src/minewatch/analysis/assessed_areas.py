"""Error matrix, accuracies and areas of each period, from labelled pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minewatch.analysis.assessed_change import estimate_change
from minewatch.analysis.assessed_figures import Figure
from minewatch.analysis.assessed_mistakes import estimate_corrected
from minewatch.analysis.assessed_sites import estimate_recall
from minewatch.analysis.labelled_pixels import LabelledPixels, Numbers, label_pixels
from minewatch.analysis.sample_frame import pixel_area_m2
from minewatch.estimates.accuracy import AccuracyTable, assess_accuracy
from minewatch.estimates.estimators import Estimate
from minewatch.samples.label_entries import CLASSES, UNSURE
from minewatch.samples.reference_labels import ReferenceLabels
from minewatch.samples.sample_design import NOT_SEEN, SampleDesign
from minewatch.samples.unit_files import SampleUnit


def assess_pixels(
    design: SampleDesign,
    units: Sequence[SampleUnit],
    reference: ReferenceLabels,
    confidence: float,
    largest: float,
) -> tuple[list[Figure], dict[str, AccuracyTable], list[str]]:
    """Figures, error matrix of each period, and notes, of a sample of pixels, blocks or tiles."""
    largest = largest if design.side > 1 else 1.0
    figures, notes = list[Figure](), list[str]()
    matrices: dict[str, AccuracyTable] = {}
    for n, period in enumerate(design.periods):
        elements = label_pixels(design, units, reference, [n])
        if elements is None:
            notes.append(f"no label in {period['label']}")
            continue
        notes += _left_out(elements, period["label"])
        notes += _censused(design, elements)
        mapped, seen, known = elements.mapped[0], elements.reference[0], elements.known[0]
        table = assess_accuracy(
            elements.units, mapped, seen, classes=CLASSES, others=(UNSURE,), known=known,
            largest=largest, confidence=confidence,
        )  # fmt: skip
        both = assess_accuracy(
            elements.units, (mapped == 2).astype("int64"), _mine_or_not(seen),
            classes=("mine", "other"), others=(UNSURE,),
            known=np.column_stack([known[:, 0] + known[:, 1], known[:, 2]]),
            largest=largest, confidence=confidence,
        )  # fmt: skip
        if elements.has_pairs:
            matrices[period["start"]] = table
        else:
            notes.append(f"{period['label']}: pixels were counted, not named: no accuracies")
        figures += _figures(design, period, elements, table, both)
        figures += estimate_corrected(design, period, elements, reference, confidence, notes)
        figures += estimate_recall(design, period, elements, reference, confidence, notes)
    if len(design.periods) == 2:
        figures += estimate_change(design, units, reference, confidence)
    return figures, matrices, list(dict.fromkeys(notes))


def _mine_or_not(reference: Numbers) -> Numbers:
    return np.column_stack([reference[:, 0] + reference[:, 1], reference[:, 2:]])


def _left_out(elements: LabelledPixels, label: str) -> Iterator[str]:
    for stratum in elements.left_out:
        yield (
            f"{label}: stratum {stratum.name} ({stratum.area_m2 / 10_000:,.2f} ha) has no label: "
            "it is in no figure"
        )


def _censused(design: SampleDesign, elements: LabelledPixels) -> Iterator[str]:
    """Strata of which every unit was drawn."""
    names = [s.name for s in design.strata if s.units and s.drawn == s.units]
    if names and not elements.units.post_stratified:
        yield f"every unit of {', '.join(names)} was drawn: no chance there, only the labels"


def _figures(
    design: SampleDesign,
    period: Mapping[str, str],
    elements: LabelledPixels,
    table: AccuracyTable,
    both: AccuracyTable,
) -> Iterator[Figure]:
    whole = float(elements.units.frame_size.sum()) * pixel_area_m2(design) / 10_000
    labelled = len({unit.unit for unit in elements.owner})
    about: dict[str, Any] = {
        "period": period["label"], "period_start": period["start"], "labelled": labelled
    }  # fmt: skip
    weights = elements.units.frame_size / elements.units.frame_size.sum()
    map_share = weights @ elements.known[0]
    mapped = dict(zip(CLASSES, map_share, strict=True))
    mapped["mine"] = mapped["pool"] + mapped["pad"]
    areas = {**both.areas, **table.areas}
    for name in ("pool", "pad", "mine", "other", UNSURE):
        yield Figure(
            **about, figure="area", of=name, unit="ha", estimate=areas[name].times(whole),
            mapped=float(mapped[name]) * whole if name in mapped else None,
        )  # fmt: skip
    if design.not_seen_m2:
        known = design.not_seen_m2 / 10_000
        exact = Estimate(known, 0.0, known, known)  # known of every pixel: nothing is estimated
        yield Figure(**about, figure="area", of=NOT_SEEN, unit="ha", estimate=exact, mapped=known)
    if elements.has_pairs:
        for figure in ("users", "producers"):
            values = {**getattr(both, figure), **getattr(table, figure)}
            for name in ("pool", "pad", "mine"):
                yield Figure(**about, figure=figure, of=name, unit="share", estimate=values[name])
        yield Figure(**about, figure="overall", of="all", unit="share", estimate=table.overall)
