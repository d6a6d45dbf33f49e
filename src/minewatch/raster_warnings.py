"""A false alarm of rasterio, kept quiet where several threads draw and warp."""

from __future__ import annotations

import warnings

from rasterio.errors import NotGeoreferencedWarning


def expect_threads() -> None:
    """Have rasterio say nothing of its own arrays; call it before threads begin.

    To draw a polygon or to warp, rasterio puts an array into a dataset without a place, and warns
    of that to itself: it hushes the warning by `warnings.catch_warnings`, which other threads undo.
    A file that truly has no place is still warned of, for it is not opened by these two modules.
    """
    warnings.filterwarnings(
        "ignore", message="Dataset has no geotransform", category=NotGeoreferencedWarning,
        module=r"rasterio\.(features|warp)$",
    )  # fmt: skip
