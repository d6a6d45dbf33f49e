"""Sentinel-1, terrain-corrected backscatter (RTC): clearings under clouds, never pools."""

from __future__ import annotations

from datetime import date

from minewatch.sensors.profile import MaskRule, ProductRule, SensorProfile

SENTINEL_1_RTC = SensorProfile(
    name="sentinel-1-rtc",
    title="Sentinel-1 RTC (gamma nought)",
    collections={"planetary-computer": "sentinel-1-rtc"},
    other_collections=("OPERA_L2_RTC-S1_V1", "OPERA_L2_RTC-S1_V1_1"),
    platforms=("sentinel-1", "sentinel1", "s1"),
    product=ProductRule(types=("RTC", "RTC-S1"), name=r"_rtc$|RTC-S1|_RTC_"),
    assets={"vv": ("vv", "VV"), "vh": ("vh", "VH"), "mask": ("mask", "MASK")},
    common_names={},
    # Pixels are of 10 m, what they show is not: IW GRDH resolves 20 m by 22 m (ESA).
    native_pixel_m={"vv": 20.0, "vh": 20.0, "mask": 20.0},
    mask=MaskRule(
        keep=(0,),
        drop=(1, 2, 3),  # shadow, layover, both: OPERA RTC-S1 product specification
        grow_m=20.0,
    ),
    scale=0.0001,  # backscatter has digital numbers of its own: minewatch.model.radar
    latitudes=(-80.0, 84.0),
    first_day=date(2014, 10, 3),  # first public image of Sentinel-1A
    attribution="contains modified Copernicus Sentinel data",
)
