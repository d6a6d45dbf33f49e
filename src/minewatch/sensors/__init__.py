"""Facts about missions and catalogues: one data-only profile each.

A new sensor is one file with a `SensorProfile` and its name in `BUILT_IN`, or an entry point of
another package.
"""

from minewatch.model.defaults import DEFAULT_CATALOG, DEFAULT_SENSOR
from minewatch.plugins import Registry
from minewatch.sensors.catalogs import (
    CATALOGS,
    ELEVATION_ASSETS,
    ELEVATION_ATTRIBUTION,
    ELEVATION_COLLECTIONS,
    CatalogProfile,
    catalog_of,
    collection_at,
    gdal_options,
    gdal_path,
    get_catalog,
)
from minewatch.sensors.geotiff_folder import GEOTIFF_FOLDER
from minewatch.sensors.hls import HLS, HLS_L30, HLS_S30
from minewatch.sensors.landsat import LANDSAT_C2_L2
from minewatch.sensors.profile import (
    UNCHANGED,
    Line,
    MaskRule,
    OffsetDecision,
    OffsetRule,
    ProductRule,
    SensorProfile,
    baseline_number,
    offset_from_metadata,
)
from minewatch.sensors.sentinel1 import SENTINEL_1_RTC
from minewatch.sensors.sentinel2 import SENTINEL_2_L2A

BUILT_IN = (
    SENTINEL_2_L2A, LANDSAT_C2_L2, HLS, HLS_S30, HLS_L30, SENTINEL_1_RTC, GEOTIFF_FOLDER,
)  # fmt: skip
SENSORS: Registry[SensorProfile] = Registry(
    kind="sensor",
    group="minewatch.sensors",
    built_in={profile.name: profile for profile in BUILT_IN},
)
"""The known sensors by name; those of other packages by the entry-point group."""


def get_sensor(name: str) -> SensorProfile:
    """The sensor profile of this name.

    Raises
    ------
    SettingsError
        Unknown name; lists the known ones.
    """
    return SENSORS[name]


__all__ = [
    "CATALOGS",
    "DEFAULT_CATALOG",
    "DEFAULT_SENSOR",
    "ELEVATION_ASSETS",
    "ELEVATION_ATTRIBUTION",
    "ELEVATION_COLLECTIONS",
    "GEOTIFF_FOLDER",
    "SENSORS",
    "UNCHANGED",
    "CatalogProfile",
    "Line",
    "MaskRule",
    "OffsetDecision",
    "OffsetRule",
    "ProductRule",
    "SensorProfile",
    "baseline_number",
    "catalog_of",
    "collection_at",
    "gdal_options",
    "gdal_path",
    "get_catalog",
    "get_sensor",
    "offset_from_metadata",
]
