"""Accuracy of a finished run and area of mines, as a labelled sample of it estimates them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from minewatch.analysis.sampling import FOUND_M, TARGETS, pixel_area_m2, sample_folder
from minewatch.errors import SettingsError
from minewatch.estimates.accuracy import AccuracyTable, assess_accuracy
from minewatch.estimates.agreement import cohen_kappa
from minewatch.estimates.drawn_units import DrawnUnits
from minewatch.estimates.estimators import CONFIDENCE, Estimate, difference, ratio
from minewatch.model.run_result import source_mark
from minewatch.samples.label_entries import CLASSES, UNSURE, LabelEntry
from minewatch.samples.label_files import read_label_log, read_labels
from minewatch.samples.reference_labels import ReferenceLabels, merge_labels
from minewatch.samples.sample_design import NOT_SEEN, DesignStratum, SampleDesign, read_design
from minewatch.samples.unit_files import SampleUnit, read_units
from minewatch.store.output_folder import open_result

Numbers = NDArray[np.float64]
OUTCOMES: Final = (*CLASSES, UNSURE)
SIZES_HA: Final = (0.2, 0.5, 1.0)
"""Bounds of the sizes of mines in tables of recall: as on the page of accuracy."""
MATCHING: Final = (
    f"a mine counts as found when a confirmed or provisional site of the map lies within "
    f"{FOUND_M:g} m of the labelled pixel; each pixel stands for the share of its mine that it is, "
    "so a mine of which part lies further off is found in part"
)
FEWEST: Final = 10
"""Labelled units of a kind of mine, below which a note says that they are few."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One estimated number."""

    period: str
    """Label of the period; of a change, both."""
    period_start: str
    """Its first day; of a change, that of the later one."""
    figure: str
    """`area`, `users`, `producers`, `overall`, `precision`, `recall`, `gain`, `loss` or
    `net_change`."""
    of: str
    """Class, or kind of site."""
    unit: str
    """`ha`, or `share` (0..1)."""
    estimate: Estimate
    """The number."""
    mapped: float | None = None
    """What the map has, in the same unit; None where it has none."""
    labelled: int = 0
    """Labelled units that it rests on."""

    def as_row(self) -> dict[str, Any]:
        """Plain values; None for what is not known."""
        row = {
            "period": self.period, "period_start": self.period_start, "figure": self.figure,
            "class": self.of, "unit": self.unit, "value": self.estimate.value,
            "standard_error": self.estimate.standard_error, "low": self.estimate.low,
            "high": self.estimate.high, "mapped": self.mapped, "labelled": self.labelled,
        }  # fmt: skip
        return {
            name: (None if math.isnan(v) else round(v, 6)) if isinstance(v, float) else v
            for name, v in row.items()
        }


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What a sample says."""

    folder: Path
    """The folder of the sample."""
    design: SampleDesign
    """How it was drawn."""
    figures: tuple[Figure, ...]
    """Every number."""
    matrices: Mapping[str, AccuracyTable]
    """First day of a period to its error matrix; empty where only counts of pixels were given."""
    agreement: tuple[Mapping[str, Any], ...]
    """Of each pair of interpreters: how far they agree."""
    labelled: int
    """Units with a label in every period."""
    drawn: int
    """Units that were drawn."""
    notes: tuple[str, ...]
    """What it rests on, in words."""
    confidence: float = CONFIDENCE
    """Share of samples whose intervals should hold the truth."""

    def sentences(self) -> list[str]:
        """The areas of mines and pools, in words."""
        shown = [f for f in self.figures if f.figure == "area" and f.of in ("pool", "mine")]
        return [area_sentence(f.as_row(), confidence=self.confidence) for f in shown]


def area_sentence(row: Mapping[str, Any], *, confidence: float = CONFIDENCE) -> str:
    """One estimated area in words.

    Parameters
    ----------
    row
        From `Figure.as_row`, in hectares.
    confidence
        Share of samples whose interval should hold the truth.
    """
    name = {"pool": "pools", "mine": "mines (pools and pads)", "pad": "pads"}.get(
        row["class"], row["class"]
    )
    mapped = "" if row["mapped"] is None else f"; the map has {hectares(row['mapped'])} ha"
    return (
        f"{name} covered {hectares(row['value'])} ha ({100 * confidence:g} %: "
        f"{hectares(row['low'])} to {hectares(row['high'])}) in {row['period']}{mapped}"
    )


def hectares(value: float | None) -> str:
    """An area with the digits that it deserves.

    Examples
    --------
    >>> hectares(14.234), hectares(0.1234), hectares(1234.5)
    ('14.2', '0.12', '1,234')
    """
    if value is None:
        return "unknown"
    return f"{value:,.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"


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
        figures, matrices, more = _site_parts(design, units, reference, confidence)
    else:
        figures, matrices, more = _pixel_parts(design, units, reference, confidence, largest)
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
        agreement=tuple(_agreement(reference, confidence)), labelled=len(every), drawn=len(units),
        notes=tuple(notes + more), confidence=confidence,
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


def _agreement(reference: ReferenceLabels, confidence: float) -> Iterator[dict[str, Any]]:
    for (first, second), pairs in reference.pairs.items():
        found = cohen_kappa([a for a, _ in pairs], [b for _, b in pairs], confidence=confidence)
        values = {name: getattr(found, name) for name in found.__dataclass_fields__}
        yield {
            "first": first, "second": second,
            **{n: None if v != v else round(v, 4) for n, v in values.items()},
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Elements:
    """Labelled pixels of one or two periods, and what they were drawn from."""

    units: DrawnUnits
    """The sample."""
    owner: tuple[SampleUnit, ...]
    """Unit of each element."""
    mapped: tuple[NDArray[np.int64], ...]
    """For each period: number of the map class of each element."""
    reference: tuple[Numbers, ...]
    """For each period: dims (element, outcome)."""
    known: tuple[Numbers, ...]
    """For each period, dims (stratum, class): share that the map gives each class."""
    has_pairs: bool
    """Whether labels say which pixel is what; else accuracies are unknown."""
    left_out: tuple[DesignStratum, ...]
    """Strata without a label."""


def _pixel_parts(
    design: SampleDesign,
    units: Sequence[SampleUnit],
    reference: ReferenceLabels,
    confidence: float,
    largest: float,
) -> tuple[list[Figure], dict[str, AccuracyTable], list[str]]:
    largest = largest if design.side > 1 else 1.0
    figures, notes = list[Figure](), list[str]()
    matrices: dict[str, AccuracyTable] = {}
    for n, period in enumerate(design.periods):
        elements = _elements(design, units, reference, [n])
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
        figures += _recall(design, period, elements, reference, confidence, notes)
    if len(design.periods) == 2:
        figures += _changes(design, units, reference, confidence)
    return figures, matrices, list(dict.fromkeys(notes))


def _mine_or_not(reference: Numbers) -> Numbers:
    return np.column_stack([reference[:, 0] + reference[:, 1], reference[:, 2:]])


def _left_out(elements: _Elements, label: str) -> Iterator[str]:
    for stratum in elements.left_out:
        yield (
            f"{label}: stratum {stratum.name} ({stratum.area_m2 / 10_000:,.2f} ha) has no label: "
            "it is in no figure"
        )


def _censused(design: SampleDesign, elements: _Elements) -> Iterator[str]:
    """Strata of which every unit was drawn."""
    names = [s.name for s in design.strata if s.units and s.drawn == s.units]
    if names and not elements.units.post_stratified:
        yield f"every unit of {', '.join(names)} was drawn: no chance there, only the labels"


def _elements(
    design: SampleDesign,
    units: Sequence[SampleUnit],
    reference: ReferenceLabels,
    periods: Sequence[int],
) -> _Elements | None:
    """Pixels of the units that have a label in all of some periods; None without any."""
    starts = [design.periods[n]["start"] for n in periods]
    chosen = [u for u in units if all((u.unit, start) in reference.labels for start in starts)]
    if not chosen:
        return None
    strata, of_name = _merged(design, chosen)
    clusters = {name: n for n, name in enumerate(dict.fromkeys(u.cluster for u in chosen))}
    first = {u.cluster: u for u in reversed(chosen)}
    owner = [unit for unit in chosen for _ in unit.cells]
    mapped, seen, known = [], [], []
    has_pairs = True
    for n, start in zip(periods, starts, strict=True):
        mapped.append(
            np.array(
                [
                    CLASSES.index(design.codes[str(code)]["classes"][n])
                    for unit in chosen
                    for _, _, code in unit.cells
                ]
            )
        )
        shares = [_shares(reference.labels[u.unit, start], len(u.cells)) for u in chosen]
        has_pairs &= not any(e.counts for u in chosen for e in reference.labels[u.unit, start])
        seen.append(np.concatenate(shares))
        known.append(np.array([[s.mapped[n][name] for name in CLASSES] for s in strata]))
    drawn = DrawnUnits(
        stratum=np.array([of_name[first[name].stratum] for name in clusters]),
        size=np.array([float(first[name].cluster_pixels) for name in clusters]),
        unit=np.array([clusters[unit.cluster] for unit in owner]),
        frame_units=np.array([float(s.units) for s in strata]),
        frame_size=np.array([float(s.pixels) for s in strata]),
        post_stratified=design.design == "simple",
    )
    absent = tuple(s for s in design.strata if s.name not in of_name and s.pixels)
    return _Elements(
        units=drawn, owner=tuple(owner), mapped=tuple(mapped), reference=tuple(seen),
        known=tuple(known), has_pairs=has_pairs, left_out=absent,
    )  # fmt: skip


def _shares(entries: Sequence[LabelEntry], pixels: int) -> Numbers:
    """Dims (pixel, outcome): what the interpreters say, on average."""
    found = np.zeros((pixels, len(OUTCOMES)))
    for entry in entries:
        if entry.counts:
            counts = np.array([entry.counts.get(name, 0.0) for name in OUTCOMES])
            counts[CLASSES.index("other")] += max(pixels - counts.sum(), 0.0)
            found += counts / counts.sum() / len(entries)
            continue
        names = entry.labels if len(entry.labels) > 1 else entry.labels * pixels
        if len(names) != pixels:
            raise SettingsError(
                f"unit {entry.unit} has {pixels} pixels that were seen, and {len(names)} labels",
                hint="give one label, one for each of these pixels, or counts as pool=12;pad=30",
            )
        for n, name in enumerate(names):
            if name not in OUTCOMES:
                raise SettingsError(
                    f"unit {entry.unit}: {name!r} is a label of sites, not of pixels",
                    hint=f"give one of {', '.join(OUTCOMES)}",
                )
            found[n, OUTCOMES.index(name)] += 1 / len(entries)
    return found


def _merged(
    design: SampleDesign, chosen: Sequence[SampleUnit]
) -> tuple[list[DesignStratum], dict[str, int]]:
    """Strata that have labels, and the number of each by name.

    Post-strata that fewer than two units fell into are added to the one with the most.
    """
    count = dict.fromkeys((s.name for s in design.strata), 0)
    for unit in chosen:
        count[unit.stratum] += 1
    if design.design != "simple":
        strata = [s for s in design.strata if count[s.name]]
        return strata, {s.name: n for n, s in enumerate(strata)}
    small = [s for s in design.strata if count[s.name] < 2]
    large = [s for s in design.strata if count[s.name] >= 2]
    if not large:
        raise SettingsError("fewer than two labels", hint="label more units")
    into = max(range(len(large)), key=lambda n: count[large[n].name])
    base = large[into]
    for stratum in small:
        pixels = base.pixels + stratum.pixels
        mapped = tuple(
            {k: (a[k] * base.pixels + b[k] * stratum.pixels) / pixels if pixels else 0.0 for k in a}
            for a, b in zip(base.mapped, stratum.mapped, strict=True)
        )
        base = replace(
            base, units=base.units + stratum.units, pixels=pixels,
            area_m2=base.area_m2 + stratum.area_m2, mapped=mapped,
        )  # fmt: skip
    large[into] = base
    numbers = {s.name: n for n, s in enumerate(large)}
    return large, numbers | {s.name: into for s in small}


def _figures(
    design: SampleDesign,
    period: Mapping[str, str],
    elements: _Elements,
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


def _recall(
    design: SampleDesign,
    period: Mapping[str, str],
    elements: _Elements,
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


def _changes(
    design: SampleDesign,
    units: Sequence[SampleUnit],
    reference: ReferenceLabels,
    confidence: float,
) -> Iterator[Figure]:
    """What was gained and lost between two periods, from units labelled in both."""
    elements = _elements(design, units, reference, [0, 1])
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


def _site_parts(
    design: SampleDesign,
    units: Sequence[SampleUnit],
    reference: ReferenceLabels,
    confidence: float,
) -> tuple[list[Figure], dict[str, AccuracyTable], list[str]]:
    """Precision of the list of sites, all of them and by rung."""
    period = design.periods[0]
    chosen = [unit for unit in units if (unit.unit, period["start"]) in reference.labels]
    strata, of_name = _merged(design, chosen)
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
