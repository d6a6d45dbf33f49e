"""Labelled pixels of a sample, beside what the map has there and what they were drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from minewatch.errors import SettingsError
from minewatch.estimates.drawn_units import DrawnUnits
from minewatch.samples.label_entries import CLASSES, UNSURE, LabelEntry
from minewatch.samples.reference_labels import ReferenceLabels
from minewatch.samples.sample_design import DesignStratum, SampleDesign
from minewatch.samples.unit_files import SampleUnit

Numbers = NDArray[np.float64]
OUTCOMES: Final = (*CLASSES, UNSURE)


@dataclass(frozen=True, kw_only=True)
class LabelledPixels:
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


def label_pixels(
    design: SampleDesign,
    units: Sequence[SampleUnit],
    reference: ReferenceLabels,
    periods: Sequence[int],
) -> LabelledPixels | None:
    """Pixels of the units that have a label in all of some periods; None without any."""
    starts = [design.periods[n]["start"] for n in periods]
    chosen = [u for u in units if all((u.unit, start) in reference.labels for start in starts)]
    if not chosen:
        return None
    strata, of_name = merge_strata(design, chosen)
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
    return LabelledPixels(
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


def merge_strata(
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
