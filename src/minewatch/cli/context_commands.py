"""`minewatch context`: what the mines stand beside. Parse, call, show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json, Quiet, RunDirectory

if TYPE_CHECKING:
    import pandas as pd

    from minewatch.model import ContextAnswer, RunResult

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What the mines stand beside: water, slopes, control, trade.",
)

Heights = Annotated[
    str,
    typer.Option(
        "--dem",
        help="Heights: a file, a folder of files, a collection id, or auto (Copernicus DEM of the "
        "catalogue).",
    ),
]
HeightsCatalog = Annotated[
    str | None,
    typer.Option("--catalog", help="Where heights are searched; default: where the run searched."),
]
Out = Annotated[
    Path | None, typer.Option("--out", help="Folder to write; default: DIR/context/VERB.")
]
_MOST_ROWS = 12


@app.command()
def downstream(
    directory: RunDirectory,
    *,
    dem: Heights = "auto",
    catalog: HeightsCatalog = None,
    beyond: Annotated[
        float, typer.Option("--beyond", help="How far beyond the area heights are read, km.")
    ] = 20.0,
    rivers: Annotated[
        Path | None,
        typer.Option("--rivers", help="Layer of rivers: burnt into the heights, named by `name`."),
    ] = None,
    places: Annotated[
        list[str] | None,
        typer.Option("--places", help="KIND=FILE: a layer of villages, fields, intakes; again."),
    ] = None,
    reach: Annotated[
        float, typer.Option("--reach", help="A place is within reach of a path so near, m.")
    ] = 250.0,
    river_km2: Annotated[
        float, typer.Option("--river-km2", help="Catchment from which a stream is a river, km2.")
    ] = 5.0,
    draws: Annotated[
        int, typer.Option("--draws", help="How often the heights are disturbed; 0: never.")
    ] = 20,
    seed: Annotated[int, typer.Option("--seed", help="Of the draws.")] = 1,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """The rivers and places below the sites, period by period, as ranges.

    Example: minewatch context downstream pangwa --dem heights.tif --places village=villages.gpkg
    """
    from minewatch import analysis

    result = _opened(directory)
    layers = dict(analysis.kind_and_path(text) for text in places or ())
    with terminal.progress(quiet=quiet or json) as listener:
        answer = analysis.downstream(
            result, dem=dem, catalog=catalog, beyond_km=beyond, rivers=rivers, places=layers,
            reach_m=reach, river_km2=river_km2, draws=draws, seed=seed, listener=listener,
        )  # fmt: skip
    shown = (
        ("places_by_period", ("name", "period_start", "abandoned_wet", "sites", "not_observed")),
        ("rivers_by_period", ("name", "period_start", "abandoned_wet", "sites", "not_observed")),
        ("rivers_touched", ("river_from_km2", "rivers_touched", "sites_that_reach_none")),
    )
    _close(answer, result, out, shown, json=json, quiet=quiet)


@app.command()
def absence(
    directory: RunDirectory,
    *,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """How sure one can be that nothing is there: what was seen, and what would have been found.

    Example: minewatch context absence nba-pa
    """
    from minewatch import analysis

    result = _opened(directory)
    shown = (
        ("periods", ("label", "observed_fraction", "looks", "confirmed", "provisional",
                     "candidate")),
        ("recall_by_size", ("begun", "from_ha", "to_ha", "sites", "recall", "recall_low")),
    )  # fmt: skip
    _close(analysis.absence(result), result, out, shown, json=json, quiet=quiet)


@app.command()
def control(
    directory: RunDirectory,
    *,
    claims: Annotated[
        Path | None,
        typer.Option(
            "--claims", help="Layer: controller, valid_from, valid_to, source, certainty."
        ),
    ] = None,
    area: Annotated[
        str | None, typer.Option("--area", help="Take the intervals of this bundled area.")
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option("--events", help="CSV: event, words, first_day, last_day, source."),
    ] = None,
    months: Annotated[
        int, typer.Option("--months", help="How long before and after an event is counted.")
    ] = 12,
    placebo_months: Annotated[
        int, typer.Option("--placebo-months", help="How much earlier the placebo date is.")
    ] = 12,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Who held the ground of what was seen, and counts before and after stated events.

    Example: minewatch context control pangwa --claims control.gpkg
    """
    from minewatch import analysis

    result = _opened(directory)
    answer = analysis.control(
        result, claims=claims, area=area, events=events, months=months,
        placebo_months=placebo_months,
    )  # fmt: skip
    shown = (
        ("by_controller", ("controller", "what", "low", "likely", "high", "before_archive")),
        ("before_after", ("event", "date", "side", "what", "low", "high", "covered")),
    )
    _close(answer, result, out, shown, json=json, quiet=quiet)


