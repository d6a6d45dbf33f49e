"""Facts about missions and catalogues: one data-only profile each.

A new sensor is one file with a `SensorProfile` and one line in `SENSORS`.
"""

from collections.abc import Mapping

from minewatch.errors import SettingsError, unknown_name
from minewatch.sensors.catalogs import (
    CATALOGS,
    DEFAULT_CATALOG,
    ELEVATION_ASSETS,
    ELEVATION_ATTRIBUTION,
    ELEVATION_COLLECTIONS,
    CatalogProfile,
    catalog_of,
    gdal_options,
    gdal_path,
    get_catalog,
)
from minewatch.sensors.landsat import LANDSAT_C2_L2
from minewatch.sensors.profile import (
    MaskRule,
    OffsetDecision,
    OffsetRule,
    SensorProfile,
    baseline_number,
    offset_from_metadata,
)
from minewatch.sensors.sentinel2 import SENTINEL_2_L2A

SENSORS: Mapping[str, SensorProfile] = {p.name: p for p in (SENTINEL_2_L2A, LANDSAT_C2_L2)}
"""The known sensors by name."""
DEFAULT_SENSOR = SENTINEL_2_L2A.name


def get_sensor(name: str) -> SensorProfile:
    """The sensor profile of this name.

    Raises
    ------
    SettingsError
        Unknown name; lists the known ones.
    """
    if name not in SENSORS:
        raise SettingsError(unknown_name("sensor", name, list(SENSORS)))
    return SENSORS[name]


__all__ = [
    "CATALOGS",
    "DEFAULT_CATALOG",
    "DEFAULT_SENSOR",
    "ELEVATION_ASSETS",
    "ELEVATION_ATTRIBUTION",
    "ELEVATION_COLLECTIONS",
    "SENSORS",
    "CatalogProfile",
    "MaskRule",
    "OffsetDecision",
    "OffsetRule",
    "SensorProfile",
    "baseline_number",
    "catalog_of",
    "gdal_options",
    "gdal_path",
    "get_catalog",
    "get_sensor",
    "offset_from_metadata",
]
