"""Options that several commands share, said once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

DAY = ["%Y-%m-%d"]

Aoi = Annotated[
    str, typer.Option("--aoi", help="Bundled name (`minewatch aoi list`) or a polygon file.")
]
Start = Annotated[datetime, typer.Option("--start", formats=DAY, help="First day, UTC.")]
End = Annotated[datetime, typer.Option("--end", formats=DAY, help="Last day, UTC, included.")]
MaybeStart = Annotated[
    datetime | None, typer.Option("--start", formats=DAY, help="First day, UTC.")
]
MaybeEnd = Annotated[
    datetime | None, typer.Option("--end", formats=DAY, help="Last day, UTC, included.")
]
Catalog = Annotated[
    str,
    typer.Option(
        "--catalog",
        help="earth-search, planetary-computer, cdse, a STAC API root, or a static catalog.json.",
    ),
]
Collection = Annotated[
    str | None, typer.Option("--collection", help="Collection id; default: the catalogue's own.")
]
Sensor = Annotated[
    str, typer.Option("--sensor", help="Whose images: sentinel-2-l2a or landsat-c2-l2.")
]
CloudCover = Annotated[
    float, typer.Option("--max-cloud-cover", help="Leave out scenes cloudier than this, percent.")
]
Resolution = Annotated[
    float, typer.Option("--resolution", help="Pixel of the grid, metres. Pools are seen at 10.")
]
_PERIOD_HELP = "dry-season, quarter, month, year, or custom:START/END,START/END of whole months."
PeriodName = Annotated[
    str, typer.Option("--period", help=f"Step in which the inventory is told: {_PERIOD_HELP}")
]
MaybePeriod = Annotated[
    str | None, typer.Option("--period", help=f"Tell it in another step: {_PERIOD_HELP}")
]
Scenes = Annotated[
    Path | None, typer.Option("--scenes", help="A frozen scenes.json, instead of a search.")
]
Scheduler = Annotated[str | None, typer.Option("--scheduler", help="Address of a Dask scheduler.")]
Workers = Annotated[int | None, typer.Option("--workers", help="Threads; default: one a core.")]
MaxMemory = Annotated[
    float | None,
    typer.Option("--max-memory", help="Most memory, GiB, or an error; default: 3 if that can be."),
]
Cache = Annotated[
    Path | None, typer.Option("--cache", help="Folder to keep fetched imagery in for later runs.")
]
CacheSize = Annotated[float, typer.Option("--cache-size", help="Most GiB kept in --cache.")]
Chunk = Annotated[
    int, typer.Option("--chunk", help="Side of a chunk, pixels: memory, not the answer.")
]
Dem = Annotated[
    str,
    typer.Option(
        "--dem",
        help="Heights for slopes: auto (Copernicus DEM where the catalogue has it), none, a "
        "collection id, or a file.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no closing words.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
RunDirectory = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a finished run.")]
