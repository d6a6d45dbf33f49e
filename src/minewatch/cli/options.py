"""Options that several commands share, said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Aoi = Annotated[
    str, typer.Option("--aoi", help="Bundled name (`minewatch aoi list`) or a polygon file.")
]
_DAY = "UTC: 2023-11-05, or a month or year."
Start = Annotated[str, typer.Option("--start", help=f"First day, {_DAY}")]
End = Annotated[str, typer.Option("--end", help=f"Last day, included, {_DAY}")]
MaybeStart = Annotated[str | None, typer.Option("--start", help=f"First day, {_DAY}")]
MaybeEnd = Annotated[str | None, typer.Option("--end", help=f"Last day, included, {_DAY}")]
Catalog = Annotated[
    str,
    typer.Option(
        "--catalog",
        help="earth-search, planetary-computer, cdse, a STAC API root, a static catalog.json, a "
        "stac-geoparquet file, or a folder of GeoTIFFs with a minewatch.toml.",
    ),
]
MaybeCatalog = Annotated[
    str | None,
    typer.Option(
        "--catalog",
        help="Where to search; default: where the run did. A signature is never kept: give a "
        "signed address again.",
    ),
]
Collection = Annotated[
    str | None, typer.Option("--collection", help="Collection id; default: the catalogue's own.")
]
Sensor = Annotated[
    str,
    typer.Option(
        "--sensor",
        help="Sensor: sentinel-2-l2a, landsat-c2-l2, hls-v2, or another of docs/sensors.md.",
    ),
]
DetectorName = Annotated[
    str,
    typer.Option(
        "--detector", help="Who judges: pool-banks, or another of docs/detectors.md or a plug-in."
    ),
]
Rules = Annotated[
    Path | None, typer.Option("--rules", help="TOML file of thresholds to replace: docs/rules.md.")
]
DrySeason = Annotated[
    str,
    typer.Option(
        "--dry-season", help="First and last month, as 11-04; auto: by the area or its record."
    ),
]
CloudCover = Annotated[
    float, typer.Option("--max-cloud-cover", help="Leave out scenes cloudier than this, percent.")
]
Resolution = Annotated[
    float, typer.Option("--resolution", help="Pixel of the grid, metres. Pools are seen at 10.")
]
_PERIOD_HELP = "dry-season, quarter, month, year, or custom:START/END,START/END of whole months."
PeriodName = Annotated[str, typer.Option("--period", help=f"Step of the inventory: {_PERIOD_HELP}")]
MaybePeriod = Annotated[str | None, typer.Option("--period", help=f"Another step: {_PERIOD_HELP}")]
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
