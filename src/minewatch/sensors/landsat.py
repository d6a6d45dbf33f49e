"""Landsat Collection 2 Level-2 surface reflectance: clearings since 1982, never pools."""

from __future__ import annotations

from datetime import date

from minewatch.model import REFLECTANCE_BANDS
from minewatch.sensors.profile import MaskRule, ProductRule, SensorProfile

LANDSAT_C2_L2 = SensorProfile(
    name="landsat-c2-l2",
    title="Landsat 4-9 Collection 2 Level-2",
    collections={"planetary-computer": "landsat-c2-l2", "earth-search": "landsat-c2-l2"},
    other_collections=("landsat-c2l2-sr",),
    platforms=("landsat",),
    wrong_products=("L1TP", "L1GT", "L1GS"),
    product=ProductRule(
        types=("L2SP", "L2SR"),  # USGS, Collection 2 Level-2 product guide
        name=r"L[COTEM]0\d_L2S[PR]_",
    ),
    assets={
        "blue": ("blue",),
        "green": ("green",),
        "red": ("red",),
        "nir": ("nir08",),
        "swir16": ("swir16",),
        "swir22": ("swir22",),
        "mask": ("qa_pixel",),
    },
    common_names={
        "blue": ("blue",),
        "green": ("green",),
        "red": ("red",),
        "nir": ("nir08",),
        "swir16": ("swir16",),
        "swir22": ("swir22",),
    },
    native_pixel_m=dict.fromkeys((*REFLECTANCE_BANDS, "mask"), 30.0),
    mask=MaskRule(
        bits=True,
        keep=(6, 7),  # clear, water
        drop=(0, 1, 2, 3, 4, 5),  # fill, dilated cloud, cirrus, cloud, shadow, snow: QA_PIXEL
        grow=(3, 4),
        grow_m=60.0,
    ),
    scale=0.0000275,  # USGS Collection 2 product guide
    constant_offset_dn=-7273,  # -0.2 / 0.0000275, to the nearest digital number
    latitudes=(-82.0, 82.0),
    first_day=date(1982, 8, 22),  # first image of Landsat 4
    attribution="Landsat data courtesy of the U.S. Geological Survey",  # USGS, citing Landsat data
)
