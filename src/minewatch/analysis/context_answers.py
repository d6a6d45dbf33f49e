"""Absence, control, trade, slopes and people: what is asked of a finished run beside its sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from minewatch.analysis.context_files import ContextAnswer
from minewatch.analysis.context_inputs import packaged_table, read_catchment_heights, read_layer
from minewatch.analysis.timelines import area_timeline
from minewatch.context.absence import (
    chance_of_missing,
    recall_with_bounds,
    seen_by_period,
    smallest_found,
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
from minewatch.context.people import WITHIN_M, count_by_class, distances
from minewatch.context.plain_records import records
from minewatch.context.slide_screen import FACTORS, ground_under, screen, slides_beside
from minewatch.context.trade import (
    activity_by_period,
    basis_of,
    check_figures,
    compare_all,
    directions,
    lagged_pairs,
    second_half,
)
from minewatch.errors import SettingsError, unknown_name
from minewatch.model import RunResult, climate_of
from minewatch.model.climate import read_dry_season
from minewatch.model.defaults import DEFAULT_DETECTOR
from minewatch.reports.context_figures import activity_figure, events_figure, seen_figure
from minewatch.sites.totals import LIKELY

MONTHS: Final = 12
"""How long before and after an event is counted; whole years hold every season alike."""
PLACEBO_MONTHS: Final = 12
"""How much earlier a placebo date is: whole years keep the season of its event."""
_ALIKE: Final = ["first", "second", "ratio", "note"]
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
        `claims`, `by_controller`, `states_by_controller`, `before_after`, and the layers
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
    table = before_and_after(
        happened, stated, months=months, placebo_months=placebo_months, archive=(span[0], span[1])
    )
    rows = [
        {
            "controller": c.controller, "valid_from": c.valid_from, "valid_to": c.valid_to,
            "certainty": c.certainty, "source": c.source,
            "ground": "all of the area" if c.outline is None else "part of the layer",
        }
        for c in held
    ]  # fmt: skip
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
            "claims": pd.DataFrame(rows), "by_controller": count_by_controller(happened),
            "states_by_controller": _states_by_controller(observed), "before_after": table,
            "happenings": happened, "observations": observed,
        },
        published=frozenset({"claims"}),
        notes=tuple(words), about={"months": months, "placebo_months": placebo_months},
        pictures={"openings": events_figure(table, "opened", simulated=result.simulated)},
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
        rows = _csv_rows(path)
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
            raise SettingsError(f"{path}, row {number}: ends before it begins")
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
        own = check_figures(pd.DataFrame(_csv_rows(figures)), where=str(figures))
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


def slopes(result: RunResult, *, dem: str = "auto", catalog: str | None = None) -> ContextAnswer:
    """Slopes under the sites, slides beside them, and a screen of where to look first.

    Parameters
    ----------
    result
        A finished run.
    dem, catalog
        Heights, as `read_catchment_heights` takes them.

    Returns
    -------
    ContextAnswer
        `slides_beside`, `factors`, and the layer `screen`.
    """
    heights = read_catchment_heights(result, dem=dem, catalog=catalog, beyond_km=2.0)
    sites = result.sites[result.sites["alert"].isin(LIKELY)].to_crs(heights.epsg)
    sites = sites.sort_values("site_id").reset_index(drop=True)
    slides = result.changes[result.changes["kind"] == "landslide"].to_crs(heights.epsg)
    slides = slides.reset_index(drop=True)
    beside = slides_beside(sites, slides, heights)
    ground = ground_under(heights, list(sites.geometry))
    table = screen(_factors(result, sites, beside, ground))
    outlines = sites.set_index("site_id").geometry.reindex(table["site_id"]).to_numpy()
    orders = Counter(beside["order"])
    words = (
        f"heights: {heights.source}",
        f"{len(slides)} slides in the run; {len(beside)} pairs of a site and a slide within 500 m "
        f"or above it: {orders['before']} before the site, {orders['after']} after it was seen, "
        f"{orders['unknown']} of unknown order",
        "a screen, no forecast: it ranks the sites of this run by what makes slopes fail, was "
        "fitted to no slide of this ground, and says nothing of when",
        "what to look at: in the Pangwa area slides on 4 June 2024 (more than 20 dead) and 19 June "
        "2024 (more than 50 missing) are documented (Meehan & Dan 2024)",
        "slides under cloud are not seen; the surface model is older than many cuts",
    )
    return ContextAnswer(
        name="slopes", title=f"slopes and slides in {result.name}",
        simulated=result.simulated or heights.simulated,
        tables={
            "screen": gpd.GeoDataFrame(table, geometry=list(outlines), crs=sites.crs),
            "slides_beside": beside,
            "factors": pd.DataFrame({"factor": list(FACTORS), "meaning": list(FACTORS.values())}),
        },
        published=frozenset({"factors"}),
        notes=words, about={"heights": heights.source},
    )  # fmt: skip


def _factors(
    result: RunResult, sites: gpd.GeoDataFrame, beside: pd.DataFrame, ground: pd.DataFrame
) -> pd.DataFrame:
    parameters = result.manifest["parameters"]
    setting = str(parameters.get("dry_season", "11-04"))
    try:
        climate = climate_of(read_dry_season(setting), source="the run")
    except SettingsError:
        climate = climate_of((11, 4), source="not stated by the run: that of Kachin")
    end = date.fromisoformat(str(parameters["end"]))
    earlier = beside[beside["order"] != "after"].groupby("site_id")["slide"].nunique()
    inventory = result.inventory[result.inventory["pool_area_m2"].notna()]
    latest = inventory.sort_values("period_start").drop_duplicates("site_id", keep="last")
    pools = latest.set_index("site_id")["pool_area_m2"].astype(float)
    cut = sites["max_disturbed_area_m2"].astype(float) * np.sin(np.radians(ground["slope_deg"]))
    wet = [
        sum(
            climate.has_rains_between(max(date(year, 1, 1), began), min(date(year, 12, 31), end))
            for year in range(began.year, end.year + 1)
        )
        for began in (date.fromisoformat(str(day)) for day in sites["first_detected"])
    ]
    return pd.DataFrame(
        {
            "site_id": sites["site_id"], "state": sites["state"],
            "slope_deg": ground["slope_deg"].round(1), "aspect_deg": ground["aspect_deg"].round(0),
            "height_m": ground["height_m"].round(0), "cut_m2": cut.round(0),
            "pool_area_m2": sites["site_id"].map(pools), "wet_seasons": wet,
            "earlier_slides": sites["site_id"].map(earlier).fillna(0).astype(int),
        }
    )  # fmt: skip


def people(result: RunResult, *, layers: Mapping[str, Path]) -> ContextAnswer:
    """Distances and overlaps between sites and layers of the user's own.

    Parameters
    ----------
    result
        A finished run.
    layers
        Kind (`village`, `farmland`, `community forest`, `camp`, …) to its layer.

    Returns
    -------
    ContextAnswer
        `distances` and `counts`.
    """
    if not layers:
        raise SettingsError(
            "no layer of people or tenure", hint="give --layer KIND=FILE, such as village=v.gpkg"
        )
    epsg, notes, parts = result.aoi.utm_epsg, list[str](), []
    for kind, path in layers.items():
        layer = read_layer(path, epsg=epsg, kind=kind)
        # the kind is what the user calls the layer: columns of the file may hold names of people
        parts.append(layer.table[["name", "geometry"]].assign(kind=kind))
        notes += layer.notes
    features = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=epsg)
    inventory = result.inventory.to_crs(epsg)
    words = (
        *notes,
        "a distance says nothing of consent, ownership, guilt or harm",
        "private: a public table may never give a village away; publish nothing of this without "
        "a profile",
    )
    return ContextAnswer(
        name="people", title=f"people and tenure beside sites in {result.name}",
        simulated=result.simulated,
        tables={
            "distances": distances(inventory, features),
            "counts": count_by_class(inventory, features),
        },
        notes=words, about={"layers": sorted(layers), "within_m": list(WITHIN_M)},
    )  # fmt: skip


def _csv_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV of the user's own."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError, pyogrio.errors.DataSourceError) as error:
        raise SettingsError(
            f"{path}: cannot be read as a table ({str(error).splitlines()[0]})", hint="give a CSV"
        ) from None
    return records(table)


def kind_and_path(text: str) -> tuple[str, Path]:
    """A layer as people write it: `village=villages.gpkg`.

    Raises
    ------
    SettingsError
        When there is no `=`, or nothing on one side of it.
    """
    kind, _, path = text.partition("=")
    if not kind.strip() or not path.strip():
        raise SettingsError(unknown_name("layer", text, ["KIND=FILE"]), hint="village=file.gpkg")
    return kind.strip(), Path(path.strip())
