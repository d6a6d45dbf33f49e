"""The manifest of a run, and a finished run read back as one value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from minewatch.errors import OutputError
from minewatch.exporters.geojson_rows import check_schema, read_rows
from minewatch.exporters.table_layers import LAYERS, Layer
from minewatch.files import write_bytes_atomic
from minewatch.model import RunResult

if TYPE_CHECKING:
    import geopandas as gpd

    from minewatch.model import AreaOfInterest

MANIFEST: Final = "manifest.json"
AOI_SNAPSHOT: Final = "state/aoi.geojson"
RASTERS: Final = "rasters"


def write_manifest(manifest: Mapping[str, Any], path: Path) -> Path:
    """Write a manifest: sorted keys, a row a line, UTF-8, the same bytes for equal content.

    Parameters
    ----------
    manifest
        Plain values. NaN is refused: it is no JSON.
    path
        The file.
    """
    members = (f"{_encode(name)}: {_rows(manifest[name])}" for name in sorted(manifest))
    write_bytes_atomic(path, "{{\n{}\n}}\n".format(",\n".join(members)).encode())
    return path


def _rows(value: Any) -> str:
    """A member of a manifest: each of its entries on a line, as the quick encoder writes them."""
    if isinstance(value, Mapping) and value:
        entries = (f"  {_encode(str(name))}: {_encode(value[name])}" for name in sorted(value))
        return "{{\n{}\n}}".format(",\n".join(entries))
    if isinstance(value, list | tuple) and value:
        return "[\n{}\n]".format(",\n".join(f"  {_encode(entry)}" for entry in value))
    return _encode(value)


_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False).encode


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Parameters
    ----------
    path
        The file.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_outputs(directory: Path, paths: Iterable[Path]) -> dict[str, str]:
    """What the manifest says of outputs: path from the run's folder to SHA-256, sorted.

    Parameters
    ----------
    directory
        The run's folder.
    paths
        Files in it.
    """
    named = {path.relative_to(directory).as_posix(): path for path in paths}
    return {name: hash_file(named[name]) for name in sorted(named)}


def open_result(directory: Path, *, verify: bool = True) -> RunResult:
    """A finished run, read from its folder.

    Parameters
    ----------
    directory
        The folder that `minewatch run` wrote.
    verify
        Check every output against its SHA-256 in the manifest now; a table is checked whenever it
        is read, and never one of a later run.

    Returns
    -------
    RunResult
        Tables in WGS 84 that keep their contracts; `rasters` maps the name of a raster
        to its path: a COG, or a VRT that shows those of all periods as its bands. The area is read
        when it is asked for.

    Raises
    ------
    OutputError
        When this is no finished run, or a file of it is missing or damaged; a table that is read
        later also when the run was carried on since.
    """
    directory = Path(directory)
    manifest = read_manifest(directory)
    outputs: Mapping[str, str] = manifest["outputs"]
    if verify:
        check_outputs(directory, outputs)
    rasters = sorted(Path(p) for p in outputs if Path(p).parent == Path(RASTERS))
    return RunResult(
        directory=directory,
        manifest=manifest,
        rasters={path.stem: directory / path for path in rasters},
        read_aoi=partial(_read_aoi, directory / AOI_SNAPSHOT),
        read_table=partial(_read_table, directory, manifest),
        read_rows=partial(_read_rows, directory, manifest),
    )


def _read_aoi(path: Path) -> AreaOfInterest:
    from minewatch.exporters.aoi_snapshot import read_aoi_snapshot  # loads shapely

    return read_aoi_snapshot(path)


def _read_table(directory: Path, manifest: Mapping[str, Any], name: str) -> gpd.GeoDataFrame:
    from minewatch.exporters.geojson import read_geojson  # loads geopandas

    layer = _check_layer(directory, manifest, name)
    return read_geojson(directory / layer.filename, layer.contract)


def _read_rows(directory: Path, manifest: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    layer = _check_layer(directory, manifest, name)
    return read_rows(directory / layer.filename, layer.contract)


def _check_layer(directory: Path, manifest: Mapping[str, Any], name: str) -> Layer:
    """A table of the run that a manifest speaks of; raises when its file is another."""
    layer = LAYERS[name]
    try:
        check_outputs(directory, {layer.filename: manifest["outputs"].get(layer.filename, "")})
    except OutputError:
        if read_manifest(directory) != manifest:
            raise OutputError(
                f"{directory} was carried on since it was opened: its {name} are others now",
                hint="open it again",
            ) from None
        raise
    return layer


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest of a run.

    Parameters
    ----------
    directory
        The run's folder.

    Raises
    ------
    OutputError
        When there is none, or it is damaged.
    """
    path = directory / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if not isinstance(manifest["outputs"], dict):
            raise TypeError("outputs is no object")
    except (FileNotFoundError, NotADirectoryError):
        raise OutputError(
            f"{directory} holds no finished run: {MANIFEST} is missing",
            hint="give the folder of `minewatch run --out`, or finish it with --resume",
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{path} is damaged: {error}", hint="run again with --resume") from None
    check_schema(manifest.get("schema_version", 0), path)
    return manifest


def check_outputs(directory: Path, outputs: Mapping[str, str]) -> None:
    """Raise when a file of a run is missing, or is not the one the manifest speaks of.

    Parameters
    ----------
    directory
        The run's folder.
    outputs
        Path from there to SHA-256.

    Raises
    ------
    OutputError
        Names the first such file.
    """
    for name, expected in sorted(outputs.items()):
        path = directory / name
        if not path.is_file():
            raise OutputError(f"{path} is missing", hint="run again with --resume to write it anew")
        if hash_file(path) != expected:
            raise OutputError(
                f"{path} is damaged or was edited: its SHA-256 is not the one in {MANIFEST}",
                hint="run again with --resume to write it anew; keep edits in a copy",
            )
