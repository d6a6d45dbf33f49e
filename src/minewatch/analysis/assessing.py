"""Accuracy of a finished run and area of mines, as a labelled sample of it estimates them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from minewatch.analysis.assessed_areas import assess_pixels
from minewatch.analysis.assessed_figures import Assessment
from minewatch.analysis.assessed_sites import assess_sites
from minewatch.analysis.sample_folders import sample_folder
from minewatch.errors import SettingsError
from minewatch.estimates.agreement import cohen_kappa
from minewatch.estimates.estimators import CONFIDENCE
from minewatch.model.run_result import source_mark
from minewatch.samples.label_files import read_label_log, read_labels
from minewatch.samples.reference_labels import ReferenceLabels, merge_labels
from minewatch.samples.sample_design import SampleDesign, read_design
from minewatch.samples.unit_files import SampleUnit, read_units
from minewatch.store.output_folder import open_result


def assess(
    directory: str | Path,
    sample: str | Path,
    *,
    labels: Sequence[str | Path] = (),
    interpreter: str | None = None,
    largest: float = 1.0,
    confidence: float = CONFIDENCE,
) -> Assessment:
    """Accuracy and area with intervals, from a sample that people labelled.

    Parameters
    ----------
    directory
        Folder of a finished run.
    sample
        Name of a sample of it, or its folder.
    labels
        Files of labels beside the log of the sample: CSV, GeoPackage or another log. They are
        read, not taken into the log.
    interpreter
        Count only this one; None counts all.
    largest
        The most of a block, or of a tile, that mines are taken to cover, 0..1: an assumption that
        is printed with the figures. 1 assumes nothing. What a labelled one holds is never cut.
    confidence
        Share of samples whose intervals should hold the truth.

    Raises
    ------
    SettingsError
        When there is no such sample, or no label of it.
    """
    if not 0 < largest <= 1:
        raise SettingsError(f"mines cover at most {largest:g} of a block", hint="give 0 to 1")
    result = open_result(directory, verify=False)
    folder = sample_folder(result.directory, sample)
    design, units = read_design(folder), read_units(folder)
    read = [read_label_log(folder), *(read_labels(Path(path)) for path in labels)]
    entries = [entry for of in read for entry in of.entries]
    known = {unit.unit for unit in units}
    starts = {period["start"] for period in design.periods}
    foreign = [e for e in entries if e.unit not in known or e.period not in starts]
    entries = [e for e in entries if e.unit in known and e.period in starts]
    reference = merge_labels(entries, interpreter=interpreter)
    if not reference.labels:
        raise SettingsError(
            f"{folder} has no labels yet",
            hint="label it: minewatch review serve, labels.gpkg in QGIS, or labels.csv",
        )
    notes = [note for of in read for note in of.notes]
    if foreign:
        notes.append(f"{len(foreign)} labels are of no unit or period of this sample: not counted")
    notes += _notes(result, design, reference)
    if design.unit == "site":
        figures, matrices, more = assess_sites(design, units, reference, confidence)
    else:
        figures, matrices, more = assess_pixels(design, units, reference, confidence, largest)
    if largest < 1 and design.side > 1:
        notes.append(
            f"assumed, not measured: mines, or pools, or pads, cover at most {100 * largest:g} % "
            f"of any {'tile' if design.inside else 'block'}"
        )
    every = [u.unit for u in units if all((u.unit, start) in reference.labels for start in starts)]
    missing = len(units) - len(every)
    if missing:
        notes.append(
            f"{missing} of {len(units)} units have no label: figures take them to be like the "
            "others of their stratum"
        )
    return Assessment(
        folder=folder, design=design, figures=tuple(figures), matrices=matrices,
        agreement=tuple(_agreement(reference, units, confidence)), labelled=len(every),
        drawn=len(units), notes=tuple(notes + more), confidence=confidence,
    )  # fmt: skip


def _notes(result: Any, design: SampleDesign, reference: ReferenceLabels) -> Iterator[str]:
    if design.run["simulated"]:
        yield "SIMULATED: no real place"
    if design.run["source"] != source_mark(result.manifest):
        yield (
            "the inventory has changed since the sample was drawn: areas still hold, accuracies "
            "and mapped areas are those of the map as it was then"
        )
    if design.not_seen_m2:
        yield (
            f"{design.not_seen_m2 / 10_000:,.2f} ha were not seen: nothing is said of them, and no "
            "figure counts them as free of mines"
        )
    if design.not_seen_units:
        yield f"{design.not_seen_units} sites were not seen: nothing is said of them"
    if reference.disputed:
        yield (
            f"{len(reference.disputed)} labels are disputed and had no third look: each counts by "
            "its share of the interpreters"
        )
    if reference.third:
        yield f"a third look decided {reference.third} labels"
    if design.design == "systematic":
        yield "systematic draw: errors are those of a random one, as a rule too large"


def _agreement(
    reference: ReferenceLabels, units: Sequence[SampleUnit], confidence: float
) -> Iterator[dict[str, Any]]:
    """Of each pair of interpreters, on units that nobody chose by what one of them had said.

    These are all units when both labelled all, else those that were drawn for a second look.
    """
    drawn = {unit.unit for unit in units if unit.second}
    labelled = {unit for unit, _ in reference.labels}
    for (first, second), pairs in reference.pairs.items():
        chance = [of for of in pairs if of[0] in drawn]
        used = pairs if {of[0] for of in pairs} >= labelled or not chance else chance
        found = cohen_kappa([a for _, a, _ in used], [b for _, _, b in used], confidence=confidence)
        values = {name: getattr(found, name) for name in found.__dataclass_fields__}
        yield {
            "first": first, "second": second,
            **{n: None if v != v else round(v, 4) for n, v in values.items()},
        }  # fmt: skip
