"""What people have beside the sites of a finished run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from minewatch.analysis.context_inputs import (
    read_layer,
)
from minewatch.context.people import WITHIN_M, count_by_class, distances
from minewatch.errors import SettingsError, unknown_name
from minewatch.model import ContextAnswer, RunResult


def people(result: RunResult, *, layers: Mapping[str, Path]) -> ContextAnswer:
    """Distances and overlaps between sites and layers of the user's own.

    Parameters
    ----------
    result
        A finished run.
    layers
        Kind (`village`, `farmland`, `community forest`, `camp`, …) to its layer.

    Returns
    -------
    ContextAnswer
        `distances` and `counts`.
    """
    if not layers:
        raise SettingsError(
            "no layer of people or tenure", hint="give --layer KIND=FILE, such as village=v.gpkg"
        )
    epsg, notes, parts = result.aoi.utm_epsg, list[str](), []
    for kind, path in layers.items():
        layer = read_layer(path, epsg=epsg, kind=kind)
        # the kind is what the user calls the layer: columns of the file may hold names of people
        parts.append(layer.table[["name", "geometry"]].assign(kind=kind))
        notes += layer.notes
    features = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=epsg)
    inventory = result.inventory.to_crs(epsg)
    words = (
        *notes,
        "a distance says nothing of consent, ownership, guilt or harm",
        "private: a public table may never give a village away; publish nothing of this without "
        "a profile",
    )
    return ContextAnswer(
        name="people", title=f"people and tenure beside sites in {result.name}",
        simulated=result.simulated,
        tables={
            "distances": distances(inventory, features),
            "counts": count_by_class(inventory, features),
        },
        notes=words, about={"layers": sorted(layers), "within_m": list(WITHIN_M)},
    )  # fmt: skip


def kind_and_path(text: str) -> tuple[str, Path]:
    """A layer as people write it: `village=villages.gpkg`.

    Raises
    ------
    SettingsError
        When there is no `=`, or nothing on one side of it.
    """
    kind, _, path = text.partition("=")
    if not kind.strip() or not path.strip():
        raise SettingsError(unknown_name("layer", text, ["KIND=FILE"]), hint="village=file.gpkg")
    return kind.strip(), Path(path.strip())
