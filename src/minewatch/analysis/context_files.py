"""Answers about the surroundings of mines, and the files they are written to.

All of them are exact: private, until a publishing profile is applied.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError

from minewatch.errors import OutputError
from minewatch.exporters import write_geojson
from minewatch.files import atomic_path, plain_cell, write_bytes_atomic
from minewatch.model import WGS84, RunResult
from minewatch.model.run_result import source_mark

FOLDER: Final = "context"
"""Where answers lie in the folder of a run, each in a folder of its own name."""
PROFILE: Final = "private"
"""The publishing profile of everything written here: exact, for oneself."""


@dataclass(frozen=True, kw_only=True)
class ContextAnswer:
    """One answer: tables, what must be said beside them, and pictures."""

    name: str
    """What was asked: `downstream`, `slopes`, …"""
    title: str
    """What it is of, for people."""
    simulated: bool
    """Whether any part of it is no real place."""
    tables: Mapping[str, pd.DataFrame]
    """Name to table; those with outlines are layers, in any CRS."""
    published: frozenset[str] = frozenset()
    """Names of tables that hold nothing of the run: published figures, words of the method."""
    notes: tuple[str, ...] = ()
    """What must be said beside them."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What decided the answer: sources, parameters."""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    """Name to PNG."""
    files: tuple[Path, ...] = ()
    """Where it was written."""

    @property
    def layers(self) -> Mapping[str, gpd.GeoDataFrame]:
        """The tables with outlines: for a project of a GIS."""
        return {n: t for n, t in self.tables.items() if isinstance(t, gpd.GeoDataFrame)}

    def is_simulated(self, table: str) -> bool:
        """Whether a table holds what is no real place."""
        return self.simulated and table not in self.published

    @property
    def lines(self) -> tuple[str, ...]:
        """Sentences for a section of a report; the first says when it is simulated."""
        first = ("SIMULATED, no real place",) if self.simulated else ()
        return (*first, *self.notes)


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
    }  # fmt: skip
    text = json.dumps(about, indent=1, ensure_ascii=False, default=str) + "\n"
    write_bytes_atomic(folder / "about.json", text.encode())
    return [*files, folder / "about.json"]


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
