"""Cloud commission: ground that the mask calls cloud again and again, settled over months.

The mask of Sentinel-2 calls bright pads cloud and dark pools shadow [DOMAIN §4], and a cloud's
margin hides the rest of the site. A real small cloud does not come back to one place; a pad does.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.overpass_thresholds import CLOUD_COMMISSION, CloudCommissionRules

COUNTS: Final = ("clear_looks", "doubtful_looks")
"""Layers of a month cube that settle it."""

Counts = NDArray[np.uint16]


def settle_cloud_commission(
    months: xr.Dataset,
    *,
    before: Counts | None = None,
    rules: CloudCommissionRules = CLOUD_COMMISSION,
) -> xr.Dataset:
    """A month cube in which suspect months either count as clear or were not seen.

    A suspect month is ground when, in one of `rules.windows` that ends with it, suspect overpasses
    are enough and more than the clear ones. Nothing later than a month decides about it.

    Parameters
    ----------
    months
        Contract `MONTH_LAYERS`, consecutive months, dims (time, y, x).
    before
        `recent_counts` of the months before them; None: the record begins with them.
    rules
        Thresholds.

    Returns
    -------
    xarray.Dataset
        The same without `doubtful_looks`; every layer is 0 where nothing was seen.

    Examples
    --------
    >>> layer = lambda *counts: (("time", "y", "x"), np.array(counts, "uint16")[:, None, None])
    >>> cube = xr.Dataset({"red": layer(900, 2400, 2500), "clear_looks": layer(3, 0, 0),
    ...                    "doubtful_looks": layer(0, 1, 3)})
    >>> settle_cloud_commission(cube)["red"].values.ravel().tolist()
    [900, 0, 2500]
    """
    if "doubtful_looks" not in months:
        return months
    clear, suspects = (months[name].to_numpy() for name in COUNTS)
    settled = months.drop_vars("doubtful_looks")
    suspect = np.nonzero((clear == 0) & (suspects > 0))
    if not len(suspect[0]):
        return settled
    is_hidden = ~_is_ground(months, before, suspect, rules)
    hidden = tuple(axis[is_hidden] for axis in suspect)
    layers = {name: layer.to_numpy().copy() for name, layer in settled.data_vars.items()}
    layers["clear_looks"][suspect] = suspects[suspect]
    for layer in layers.values():
        layer[hidden] = 0
    return settled.assign({name: settled[name].copy(data=v) for name, v in layers.items()})


def _is_ground(
    months: xr.Dataset,
    before: Counts | None,
    places: tuple[NDArray[np.intp], ...],
    rules: CloudCommissionRules,
) -> NDArray[np.bool_]:
    """Whether suspect overpasses outvote the clear ones, by place (time, y, x)."""
    clear, suspects = _with_earlier(months, before)
    step, pixel = places[0] + len(clear) - months.sizes["time"], places[1:]
    clears = hidden = np.zeros(len(step), np.int64)
    ground = np.zeros(len(step), bool)
    fewest = dict(rules.windows)
    for back in range(rules.months):
        there, at = step >= back, (np.maximum(step - back, 0), *pixel)
        clears, hidden = clears + there * clear[at], hidden + there * suspects[at]
        if (enough := fewest.get(back + 1)) is not None:
            ground |= (hidden >= enough) & (hidden > clears)
    return ground


def recent_counts(
    months: xr.Dataset,
    *,
    before: Counts | None = None,
    rules: CloudCommissionRules = CLOUD_COMMISSION,
) -> Counts:
    """The overpasses of the last months that settle those to come.

    Parameters
    ----------
    months
        As in `settle_cloud_commission`, not settled.
    before
        `recent_counts` of the months before them.
    rules
        As in `settle_cloud_commission`.

    Returns
    -------
    array, dims (count, time, y, x), uint16
        The layers `COUNTS` of at most `rules.months - 1` months.
    """
    return np.stack([counts[-(rules.months - 1) :] for counts in _with_earlier(months, before)])


def _with_earlier(months: xr.Dataset, before: Counts | None) -> list[Counts]:
    """Each of `COUNTS` over earlier months and these."""
    counts = [months[name].to_numpy() for name in COUNTS]
    if before is None:
        return counts
    return [np.concatenate(pair) for pair in zip(before, counts, strict=True)]
