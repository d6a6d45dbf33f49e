"""Rows of verdicts out of a file that a person edited: GeoPackage, GeoJSON or CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.errors import SettingsError
from minewatch.model import WGS84

LAYERS: Final = ("verdicts", "sites", "inventory", "changes")
"""Layers of minewatch that carry verdicts, in the order in which they are read."""
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "site_id": ("site_id",),
    "verdict": ("verdict",),
    "reason": ("verdict_reason", "reason"),
    "reviewer": ("verdict_by", "reviewer"),
    "time": ("verdict_at",),
    "note": ("note",),
}
"""What is read, to the columns that may hold it, the first that is there."""
STAMP: Final = ("first_detected", "max_disturbed_area_m2")
"""Columns of the detector that show of which inventory a row was exported."""
_PLACES: Final = (("lon", "lat"), ("longitude", "latitude"))


@dataclass(frozen=True, kw_only=True)
class EditedRow:
    """One row of the file."""

    where: str
    """Where it stands, in words: `layer sites, row 3`."""
    site_id: str | None
    """Id it names."""
    verdict: str | None
    """Verdict it names, as it is spelled in the catalogue when it can be."""
    reason: str | None
    """Reason it names."""
    reviewer: str | None
    """Who it says gave it."""
    time: str | None
    """Time of the verdict that it was exported with: what its editor saw."""
    note: str | None
    """Its note."""
    outline: BaseGeometry | None = None
    """Its outline, WGS 84, valid; None when the file has none, or it is no site's outline."""
    point: BaseGeometry | None = None
    """A point in it, WGS 84, when it has no outline."""
    is_change: bool = False
    """Whether it is a row of the layer of changes: detected, and no site."""
    stamp: Mapping[str, Any] = field(default_factory=dict)
    """Its values of `STAMP`, as far as there are any."""


@dataclass(frozen=True, kw_only=True)
class EditedFile:
    """What a file holds."""

    rows: tuple[EditedRow, ...]
    """Its rows, in order."""
    notes: tuple[str, ...] = ()
    """What was not read, in words."""


def read_edited_file(path: Path) -> EditedFile:
    """Every row of a file that may carry a verdict or an outline.

    Parameters
    ----------
    path
        A GeoPackage, GeoJSON or whatever else GDAL reads, or a CSV with `site_id` or `lon` and
        `lat`.

    Raises
    ------
    SettingsError
        When it cannot be read, or has neither a column `verdict` nor `site_id`.
    """
    path = Path(path)
    try:
        if path.suffix.lower() == ".csv":
            return EditedFile(rows=tuple(_rows(_read_csv(path), name=path.name, layer="")))
        known = [str(n) for n, kind in pyogrio.list_layers(path) if kind is not None]
        wanted = [n for n in LAYERS if n in known] or known
        tables = {name: gpd.read_file(path, layer=name) for name in wanted}
    except (RuntimeError, ValueError, OSError) as error:  # pyogrio's errors are RuntimeErrors
        raise SettingsError(
            f"{path} cannot be read as a file of verdicts: {str(error).splitlines()[0]}",
            hint="give a GeoPackage, a GeoJSON, or a CSV in UTF-8",
        ) from None
    used = {n: t for n, t in tables.items() if {"verdict", "site_id"} & set(t.columns)}
    if not used:
        raise _no_verdicts(path, [str(c) for table in tables.values() for c in table.columns])
    rows = [row for n, t in used.items() for row in _rows(_in_degrees(t, path), name=n, layer=n)]
    others = [name for name in known if name not in used]
    notes = (f"not read: layers {', '.join(others)}",) if others else ()
    return EditedFile(rows=tuple(rows), notes=notes)


def _read_csv(path: Path) -> gpd.GeoDataFrame:
    flat = pd.read_csv(path, dtype=str, keep_default_na=True, encoding="utf-8-sig")
    if not {"verdict", "site_id"} & set(flat.columns):
        raise _no_verdicts(path, [str(c) for c in flat.columns])
    points: Any = [None] * len(flat)
    for x, y in _PLACES:
        if {x, y} <= set(flat.columns):
            lon, lat = (pd.to_numeric(flat[name], errors="coerce") for name in (x, y))
            points = [
                shapely.Point(a, b) if a == a and b == b else None
                for a, b in zip(lon, lat, strict=True)
            ]
            break
    return gpd.GeoDataFrame(flat, geometry=gpd.GeoSeries(points, crs=WGS84))


def _no_verdicts(path: Path, columns: list[str]) -> SettingsError:
    return SettingsError(
        f"{path} has neither a column verdict nor site_id; it has {', '.join(columns)}",
        hint="start from `minewatch review export DIR FILE`, and edit that",
    )


def _in_degrees(table: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    if table.crs is None:
        raise SettingsError(
            f"{path} has no coordinate reference system", hint="set it in QGIS and save again"
        )
    return table.to_crs(WGS84)


def _rows(table: gpd.GeoDataFrame, *, name: str, layer: str) -> list[EditedRow]:
    columns = {
        field_name: next((c for c in choices if c in table), None)
        for field_name, choices in NAMES.items()
    }
    rows = []
    for number, row in enumerate(table.to_dict("records"), start=1):
        said = {n: _text(row[c]) if c is not None else None for n, c in columns.items()}
        said["verdict"] = _word(said["verdict"])
        said["reason"] = _word(said["reason"])
        outline, point = _shape(row[table.geometry.name])
        if layer == "inventory":  # one row a period: its outline is not that of the site
            outline = None
        stamp = {n: row[n] for n in STAMP if n in row and _text(row[n]) is not None}
        where = f"layer {name}, row {number}" if layer else f"row {number}"
        rows.append(
            EditedRow(
                where=where,
                outline=outline,
                point=point,
                stamp=stamp,
                is_change=layer == "changes",
                **said,
            )
        )
    return rows


def _shape(value: Any) -> tuple[BaseGeometry | None, BaseGeometry | None]:
    """An outline and a point, as far as there is one."""
    if value is None or value.is_empty:
        return None, None
    if value.geom_type in ("Polygon", "MultiPolygon"):
        parts = shapely.get_parts(shapely.make_valid(shapely.force_2d(value)))
        areas = [p for part in parts for p in shapely.get_parts(part) if p.geom_type == "Polygon"]
        if areas:
            return shapely.union_all(areas), None
    return None, shapely.centroid(value)


def _text(value: Any) -> str | None:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    return str(value).strip() or None


def _word(text: str | None) -> str | None:
    """A name as the catalogues spell it: `Not a mine` stays another word, `not mine` does not."""
    return None if text is None else text.lower().replace(" ", "_").replace("-", "_")
