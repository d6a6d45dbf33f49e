"""Sentinel-2 Level-2A surface reflectance."""

from __future__ import annotations

from datetime import date

from minewatch.model import CORE_BANDS
from minewatch.sensors.profile import MaskRule, OffsetRule, ProductRule, SensorProfile

SENTINEL_2_L2A = SensorProfile(
    name="sentinel-2-l2a",
    title="Sentinel-2 Level-2A",
    # Earth Search has two: `sentinel-2-l2a` reaches back without gaps, which a baseline of years
    # needs; `sentinel-2-c1-l2a` states its offset more reliably but is still being filled
    # (Element84/earth-search #41). The first is the default, the second one `--collection` away.
    collections={
        "earth-search": "sentinel-2-l2a",
        "planetary-computer": "sentinel-2-l2a",
        "cdse": "sentinel-2-l2a",
    },
    other_collections=("sentinel-2-c1-l2a", "sentinel-s2-l2a-cogs", "sentinel-s2-l2a"),
    platforms=("sentinel-2", "sentinel2", "s2"),
    wrong_products=("S2MSI1C", "S2MSI1B", "S2MSI1A"),
    product=ProductRule(
        types=("S2MSI2A", "S2MSI2Ap"),  # ESA, Product Specification Document
        name=r"MSIL2A_|MSI_L2A_|S2[A-D]_.*L2A",
        levels=("L2A", "LEVEL-2A", "2A"),
        only_assets=("scl", "SCL", "SCL_20m"),  # the scene classification is made by Sen2Cor
    ),
    assets={  # Earth Search v1 and stactools; Planetary Computer and Earth Search v0; CDSE
        "blue": ("blue", "B02", "B02_10m"),
        "green": ("green", "B03", "B03_10m"),
        "red": ("red", "B04", "B04_10m"),
        "nir": ("nir", "B08", "B08_10m"),
        "swir16": ("swir16", "B11", "B11_20m"),
        "swir22": ("swir22", "B12", "B12_20m"),
        "mask": ("scl", "SCL", "SCL_20m"),
    },
    common_names={
        "blue": ("blue",),
        "green": ("green",),
        "red": ("red",),
        "nir": ("nir",),
        "swir16": ("swir16",),
        "swir22": ("swir22",),
    },
    native_pixel_m={
        **dict.fromkeys(CORE_BANDS, 10.0),
        "swir16": 20.0,
        "swir22": 20.0,
        "mask": 20.0,
    },
    mask=MaskRule(
        keep=(4, 5, 6, 7),  # vegetation, bare, water, unclassified [DOMAIN §4]
        shade=(2,),  # dark area: topographic shadow on slopes
        vegetation=(4,),
        drop=(0, 1, 3, 8, 9, 10, 11),  # nodata, defective, shadow, cloud x2, cirrus, snow
        grow=(3, 8, 9, 10),
        grow_m=60.0,  # [DOMAIN §4]
    ),
    scale=0.0001,
    # Baseline 04.00: ESA, 25 January 2022. Evergreen forest has a red of .018 [DOMAIN §2]: 180
    # without the addend and 1,180 with it. Less than 800 with it would be a reflectance below -.02;
    # 1,000 without it takes fog.
    offset=OffsetRule(
        offset_dn=-1000, since_baseline="04.00", carried_from_dn=1000, absent_up_to_dn=800
    ),
    latitudes=(-56.0, 84.0),  # mapped systematically: ESA, User Handbook (2015), §1.3
    first_day=date(2015, 6, 27),  # first acquisition of Sentinel-2A
    attribution="contains modified Copernicus Sentinel data",  # Copernicus data licence
)
