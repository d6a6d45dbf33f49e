"""`minewatch aoi`: list, show and check areas."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, Json

app = typer.Typer(no_args_is_help=True, help="Areas of interest: list, show, check.")


@app.command("list")
def list_areas(*, json: Json = False, debug: Debug = False) -> None:
    """Bundled areas.

    Example: minewatch aoi list
    """
    from minewatch import areas

    rows = areas.list_aois()
    if json:
        terminal.as_json([{"id": r.id, "name": r.name, "area_km2": r.area_km2, "status": r.status}
                      for r in rows])  # fmt: skip
        return
    terminal.table(
        "Bundled areas (outlines: ODbL 1.0, © OpenStreetMap contributors)",
        ("id", "name", "km²", "status"),
        [(r.id, r.name, round(r.area_km2, 1), r.status) for r in rows],
    )


@app.command("show")
def show_area(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Bundled name or polygon file.")],
    *,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Everything known of an area.

    Example: minewatch aoi show chipwe-pangwa
    """
    from minewatch import areas

    described = areas.describe(areas.read_aoi(name))
    if json:
        terminal.as_json(described)
        return
    for key, value in described.items():
        if isinstance(value, list | tuple):
            terminal.line(f"{key}:")
            for entry in value:
                terminal.line(f"  - {_in_words(entry)}")
        else:
            terminal.line(f"{key}: {value}")


def _in_words(entry: object) -> str:
    """A record as its fields, anything else as it is."""
    if isinstance(entry, dict):
        return "; ".join(f"{k}: {v}" for k, v in entry.items() if v not in (None, ""))
    return str(entry)


@app.command("check")
def check_area(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Polygon file.")],
    *,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Read a polygon file as a run would; say what was repaired.

    Example: minewatch aoi check my-valley.kml
    """
    from minewatch import areas

    area = areas.read_aoi(file)
    if json:
        terminal.as_json({"id": area.id, "area_km2": area.area_m2 / 1e6, "utm_epsg": area.utm_epsg,
                      "sha256": area.sha256, "notes": area.notes})  # fmt: skip
        return
    terminal.line(f"{file}: good. {area.area_m2 / 1e6:,.2f} km², UTM EPSG:{area.utm_epsg}")
    for note in area.notes:
        terminal.line(f"note: {note}")
