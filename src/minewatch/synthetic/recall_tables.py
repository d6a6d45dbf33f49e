"""Recall of true sites by what they are: size, pools, when they began, state, surroundings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from minewatch.synthetic.truth import Truth

SIZE_CLASSES_HA = (0.1, 0.2, 0.5, 1.0, np.inf)
POOL_CLASSES = (0, 4, 8, 17, np.inf)
BEGUN = ("older", "within")
"""Before the archive, and in it."""
OPEN_M2 = 1000.0
"""A site is open while it has that much ground that is not overgrown."""
ADDED = ("begun", "begun_state", "surroundings")
"""Columns that `with_what_sites_are` adds."""


def with_what_sites_are(counted: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """True sites of each season with when they began, that and their state, and what they lie at.

    Parameters
    ----------
    counted
        `site_id` and `state` of every true site and season that counts.
    truth
        Of their world.
    """
    if not len(counted):
        return counted
    sites = truth.sites.set_index("id")
    begun = np.where(counted["site_id"].map(sites["start"]) < truth.start, *BEGUN)
    lies_at = sites["surroundings"] if "surroundings" in sites else pd.Series(dtype=object)
    return counted.assign(
        begun=begun,
        begun_state=[f"{b}, {s}" for b, s in zip(begun, counted["state"], strict=True)],
        surroundings=counted["site_id"].map(lies_at),
    )


def recall_by_class(
    counted: pd.DataFrame, column: str, edges: Sequence[float], unit: float, name: str
) -> pd.DataFrame:
    """Recall by classes of a number, dims (class,).

    Parameters
    ----------
    counted
        True sites of each season; `row` is -1 where one was missed.
    column
        The number.
    edges
        Upper edges of the classes after the first value; the first class reaches to minus infinity.
    unit, name
        What the number is divided by, and what that is called.
    """
    values = counted[column] / unit if len(counted) else pd.Series(dtype=float)
    rows = {}
    for low, high in zip((-np.inf, *edges[1:-1]), edges[1:], strict=True):
        inside = counted[(values > low) & (values <= high)] if len(counted) else counted
        label = f"up to {high:g} {name}" if np.isfinite(high) else f"over {low:g} {name}"
        rows[label] = _recall(inside)
    return pd.DataFrame(rows).T


def recall_by_group(
    counted: pd.DataFrame, column: str, groups: Sequence[str] | None = None
) -> pd.DataFrame:
    """Recall by the value of a column.

    Parameters
    ----------
    counted
        True sites of each season; `row` is -1 where one was missed.
    column
        What they are grouped by.
    groups
        Its values, also those that no site has, and then also the recall of open sites; None: what
        there is.
    """
    if groups is None:
        found = sorted(counted[column].dropna().unique()) if len(counted) else []
        rows = {group: _recall(counted[counted[column] == group]) for group in found}
        return pd.DataFrame.from_dict(rows, orient="index", columns=list(_recall(counted)))
    rows = {}
    for group in groups:
        inside = counted[counted[column] == group] if len(counted) else counted
        is_open = inside["disturbed_area_m2"] >= OPEN_M2 if len(inside) else slice(None)
        still = {f"open_{k.removeprefix('true_')}": v for k, v in _recall(inside[is_open]).items()}
        rows[group] = {**_recall(inside), **still}
    return pd.DataFrame.from_dict(rows, orient="index")


def _recall(sites: pd.DataFrame) -> dict[str, float]:
    hits = int((sites["row"] >= 0).sum()) if len(sites) else 0
    return {"true_sites": len(sites), "hits": hits, "recall": share(hits, len(sites))}


def share(part: float, whole: float) -> float:
    """The part of the whole; NaN of nothing."""
    return float(part / whole) if whole else float("nan")
