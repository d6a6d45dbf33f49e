"""Precision and recall of sites."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from minewatch.analysis.assessed_figures import Figure
from minewatch.analysis.drawn_cells import FOUND_M
from minewatch.analysis.labelled_pixels import LabelledPixels, Numbers, merge_strata
from minewatch.analysis.sample_frame import pixel_area_m2
from minewatch.estimates.accuracy import AccuracyTable
from minewatch.estimates.drawn_units import DrawnUnits
from minewatch.estimates.estimators import ratio
from minewatch.samples.label_entries import UNSURE
from minewatch.samples.reference_labels import ReferenceLabels
from minewatch.samples.sample_design import DesignStratum, SampleDesign
from minewatch.samples.unit_files import SampleUnit

SIZES_HA: Final = (0.2, 0.5, 1.0)
"""Bounds of the sizes of mines in tables of recall: as on the page of accuracy."""
MATCHING: Final = (
    f"a mine counts as found when a confirmed or provisional site of the map lies within "
    f"{FOUND_M:g} m of the labelled pixel; each pixel stands for the share of its mine that it is, "
    "so a mine of which part lies further off is found in part"
)
FEWEST: Final = 10
"""Labelled units of a kind of mine, below which a note says that they are few."""


def estimate_recall(
    design: SampleDesign,
    period: Mapping[str, str],
    elements: LabelledPixels,
    reference: ReferenceLabels,
    confidence: float,
    notes: list[str],
) -> Iterator[Figure]:
    """Share of mines that the map has, from units whose interpreter gave the area of the mine."""
    last = period["start"] == design.periods[-1]["start"]
    said = [reference.labels[unit.unit, period["start"]][-1] for unit in elements.owner]
    area = np.array([entry.site_area_m2 or math.nan for entry in said])
    is_mine = elements.reference[0][:, 0] + elements.reference[0][:, 1]
    usable = (is_mine > 0) & np.isfinite(area)
    if not last or not usable.any():
        return
    without = int(((is_mine > 0) & ~usable).sum())
    if without:
        notes.append(f"recall of sites: {without} labelled pixels of mines give no area of theirs")
    one = np.where(usable, np.minimum(pixel_area_m2(design) / np.where(usable, area, 1), 1), 0.0)
    one = one * is_mine
    found = np.array([bool(unit.site_id) for unit in elements.owner]).astype(float)
    kinds: dict[str, NDArray[np.bool_]] = {"all": usable}
    for begun in ("older", "within"):
        kinds[begun] = usable & np.array([entry.begun == begun for entry in said])
    low = 0.0
    for high in (*SIZES_HA, math.inf):
        name = f"up to {high:g} ha" if math.isfinite(high) else f"over {SIZES_HA[-1]:g} ha"
        kinds[name] = usable & (area > low * 10_000) & (area <= high * 10_000)
        low = high
    for name, is_kind in kinds.items():
        if not is_kind.any():
            continue
        weight = one * is_kind
        yield Figure(
            period=period["label"], period_start=period["start"], figure="recall", of=name,
            unit="share", estimate=ratio(elements.units, weight * found, weight,
                                         confidence=confidence),
            labelled=len({u.unit for u, k in zip(elements.owner, is_kind, strict=True) if k}),
        )  # fmt: skip
    notes.append(f"recall of sites: {MATCHING}")
    if int(usable.sum()) < FEWEST:
        notes.append(f"recall of sites rests on {int(usable.sum())} labelled pixels")


def assess_sites(
    design: SampleDesign,
    units: Sequence[SampleUnit],
    reference: ReferenceLabels,
    confidence: float,
) -> tuple[list[Figure], dict[str, AccuracyTable], list[str]]:
    """Precision of the list of sites, all of them and by rung."""
    period = design.periods[0]
    chosen = [unit for unit in units if (unit.unit, period["start"]) in reference.labels]
    strata, of_name = merge_strata(design, chosen)
    drawn = DrawnUnits.of_pixels(
        np.array([of_name[unit.stratum] for unit in chosen]), [float(s.units) for s in strata]
    )
    said = [
        [entry.labels[0] for entry in reference.labels[unit.unit, period["start"]]]
        for unit in chosen
    ]
    right = np.array([sum(n == "mine" for n in names) / len(names) for names in said])
    decided = np.array([sum(n != UNSURE for n in names) / len(names) for names in said])
    stratum = np.array([unit.stratum for unit in chosen])
    figures = []
    likely = stratum != "candidate"
    for name, is_kind in (
        ("confirmed and provisional", likely),
        *((s.name, stratum == s.name) for s in strata),
    ):
        if is_kind.any():
            figures.append(
                Figure(
                    period=period["label"], period_start=period["start"], figure="precision",
                    of=name, unit="share", labelled=int(is_kind.sum()),
                    estimate=ratio(
                        drawn, right * is_kind, decided * is_kind, confidence=confidence,
                        most=_of_kind(strata, name),
                    ),
                )
            )  # fmt: skip
    absent = [s.name for s in design.strata if s.name not in of_name]
    notes = [f"precision: of the list of sites of {period['label']}, each labelled as a whole"]
    notes += [f"no site of stratum {name} is labelled: it is in no figure" for name in absent]
    return figures, {}, notes


def _of_kind(strata: Sequence[DesignStratum], name: str) -> tuple[Numbers, Numbers]:
    """Which strata can hold a site of a kind: a rung is known without a sample."""
    inside = np.array(
        [float(s.name == name or (" and " in name and s.name != "candidate")) for s in strata]
    )
    return inside, inside
