"""Trade figures with their bases, compared only where these are alike, and beside activity.

Area is an indicator of activity, never production, and nothing here is a proof: ranges and the
number of points are what there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from minewatch.context.happenings import add_months
from minewatch.context.plain_records import records
from minewatch.errors import SettingsError, unknown_name
from minewatch.sites.totals import LIKELY, SURE, UNSEEN, total_by_period

COLUMNS: Final[Mapping[str, str]] = {
    "figure": "short name, each once",
    "first_day": "first day of what it counts, as 2023-01-01",
    "last_day": "last day, included",
    "value": "the number, in its unit",
    "unit": "`USD` or `t`",
    "commodity": "what was counted: oxides, compounds, ores and compounds, …",
    "hs_codes": "the customs codes that were added up; `not stated` when they are not",
    "reporter": "who counted; `not stated`",
    "flow": "from where to where, and on which side of the border it was counted",
    "source": "where it is printed",
    "note": "anything else; may be empty",
}
"""Columns of a table of figures, to what they hold."""
UNITS: Final = ("USD", "t")
NOT_STATED: Final = "not stated"
MOST_LAG: Final = 4
"""Quarters by which imports may lag behind activity; starting value."""
_PAIRED_SHARE = 0.5
_SAME_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "unit": (
        "one is in {a}, the other in {b}",
        "a price of the same commodity in the same months turns one into the other",
    ),
    "commodity": (
        "one counts {a}, the other {b}",
        "take both for the same commodity, or convert by a stated content of oxide",
    ),
    "hs_codes": ("one adds up the codes {a}, the other {b}", "add up the same codes for both"),
    "reporter": ("one is reported by {a}, the other by {b}", "take both from one reporter"),
    "flow": ("one is {a}, the other {b}", "take both on the same side of the border"),
}


@dataclass(frozen=True, kw_only=True)
class FigureComparison:
    """Two figures side by side, or why they cannot be."""

    first: str
    """Short name of the first figure."""
    second: str
    """Short name of the second."""
    ratio: float | None
    """The second over the first; None: refused."""
    reasons: tuple[str, ...]
    """Why it is refused; empty when it is not."""
    mends: tuple[str, ...]
    """What would make them alike, reason by reason."""
    notes: tuple[str, ...] = ()
    """What is not stated of either, where the comparison is made."""

    @property
    def is_refused(self) -> bool:
        """Whether they are not compared."""
        return self.ratio is None


def check_figures(table: pd.DataFrame, *, where: str) -> pd.DataFrame:
    """A table of figures with days as days and numbers as numbers.

    Parameters
    ----------
    table
        Columns of `COLUMNS`.
    where
        What to call it in an error.

    Raises
    ------
    SettingsError
        Names the column, the row and the value.
    """
    for name in COLUMNS:
        if name not in table.columns and name != "note":
            raise SettingsError(
                f"{where}: column {name!r} is missing", hint=f"it needs {', '.join(COLUMNS)}"
            )
    rows = []
    for number, row in enumerate(records(table), start=1):
        at = f"{where}, row {number}"
        out: dict[str, Any] = {
            k: NOT_STATED if pd.isna(row[k]) or not str(row[k]).strip() else str(row[k]).strip()
            for k in ("figure", "unit", "commodity", "hs_codes", "reporter", "flow", "source")
        }
        for day in ("first_day", "last_day"):
            try:
                out[day] = date.fromisoformat(str(row[day]))
            except ValueError:
                raise SettingsError(
                    f"{at}: {day} {row[day]!r} is no day", hint="write it as 2023-06-30"
                ) from None
        try:
            out["value"] = float(row["value"])
        except (TypeError, ValueError):
            raise SettingsError(
                f"{at}: value {row['value']!r} is no number", hint="write it as 34241 or 1.4e9"
            ) from None
        if not np.isfinite(out["value"]) or out["value"] < 0:
            raise SettingsError(f"{at}: value {row['value']!r}", hint="give 0 or more")
        if out["unit"] not in UNITS:
            raise SettingsError(
                f"{at}: unit {out['unit']!r}", hint=f"give one of {', '.join(UNITS)}"
            )
        if out["last_day"] < out["first_day"]:
            raise SettingsError(
                f"{at}: ends ({out['last_day']}) before {out['first_day']}",
                hint="first_day is the earlier of the two",
            )
        if out["source"] == NOT_STATED:
            raise SettingsError(f"{at}: has no source", hint="say where it is printed")
        note = row.get("note")
        out["note"] = "" if note is None or pd.isna(note) else str(note)
        rows.append(out)
    checked = pd.DataFrame(rows, columns=list(COLUMNS))
    twice = checked["figure"][checked["figure"].duplicated()]
    if len(twice):
        raise SettingsError(
            f"{where}: {twice.iloc[0]!r} names two figures", hint="give each its own name"
        )
    return checked


def compare_figures(figures: pd.DataFrame, first: str, second: str) -> FigureComparison:
    """Two figures, when they stand on one basis.

    They must have one unit, commodity, set of codes, reporter, side of the border and length of
    time. What neither states counts as alike only where both are printed in one source, and is
    said.

    Parameters
    ----------
    figures
        Answer of `check_figures`.
    first, second
        Short names.

    Raises
    ------
    SettingsError
        When there is no such figure.
    """
    a, b = _figure(figures, first), _figure(figures, second)
    reasons, mends, notes = [], [], []
    same_source = a["source"] == b["source"]
    for column, (reason, mend) in _SAME_WORDS.items():
        words = {"a": a[column], "b": b[column]}
        if NOT_STATED in words.values():
            if a[column] == b[column] and same_source and column != "commodity":
                notes.append(f"{column.replace('_', ' ')}: not stated of either, by one source")
                continue
            reasons.append(f"{column.replace('_', ' ')}: {a[column]} against {b[column]}")
            mends.append(f"find out the {column.replace('_', ' ')} of both")
        elif a[column] != b[column]:
            reasons.append(f"{column.replace('_', ' ')}: {reason.format(**words)}")
            mends.append(mend)
    months = [_months(row["first_day"], row["last_day"]) for row in (a, b)]
    if months[0] != months[1]:
        reasons.append(f"length of time: {months[0]:g} months against {months[1]:g}")
        mends.append("take the same months of two years")
    if not reasons and a["value"] == 0:
        reasons.append("the first is 0: there is no ratio to it")
        mends.append("compare the difference")
    ratio = None if reasons else float(b["value"] / a["value"])
    return FigureComparison(
        first=first, second=second, ratio=ratio, reasons=tuple(reasons), mends=tuple(mends),
        notes=tuple(notes),
    )  # fmt: skip


def compare_all(figures: pd.DataFrame) -> pd.DataFrame:
    """Every pair of figures: `ratio` of second to first (NaN: refused), why, and the mend."""
    rows = []
    names = list(figures["figure"])
    for n, first in enumerate(names):
        for second in names[n + 1 :]:
            found = compare_figures(figures, first, second)
            rows.append(
                {
                    "first": first, "second": second,
                    "ratio": np.nan if found.ratio is None else round(found.ratio, 4),
                    "refused_because": "; ".join(found.reasons), "mend": "; ".join(found.mends),
                    "note": "; ".join(found.notes),
                }
            )  # fmt: skip
    columns = ["first", "second", "ratio", "refused_because", "mend", "note"]
    return pd.DataFrame(rows, columns=columns)


def second_half(figures: pd.DataFrame, half: str, year: str) -> tuple[str, ...]:
    """What a subtraction of a first half from a year would say, and why it must not be done.

    Parameters
    ----------
    figures
        Answer of `check_figures`.
    half, year
        Short names of a first half-year and of its year.

    Returns
    -------
    tuple of str
        Sentences: the subtraction, and whether it is allowed.
    """
    a, b = _figure(figures, half), _figure(figures, year)
    rest = b["value"] - a["value"]
    share = 100 * rest / b["value"] if b["value"] else float("nan")
    words = [
        f"{year} minus {half}: {b['value']:,.0f} - {a['value']:,.0f} = {rest:,.0f} {b['unit']}, "
        f"as if {share:.0f} % of the year fell into its second half"
    ]
    found = compare_figures(figures, half, year)
    reasons = [r for r in found.reasons if not r.startswith("length of time")]
    if reasons:
        words.append(f"not allowed: {'; '.join(reasons)}")
        words.append("the fall may be one of the basis alone; nothing follows about trade")
    else:
        words.append("allowed: both stand on one basis")
    return tuple(words)


def activity_by_period(inventory: pd.DataFrame, *, sees_pools: bool = True) -> pd.DataFrame:
    """New ground and pool area of each period, as ranges.

    Parameters
    ----------
    inventory
        Contract `INVENTORY`.
    sees_pools
        Whether its pixels can show pools.

    Returns
    -------
    DataFrame
        `period_start`, `period_end`, `new_area_m2_low|high` (low: confirmed and seen; high: with
        provisional sites, and one that was not observed adding as much as in its largest period),
        `pool_area_m2_low|high`, `not_observed`.
    """
    totals = total_by_period(inventory, sees_pools=sees_pools)
    likely = inventory[inventory["alert"].isin(LIKELY)]
    new = likely["new_area_m2"].astype(float).fillna(0.0).clip(lower=0)
    largest = new.groupby(likely["site_id"]).transform("max")
    unseen = likely["state"] == UNSEEN
    keys = ["period_start", "period_end"]
    table = pd.DataFrame(
        {
            **{key: likely[key] for key in keys},
            "new_area_m2_low": new.where(likely["alert"].isin(SURE) & ~unseen, 0.0),
            "new_area_m2_high": new.where(~unseen, largest),
        }
    )
    summed = table.groupby(keys, as_index=False).sum()
    kept = totals[[*keys, "pool_area_m2_low", "pool_area_m2_high", "not_observed"]]
    out = kept.merge(summed, on=keys, how="left")
    ends = ["new_area_m2_low", "new_area_m2_high"]
    out[ends] = out[ends].fillna(0.0)
    return out


def lagged_pairs(
    figures: pd.DataFrame, activity: pd.DataFrame, *, most_lag: int = MOST_LAG
) -> pd.DataFrame:
    """Imports beside the activity some quarters before, basis by basis.

    An import is paired with the period of the inventory that holds most of its days, moved back by
    the lag, when that is at least half of them.

    Parameters
    ----------
    figures
        Answer of `check_figures`.
    activity
        Answer of `activity_by_period`.
    most_lag
        Quarters.

    Returns
    -------
    DataFrame
        One row a figure and lag that has a pair: `basis`, `lag_quarters`, `figure`, `first_day`,
        `last_day`, `value`, `unit`, `period_start`, `period_end`, `share_of_days`, and the ranges
        of the activity.
    """
    periods = [
        (date.fromisoformat(str(s)), date.fromisoformat(str(e)))
        for s, e in zip(activity["period_start"], activity["period_end"], strict=True)
    ]
    rows = []
    for lag in range(most_lag + 1):
        for figure in records(figures):
            first = add_months(figure["first_day"], -3 * lag)
            last = add_months(figure["last_day"], -3 * lag)
            days = (last - first).days + 1
            shares = [max((min(last, e) - max(first, s)).days + 1, 0) / days for s, e in periods]
            if not shares or max(shares) < _PAIRED_SHARE:
                continue
            best = int(np.argmax(shares))
            rows.append(
                {
                    "basis": basis_of(figure), "lag_quarters": lag,
                    **{k: figure[k] for k in ("figure", "first_day", "last_day", "value", "unit")},
                    "share_of_days": round(shares[best], 4), **records(activity)[best],
                }
            )  # fmt: skip
    columns = [
        "basis", "lag_quarters", "figure", "first_day", "last_day", "value", "unit",
        "share_of_days", *activity.columns,
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def directions(pairs: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Of consecutive pairs of one basis and lag: in how many both rose or fell, or it is not clear.

    Activity rose where its range lies above that of the period before, fell where it lies below;
    where the two overlap, nothing is clear. Pairs of one period of the inventory are one step.

    Parameters
    ----------
    pairs
        Answer of `lagged_pairs`.
    measure
        `new_area_m2` or `pool_area_m2`.

    Returns
    -------
    DataFrame
        `basis`, `lag_quarters`, `measure`, `points` (pairs), `same`, `opposite`, `unclear`.
    """
    rows = []
    for (basis, lag), part in pairs.groupby(["basis", "lag_quarters"], sort=True):
        ordered = part.sort_values(["first_day", "last_day"])
        counts = dict.fromkeys(("same", "opposite", "unclear"), 0)
        for (_, a), (_, b) in zip(
            list(ordered.iterrows())[:-1], list(ordered.iterrows())[1:], strict=True
        ):
            activity = _direction(a, b, measure)
            trade = int(np.sign(b["value"] - a["value"]))
            known = activity * trade
            counts["same" if known > 0 else "opposite" if known < 0 else "unclear"] += 1
        rows.append(
            {"basis": basis, "lag_quarters": lag, "measure": measure, "points": len(part), **counts}
        )
    columns = ["basis", "lag_quarters", "measure", "points", "same", "opposite", "unclear"]
    return pd.DataFrame(rows, columns=columns)


