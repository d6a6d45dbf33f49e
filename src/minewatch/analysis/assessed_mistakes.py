"""Areas without the mistakes of interpreters, where some units were looked at twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from minewatch.analysis.assessed_figures import Figure
from minewatch.analysis.labelled_pixels import LabelledPixels
from minewatch.analysis.sample_frame import pixel_area_m2
from minewatch.analysis.sample_plan import TARGETS
from minewatch.estimates.interpreter_mistakes import share_without_mistakes
from minewatch.samples.reference_labels import ReferenceLabels
from minewatch.samples.sample_design import SampleDesign

FEWEST: Final = 10
"""Units that were looked at twice, below which nothing is said of mistakes; starting value."""
CORRECTED: Final = "area_corrected"
"""Name of the figure."""


def estimate_corrected(
    design: SampleDesign,
    period: Mapping[str, str],
    elements: LabelledPixels,
    reference: ReferenceLabels,
    confidence: float,
    notes: list[str],
) -> Iterator[Figure]:
    """Areas of pools, pads and mines if interpreters err independently and equally everywhere."""
    said = [reference.looks[unit.unit, period["start"]] for unit in elements.owner]
    looks = np.array([float(len(of)) for of in said])
    twice = int((looks > 1).sum())
    if not twice:
        return
    if design.unit != "pixel" or design.design not in ("stratified", "systematic"):
        notes.append("mistakes of interpreters are taken out of areas for pixels in strata alone")
        return
    if twice < FEWEST:
        notes.append(
            f"{period['label']}: {twice} units were looked at twice: too few to take mistakes of "
            f"interpreters out of areas; {FEWEST} would do, all are best"
        )
        return
    whole = float(elements.units.frame_size.sum()) * pixel_area_m2(design) / 10_000
    for name, classes in TARGETS.items():
        yes = np.array([float(sum(entry.label in classes for entry in of)) for of in said])
        found = share_without_mistakes(elements.units, looks, yes, confidence=confidence)
        yield Figure(
            period=period["label"], period_start=period["start"], figure=CORRECTED, of=name,
            unit="ha", estimate=found.share.times(whole), labelled=len(elements.owner),
        )  # fmt: skip
        notes.append(
            f"{period['label']}: a look calls {100 * found.invents:.1f} % of what is no {name} so, "
            f"and misses {100 * (1 - found.sees):.1f} % of what is one, found from {twice} units "
            "that were looked at twice; area corrected takes that out, if mistakes are independent "
            "and equally frequent everywhere"
        )
