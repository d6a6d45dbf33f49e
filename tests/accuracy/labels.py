"""Is what changed and is no mine called by its name?"""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from .harness import Ran

CALLED = {"quarry": "other_clearing"}
"""Kinds of truth that have no name of their own."""


def changes_by_truth(ran: Ran) -> pd.DataFrame:
    """Changes of a run that lie on something that is no mine: `true`, `called`, `hectares`.

    A change is what most of it lies on; changes on mines and on nothing are left out.
    """
    truth, changes = ran.truth, ran.result.changes
    true = truth.confusers[["kind", "geometry"]].rename(columns={"kind": "true"})
    mines = truth.sites[["geometry"]].assign(true="mine")
    known = pd.concat([true, mines], ignore_index=True)
    ours = changes.to_crs(truth.sites.crs).rename(columns={"kind": "called"})
    ours["change"] = range(len(ours))
    shared = gpd.overlay(ours[["called", "change", "geometry"]], known, keep_geom_type=True)
    shared = shared.assign(shared=shared.area).sort_values("shared", kind="stable")
    most = shared.groupby("change").tail(1).set_index("change").sort_index()
    most["hectares"] = ours.set_index("change").area / 1e4
    return pd.DataFrame(most.loc[most["true"] != "mine", ["true", "called", "hectares"]])


def label_table(worlds: Sequence[Ran]) -> pd.DataFrame:
    """How many changes on each kind of ground there are, and what they are called.

    Returns
    -------
    pandas.DataFrame
        A row a true kind and one of all: `changes`, `right` and `right_by_area` (shares), and what
        it is `else_called` most often.
    """
    found = pd.concat([changes_by_truth(ran) for ran in worlds], ignore_index=True)
    found["right"] = found["called"] == found["true"].replace(CALLED)
    rows = {str(kind): _row(of) for kind, of in found.groupby("true")}
    rows["**all**"] = _row(found)
    return pd.DataFrame(rows).T


def _row(of: pd.DataFrame) -> dict[str, object]:
    wrong = of.loc[~of["right"], "called"].value_counts()
    return {
        "changes": len(of),
        "right": of["right"].mean(),
        "right_by_area": (of["right"] * of["hectares"]).sum() / of["hectares"].sum(),
        "else_called": f"{wrong.index[0]} ({wrong.iloc[0]})" if len(wrong) else "–",
    }
