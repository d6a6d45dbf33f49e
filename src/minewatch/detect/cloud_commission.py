"""Cloud commission: ground that the mask calls cloud again and again, settled over months.

The mask of Sentinel-2 calls bright pads cloud and dark pools shadow [DOMAIN §4], and a cloud's
margin hides the rest of the site. A real small cloud does not come back to one place; a pad does.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.compiled import kernel
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
    settled, now = months.drop_vars("doubtful_looks"), _pixels_of(months)
    earlier = (
        now[:, :0] if before is None else before.reshape(len(COUNTS), before.shape[1], now.shape[2])
    )
    earlier, windows = np.ascontiguousarray(earlier), np.array(rules.windows, np.int64)
    said = _settle(now[0], now[1], earlier[0], earlier[1], windows)
    suspect, hidden = np.flatnonzero(said != 0), np.flatnonzero(said == _HIDDEN)
    if not len(suspect):
        return settled
    layers = {name: layer.to_numpy().copy() for name, layer in settled.data_vars.items()}
    layers["clear_looks"].reshape(-1)[suspect] = now[1].reshape(-1)[suspect]
    for layer in layers.values():
        layer.reshape(-1)[hidden] = 0
    return settled.assign({name: settled[name].copy(data=v) for name, v in layers.items()})


def _pixels_of(months: xr.Dataset) -> Counts:
    """Each of `COUNTS`, dims (count, month, pixel)."""
    size = months.sizes["time"], months.sizes["y"] * months.sizes["x"]
    return np.stack([months[name].to_numpy().reshape(size) for name in COUNTS])


_GROUND, _HIDDEN = 1, 2


@kernel("uint16[:,::1], uint16[:,::1], uint16[:,::1], uint16[:,::1], int64[:,::1]")
def _settle(
    clear: Counts,
    suspects: Counts,
    earlier_clear: Counts,
    earlier_suspects: Counts,
    windows: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """Suspect months as `_GROUND` where suspect overpasses outvote the clear ones, else `_HIDDEN`.

    All dims are (month, pixel); 0 stands where a month is not suspect.
    """
    months, pixels = clear.shape
    earlier = len(earlier_clear)
    said = np.zeros((months, pixels), np.uint8)
    for t in range(months):
        for i in range(pixels):
            if clear[t, i] or not suspects[t, i]:
                continue
            said[t, i] = _HIDDEN
            for k in range(len(windows)):
                clears, hidden = 0, 0
                for at in range(max(t - windows[k, 0] + 1, -earlier), t + 1):
                    if at < 0:
                        clears += earlier_clear[earlier + at, i]
                        hidden += earlier_suspects[earlier + at, i]
                    else:
                        clears += clear[at, i]
                        hidden += suspects[at, i]
                if hidden >= windows[k, 1] and hidden > clears:
                    said[t, i] = _GROUND
    return said


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
    kept = rules.months - 1
    now = np.stack([months[name].to_numpy()[-kept:] for name in COUNTS])
    if before is None or now.shape[1] == kept:
        return now
    return np.concatenate([before, now], axis=1)[:, -kept:]
