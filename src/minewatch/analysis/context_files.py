"""The files that answers about the surroundings of mines are written to and read from.

All of them are exact: private, until a publishing profile is applied.
"""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError

from minewatch.errors import OutputError
from minewatch.exporters import hash_file, write_geojson
from minewatch.files import atomic_path, plain_cell, write_bytes_atomic
from minewatch.model import WGS84, ContextAnswer, RunResult
from minewatch.model.run_result import source_mark
from minewatch.publishing.profiles import SAYS_PRIVATE

FOLDER: Final = "context"
"""Where answers lie in the folder of a run, each in a folder of its own name."""
ABOUT: Final = "about.json"
"""What decided an answer, and what was written of it."""
QUESTIONS: Final = ("downstream", "slopes", "control", "absence", "trade", "people")
"""What can be asked, in the order in which answers are shown."""
PROFILE: Final = "private"
"""The publishing profile of everything written here: exact, for oneself."""


def write_answer(answer: ContextAnswer, result: RunResult, out: Path | None = None) -> list[Path]:
    """Every table, layer and picture of an answer as files.

    Parameters
    ----------
    answer
        What to write.
    result
        The run it is of.
    out
        Folder; None: `context/NAME` in that of the run.

    Returns
    -------
    list of Path
        CSV for every table, GeoJSON for every layer, one GeoPackage with all layers, PNG for every
        picture, and `about.json`.
    """
    folder = Path(out) if out else result.directory / FOLDER / answer.name
    member = {
        "simulated": answer.simulated, "profile": PROFILE,
        "attribution": result.manifest["aoi"].get("attribution", ""),
    }  # fmt: skip
    files = []
    for name, table in answer.tables.items():
        marked = table.assign(simulated=answer.is_simulated(name))
        plain = pd.DataFrame(marked).drop(columns="geometry", errors="ignore")
        if name not in answer.published:
            plain[SAYS_PRIVATE] = True  # `publish check` refuses it
        files.append(_write_csv(plain, folder / f"{name}.csv"))
        if name in answer.layers:
            path = folder / f"{name}.geojson"
            files.append(write_geojson(_plain_layer(marked), path, {}, member=member))
    if answer.layers:
        files.append(_write_gpkg(answer, folder / f"{answer.name}.gpkg"))
    for name, picture in answer.pictures.items():
        write_bytes_atomic(folder / f"{name}.png", picture)
        files.append(folder / f"{name}.png")
    about = {
        "asked": answer.name, "title": answer.title, "simulated": answer.simulated,
        "profile": PROFILE, "inventory_sha256": source_mark(result.manifest),
        **answer.about, "notes": list(answer.notes),
        "tables": list(answer.tables), "layers": list(answer.layers),
        "published": sorted(answer.published),
        "files": {path.name: hash_file(path) for path in files},
    }  # fmt: skip
    text = json.dumps(about, indent=1, ensure_ascii=False, default=str) + "\n"
    write_bytes_atomic(folder / ABOUT, text.encode())
    return [*files, folder / ABOUT]


def read_answers(result: RunResult) -> dict[str, ContextAnswer]:
    """The answers that lie in the folder of a run, in the order of `QUESTIONS`.

    Parameters
    ----------
    result
        A finished run.

    Returns
    -------
    dict
        What was asked, to its answer. One whose files are damaged or gone has no tables, and a note
        that says so.
    """
    folders = {name: result.directory / FOLDER / name for name in QUESTIONS}
    mark = source_mark(result.manifest)
    return {
        name: _read_answer(name, folder, mark)
        for name, folder in folders.items()
        if (folder / ABOUT).is_file()
    }


def context_hashes(directory: Path) -> dict[str, str]:
    """Files of answers in the folder of a run, as paths from there, to what they were written as.

    Parameters
    ----------
    directory
        Folder of a run.
    """
    hashes: dict[str, str] = {}
    for name in QUESTIONS:
        path = directory / FOLDER / name / ABOUT
        with suppress(OSError, ValueError, AttributeError):
            files = json.loads(path.read_text("utf-8")).get("files", {})
            hashes |= {f"{FOLDER}/{name}/{file}": str(of) for file, of in files.items()}
            hashes[f"{FOLDER}/{name}/{ABOUT}"] = hash_file(path)
    return hashes


def _read_answer(name: str, folder: Path, mark: str) -> ContextAnswer:
    try:
        about = json.loads((folder / ABOUT).read_text("utf-8"))
        tables: dict[str, pd.DataFrame] = {}
        for table in about["tables"]:
            if table in about["layers"]:
                read = pyogrio.read_dataframe(folder / f"{name}.gpkg", layer=table, use_arrow=False)
            else:
                read = pd.read_csv(folder / f"{table}.csv")
            tables[table] = read.drop(columns=["simulated", SAYS_PRIVATE], errors="ignore")
        return ContextAnswer(
            name=name, title=str(about["title"]), simulated=bool(about["simulated"]), tables=tables,
            published=frozenset(map(str, about["published"])),
            notes=tuple(map(str, about["notes"])), about=about, files=(folder / ABOUT,),
            is_current=about["inventory_sha256"] == mark,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        return ContextAnswer(
            name=name, title=name, simulated=True, tables={}, is_current=False,
            notes=(f"its files cannot be read ({words}): ask again with minewatch context {name}",),
        )  # fmt: skip


def _plain_layer(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Columns as GeoJSON knows them."""
    plain = gpd.GeoDataFrame(table).copy()
    for name in plain.columns.drop(plain.geometry.name):
        if plain[name].dtype.kind not in "biuf":
            values = plain[name].astype(object)
            plain[name] = values.map(str, na_action="ignore").where(values.notna(), None)
        else:
            plain[name] = plain[name].astype(object).where(plain[name].notna(), None)
            plain[name] = plain[name].map(_python_number, na_action="ignore")
    return plain


def _python_number(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _write_csv(table: pd.DataFrame, path: Path) -> Path:
    text = io.StringIO()
    shown = table.copy()
    for name in shown.columns:
        if shown[name].dtype.kind == "f":
            shown[name] = shown[name].round(4)
        else:
            shown[name] = shown[name].map(plain_cell)
    shown.to_csv(text, index=False, lineterminator="\n")
    write_bytes_atomic(path, text.getvalue().encode())
    return path


def _write_gpkg(answer: ContextAnswer, path: Path) -> Path:
    """All layers in one file, the label of simulated ones in their descriptions."""
    try:
        with atomic_path(path) as part:
            for name, layer in answer.layers.items():
                words = f"SIMULATED: {name}" if answer.simulated else name
                pyogrio.write_dataframe(
                    layer.to_crs(WGS84).assign(simulated=answer.simulated), part, layer=name,
                    driver="GPKG", append=part.exists(), use_arrow=False,
                    dataset_options={} if part.exists() else {"VERSION": "1.2"},
                    layer_options={"IDENTIFIER": name, "DESCRIPTION": words},
                )  # fmt: skip
    except DataSourceError as error:
        raise OutputError(f"cannot write {path}: {error}", hint="choose another --out") from None
    return path
