"""Squares of 100 km of the Military Grid Reference System, that tiles of imagery are named by."""

from __future__ import annotations

from functools import cache
from typing import Final

from pyproj import Transformer

_BANDS: Final = "CDEFGHJKLMNPQRSTUVWX"
"""Of 8 degrees of latitude from 80° S; the last one has 12."""
_COLUMNS: Final = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
"""By zone: 1, 2, 3 and so on in turn."""
_ROWS: Final = "ABCDEFGHJKLMNPQRSTUV"
_EVEN_ZONE_SHIFT: Final = 5
_SQUARE_M: Final = 100_000


def mgrs_square(lon: float, lat: float) -> str:
    """The square that a place lies in, such as `47RNL`.

    Parameters
    ----------
    lon, lat
        Degrees; between 80° S and 84° N.

    References
    ----------
    NGA.STND.0037_2.0.0, the universal grids and their reference systems

    Examples
    --------
    >>> mgrs_square(2.35, 48.85), mgrs_square(151.21, -33.87)
    ('31UDQ', '56HLH')
    """
    band = _BANDS[min(int((lat + 80) // 8), len(_BANDS) - 1)]
    zone = _zone(lon, lat, band)
    epsg = (32600 if lat >= 0 else 32700) + zone
    easting, northing = _to_utm(epsg).transform(lon, lat)
    column = _COLUMNS[(zone - 1) % 3][int(easting // _SQUARE_M) - 1]
    shift = 0 if zone % 2 else _EVEN_ZONE_SHIFT
    row = _ROWS[(int(northing // _SQUARE_M) + shift) % len(_ROWS)]
    return f"{zone:02d}{band}{column}{row}"


@cache
def _to_utm(epsg: int) -> Transformer:
    return Transformer.from_crs(4326, epsg, always_xy=True)


def _zone(lon: float, lat: float, band: str) -> int:
    """The zone, with the wider ones of Norway and Svalbard."""
    zone = min(int((lon + 180) // 6) + 1, 60)
    if band == "V" and zone == 31 and lon >= 3:
        return 32
    if band == "X" and 0 <= lon < 42:
        return 31 + 2 * int((lon + 3) // 12)
    return zone
