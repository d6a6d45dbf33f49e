"""`minewatch sample` and `minewatch assess`: areas and accuracy that a sample can carry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json, RunDirectory
from minewatch.errors import SettingsError


def sample(
    directory: RunDirectory,
    *,
    name: Annotated[
        str, typer.Option("--name", help="Name of the sample; it lies in DIR/review/samples/NAME.")
    ] = "sample",
    size: Annotated[
        int | None,
        typer.Option("--size", help="Units in all (tiles of two stages); default: 300 labels."),
    ] = None,
    half_width: Annotated[
        str | None,
        typer.Option("--half-width", help="Wanted ± of the area: 10% of it, or 2ha."),
    ] = None,
    unit: Annotated[
        Literal["pixel", "block", "site"], typer.Option("--unit", help="What is drawn.")
    ] = "pixel",
    design: Annotated[
        Literal["stratified", "systematic", "simple", "two-stage"],
        typer.Option("--design", help="How it is drawn."),
    ] = "stratified",
    period: Annotated[
        list[str] | None,
        typer.Option("--period", help="Label or first day; twice to compare two; default: last."),
    ] = None,
    target: Annotated[
        Literal["pool", "pad", "mine"], typer.Option("--target", help="What it is sized for.")
    ] = "pool",
    allocation: Annotated[
        Literal["neyman", "proportional", "equal"],
        typer.Option("--allocation", help="How units are spread over strata."),
    ] = "neyman",
    least: Annotated[int, typer.Option("--least", help="At least as many in each stratum.")] = 10,
    take: Annotated[
        list[str] | None, typer.Option("--take", help="By hand: STRATUM=NUMBER; may be repeated.")
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option("--expect", help="Guess: STRATUM=SHARE that is the target; repeatable."),
    ] = None,
    ring: Annotated[float, typer.Option("--ring", help="Metres of the ring round sites.")] = 100.0,
    block: Annotated[int, typer.Option("--block", help="Side of a block, pixels.")] = 3,
    tile: Annotated[int, typer.Option("--tile", help="Side of a tile, pixels.")] = 32,
    inside: Annotated[int, typer.Option("--inside", help="Pixels in each tile.")] = 10,
    second: Annotated[
        float, typer.Option("--second", help="Share that a second interpreter labels too, 0 to 1.")
    ] = 0.1,
    seed: Annotated[str, typer.Option("--seed", help="Any text: the same draws the same.")] = "1",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder; default: DIR/review/samples/NAME.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show the plan and draw nothing.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """A probability sample of a run, for people to label.

    The plan is shown before it is drawn.

    Example: minewatch sample pangwa --half-width 20% --period 2023-11-01
    """
    from minewatch.analysis import draw_sample

    arguments: dict[str, Any] = {
        "name": name, "size": size, "half_width": half_width, "unit": unit, "design": design,
        "periods": period or (), "target": target, "allocation": allocation, "least": least,
        "take": {k: int(v) for k, v in _pairs(take, "--take").items()},
        "expect": _pairs(expect, "--expect"), "ring_m": ring, "block_px": block, "tile_px": tile,
        "inside": inside, "second_share": second, "seed": seed, "out": out,
    }  # fmt: skip
    drawn = draw_sample(directory, **arguments, only_plan=True)
    if not json:
        _show_plan(drawn.plan)
    if not plan:
        drawn = draw_sample(directory, **arguments)
    if json:
        terminal.as_json(
            {
                "plan": drawn.plan.design.__dict__
                | {"strata": [s.__dict__ for s in drawn.plan.design.strata]},
                "notes": drawn.plan.notes, "files": [str(path) for path in drawn.files],
                "is_new": drawn.is_new,
            }
        )  # fmt: skip
        return
    if plan:
        return
    if not drawn.is_new:
        terminal.line("the same sample was there already")
    terminal.line(str(drawn.folder))
    terminal.line(
        "label it: labels.gpkg in QGIS (form ready), labels.csv, or acatama.gpkg and "
        "collect-earth-online.csv in these"
    )


def assess(
    directory: RunDirectory,
    *,
    sample: Annotated[
        str, typer.Option("--sample", help="Name of a sample of the run, or its folder.")
    ] = "sample",
    labels: Annotated[
        list[Path] | None,
        typer.Option("--labels", help="File of labels beside the log: .csv, .gpkg, .jsonl."),
    ] = None,
    interpreter: Annotated[
        str | None, typer.Option("--interpreter", help="Count only this one's labels.")
    ] = None,
    largest: Annotated[
        float,
        typer.Option("--largest", help="Most of a block that mines can cover, 0 to 1; 1: unknown."),
    ] = 1.0,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Accuracy and area with 95 % intervals, from a labelled sample.

    Example: minewatch assess pangwa --sample sample --labels labels.gpkg
    """
    from minewatch.analysis import assess as job
    from minewatch.analysis import assessment_values, write_assessment
    from minewatch.store import open_result

    found = job(directory, sample, labels=labels or (), interpreter=interpreter, largest=largest)
    written = write_assessment(open_result(directory, verify=False), found)
    values = assessment_values(found)
    if json:
        terminal.as_json({**values, "files": [str(path) for path in written]})
        return
    for sentence in values["sentences"]:
        terminal.line(sentence)
    title = f"{found.labelled} of {found.drawn} units labelled" + (
        " (SIMULATED, no real place)" if values["simulated"] else ""
    )
    rows = [
        (
            row["figure"].replace("_", " "), row["class"].replace("_", " "), row["period"],
            _number(row, "value"), f"{_number(row, 'low')} to {_number(row, 'high')}",
            _number(row, "mapped"),
        )
        for row in values["figures"]
    ]  # fmt: skip
    terminal.table(title, ("figure", "of", "period", "estimate", "95 %", "mapped"), rows)
    for start, matrix in values["error_matrices"].items():
        names = [name.replace("_", " ") for name in matrix["reference"]]
        counts = [
            (row, *(f"{n:g}" for n in line))
            for row, line in zip(matrix["map"], matrix["counts"], strict=True)
        ]
        terminal.table(f"labelled pixels, {start}: map by reference", ("map", *names), counts)
    for pair in values["agreement"]:
        terminal.line(
            f"{pair['first']} and {pair['second']}: {pair['units']} units, agree on "
            f"{_share(pair['agreed'])} ({_share(pair['agreed_low'])} to "
            f"{_share(pair['agreed_high'])}), kappa {pair['kappa']} "
            f"({pair['kappa_low']} to {pair['kappa_high']})"
        )
    for note in values["notes"]:
        terminal.line(f"note: {note}")
    terminal.line(str(written[0].parent))


def _pairs(given: list[str] | None, option: str) -> dict[str, float]:
    pairs = {}
    for text in given or ():
        name, _, value = text.partition("=")
        try:
            pairs[name.strip()] = float(value)
        except ValueError:
            raise SettingsError(
                f"{option} {text!r} is no STRATUM=NUMBER", hint=f"write {option} pool=40"
            ) from None
    return pairs


def _show_plan(plan: Any) -> None:
    design = plan.design
    rows = [
        (s.name, s.units, f"{s.area_m2 / 10_000:,.2f}", f"{s.expected:.4g}", s.drawn)
        for s in design.strata
    ]
    title = f"{', '.join(p['label'] for p in design.periods)}: {design.unit}s, {design.design}"
    terminal.table(title, ("stratum", "units", "ha", f"guess: {design.target}", "draw"), rows)
    for note in plan.notes:
        terminal.line(f"note: {note}")


def _number(row: dict[str, Any], name: str) -> str:
    from minewatch.analysis import hectares

    if row[name] is None:
        return "–"
    return f"{hectares(row[name])} ha" if row["unit"] == "ha" else _share(row[name])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
