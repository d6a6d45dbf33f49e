"""What was gained and lost between two periods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minewatch.analysis.assessed_figures import Figure
from minewatch.analysis.labelled_pixels import OUTCOMES, label_pixels
from minewatch.analysis.sample_frame import pixel_area_m2
from minewatch.analysis.sample_plan import TARGETS
from minewatch.estimates.estimators import difference, ratio
from minewatch.samples.label_entries import CLASSES, UNSURE
from minewatch.samples.reference_labels import ReferenceLabels
from minewatch.samples.sample_design import SampleDesign
from minewatch.samples.unit_files import SampleUnit


def estimate_change(
    design: SampleDesign,
    units: Sequence[SampleUnit],
    reference: ReferenceLabels,
    confidence: float,
) -> Iterator[Figure]:
    """What was gained and lost between two periods, from units labelled in both."""
    elements = label_pixels(design, units, reference, [0, 1])
    if elements is None:
        return
    whole = float(elements.units.frame_size.sum()) * pixel_area_m2(design) / 10_000
    weights = elements.units.frame_size / elements.units.frame_size.sum()
    unsure = sum(of[:, OUTCOMES.index(UNSURE)] for of in elements.reference) > 0
    about: dict[str, Any] = {
        "period": " to ".join(period["label"] for period in design.periods),
        "period_start": design.periods[-1]["start"], "unit": "ha",
        "labelled": len({unit.unit for unit in elements.owner}),
    }  # fmt: skip
    for name, classes in TARGETS.items():
        at = [CLASSES.index(one) for one in classes]
        before, after = (of[:, at].sum(axis=1) for of in elements.reference)
        gain = np.where(unsure, 0.0, np.maximum(after - before, 0))
        loss = np.where(unsure, 0.0, np.maximum(before - after, 0))
        known = [weights @ of[:, at].sum(axis=1) for of in elements.known]
        one = np.ones(len(gain))
        for figure, estimate, mapped in (
            ("gain", ratio(elements.units, gain, one, confidence=confidence), None),
            ("loss", ratio(elements.units, loss, one, confidence=confidence), None),
            (
                "net_change", difference(elements.units, gain, loss, confidence=confidence),
                float(known[1] - known[0]) * whole,
            ),
        ):  # fmt: skip
            yield Figure(
                **about, figure=figure, of=name, estimate=estimate.times(whole), mapped=mapped
            )
