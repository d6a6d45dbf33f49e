"""Verdicts as one layer for people: every site, what was drawn, and what is found no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from minewatch.errors import SettingsError
from minewatch.files import atomic_path, write_bytes_atomic
from minewatch.model import WGS84
from minewatch.review.verdict_columns import Whereabouts

if TYPE_CHECKING:
    from collections.abc import Sequence

LAYER: Final = "verdicts"
"""Name of the layer in a GeoPackage."""
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


def write_verdict_file(table: gpd.GeoDataFrame, path: Path) -> Path:
    """Write such a table in the format of the file's suffix: .gpkg, .geojson or .csv.

    A CSV has a point inside each outline, `lon` and `lat`, instead of the outline.

    Raises
    ------
    SettingsError
        When the suffix is another one.
    OutputError
        When it cannot be written.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise SettingsError(
            f"{path.name}: no format of verdicts ends in {path.suffix!r}",
            hint=f"give a file that ends in one of {', '.join(WRITERS)}",
        )
    write(table, path)
    return path


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


def _write_gpkg(table: gpd.GeoDataFrame, path: Path) -> None:
    import pyogrio

    whole = table.set_geometry(
        [
            g if g.geom_type.startswith("Multi") else shapely.multipolygons([g])
            for g in table.geometry
        ],
        crs=WGS84,
    )
    with atomic_path(path) as part:
        pyogrio.write_dataframe(
            whole, part, layer=LAYER, driver="GPKG", geometry_type="MultiPolygon",
            dataset_options={"VERSION": "1.2"},
        )  # fmt: skip


def _write_geojson(table: gpd.GeoDataFrame, path: Path) -> None:
    write_bytes_atomic(path, (table.to_json(drop_id=True, na="null") + "\n").encode())


def _write_csv(table: gpd.GeoDataFrame, path: Path) -> None:
    inside = shapely.point_on_surface(table.geometry.to_numpy())
    flat = pd.DataFrame(table.drop(columns=table.geometry.name)).assign(
        lon=shapely.get_x(inside).round(7), lat=shapely.get_y(inside).round(7)
    )
    write_bytes_atomic(path, flat.to_csv(index=False, lineterminator="\n").encode())


WRITERS: Final[Mapping[str, Callable[[gpd.GeoDataFrame, Path], None]]] = {
    ".gpkg": _write_gpkg,
    ".geojson": _write_geojson,
    ".csv": _write_csv,
}
"""Suffix to what writes such a file."""
