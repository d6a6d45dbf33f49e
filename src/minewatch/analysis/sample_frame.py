"""The strata of a sample: which of them each pixel of a run is in, by what the map has there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np

from minewatch.model import WGS84, RunResult
from minewatch.model.change_kinds import CHANGE_KINDS
from minewatch.samples import frame_raster
from minewatch.samples.sample_design import SampleDesign
from minewatch.sites.totals import LIKELY, UNSEEN


def make_frame(
    result: RunResult, design: SampleDesign, path: Path
) -> tuple[Path, dict[str, dict[str, Any]]]:
    """The raster of the frame, and what its values say."""
    epsg = int(design.run["epsg"])
    end = design.periods[-1]["end"]
    inventory, sites = result.inventory.to_crs(epsg), result.sites.to_crs(epsg)
    features, changes = result.features.to_crs(epsg), result.changes.to_crs(epsg)
    starts = [period["start"] for period in result.manifest["periods"]]
    pads, pools = [], []
    for period in design.periods:
        rows = inventory[
            (inventory["period_start"] == period["start"])
            & inventory["alert"].isin(LIKELY)
            & (inventory["state"] != UNSEEN)
        ]
        wet = features[
            (features["kind"] == "pool")
            & features["site_id"].isin(rows["site_id"])
            & (features["first_detected"] <= period["end"])
            & (features["last_seen"] >= period["start"])
        ]
        pads.append(list(rows.geometry))
        pools.append(list(wet.geometry))
    known = sites[sites["first_detected"] <= end]
    begun = changes[changes["first_detected"] <= end]
    kinds = [kind for kind in CHANGE_KINDS if (begun["kind"] == kind).any()]
    layers = frame_raster.FrameLayers(
        aoi=gpd.GeoSeries([result.aoi.geometry], crs=WGS84).to_crs(epsg).iloc[0],
        ring=[shape.buffer(design.ring_m) for shape in known.geometry],
        candidates=list(known[known["alert"] == "candidate"].geometry),
        changes={kind: list(begun[begun["kind"] == kind].geometry) for kind in kinds},
        pads=pads, pools=pools, observed=result.rasters["observed"],
        bands=[starts.index(period["start"]) + 1 for period in design.periods],
    )  # fmt: skip
    frame_raster.write_frame(layers, path)
    return path, _codes(len(design.periods), kinds)


def _codes(periods: int, kinds: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What each value of the frame says: the stratum, and the class in each period."""
    order = ("other", "pool", "pad")
    codes: dict[str, dict[str, Any]] = {}
    for code in range(frame_raster.MAPPED + 1, frame_raster.MAPPED + 3**periods):
        classes = [order[c] for c in frame_raster.classes_of(code, periods)]
        name = classes[0] if len(set(classes)) == 1 else "_to_".join(classes)
        codes[str(code)] = {"stratum": name, "classes": classes}
    nothing = ["other"] * periods
    plain = {frame_raster.CANDIDATE: "candidate"}
    plain |= {frame_raster.CHANGES + n: f"change_{kind}" for n, kind in enumerate(kinds)}
    plain |= {frame_raster.RING: "ring", frame_raster.REST: "rest"}
    return codes | {str(k): {"stratum": v, "classes": nothing} for k, v in plain.items()}


def number_strata(design: SampleDesign, codes: Mapping[str, Mapping[str, Any]]) -> dict[int, int]:
    """Value of the frame to the number of its stratum; the first ones take a unit of several."""
    if design.design == "two-stage":
        return {int(code): n for n, of in enumerate(_tile_groups(codes)) for code in of}
    order = list(dict.fromkeys(str(of["stratum"]) for of in codes.values()))
    return {int(code): order.index(str(of["stratum"])) for code, of in codes.items()}


_TILES: Final = ("with_mines", "near_mines", "without_mines")


def _tile_groups(codes: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    near = {str(frame_raster.RING), str(frame_raster.CANDIDATE)}
    mines = [code for code in codes if int(code) >= frame_raster.MAPPED]
    return [mines, sorted(near), [c for c in codes if c not in near and c not in mines]]


def stratum_names(design: SampleDesign, stratum_of: Mapping[int, int]) -> list[str]:
    """Names of the strata, in the order of their numbers."""
    if design.design == "two-stage":
        return list(_TILES)
    names = {n: str(design.codes[str(code)]["stratum"]) for code, n in stratum_of.items()}
    return [names[n] for n in sorted(names)]


def pixel_area_m2(design: SampleDesign) -> float:
    """Area of a pixel of the grid."""
    return float(np.square(design.run["resolution_m"]))