@app.command()
def trade(
    directory: RunDirectory,
    *,
    figures: Annotated[
        Path | None, typer.Option("--figures", help="CSV of figures of your own: docs/context.md.")
    ] = None,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Published trade figures with their bases, compared only where alike, and beside activity.

    Example: minewatch context trade pangwa --figures imports.csv
    """
    from minewatch import analysis

    result = _opened(directory)
    shown = (
        ("figures", ("figure", "value", "unit", "commodity", "reporter")),
        ("alike", ("first", "second", "ratio", "note")),
        ("directions", ("lag_quarters", "measure", "points", "same", "opposite", "unclear",
                        "basis")),
    )  # fmt: skip
    answer = analysis.trade(result, figures=figures)
    _close(answer, result, out, shown, json=json, quiet=quiet)


@app.command()
def slopes(
    directory: RunDirectory,
    *,
    dem: Heights = "auto",
    catalog: HeightsCatalog = None,
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Slopes under the sites, slides beside them, and a screen of where to look first.

    Example: minewatch context slopes pangwa --dem heights.tif
    """
    from minewatch import analysis

    result = _opened(directory)
    answer = analysis.slopes(result, dem=dem, catalog=catalog)
    shown = (
        ("screen", ("rank", "site_id", "score", "slope_deg", "wet_seasons", "earlier_slides",
                    "reasons")),
        ("slides_beside", ("site_id", "distance_m", "is_upslope", "order", "slide_after",
                           "slide_by")),
    )  # fmt: skip
    _close(answer, result, out, shown, json=json, quiet=quiet)


@app.command()
def people(
    directory: RunDirectory,
    *,
    layer: Annotated[
        list[str], typer.Option("--layer", help="KIND=FILE: villages, farmland, forest, camps.")
    ],
    out: Out = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Distances and overlaps between sites and layers of your own.

    Example: minewatch context people pangwa --layer village=villages.gpkg
    """
    from minewatch import analysis

    result = _opened(directory)
    layers = dict(analysis.kind_and_path(text) for text in layer)
    answer = analysis.people(result, layers=layers)
    shown = (("counts", ("kind", "period_start", "within_m", "features", "low", "high")),)
    _close(answer, result, out, shown, json=json, quiet=quiet)


def _opened(directory: Path) -> RunResult:
    from minewatch.store import open_result

    return open_result(directory)


def _close(
    answer: ContextAnswer,
    result: RunResult,
    out: Path | None,
    shown: tuple[tuple[str, tuple[str, ...]], ...],
    *,
    json: bool,
    quiet: bool,
) -> None:
    """Write the files, and say what is in them."""
    from minewatch import analysis

    files = analysis.write_answer(answer, result, out)
    if json:
        tables = {
            name: terminal.plain_rows(table.drop(columns="geometry", errors="ignore"))
            for name, table in answer.tables.items()
        }
        terminal.as_json(
            {
                "asked": answer.name, "simulated": answer.simulated, "notes": answer.notes,
                "tables": tables, "files": [str(path) for path in files],
            }
        )  # fmt: skip
        return
    for name, columns in shown:
        _show(name, answer.tables[name], columns, simulated=answer.is_simulated(name))
    for line in answer.notes:
        terminal.line(f"note: {line}")
    if not quiet:
        terminal.line(f"{len(files)} files in {files[0].parent}")


def _show(name: str, table: pd.DataFrame, columns: tuple[str, ...], *, simulated: bool) -> None:
    from minewatch.context.plain_records import records

    words = name.replace("_", " ")
    title = f"SIMULATED, no real place: {words}" if simulated else words
    rows = [
        tuple(_cell(row, column) for column in columns) for row in records(table.head(_MOST_ROWS))
    ]
    terminal.table(title, [c.replace("_", " ") for c in columns], rows)
    if len(table) > _MOST_ROWS:
        terminal.line(f"and {len(table) - _MOST_ROWS} rows more, in {name}.csv")


def _cell(row: dict[str, Any], column: str) -> Any:
    """A value, or a range where the table has its two ends."""
    import pandas as pd

    if column in row:
        value = row[column]
        if isinstance(value, float):
            return "–" if pd.isna(value) else _number(value)
        return value
    low, high = row[f"{column}_low"], row[f"{column}_high"]
    if pd.isna(high):
        return "unknown"
    return _number(low) if low == high else f"{_number(low)}–{_number(high)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"
