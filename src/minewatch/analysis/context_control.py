"""Who held the ground of what a finished run saw, and counts beside stated events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from minewatch.analysis.context_inputs import (
    csv_rows,
    packaged_table,
    read_layer,
)
from minewatch.context.controllers import (
    Claim,
    claims_from,
    claims_of,
    count_by_controller,
    find_candidates,
    with_candidates,
)
from minewatch.context.happenings import StatedEvent, before_and_after, find_happenings
from minewatch.errors import SettingsError
from minewatch.model import ContextAnswer, RunResult
from minewatch.reports.context_figures import controllers_figure, events_figure
from minewatch.sites.totals import LIKELY

MONTHS: Final = 12
"""How long before and after an event is counted; whole years hold every season alike."""

PLACEBO_MONTHS: Final = 12
"""How much earlier a placebo date is: whole years keep the season of its event."""


def control(
    result: RunResult,
    *,
    claims: Path | None = None,
    area: str | None = None,
    events: Path | None = None,
    months: int = MONTHS,
    placebo_months: int = PLACEBO_MONTHS,
) -> ContextAnswer:
    """Who held the ground of what was seen, and counts before and after stated events.

    Parameters
    ----------
    result
        A finished run.
    claims
        Layer of claims: `controller`, `valid_from`, `valid_to`, `source`, `certainty`; None: the
        intervals of the area.
    area
        Id of a bundled area whose intervals to take instead; None: those of the run's own.
    events
        CSV with `event`, `words`, `first_day`, `last_day`, `source`; None: the bundled ones.
    months
        How long before and after an event is counted.
    placebo_months
        How much earlier the placebo date is.

    Returns
    -------
    ContextAnswer
        `by_controller`, `states_by_controller`, `before_after`, and the layers `claims`,
        `happenings` and `observations`.
    """
    if months < 1 or placebo_months < 1:
        raise SettingsError(
            f"--months {months}, --placebo-months {placebo_months}", hint="give 1 or more"
        )
    epsg = result.aoi.utm_epsg
    held, notes = _claims(result, claims, area)
    inventory = result.inventory.to_crs(epsg)
    happened = with_candidates(find_happenings(inventory), held)
    observed = _observations(inventory, held)
    stated = _events(events, result.aoi.id if area is None else area)
    span = [date.fromisoformat(str(result.manifest["parameters"][k])) for k in ("start", "end")]
    counts = count_by_controller(happened)
    table = before_and_after(
        happened, stated, months=months, placebo_months=placebo_months, archive=(span[0], span[1])
    )
    rows = [
        {
            "controller": c.controller, "valid_from": c.valid_from, "valid_to": c.valid_to,
            "certainty": c.certainty, "source": c.source,
            "ground": "all of the area" if c.outline is None else "part of the layer",
            "geometry": c.outline or result.aoi.geometry_utm,
        }
        for c in held
    ]  # fmt: skip
    columns = [
        "controller", "valid_from", "valid_to", "certainty", "source", "ground", "geometry",
    ]  # fmt: skip
    claimed = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=epsg)
    words = [
        *notes,
        *(f"{e.name}: {e.words} ({e.first_day} to {e.last_day}; {e.source})" for e in stated),
        "every opening lies between two days: an opening seen in November may be of June",
        "counts before and after an event say nothing of why; the placebo shows how much they "
        "differ around a date on which nothing is stated",
        "low: confirmed, one candidate alone; high: confirmed or provisional, any candidate",
        "who held the ground is not who owned, ran or allowed a mine",
    ]
    return ContextAnswer(
        name="control", title=f"who held the ground in {result.name}", simulated=result.simulated,
        tables={
            "claims": claimed, "by_controller": counts,
            "states_by_controller": _states_by_controller(observed), "before_after": table,
            "happenings": happened, "observations": observed,
        },
        published=frozenset({"claims"}),
        notes=tuple(words), about={"months": months, "placebo_months": placebo_months},
        pictures={
            "openings": events_figure(table, "opened", simulated=result.simulated),
            "controllers": controllers_figure(counts, simulated=result.simulated),
        },
    )  # fmt: skip


def _claims(
    result: RunResult, path: Path | None, area: str | None
) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    if path is not None:
        layer = read_layer(path, epsg=result.aoi.utm_epsg, kind="claim", name_column="controller")
        return claims_from(layer.table, where=str(path)), layer.notes
    aoi = result.aoi
    if area is not None:
        from minewatch.areas import read_aoi

        aoi = read_aoi(area)
    names = [row for row in packaged_table("controllers") if row["area"] == aoi.id]
    held = claims_of(aoi.control, names)
    if not held:
        return (), (f"nobody is named for {aoi.id}: give --claims a layer",)
    return held, (f"claims: {len(held)} intervals of {aoi.id}, for all of the area each",)


def _events(path: Path | None, area: str) -> tuple[StatedEvent, ...]:
    if path is None:
        rows = [
            row for row in packaged_table("events") if not row["areas"] or area in
            row["areas"].split()
        ]  # fmt: skip
    else:
        rows = csv_rows(path)
    events = []
    for number, row in enumerate(rows, start=1):
        try:
            first, last = (date.fromisoformat(str(row[k])) for k in ("first_day", "last_day"))
            event = StatedEvent(
                name=str(row["event"]), words=str(row["words"]), first_day=first, last_day=last,
                source=str(row["source"]),
            )  # fmt: skip
        except (KeyError, ValueError) as error:
            raise SettingsError(
                f"{path}, row {number}: {error}",
                hint="it needs event, words, first_day, last_day (as 2021-02-01) and source",
            ) from None
        if event.last_day < event.first_day:
            raise SettingsError(
                f"{path}, row {number}: ends before it begins",
                hint="first_day is the earlier of the two, last_day the later",
            )
        events.append(event)
    return tuple(events)


def _observations(inventory: gpd.GeoDataFrame, claims: Sequence[Claim]) -> gpd.GeoDataFrame:
    """Each row of the inventory with who may have held its place in its period."""
    likely = inventory[inventory["alert"].isin(LIKELY)]
    found = [
        find_candidates(claims, place, date.fromisoformat(str(s)), date.fromisoformat(str(e)))
        for place, s, e in zip(
            likely.geometry, likely["period_start"], likely["period_end"], strict=True
        )
    ]
    kept = likely[["site_id", "period_start", "period_end", "alert", "state", "geometry"]]
    return kept.assign(
        candidates=[" | ".join(c.all) or "nobody named" for c in found],
        sure=pd.Series([c.sure for c in found], index=kept.index, dtype=object),
        likely=pd.Series([c.likely for c in found], index=kept.index, dtype=object),
    )


def _states_by_controller(observed: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (start, end), part in observed.groupby(["period_start", "period_end"], sort=True):
        names = sorted({n for text in part["candidates"] for n in text.split(" | ")})
        for name in names:
            is_one = part["candidates"].map(lambda text, name=name: name in text.split(" | "))
            for state, here in part[is_one].groupby("state", sort=True):
                sure = (here["sure"] == name) & (here["alert"] == "confirmed")
                rows.append(
                    {
                        "period_start": start, "period_end": end, "controller": name,
                        "state": state, "low": int(sure.sum()),
                        "likely": int((here["likely"] == name).sum()), "high": len(here),
                    }
                )  # fmt: skip
    columns = ["period_start", "period_end", "controller", "state", "low", "likely", "high"]
    return pd.DataFrame(rows, columns=columns)
