"""Harmonized Landsat Sentinel-2 (HLS) version 2: both missions on one grid of 30 m."""

from __future__ import annotations

from datetime import date

from minewatch.model import REFLECTANCE_BANDS, Band
from minewatch.sensors.profile import MaskRule, ProductRule, SensorProfile

FMASK = MaskRule(
    bits=True,
    fill_bits=(),  # "no pixel" is 255, the nodata of the file: 0 is clear land
    keep=(5,),  # water
    drop=(0, 1, 2, 3, 4),  # cirrus, cloud, beside cloud or shadow, shadow, snow
    grow=(1, 3),
    grow_m=60.0,  # less than the five pixels of bit 2
)
"""The Fmask band: HLS v2.0 User Guide (2023), table 9. Bits 6 and 7, aerosol, hide nothing."""
_COMMON: dict[Band, tuple[str, ...]] = {
    "blue": ("blue",), "green": ("green",), "red": ("red",), "nir": ("nir08", "nir"),
    "swir16": ("swir16",), "swir22": ("swir22",),
}  # fmt: skip
_ATTRIBUTION = (
    "HLS data courtesy of NASA EOSDIS LP DAAC; contains modified Copernicus Sentinel data and "
    "Landsat data courtesy of the U.S. Geological Survey"
)

HLS_S30 = SensorProfile(
    name="hls-s30",
    title="HLS v2 of Sentinel-2 (S30)",
    collections={"planetary-computer": "hls2-s30"},
    other_collections=("HLSS30_2.0", "HLSS30.v2.0", "HLSS30_v2.0"),
    platforms=("sentinel-2", "sentinel2", "s2"),
    product=ProductRule(types=("HLSS30", "S30"), name=r"HLS\.?S30\b"),
    assets={  # names of LP DAAC and Planetary Computer; of stactools. B8A is what OLI sees
        "blue": ("B02", "blue"),
        "green": ("B03", "green"),
        "red": ("B04", "red"),
        "nir": ("B8A", "nir_narrow"),
        "swir16": ("B11", "swir_1"),
        "swir22": ("B12", "swir_2"),
        "mask": ("Fmask", "fmask"),
    },
    common_names=_COMMON,
    native_pixel_m=dict.fromkeys((*REFLECTANCE_BANDS, "mask"), 30.0),
    mask=FMASK,
    scale=0.0001,
    latitudes=(-60.0, 84.0),  # all land but Antarctica
    first_day=date(2015, 11, 28),
    attribution=_ATTRIBUTION,
)
HLS_L30 = SensorProfile(
    name="hls-l30",
    title="HLS v2 of Landsat 8 and 9 (L30)",
    collections={"planetary-computer": "hls2-l30"},
    other_collections=("HLSL30_2.0", "HLSL30.v2.0", "HLSL30_v2.0"),
    platforms=("landsat",),
    product=ProductRule(types=("HLSL30", "L30"), name=r"HLS\.?L30\b"),
    assets={
        "blue": ("B02", "blue"),
        "green": ("B03", "green"),
        "red": ("B04", "red"),
        "nir": ("B05", "nir_narrow"),
        "swir16": ("B06", "swir_1"),
        "swir22": ("B07", "swir_2"),
        "mask": ("Fmask", "fmask"),
    },
    common_names=_COMMON,
    native_pixel_m=dict.fromkeys((*REFLECTANCE_BANDS, "mask"), 30.0),
    mask=FMASK,
    scale=0.0001,
    latitudes=(-60.0, 84.0),
    first_day=date(2013, 4, 11),
    attribution=_ATTRIBUTION,
)
HLS = SensorProfile(
    name="hls-v2",
    title="HLS v2 of Sentinel-2 and Landsat (S30 and L30)",
    collections={"planetary-computer": "hls2-s30,hls2-l30"},
    platforms=("sentinel-2", "sentinel2", "s2", "landsat"),
    parts=(HLS_S30, HLS_L30),
    assets=HLS_S30.assets,
    common_names=_COMMON,
    native_pixel_m=HLS_S30.native_pixel_m,
    mask=FMASK,
    scale=0.0001,
    latitudes=(-60.0, 84.0),
    first_day=HLS_L30.first_day,
    attribution=_ATTRIBUTION,
)
