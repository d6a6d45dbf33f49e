"""One reference out of what several interpreters say of each unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minewatch.samples.label_entries import LabelEntry

Key = tuple[str, str]
"""Unit and first day of the period."""


@dataclass(frozen=True, kw_only=True)
class ReferenceLabels:
    """What the sample is taken to show."""

    labels: Mapping[Key, tuple[LabelEntry, ...]]
    """Of each unit and period: the entries that count, one for each interpreter."""
    looks: Mapping[Key, tuple[LabelEntry, ...]]
    """Of each unit and period: what each interpreter says who looked for the first time. A third
    look of somebody who gave one of the first two is none of its own."""
    disputed: tuple[Key, ...]
    """Units on which two differ and no third look decided: each counts by its share."""
    third: int
    """Units that a third look decided."""
    pairs: Mapping[tuple[str, str], tuple[tuple[str, str, str], ...]]
    """Two interpreters to units that both labelled, each with the labels that they gave."""
    interpreters: tuple[str, ...]
    """Who labelled, sorted."""


def merge_labels(
    entries: Sequence[LabelEntry], *, interpreter: str | None = None
) -> ReferenceLabels:
    """The latest label of each interpreter; where two differ, the third look, else both by halves.

    Parameters
    ----------
    entries
        In order: a later one of the same interpreter replaces an earlier one.
    interpreter
        Only this one; None takes all.
    """
    latest: dict[Key, dict[str, LabelEntry]] = {}
    for entry in entries:
        if interpreter is None or entry.interpreter == interpreter:
            latest.setdefault((entry.unit, entry.period), {})[_who(entry)] = entry
    labels: dict[Key, tuple[LabelEntry, ...]] = {}
    looks: dict[Key, tuple[LabelEntry, ...]] = {}
    disputed, third = list[Key](), 0
    pairs: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for key, said in sorted(latest.items()):
        plain = [said[who] for who in sorted(said) if not said[who].third]
        deciding = [entry for entry in said.values() if entry.third]
        for n, one in enumerate(plain):
            for other in plain[n + 1 :]:
                who = (one.interpreter, other.interpreter)
                pairs.setdefault(who, []).append((key[0], one.label, other.label))
        differ = len({entry.labels for entry in plain}) > 1
        if deciding and (differ or not plain):
            counted, third = [deciding[-1]], third + differ
        else:
            counted = plain or deciding
        if differ and not deciding:
            disputed.append(key)
        labels[key] = tuple(counted)
        first = {entry.interpreter for entry in plain}
        looks[key] = (*plain, *(e for e in deciding if e.interpreter not in first))
    return ReferenceLabels(
        labels=labels, looks=looks, disputed=tuple(disputed), third=third,
        pairs={who: tuple(of) for who, of in sorted(pairs.items())},
        interpreters=tuple(sorted({e.interpreter for s in latest.values() for e in s.values()})),
    )  # fmt: skip


def _who(entry: LabelEntry) -> str:
    """An interpreter; their third looks are kept apart."""
    return f"{entry.interpreter}\0third" if entry.third else entry.interpreter
