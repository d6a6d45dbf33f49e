"""Landsat Collection 2 Level-2 surface reflectance: clearings since 1982, never pools."""

from __future__ import annotations

from datetime import date

from minewatch.model import REFLECTANCE_BANDS, Band
from minewatch.sensors.profile import Line, MaskRule, ProductRule, SensorProfile

ETM_TO_OLI: dict[Band, Line] = {
    "blue": Line(0.9785, -0.0095),
    "green": Line(0.9542, -0.0016),
    "red": Line(0.9825, -0.0022),
    "nir": Line(1.0073, -0.0021),
    "swir16": Line(1.0171, -0.0030),
    "swir22": Line(0.9949, 0.0029),
}
"""Surface reflectance of ETM+ to that of OLI: reduced major axis, table 2 of Roy et al. 2016,
doi:10.1016/j.rse.2015.12.024. Found on 59 million pairs of pixels a day apart over the United
States, with an earlier processing than Collection 2. Ordinary least squares, which the table has as
well, predict best where pairs scatter, and lift dark ground (near-infrared of water by .04): a line
through both ends is wanted here. TM has the bands of ETM+, and the same line is taken for it."""

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
    to_reference={f"landsat-{number}": ETM_TO_OLI for number in (4, 5, 7)},
    latitudes=(-82.0, 82.0),
    first_day=date(1982, 8, 22),  # first image of Landsat 4
    attribution="Landsat data courtesy of the U.S. Geological Survey",  # USGS, citing Landsat data
)
