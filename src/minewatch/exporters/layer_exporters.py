"""The layers of a finished run, and exporters that need nothing else of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import geopandas as gpd

from minewatch.errors import SettingsError
from minewatch.exporters.table_layers import LAYERS
from minewatch.model import AREA, WGS84, LayerSet, NamedLayer, RunResult
from minewatch.model.run_result import source_mark


def layers_of(result: RunResult) -> LayerSet:
    """Everything that a run has to show as layers, exact and complete.

    Parameters
    ----------
    result
        A finished run.

    Returns
    -------
    LayerSet
        The tables of `LAYERS` in their order, and the area watched.
    """
    manifest = result.manifest
    layers = {
        name: NamedLayer(
            name=name,
            title=layer.title,
            contract=layer.contract,
            table=layer.table(result),
            note=result.why_no_pools,
        )
        for name, layer in LAYERS.items()
    }
    return LayerSet(
        layers=layers,
        area=_area(result),
        name=result.name,
        simulated=result.simulated,
        attribution=str(manifest["aoi"].get("attribution", "")),
        last_day=date.fromisoformat(manifest["parameters"]["end"]),
        source=source_mark(manifest),
        run=run_name(manifest),
    )


_GROWS: Final = ("end", "catalog", "chunk_px")
"""What a run may be carried on with and stay the same run."""


def run_name(manifest: Mapping[str, Any]) -> str:
    """A name that a run keeps through its updates, and that no run of other parameters has.

    Parameters
    ----------
    manifest
        Of the run.
    """
    asked = {name: of for name, of in manifest["parameters"].items() if name not in _GROWS}
    asked["simulated"] = bool(manifest.get("simulated", False))
    text = json.dumps(asked, sort_keys=True, default=str)
    return f"{manifest['aoi']['id']}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


@dataclass(frozen=True)
class LayerExporter:
    """An exporter that writes layers, those of a run or others: put it above such a function.

    It is a `minewatch.model.Exporter` too. Formats that need more of a run than its layers (its
    rasters, its scenes) take a `RunResult` instead, and are a `RunExporter` when they have a form
    for generalised layers.
    """

    write_layers: Callable[[LayerSet, Path], list[Path]]
    """Writes layers into a folder, atomically; returns the files in order."""

    def __call__(self, result: RunResult, out: Path) -> list[Path]:
        """Write the layers of a finished run."""
        return self.write_layers(layers_of(result), out)


@dataclass(frozen=True)
class RunExporter:
    """An exporter that takes more of a run than layers, and has another form for a release."""

    write_run: Callable[[RunResult, Path], list[Path]]
    """Writes a finished run into a folder; returns the files in order."""
    write_layers: Callable[[LayerSet, Path], list[Path]]
    """Writes generalised layers into a folder, and nothing that is not in them."""

    def __call__(self, result: RunResult, out: Path) -> list[Path]:
        """Write a finished run."""
        return self.write_run(result, out)


@dataclass(frozen=True)
class DatabaseExporter:
    """An exporter that writes layers into a database instead of a folder."""

    write_layers: Callable[[LayerSet, str], str]
    """Writes layers to where an address leads, all or nothing; returns what was done, in words
    that show no password."""
    write_release: Callable[[LayerSet, str, Callable[[], None]], str] | None = None
    """The same for generalised layers, into a database that holds nothing else; None: it cannot.
    What is called last is called when all is written and before it is kept."""

    def __call__(self, result: RunResult, out: Path) -> list[Path]:
        """Refuse: there is no file to write."""
        raise SettingsError(
            f"{out} is a folder, and this format writes to a database",
            hint="give its address with --dsn",
        )


def _area(result: RunResult) -> NamedLayer:
    aoi = result.aoi
    row = {"id": [aoi.id], "name": [aoi.name]}
    table = gpd.GeoDataFrame(row, geometry=[aoi.geometry], crs=WGS84)
    return NamedLayer(name="aoi", title="Area of interest", contract=AREA, table=table)
