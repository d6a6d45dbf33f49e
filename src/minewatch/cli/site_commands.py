"""`minewatch sites` and `minewatch diff`: sites through time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json, RunDirectory
from minewatch.files import write_bytes_atomic

if TYPE_CHECKING:
    import pandas as pd


def sites(
    directory: RunDirectory,
    *,
    site: Annotated[
        str | None, typer.Option("--site", help="Id of a site: show its timeline.")
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", help="PNG file to write: of the site, or of the whole area."),
    ] = None,
    counted: Annotated[
        Literal["detector", "people"],
        typer.Option("--count", help="Whose opinion the totals of the area count."),
    ] = "detector",
    json: Json = False,
    debug: Debug = False,
) -> None:
    """The sites of a finished run, or the timeline of one of them.

    Example: minewatch sites pangwa --site s0123456789 --figure site.png
    """
    from minewatch import analysis, reports, store

    result = store.open_result(directory)
    if site:
        timeline = analysis.site_timeline(result, site)
    elif figure or json:
        timeline = analysis.area_timeline(result, counted=counted)
    if figure:
        counted_by = {"detector": "as detected", "people": "with verdicts of people"}[counted]
        title = f"{result.name}: {site}" if site else f"{result.name}, {counted_by}"
        draw = reports.site_figure if site else reports.area_figure
        write_bytes_atomic(figure, draw(timeline, title=title, simulated=result.simulated))
    if json:
        shown = {"simulated": result.simulated, "periods": terminal.plain_rows(timeline)}
        if not site:
            shown["counted"] = analysis.COUNTED[counted]
        if result.why_no_pools:
            shown["why_no_pools"] = result.why_no_pools
        terminal.as_json(shown if site else {"sites": result.read_rows("sites"), **shown})
        return
    if site:
        _show_timeline(timeline, title=f"{site} in {result.name}", simulated=result.simulated)
    else:
        said = {row["site_id"]: row["verdict"] for row in result.read_rows("sites")}
        rows = [{**row, "verdict": said[row["site_id"]]} for row in reports.site_rows(result)]
        _show_sites(rows, title=result.name, simulated=result.simulated)
        terminal.line(_whose(rows))
    if result.why_no_pools:
        terminal.line(f"note: {result.why_no_pools}")
    if figure:
        terminal.line(str(figure))


def diff(
    before: Annotated[Path, typer.Argument(metavar="DIR_A", help="Folder of a finished run.")],
    after: Annotated[
        Path | None, typer.Argument(metavar="[DIR_B]", help="Folder of a later run, same area.")
    ] = None,
    *,
    from_period: Annotated[
        str | None, typer.Option("--from", help="Period of DIR_A: label or first day.")
    ] = None,
    to_period: Annotated[
        str | None, typer.Option("--to", help="Period of DIR_B, or of DIR_A when alone.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show unchanged sites too.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """What appeared, grew or went quiet between two runs or periods.

    Example: minewatch diff pangwa --from "2022/23 dry season" --to "2023/24 dry season"
    """
    from minewatch import analysis
    from minewatch.store import open_result

    found = analysis.diff(before, after, from_period=from_period, to_period=to_period)
    runs = [open_result(run, verify=False) for run in (before, after) if run]  # verified just now
    simulated = any(run.simulated for run in runs)
    notes = [f"{run.directory}: {run.why_no_pools}" for run in runs if run.why_no_pools]
    shown = [d for d in found if every or d.change != "unchanged"]
    if json:
        why = {"why_no_pools": notes} if notes else {}
        terminal.as_json({"simulated": simulated, "sites": [asdict(d) for d in shown], **why})
        return
    columns = ("site", "change", "state", "disturbed ha", "pools m²", "note")
    rows = [
        (
            d.site_id, d.change.replace("_", " "), _pair(d.before, d.after, "state"),
            _pair(d.before, d.after, "disturbed_area_m2", 1e4),
            _pair(d.before, d.after, "pool_area_m2", 1), d.note,
        )
        for d in shown
    ]  # fmt: skip
    terminal.table(_title(f"{len(found)} sites", simulated), columns, rows)
    counts = {d.change: sum(e.change == d.change for e in found) for d in found}
    for change, count in counts.items():
        terminal.line(f"{count} {change.replace('_', ' ')}: {analysis.DIFFERENCE_KINDS[change]}")
    for note in notes:
        terminal.line(f"note: {note}")


def _show_sites(rows: list[dict[str, Any]], *, title: str, simulated: bool) -> None:
    columns = ("site", "alert", "state", "began", "last activity", "most ha", "pools")
    keys = ("site_id", "alert", "state", "began", "last_activity", "hectares", "pools")
    shown = [
        {
            **r,
            "began": r["began"].replace(" – ", "\n–"),
            "state": r["state"].replace("_", " "),
            "hectares": r["hectares"].removesuffix(" ha"),
            "alert": r["alert"] + (f"\npeople: {r['verdict']}" if r["verdict"] else ""),
        }
        for r in rows
    ]
    terminal.table(_title(title, simulated), columns, [tuple(r[k] for k in keys) for r in shown])


def _whose(rows: list[dict[str, Any]]) -> str:
    """Whose opinion the rows are."""
    judged = sum(row["verdict"] is not None for row in rows)
    return (
        f"{len(rows)} {'site' if len(rows) == 1 else 'sites'} of the detector; people judged "
        f"{judged}, as stands below its alert"
    )


POOLS = ("pool_area_m2", "pool_count", "water_area_m2")


def _show_timeline(timeline: pd.DataFrame, *, title: str, simulated: bool) -> None:
    step, labels = _step_of(list(timeline["label"]))
    alerts = list(dict.fromkeys(timeline["alert"]))
    columns = (
        step, *(["alert"] if len(alerts) > 1 else []), "state", "ground m²", "pools m²", "pools",
        "water m²", "looks", "seen",
    )  # fmt: skip
    unknown = {n: timeline[f"{n}_high"].isna().all() for n in POOLS}
    rows = [
        (
            label, *([row["alert"]] if len(alerts) > 1 else []), row["state"].replace("_", " "),
            _range(row["disturbed_area_m2_low"], row["disturbed_area_m2_high"]),
            *(
                "unknown" if unknown[n] else _range(row[f"{n}_low"], row[f"{n}_high"])
                for n in POOLS
            ),
            row["clear_looks"], f"{100 * row['observed_fraction']:.0f} %",
        )
        for label, row in zip(labels, timeline.to_dict("records"), strict=True)
    ]  # fmt: skip
    last = timeline.iloc[-1]
    before, activity = last["last_undisturbed"], last["last_activity"]
    began = f"after {before}" if before else "before the archive"
    terminal.table(_title(title, simulated), columns, rows)
    if len(alerts) == 1:
        terminal.line(f"{alerts[0]} in every period")
    terminal.line(f"began {began}, first seen {last['first_detected']}")
    terminal.line(f"last activity {activity or 'unknown'}")
    for words, name in (("grew together with", "merged_from"), ("came out of", "split_from")):
        if ids := list(last[name]):
            terminal.line(f"{words} {', '.join(ids)}")


def _step_of(labels: list[str]) -> tuple[str, list[str]]:
    """What all periods are, and their labels without it: a narrow table fits more screens.

    Examples
    --------
    >>> _step_of(["2020/21 dry season", "2021/22 dry season"]), _step_of(["2020", "2021"])
    (('dry season', ['2020/21', '2021/22']), ('period', ['2020', '2021']))
    """
    steps = {label.partition(" ")[2] for label in labels}
    step = steps.pop() if len(steps) == 1 else ""
    return (step, [label.partition(" ")[0] for label in labels]) if step else ("period", labels)


def _title(name: str, simulated: bool) -> str:
    return f"SIMULATED, no real place: {name}" if simulated else name


def _number(value: Any) -> str:
    """A number for people; a dash when it is not known."""
    import pandas as pd

    return f"{float(value):,.0f}" if pd.notna(value) else "–"


def _range(low: Any, high: Any) -> str:
    ends = [_number(low), _number(high)]
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def _pair(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, name: str, unit: float = 0
) -> str:
    """A value before and after, with an arrow."""
    values = [None if side is None else side[name] for side in (before, after)]
    if unit:
        texts = [
            "–" if v is None else f"{float(v) / unit:,.{2 if unit > 1 else 0}f}" for v in values
        ]
    else:
        texts = ["–" if v is None else str(v).replace("_", " ") for v in values]
    return texts[0] if texts[0] == texts[1] else "\N{NO-BREAK SPACE}→ ".join(texts)
