"""Backscatter as digital numbers: the one scale on which months of radar are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FLOOR_DB: Final = -50.0
"""Backscatter of the smallest digital number, decibels: below the noise of any sensor."""
STEP_DB: Final = 0.01
"""Decibels of one digital number."""
_MOST: Final = 10_000


def backscatter_numbers(power: NDArray[np.floating]) -> NDArray[np.uint16]:
    """Digital numbers of backscatter in linear power; 0 where it is not finite or not positive.

    Examples
    --------
    >>> import numpy as np
    >>> backscatter_numbers(np.array([0.05, 1.0, np.nan, 0.0])).tolist()
    [3700, 5001, 0, 0]
    """
    import numpy as np

    is_seen = np.isfinite(power) & (power > 0)
    decibels = 10 * np.log10(np.where(is_seen, power, 1.0).astype(np.float64))
    numbers = np.clip(np.rint((decibels - FLOOR_DB) / STEP_DB) + 1, 1, _MOST)
    return np.where(is_seen, numbers, 0).astype(np.uint16)


def backscatter_power(numbers: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Linear power of digital numbers; NaN where they are 0."""
    import numpy as np

    decibels = FLOOR_DB + (numbers.astype(np.float64) - 1) * STEP_DB
    return np.where(numbers > 0, 10 ** (decibels / 10), np.nan)


def number_of(decibels: float) -> int:
    """The digital number of a level in decibels.

    Examples
    --------
    >>> number_of(-50.0), number_of(-13.0)
    (1, 3701)
    """
    return round((decibels - FLOOR_DB) / STEP_DB) + 1
