"""Folders of GeoTIFFs of any mission: what each file is, a mapping file beside them says."""

from __future__ import annotations

from datetime import date

from minewatch.model import REFLECTANCE_BANDS, Band
from minewatch.sensors.profile import MaskRule, SensorProfile

NAMES: dict[Band, tuple[str, ...]] = {band: (band,) for band in (*REFLECTANCE_BANDS, "mask")}

GEOTIFF_FOLDER = SensorProfile(
    name="geotiff-folder",
    title="GeoTIFFs of a folder",
    collections={},
    platforms=("",),
    assets=NAMES,
    common_names={},
    # Sentinel-2's, for what needs a length before a file is known; what can be seen goes by the
    # pixel of the files themselves.
    native_pixel_m=dict.fromkeys((*REFLECTANCE_BANDS, "mask"), 10.0),
    mask=MaskRule(keep=(1,), drop=(0,), grow=(0,), grow_m=60.0),
    scale=0.0001,
    latitudes=(-80.0, 84.0),  # where UTM is defined: areas are measured in it
    first_day=date(1972, 7, 23),  # launch of the first Landsat: older pictures are no reflectance
    attribution="imagery of a folder, under its own licence",
    is_stated_by_items=True,
)
