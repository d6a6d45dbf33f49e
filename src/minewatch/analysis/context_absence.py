"""How sure one can be that nothing is there, in the area of a finished run."""

from __future__ import annotations

from typing import Final

import pandas as pd

from minewatch.analysis.context_inputs import (
    packaged_table,
)
from minewatch.analysis.timelines import area_timeline
from minewatch.context.absence import (
    chance_of_missing,
    recall_with_bounds,
    seen_by_period,
    smallest_found,
)
from minewatch.context.plain_records import records
from minewatch.model import ContextAnswer, RunResult
from minewatch.model.defaults import DEFAULT_DETECTOR
from minewatch.reports.context_figures import seen_figure

_SIMULATED_WORLDS: Final = "measured on simulated worlds, not on real ground"


def absence(result: RunResult) -> ContextAnswer:
    """How sure one can be that nothing is there, in the area of a run.

    Parameters
    ----------
    result
        A finished run.

    Returns
    -------
    ContextAnswer
        `periods`, `recall_by_size`, `recall_by_state`, `smallest_found`, `rejected`, and the layer
        `candidates`.
    """
    totals = area_timeline(result)
    looks = {str(p["start"]): int(p["looks"]) for p in result.manifest["periods"]}
    periods = totals[["label", "period_start", "period_end", "observed_fraction"]].copy()
    periods["looks"] = periods["period_start"].map(looks)
    seen = seen_by_period(result.inventory, periods)
    known = _recall_is_known(result)
    sizes = pd.DataFrame(packaged_table("recall_by_size"))
    states = pd.DataFrame(packaged_table("recall_by_state"))
    for table in (sizes, states):
        for name in table.columns.intersection(["from_ha", "to_ha", "site_seasons", "found",
                                                "sites"]):  # fmt: skip
            table[name] = pd.to_numeric(table[name])
    sizes = recall_with_bounds(sizes if not known else sizes.iloc[:0])
    states = states if not known else states.iloc[:0]
    states = states.assign(recall=(states["found"] / states["site_seasons"]).round(4))
    least = smallest_found(sizes)
    latest = result.sites[result.sites["alert"].isin(["candidate", "rejected"])]
    latest = latest[["site_id", "alert", "state", "confidence", "first_detected", "geometry"]]
    words = [
        f"years covered: {result.manifest['parameters']['start']} to "
        f"{result.manifest['parameters']['end']}",
        *[f"{row['label']}: {row['words']}" for row in records(seen)],
        *_size_words(least),
        known or f"recall is {_SIMULATED_WORLDS}; older: begun before the archive; within: in it",
        f"{len(result.manifest['failures'])} reads failed: that ground counts as not seen",
        "not found is not the same as not there",
    ]
    return ContextAnswer(
        name="absence", title=f"absence of sites in {result.name}", simulated=result.simulated,
        tables={
            "periods": seen,
            "recall_by_size": chance_of_missing(sizes, list(seen["observed_fraction"])),
            "recall_by_state": states, "smallest_found": least,
            "rejected": _rejected(result), "candidates": latest,
        },
        notes=tuple(words),
        pictures={"seen": seen_figure(seen, simulated=result.simulated)},
    )  # fmt: skip


def _recall_is_known(result: RunResult) -> str:
    """Why nothing is known of the recall of such a run; empty when something is."""
    parameters = result.manifest["parameters"]
    detector = parameters.get("detector", DEFAULT_DETECTOR)
    if detector != DEFAULT_DETECTOR:
        return f"no recall by size was measured for the detector {detector}"
    return f"no recall by size is known here: {result.why_no_pools}" if result.why_no_pools else ""


def _size_words(least: pd.DataFrame) -> list[str]:
    words = []
    for row in records(least):
        if pd.isna(row["from_ha"]):
            words.append(f"{row['begun']}: no size is known from which 90 % would have been found")
            continue
        words.append(
            f"{row['begun']}: sites with {row['from_ha']:g} ha of open ground or more would have "
            f"been found with 90 % (measured {row['recall']:.2f} on {row['sites']} sites, 95 % "
            f"interval {row['recall_low']:.2f} to {row['recall_high']:.2f}), where they are seen"
        )
    return words


def _rejected(result: RunResult) -> pd.DataFrame:
    """What changed and is no mine: kind, reason, how many, how much ground, and when last."""
    columns = ["kind", "reject_reason", "changes", "area_m2", "last_first_detected"]
    changes = pd.DataFrame(result.changes)
    if changes.empty:
        return pd.DataFrame(columns=columns)
    groups = changes.groupby(["kind", "reject_reason"], sort=True)
    return groups.agg(
        changes=("kind", "size"), area_m2=("area_m2", "sum"),
        last_first_detected=("first_detected", "max"),
    ).reset_index()  # fmt: skip
