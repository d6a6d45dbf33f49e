"""`minewatch aoi`: list, show and check areas."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

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
    for name, value in _described_lines(described).items():
        terminal.line(f"{name:<10} {value}")
    for group in described["control"]:
        words = f"{group['from'] or '…'} to {group['to'] or '…'}: {group['group']}"
        terminal.line(f"held by    {words} [{group['source']}]")
    for note in described["notes"]:
        terminal.line(f"note       {note}")
    if more := sorted(described["properties"]):
        terminal.line(f"the file also has {', '.join(more)}: --json shows them")


def _described_lines(described: dict[str, Any]) -> dict[str, str]:
    """What an area is: what each line is called, and what it says."""
    west, south, east, north = described["bounds"]
    return {
        "id": described["id"],
        "name": described["name"],
        "size": f"{described['area_km2']:,.1f} km²",
        "centre": _centre(described),
        "bounds": f"{south:.4f} to {north:.4f} N, {west:.4f} to {east:.4f} E",
        "outline": f"{described['parts']} parts, {described['holes']} holes, "
        f"{described['vertices']:,} vertices",
        "UTM zone": f"EPSG:{described['utm_epsg']}",
        "SHA-256": described["sha256"],
    }


def _centre(described: dict[str, Any]) -> str:
    lon, lat = described["centre"]
    return f"{lat:.4f} N, {lon:.4f} E"


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

    described = areas.describe(areas.read_aoi(file))
    if json:
        names = ("id", "area_km2", "centre", "utm_epsg", "sha256", "notes")
        terminal.as_json({name: described[name] for name in names})
        return
    size, zone = f"{described['area_km2']:,.2f} km²", f"EPSG:{described['utm_epsg']}"
    terminal.line(f"{file}: good. {size}, UTM {zone}")
    terminal.line(f"its centre is {_centre(described)}: look whether that is the place you mean")
    for note in described["notes"]:
        terminal.line(f"note: {note}")
