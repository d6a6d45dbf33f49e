"""`minewatch explain`: why a site is in the inventory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json, Quiet, RunDirectory

if TYPE_CHECKING:
    from minewatch.reports import Explanation


def explain(
    directory: RunDirectory,
    site_id: Annotated[str, typer.Argument(help="Id of the site, as in sites.geojson.")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write; default: DIR/explain.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Why a site is in the inventory: pixels, evidence, other readings.

    Example: minewatch explain pangwa s0123456789
    """
    from minewatch.analysis import explain as job
    from minewatch.reports import as_values

    with terminal.status("reading the months of the site", quiet=quiet or json):
        explanation, files = job(directory, site_id, out=out)
    if json:
        terminal.as_json(as_values(explanation))
    elif not quiet:
        _show(explanation)
        for path in files.values():
            terminal.line(str(path))


def _show(explanation: Explanation) -> None:
    if explanation.simulated:
        terminal.line("SIMULATED imagery: no real place")
    terminal.line(explanation.title)
    for note in explanation.notes:
        terminal.line(f"warning: {note}")
    seasons = [
        (
            f"{row.period_start} to {row.period_end}", row.state,
            _whole(row.disturbed_area_m2), _pools(row.disturbed_area_m2, row.pool_area_m2),
            _range(row.pool_count_low, row.pool_count_high),
            _pools(row.disturbed_area_m2, row.water_area_m2), row.clear_looks,
        )
        for row in explanation.inventory.itertuples()
    ]  # fmt: skip
    columns = ("period", "state", "disturbed m²", "pools m²", "pools", "water m²", "clear looks")
    terminal.table("by period", columns, seasons)
    terms = sorted(explanation.best.items(), key=lambda t: -t[1] * explanation.weights.get(t[0], 0))
    rows = [
        (n, v, _added(v, explanation.weights.get(n)), explanation.meanings.get(n, ""))
        for n, v in terms
    ]
    named = ("term", "0 to 1", "log-odds", "what it says")
    terminal.table("evidence of its strongest season", named, rows)
    others = [
        (a.kind, "cannot be separated" if a.plausibility is None else a.plausibility, a.reason)
        for a in explanation.alternatives
    ]
    if others:
        terminal.table("what it could have been instead", ("kind", "how plausible", "if"), others)
    else:
        terminal.line("what it could have been instead: its detector names nothing else")
    if any(a.plausibility is None for a in explanation.alternatives):
        terminal.line("pixels of this size cannot separate a mine from any of these")
    if explanation.why_no_pools:
        terminal.line(f"note: {explanation.why_no_pools}")
    scenes = [
        (s["role"], s["day"], s["id"], s.get("offset_dn"), s.get("offset_reason", ""))
        for s in explanation.scenes
    ]
    about = ("look", "day", "scene", "offset, DN", "how it was decided")
    terminal.table("scenes that bound its start", about, scenes)


def _added(value: float, weight: float | None) -> str:
    """What a term adds to the log-odds; a dash where terms are no summands."""
    return "–" if weight is None else str(round(value * weight, 2))


def _whole(value: float) -> str:
    return "not seen" if value != value else f"{value:.0f}"


def _pools(ground_m2: float, pools_m2: float) -> str:
    """The pools of a period; unknown where the ground was seen and pools could not be."""
    return "unknown" if pools_m2 != pools_m2 and ground_m2 == ground_m2 else _whole(pools_m2)


def _range(low: object, high: object) -> str:
    return "–" if str(low) in {"nan", "None", "<NA>"} else f"{low}–{high}"
