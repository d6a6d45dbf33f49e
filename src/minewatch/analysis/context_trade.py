"""Published figures of trade, and beside the activity of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from minewatch.analysis.context_inputs import (
    csv_rows,
    packaged_table,
)
from minewatch.context.plain_records import records
from minewatch.context.trade import (
    activity_by_period,
    basis_of,
    check_figures,
    compare_all,
    directions,
    lagged_pairs,
    second_half,
)
from minewatch.errors import SettingsError
from minewatch.model import ContextAnswer, RunResult
from minewatch.reports.context_figures import activity_figure

_ALIKE: Final = ["first", "second", "ratio", "note"]


def trade(result: RunResult, *, figures: Path | None = None) -> ContextAnswer:
    """Published figures of trade with their bases, and beside the activity of a run.

    Parameters
    ----------
    result
        A finished run.
    figures
        CSV of figures of one's own (columns: `minewatch.context.trade.COLUMNS`), beside the bundled
        ones.

    Returns
    -------
    ContextAnswer
        `figures`, `alike`, `comparisons`, `activity`, `lagged`, `directions`.
    """
    bundled = check_figures(pd.DataFrame(packaged_table("trade_figures")), where="bundled figures")
    table = bundled
    if figures is not None:
        own = check_figures(pd.DataFrame(csv_rows(figures)), where=str(figures))
        clash = set(own["figure"]) & set(bundled["figure"])
        if clash:
            raise SettingsError(
                f"{figures}: {min(clash)!r} is the name of a bundled figure",
                hint="give it another name",
            )
        table = pd.concat([bundled, own], ignore_index=True)
    activity = activity_by_period(result.inventory, sees_pools=not result.why_no_pools)
    pairs = lagged_pairs(table, activity)
    seen = pd.concat(
        [directions(pairs, name) for name in ("new_area_m2", "pool_area_m2")], ignore_index=True
    )
    comparisons = compare_all(table)
    refused = int(comparisons["ratio"].isna().sum())
    most = int(seen["points"].max()) if len(seen) else 0
    words = [
        f"{len(comparisons)} pairs of figures: {refused} refused, because they do not stand on one "
        "basis; the table says why, and what would make them alike",
        *second_half(bundled, "weight-2023-first-half", "weight-2023"),
        f"beside activity: at most {most} points on one basis",
        *(() if most >= 3 else (
            "too few to see anything: give quarterly imports of one basis with --figures",)),
        "area is an indicator of activity, never production; that two things rise together is no "
        "proof that one makes the other",
    ]  # fmt: skip
    return ContextAnswer(
        name="trade", title=f"trade beside activity in {result.name}", simulated=result.simulated,
        tables={
            "figures": table.assign(basis=[basis_of(row) for row in records(table)]),
            "alike": comparisons.loc[comparisons["ratio"].notna(), _ALIKE],
            "comparisons": comparisons, "activity": activity, "lagged": pairs, "directions": seen,
        },
        published=frozenset({"figures", "alike", "comparisons"}),
        notes=tuple(words),
        pictures={"activity": activity_figure(table, activity, simulated=result.simulated)},
    )  # fmt: skip
