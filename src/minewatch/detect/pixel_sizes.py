"""Metres of a rule to pixels of a grid."""

from __future__ import annotations


def whole_pixels(length_m: float, pixel_m: float) -> int:
    """A length in pixels, one at least.

    Examples
    --------
    >>> whole_pixels(70, 10), whole_pixels(10, 30)
    (7, 1)
    """
    return max(1, round(length_m / pixel_m))


def odd_pixels(length_m: float, pixel_m: float) -> int:
    """A window in pixels: an odd number, so that it has a middle; three at least.

    Examples
    --------
    >>> odd_pixels(90, 10), odd_pixels(90, 20)
    (9, 5)
    """
    return max(3, 2 * round((length_m / pixel_m - 1) / 2) + 1)


def area_pixels(area_m2: float, pixel_m: float) -> int:
    """An area in pixels, one at least.

    Examples
    --------
    >>> area_pixels(400, 10), area_pixels(400, 30)
    (4, 1)
    """
    return max(1, round(area_m2 / pixel_m**2))
