"""Names of sites: opaque, and decided by the place where a site began."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection

LENGTH = 10
"""Letters after the `s`: 50 bits, so two cells of one AOI share a name once in 10^9 AOIs."""


def make_id(
    area_key: str, epsg: int, anchor: tuple[float, float], *, cell_m: float, taken: Collection[str]
) -> str:
    """Name of a site that began at an anchor, never one that was given before.

    Parameters
    ----------
    area_key
        SHA-256 of the outline of the area: a name may change, the outline is what was watched.
    epsg
        CRS of the anchor, metres.
    anchor
        Where the site began, (x, y).
    cell_m
        Anchors in one cell of this size give one name.
    taken
        Names given before in this area, also to sites that have merged since.

    Returns
    -------
    str
        `s` and ten of `a-z2-7`. It starts with a letter, so that no spreadsheet reads a number.

    Examples
    --------
    >>> make_id("demo", 32647, (500_010.0, 2_900_000.0), cell_m=70, taken=())
    'saqf4sz6yfi'
    """
    cell = (int(anchor[0] // cell_m), int(anchor[1] // cell_m))
    again = 0
    while True:
        text = f"{area_key}|{epsg}|{cell_m:g}|{cell[0]}|{cell[1]}|{again}"
        digest = hashlib.sha256(text.encode()).digest()
        name = "s" + base64.b32encode(digest).decode().lower()[:LENGTH]
        if name not in taken:
            return name
        again += 1
