"""Verdicts as one layer for people: every site, what was drawn, and what is found no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.errors import SettingsError
from minewatch.files import atomic_path, write_bytes_atomic
from minewatch.model import WGS84
from minewatch.review.verdict_columns import Whereabouts

if TYPE_CHECKING:
    from collections.abc import Sequence

DETECTOR_COLUMNS: Final = (
    "alert", "state", "confidence", "first_detected", "max_disturbed_area_m2",
)  # fmt: skip
"""What the detector says of a site, beside what people say."""


def verdict_table(
    sites: gpd.GeoDataFrame, places: Sequence[Whereabouts], *, simulated: bool
) -> gpd.GeoDataFrame:
    """One row a site, reviewed or not, and one a judgement that is about no site.

    Parameters
    ----------
    sites
        Contract `SITES`, WGS 84.
    places
        Every judgement and where it stands, from `add_verdicts`.
    simulated
        Whether the run is.

    Returns
    -------
    GeoDataFrame
        WGS 84; `site_id` (also of what was drawn or is gone: the id to speak of it), `verdict`,
        `verdict_reason`, `verdict_by`, `verdict_at`, `note`, `others` (what other reviewers said),
        `found_by`, `what_became`, the columns of the detector, `simulated`. Outlines as people
        corrected them, else as detected.
    """
    about = {place.site_id: place for place in places if place.site_id is not None}
    rows = []
    for row in sites.to_dict("records"):
        place = about.get(row["site_id"])
        outline = row[sites.geometry.name]
        if place is not None and place.judgement.corrected is not None:
            outline = place.judgement.corrected
        detected = {name: row[name] for name in DETECTOR_COLUMNS}
        rows.append({"site_id": row["site_id"], **_said(place), **detected, "geometry": outline})
    nothing = dict.fromkeys(DETECTOR_COLUMNS)
    rows += [
        {
            "site_id": p.judgement.subject, **_said(p), **nothing,
            "geometry": p.judgement.place,
        }
        for p in places
        if p.site_id is None
    ]  # fmt: skip
    columns = ["site_id", *_said(None), *DETECTOR_COLUMNS, "geometry"]
    table = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=WGS84)
    return table.assign(simulated=simulated)


def write_table_file(table: gpd.GeoDataFrame, path: Path, *, layer: str) -> Path:
    """Write one table in the format of the file's suffix: .gpkg, .geojson or .csv.

    Parameters
    ----------
    table
        WGS 84.
    path
        The file. A CSV has a point inside each outline, `lon` and `lat`, instead of the outline.
    layer
        Name of the layer in a GeoPackage.

    Raises
    ------
    SettingsError
        When the suffix is another one.
    OutputError
        When it cannot be written.
    """
    check_suffix(path)
    WRITERS[path.suffix.lower()](table, path, layer)
    return path


def check_suffix(path: Path) -> None:
    """Raise when no format ends as a file does; lists the known ones."""
    if path.suffix.lower() not in WRITERS:
        raise SettingsError(
            f"{path.name}: no format of such a table ends in {path.suffix!r}",
            hint=f"give a file that ends in one of {', '.join(WRITERS)}",
        )


def _said(place: Whereabouts | None) -> dict[str, Any]:
    judgement = None if place is None else place.judgement
    is_judged = judgement is not None and judgement.verdict is not None
    return {
        "verdict": judgement.verdict if judgement else None,
        "verdict_reason": judgement.reason if judgement else None,
        "verdict_by": judgement.reviewer if judgement and is_judged else None,
        "verdict_at": judgement.time if judgement and is_judged else None,
        "note": judgement.note if judgement else None,
        "others": "; ".join(judgement.others) or None if judgement else None,
        "found_by": place.way if place else None,
        "what_became": place.note or None if place else None,
    }


def _write_gpkg(table: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    import pyogrio

    whole = table.set_geometry([_as_multi(outline) for outline in table.geometry], crs=WGS84)
    kinds = set(whole.geom_type)
    with atomic_path(path) as part:
        pyogrio.write_dataframe(
            whole, part, layer=layer, driver="GPKG", dataset_options={"VERSION": "1.2"},
            geometry_type="MultiPolygon" if kinds <= {"MultiPolygon"} else "Unknown",
        )  # fmt: skip


def _as_multi(outline: BaseGeometry) -> BaseGeometry:
    return shapely.multipolygons([outline]) if outline.geom_type == "Polygon" else outline


def _write_geojson(table: gpd.GeoDataFrame, path: Path, _layer: str) -> None:
    write_bytes_atomic(path, (table.to_json(drop_id=True, na="null") + "\n").encode())


def _write_csv(table: gpd.GeoDataFrame, path: Path, _layer: str) -> None:
    inside = shapely.point_on_surface(table.geometry.to_numpy())
    flat = pd.DataFrame(table.drop(columns=table.geometry.name)).assign(
        lon=shapely.get_x(inside).round(7), lat=shapely.get_y(inside).round(7)
    )
    write_bytes_atomic(path, flat.to_csv(index=False, lineterminator="\n").encode())


WRITERS: Final[Mapping[str, Callable[[gpd.GeoDataFrame, Path, str], None]]] = {
    ".gpkg": _write_gpkg,
    ".geojson": _write_geojson,
    ".csv": _write_csv,
}
"""Suffix to what writes such a file."""
