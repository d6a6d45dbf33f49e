"""Why a site is in the inventory: gathered from a finished run and its frozen months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from minewatch import catalog as catalogs
from minewatch import cube, exporters, reports
from minewatch.analysis.month_cubes import square_round, window_of
from minewatch.analysis.rule_notes import EXPLAINED, other_rules_notes
from minewatch.analysis.timelines import unknown_site
from minewatch.cube.natural_colour import season_pictures
from minewatch.cube.rasterise import rasterise
from minewatch.detect import get_detection
from minewatch.detect.site_series import site_series
from minewatch.model import Detector, Grid, Parameters, Period, RunResult, SceneList
from minewatch.model.run_result import source_mark
from minewatch.store.kept_grid import kept_grid
from minewatch.store.output_folder import SITE_DETECTIONS, open_result
from minewatch.store.settled_months import read_settled_months
from minewatch.store.state_folder import StateFolder

_GONE = ("geometry", "evidence", "merged_from", "split_from")


def explain(
    directory: str | Path, site_id: str, *, out: str | Path | None = None
) -> tuple[reports.Explanation, dict[str, Path]]:
    """Why a site is in the inventory, as figures and as a picture.

    Parameters
    ----------
    directory
        Folder of a finished run, with its `state/`.
    site_id
        A site of its `sites.geojson`.
    out
        Folder to write; None takes `directory/explain`.

    Returns
    -------
    explanation : Explanation
        All that speaks for and against it.
    files : dict
        `picture` (PNG) and `figures` (JSON), to their paths.

    Raises
    ------
    SettingsError
        When there is no such site; the hint names the nearest ones.
    """
    result = open_result(directory)
    explanation = gather_explanation(result, site_id)
    folder = Path(out) if out else result.directory / "explain"
    return explanation, reports.write_explanation(explanation, folder)


def gather_explanation(result: RunResult, site_id: str) -> reports.Explanation:
    """All that a finished run knows of one site; see `explain`."""
    state = StateFolder(directory=result.directory / "state")
    parameters = Parameters.from_dict(state.read_parameters())
    site = _find_site(result, site_id)
    epsg = result.aoi.utm_epsg
    grid = kept_grid(state, result.aoi, parameters)
    scenes = catalogs.read_scene_list(result.directory / "scenes.json")
    months = _months_round(result, state, grid, parameters, site, scenes)
    periods = run_periods(result)
    detection = get_detection(parameters.detector, parameters.rules)
    detector = detection.detector
    detections = exporters.read_geojson(state.detections_path, SITE_DETECTIONS)
    detections = _of(detections, site_id).sort_values(["period_start", "first_detected"])
    series = _series(months, site.to_crs(epsg), grid, detector)
    if result.why_no_pools:
        series["milky_pct"] = np.nan  # a pool is a part of a pixel: no share of it is water alone
    strongest = int(detections["confidence"].to_numpy().argmax())
    return reports.Explanation(
        aoi=result.aoi,
        site={k: v for k, v in site.iloc[0].items() if k not in _GONE},
        inventory=_of(result.inventory, site_id).to_crs(epsg).sort_values("period_start"),
        detections=detections.drop(columns="geometry"),
        weights={n: of.weight for n, of in detector.terms.items() if of.weight is not None},
        meanings={name: term.meaning for name, term in detector.terms.items()},
        months=series,
        detector=detector.title,
        confidence_basis=detector.confidence_basis,
        alternatives=detector.alternatives(detections["terms"].iloc[strongest]),
        scenes=_bounding_scenes(result, site_id, scenes),
        chips=_chips(months, periods),
        features=_of(result.features, site_id).to_crs(epsg),
        simulated=result.simulated,
        source=source_mark(result.manifest),
        why_no_pools=result.why_no_pools,
        notes=other_rules_notes(result, detection, scenes, kinds=EXPLAINED),
    )


def run_periods(result: RunResult) -> tuple[Period, ...]:
    """The periods of a finished run, as its manifest names them."""
    return tuple(
        Period(
            date.fromisoformat(row["start"]), date.fromisoformat(row["end"]),
            is_dry_season=row["label"].endswith("dry season"),
        )
        for row in result.manifest["periods"]
    )  # fmt: skip


def _find_site(result: RunResult, site_id: str) -> gpd.GeoDataFrame:
    site = _of(result.sites, site_id)
    if site.empty:
        raise unknown_site(result, site_id)
    return site


def _of(table: gpd.GeoDataFrame, site_id: str) -> gpd.GeoDataFrame:
    return table[table["site_id"] == site_id]


def _months_round(
    result: RunResult,
    state: StateFolder,
    grid: Grid,
    parameters: Parameters,
    site: gpd.GeoDataFrame,
    scenes: SceneList,
) -> xr.Dataset:
    """Month cube of the ground round a site, put together from the chunks it touches."""
    ground = square_round(site.to_crs(grid.epsg).geometry.iloc[0])
    rows, cols = window_of(ground, grid)
    coordinates = grid.geobox.coordinates
    frame = {"y": coordinates["y"].values[rows], "x": coordinates["x"].values[cols]}
    parts = []
    for chunk in grid.chunks:
        if not shapely.intersects(ground, chunk.geobox.extent.geom):
            continue
        inside = cube.aoi_mask(result.aoi, chunk.geobox)
        window = _common(rows, chunk.window[0]), _common(cols, chunk.window[1])
        part = read_settled_months(
            state, chunk, inside, window=window, span=parameters.span, bands=scenes.bands
        )
        parts.append(part.reindex(frame, fill_value=0))
    return reduce(add, parts)


def _common(wanted: slice, there: slice) -> slice:
    """What two stretches of the grid have in common, counted from the begin of the second."""
    begin = max(wanted.start, there.start)
    return slice(begin - there.start, max(min(wanted.stop, there.stop), begin) - there.start)


def _series(
    months: xr.Dataset, site: gpd.GeoDataFrame, grid: Grid, detector: Detector
) -> pd.DataFrame:
    """Medians over the pixels of the site, month by month."""
    whole = rasterise([site.geometry.iloc[0]], grid) > 0
    coordinates = grid.geobox.coordinates
    inside = xr.DataArray(
        whole, dims=("y", "x"), coords={n: coordinates[n].values for n in ("y", "x")}
    ).sel(y=months["y"], x=months["x"])
    return site_series(months, inside.to_numpy(), detector=detector)


def _bounding_scenes(result: RunResult, site_id: str, scenes: SceneList) -> list[Mapping[str, Any]]:
    """The scenes of the overpasses that bound the start of a site, and how their offset came."""
    row = _of(result.inventory, site_id).iloc[0]
    days = {scene.id: scene.day.isoformat() for scene in scenes}
    first = date.fromisoformat(row["first_detected"]).isoformat()
    known = {scene["scene_id"]: scene for scene in result.manifest["facts"]}
    return [
        {
            "id": name,
            "day": days[name],
            "role": "first look" if days[name] >= first else "before",
            "offset_dn": known.get(name, {}).get("offset_dn"),
            "offset_reason": known.get(name, {}).get("offset_reason", ""),
        }
        for name in sorted(row["evidence"], key=lambda name: (days[name], name))
    ]


def _chips(months: xr.Dataset, periods: Sequence[Period]) -> list[reports.Chip]:
    """Natural colour of the ground in every period in which it was seen."""
    pictures = season_pictures(months, periods).to_numpy()
    x, y = months["x"].to_numpy(), months["y"].to_numpy()
    half = abs(float(x[1] - x[0])) / 2
    box = (x.min() - half, y.min() - half, x.max() + half, y.max() + half)
    return [
        reports.make_chip(period, picture, box=box)
        for period, picture in zip(periods, pictures, strict=True)
        if picture.any()
    ]
