"""What the report takes from a run beside its tables: pictures of its periods, and its evidence."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from rasterio.errors import RasterioError

from minewatch import exporters
from minewatch.errors import MinewatchError, OutputError
from minewatch.model import PICTURE_LAYER, Parameters, RunResult
from minewatch.reports.ground_pictures import GroundPicture
from minewatch.reports.site_evidence import NO_EVIDENCE, RunEvidence, SiteEvidence
from minewatch.store.evidence_arrays import read_layer
from minewatch.store.output_folder import SITE_DETECTIONS
from minewatch.store.state_folder import StateFolder

MOST_MONTHS = 2_000
"""Frozen months of chunks that are read for the report page: above it, its sites have no chart."""


def ground_pictures(result: RunResult) -> list[GroundPicture]:
    """Natural colour of every period that a run keeps, else of its first and its last.

    Parameters
    ----------
    result
        A finished run. Without its `state/`, or when a later job has begun there, the two rasters
        among its outputs are all there is.

    Raises
    ------
    OutputError
        When a raster cannot be read.
    """
    rasters = [result.rasters[n] for n in ("rgb_before", "rgb_after") if n in result.rasters]
    shown = [_read_raster(path) for path in rasters]
    starts = {period["label"]: period["start"] for period in result.manifest["periods"]}
    placed = {starts[label]: rgb for label, rgb, _, _ in shown if label in starts}
    if not placed:
        return []
    _, last, transform, epsg = shown[-1]
    kept = read_layer(
        result.directory / "state" / "evidence", "picture", PICTURE_LAYER,
        (len(starts), *last.shape),
    )  # fmt: skip
    if kept is not None:
        by_start = dict(zip(starts.values(), kept, strict=True))
        if all(np.array_equal(by_start[start], rgb) for start, rgb in placed.items()):
            placed = {start: rgb for start, rgb in by_start.items() if rgb.any()}
    return [
        GroundPicture(period_start=start, rgb=np.asarray(rgb), transform=transform, epsg=epsg)
        for start, rgb in sorted(placed.items())
    ]


def run_evidence(result: RunResult) -> RunEvidence:
    """What speaks for and against every site; nothing when the run came without its `state/`.

    Parameters
    ----------
    result
        A finished run.
    """
    strongest = strongest_detections(result)
    if strongest is None:
        return NO_EVIDENCE
    state = StateFolder(directory=result.directory / "state")
    try:
        parameters = Parameters.from_dict(state.read_parameters())
        from minewatch.detect import get_detection  # its kernels take time to load

        detector = get_detection(parameters.detector, parameters.rules).detector
    except MinewatchError:  # of an earlier layout, or of a detector that is not here
        return NO_EVIDENCE
    return RunEvidence(
        meanings={name: term.meaning for name, term in detector.terms.items()},
        basis=detector.confidence_basis,
        sites={
            site: SiteEvidence(terms=terms, alternatives=detector.alternatives(terms))
            for site, terms in zip(strongest["site_id"], strongest["terms"], strict=True)
        },
    )


def strongest_detections(result: RunResult) -> gpd.GeoDataFrame | None:
    """Of every site the detection with the most confidence; None when the run has no `state/`.

    Parameters
    ----------
    result
        A finished run.
    """
    state = StateFolder(directory=result.directory / "state")
    try:
        detections = exporters.read_geojson(state.detections_path, SITE_DETECTIONS)
    except MinewatchError:  # not there, or of an earlier layout
        return None
    return detections.sort_values(["confidence", "period_start"]).drop_duplicates(
        "site_id", keep="last"
    )


def months_for_page(result: RunResult) -> dict[str, pd.DataFrame]:
    """Sites month by month, where reading that does not keep people waiting; else none.

    Parameters
    ----------
    result
        A finished run.
    """
    files = sum(1 for _ in (result.directory / "state" / "months").glob("*/*.tif"))
    if not 0 < files <= MOST_MONTHS:
        return {}
    from minewatch.analysis.month_series import months_of_sites  # its kernels take time to load

    return dict(months_of_sites(result, result.sites["site_id"].tolist()))


def _read_raster(path: Path) -> tuple[str, np.ndarray, rasterio.Affine, int]:
    """Label of its period, dims (colour, y, x), where it lies, and its zone."""
    try:
        with rasterio.open(path) as file:
            label = file.tags().get("meaning", "").removeprefix("natural colour, ")
            return label, file.read((1, 2, 3)), file.transform, file.crs.to_epsg()
    except (RasterioError, OSError, ValueError) as error:
        raise OutputError(f"cannot read {path}: {error}", hint="run again with --resume") from error