def basis_of(figure: Mapping[str, Any]) -> str:
    """What a figure stands on, in words: only figures of one basis are in one series."""
    months = _months(figure["first_day"], figure["last_day"])
    stated = [figure[name] for name in ("unit", "commodity", "hs_codes", "reporter", "flow")]
    source = f", {figure['source']}" if NOT_STATED in stated else ""
    return f"{', '.join(stated)}, {months:g} months{source}"


def _direction(before: pd.Series, after: pd.Series, measure: str) -> int:
    """1: rose, -1: fell, 0: not clear."""
    if before["period_start"] == after["period_start"]:
        return 0
    if after[f"{measure}_low"] > before[f"{measure}_high"]:
        return 1
    return -1 if after[f"{measure}_high"] < before[f"{measure}_low"] else 0


def _figure(figures: pd.DataFrame, name: str) -> pd.Series:
    found = figures[figures["figure"] == name]
    if found.empty:
        raise SettingsError(
            unknown_name("figure", name, list(figures["figure"])), hint="give one of these"
        )
    return found.iloc[0]


def _months(first: date, last: date) -> float:
    """Length in months; whole ones are whole numbers."""
    after: date = last + timedelta(days=1)
    months = 12 * (after.year - first.year) + after.month - first.month
    return months + round((after.day - first.day) / 30, 2)


def series_of(figures: pd.DataFrame) -> Sequence[str]:
    """Every basis among some figures, each once."""
    return sorted({basis_of(row) for row in records(figures)})
