"""What all of the pipelines need: scenes, the cube by odc-stac, polygons of what was lost."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import odc.stac
import pystac

BANDS = ["blue", "green", "red", "nir", "swir16", "swir22"]
CLEAR_CLASSES = [4, 5, 6, 7]
"""Vegetation, bare ground, water, unclassified."""
MOST_CLOUD_PCT = 90
"""As minewatch has it when nothing is said."""
LEAST_PX = 10
"""Smaller patches are left out."""


def asked() -> tuple[Path, Path]:
    """The archive and the folder to write, from the command line."""
    archive, out = map(Path, sys.argv[1:3])
    out.mkdir(parents=True, exist_ok=True)
    return archive, out


def scenes_of(archive: Path) -> list[Any]:
    """All scenes that are not quite cloudy, as STAC items."""
    found = pystac.Catalog.from_file(str(archive / "catalog.json")).get_items(recursive=True)
    return [item for item in found if item.properties["eo:cloud_cover"] <= MOST_CLOUD_PCT]


def within(scenes: list[Any], first: str, last: str) -> list[Any]:
    """The scenes of some days, both included."""
    return [item for item in scenes if first <= item.datetime.date().isoformat() <= last]


def seasons_of(scenes: list[Any]) -> list[tuple[str, str]]:
    """First and last day of every dry season that some scenes reach into."""
    years = sorted({s.datetime.year + (s.datetime.month >= 11) for s in scenes})
    return [(f"{year - 1}-11-01", f"{year}-04-30") for year in years]


def load(scenes: list[Any], bands: list[str], **how: Any) -> Any:
    """A cube of some bands and the mask, dims (time, y, x)."""
    return odc.stac.load(
        scenes, bands=[*bands, "scl"], crs="utm", resolution=10, groupby="solar_day",
        resampling={"*": "bilinear", "scl": "nearest"}, **how,
    )  # fmt: skip


def index(cube: Any, one: str, other: str) -> Any:
    """Normalised difference of two bands."""
    return (cube[one] - cube[other]) / (cube[one] + cube[other])


def write_patches(lost: Any, odc_of: Any, path: Path) -> None:
    """Polygons of the patches of a mask, as GeoJSON."""
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely
    from rasterio.features import shapes
    from scipy import ndimage

    labels, count = ndimage.label(ndimage.binary_opening(lost))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    labels[sizes[labels] < LEAST_PX] = 0
    outlines = shapes(labels.astype(np.int32), labels > 0, transform=odc_of.transform)
    rows = [(int(label), shapely.geometry.shape(outline)) for outline, label in outlines]
    table = pd.DataFrame({"site": [label for label, _ in rows]})
    found = gpd.GeoDataFrame(table, geometry=[o for _, o in rows], crs=odc_of.crs.to_epsg())
    found.to_crs(4326).to_file(path)
