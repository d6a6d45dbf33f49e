"""`minewatch compare`: a run beside an inventory that others made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json, RunDirectory


def compare(
    directory: RunDirectory,
    other: Annotated[
        Path, typer.Argument(metavar="OTHER", help="Vector file of points or polygons.")
    ],
    *,
    distance: Annotated[
        float, typer.Option("--distance", help="Most metres between two outlines of one place.")
    ] = 100.0,
    period: Annotated[
        str | None,
        typer.Option("--period", help="Label or first day of a period; default: all of them."),
    ] = None,
    date_column: Annotated[
        str | None,
        typer.Option("--date", help="Column of OTHER with the day on which a place was there."),
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column of OTHER that names its places.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option("--layer", help="Layer of OTHER; default: the first.")
    ] = None,
    counted: Annotated[
        Literal["detector", "people"],
        typer.Option("--count", help="Whose opinion says what is a site."),
    ] = "detector",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Layer to write, .geojson, .gpkg or .csv; default: in DIR/export."
        ),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """A run beside another layer: what both have, what one lacks.

    Example: minewatch compare pangwa mines-by-hand.gpkg --distance 150 --date seen_on
    """
    from minewatch.analysis import OUTCOMES, write_layer
    from minewatch.analysis import compare as job
    from minewatch.store import open_result

    found = job(
        directory, other, distance_m=distance, period=period, date_column=date_column,
        id_column=id_column, layer=layer, counted=counted,
    )  # fmt: skip
    result = open_result(directory, verify=False)
    path = out or result.directory / "export" / f"compare-{other.stem}.geojson"
    written = write_layer(found.table, path, result, layer="compare")
    flat = found.table.drop(columns="geometry")
    rows = terminal.plain_rows(flat)
    if json:
        terminal.as_json(
            {
                "simulated": result.simulated, "counts": found.counts, "notes": found.notes,
                "rows": rows, "layer": str(written),
            }
        )  # fmt: skip
        return
    title = f"{len(rows)} places" + (" (SIMULATED, no real place)" if result.simulated else "")
    keys = ("outcome", "site_id", "other_id", "distance_m", "verdict", "days_later")
    columns = ("outcome", "site", "other", "metres apart", "people say", "days later")
    shown = [
        tuple("–" if r[k] is None else str(r[k]).replace("_", " ") for k in keys) for r in rows
    ]
    terminal.table(title, columns, shown)
    for outcome, count in found.counts.items():
        terminal.line(f"{count} {outcome.replace('_', ' ')}: {OUTCOMES[outcome]}")
    for note in found.notes:
        terminal.line(f"note: {note}")
    terminal.line(str(written))
