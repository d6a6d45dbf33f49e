"""Month cubes to per-pixel evidence: no neighbourhood, bounded memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.baseline import drop_below_baseline
from minewatch.detect.evidence import (
    EVIDENCE_LAYERS,
    NIR_SCALE,
    NO_SCORE,
    NO_SHARE,
    SCORE_SCALE,
    empty_layers,
    from_day,
)
from minewatch.detect.looks import greenness, is_snow
from minewatch.detect.runs import RUNS, find_runs
from minewatch.detect.season import median_share, unrest, upper_share, year_shares
from minewatch.detect.unmix import NOT_SEEN, fractions, without_shade
from minewatch.model import REFLECTANCE_BANDS, REFLECTANCE_SCALE, Period, check_month_cube

BLOCK_VALUES = 1 << 21
"""Pixel-months worked on at a time: sets the memory, never the answer."""
START_MONTHS = 12
"""Months from the first one of the cube that count as the state at the start [D]."""
OPEN_DAYS = 60
"""A run that ends at most so long before the period does is taken to be open at its end [D]."""


def score(months: xr.Dataset, *, periods: Sequence[Period]) -> xr.Dataset:
    """Per-pixel evidence of lost vegetation, pools and their dates.

    Each pixel is judged by its own past alone, so chunks can be scored apart. The evidence of a
    period uses its own months; runs use all months, because a later look may overturn an early
    verdict.

    Parameters
    ----------
    months
        Month cube (`model.check_month_cube`), dims (time, y, x), reflectance x 10,000. SWIR may
        be absent, months may be unseen.
    periods
        Reporting periods, in order of time. A month belongs to the period that holds its first day.

    Returns
    -------
    xarray.Dataset
        `EVIDENCE_LAYERS`; dims (period, y, x), (run, y, x) or (y, x), coordinates y and x as given.

    Raises
    ------
    ContractError
        When the cube lacks a layer.
    """
    check_month_cube(months)
    sizes = {**{str(d): n for d, n in months.sizes.items()}, "period": len(periods), "run": RUNS}
    out = empty_layers(sizes)
    starts = months["time"].to_numpy().astype("datetime64[D]")
    rows = max(1, BLOCK_VALUES // max(1, sizes["time"] * sizes["x"]))
    for top in range(0, sizes["y"], rows):
        part = slice(top, top + rows)
        block = {str(n): months[n][:, part].to_numpy() for n in months.data_vars}
        for name, values in _score_block(block, starts, periods).items():
            shape = out[name][..., part, :].shape
            out[name][..., part, :] = values.reshape(shape)
    return xr.Dataset(
        {
            name: (layer.dims, out[name], {
                "_FillValue": layer.missing, "units": layer.unit, "long_name": layer.meaning,
            })
            for name, layer in EVIDENCE_LAYERS.items()
        },
        coords={name: months[name] for name in ("y", "x") if name in months.coords},
    )  # fmt: skip


Block = dict[str, NDArray[np.uint16]]


def _score_block(
    block: Block, starts: NDArray[np.datetime64], periods: Sequence[Period]
) -> dict[str, NDArray[np.generic]]:
    """Every layer of a block, dims (period or run, pixel) or (pixel,)."""
    cube = {n: np.ascontiguousarray(v.reshape(len(v), -1).T) for n, v in block.items()}
    month_day = starts.astype(np.int64)
    clear, disturbed = cube["clear_looks"], cube["disturbed_looks"]
    runs = find_runs(
        clear, disturbed, cube["last_undisturbed_day"], cube["disturbed_since_day"], month_day
    )
    shares, drop = _shares(cube), _drops(cube, starts, runs)
    lost = (clear > 0) & (2 * disturbed >= clear) & (cube["nir"] > 0)
    first = np.arange(len(starts)) < START_MONTHS
    ends = np.array([np.searchsorted(starts, np.datetime64(p.end), "right") for p in periods])
    layers: dict[str, list[NDArray[np.generic]]] = {name: [] for name in _SEASONAL}
    for period in periods:
        now = (starts >= np.datetime64(period.start)) & (starts <= np.datetime64(period.end))
        kept = _since_begun(runs, clear[:, now], month_day[now], period)
        share = {n: np.where(kept, v[:, now], NO_SHARE).astype("u1") for n, v in shares.items()}
        looks = clear[:, now].sum(axis=1, dtype=np.int64)
        layers["clear_looks"].append(np.minimum(looks, 255))
        layers["disturbed_pct"].append(_percent(disturbed[:, now] * kept, clear[:, now] * kept))
        for name in ("vegetation", "soil", "nir", "hue"):
            layers[_LAYER_OF[name]].append(median_share(share[name]))
        layers["pool_pct"].append(upper_share(share["pool"]))
        layers["score"].append(_median_score(np.where(kept, drop[:, now], np.nan)))
    return {
        **{name: np.stack(values) for name, values in layers.items()},
        "unrest": unrest(cube["nir"], lost, ends),
        "run_start": runs[:, :, 0].T,
        "run_before": runs[:, :, 1].T,
        "run_end": runs[:, :, 2].T,
        "first_detected": runs[:, 0, 0],
        "start_disturbed_pct": _percent(disturbed[:, first], clear[:, first]),
        "start_pool_pct": upper_share(shares["pool"][:, first]),
        "seasonal_pct": year_shares(clear, disturbed, month_day),
    }


_LAYER_OF = {"vegetation": "vegetation_pct", "soil": "bare_pct", "nir": "nir", "hue": "hue"}
_SEASONAL = ("clear_looks", "disturbed_pct", "pool_pct", "score", *_LAYER_OF.values())


def _since_begun(
    runs: NDArray[np.uint16],
    clear: NDArray[np.uint16],
    month_day: NDArray[np.int64],
    period: Period,
) -> NDArray[np.bool_]:
    """Months of a period that show its last state, dims (pixel, month).

    Where ground was opened within the period, the months before it are left out: the figures of a
    period are those of its end.
    """
    kept = np.ones(clear.shape, bool)
    start, end = from_day(period.start), from_day(period.end)
    for k in range(RUNS):
        begins, lasts = runs[:, k, 0].astype(np.int64), runs[:, k, 2].astype(np.int64)
        rows = np.flatnonzero((begins >= start) & (begins <= end) & (lasts >= end - OPEN_DAYS))
        later = month_day[None, :] + 31 > begins[rows, None]
        kept[rows] = later | ~(later & (clear[rows] > 0)).any(axis=1, keepdims=True)
    return kept


def _shares(cube: Block) -> dict[str, NDArray[np.uint8]]:
    """Shares of lit ground in each month, per cent, `nir` and `hue`, dims (pixel, month).

    Only months with lost vegetation are unmixed; the others are vegetation as their greenness says.
    """
    bands = {str(b): cube[b] for b in REFLECTANCE_BANDS if b in cube}
    green = greenness(bands)
    seen = np.isfinite(green) & ~is_snow(bands)
    veg = np.where(seen, np.clip((green - GREEN_NONE) / (GREEN_FULL - GREEN_NONE), 0, 1) * 100, 255)
    shares = {
        "vegetation": np.rint(veg).astype(np.uint8),
        "soil": np.where(seen, 100 - np.rint(veg), 255).astype(np.uint8),
        "pool": np.where(seen, 0, 255).astype(np.uint8),
    }
    shares["nir"], shares["hue"] = _light(cube)
    lost = seen & (green < GREEN_UNMIXED)
    if not lost.any():
        return shares
    mixed = fractions({b: v[lost] for b, v in bands.items()})
    lit = without_shade(mixed)
    pool = lit["water"].astype(np.int64) + lit["white"]
    new = {"vegetation": lit["vegetation"], "soil": lit["soil"]}
    new["pool"] = np.where(lit["water"] == NOT_SEEN, NOT_SEEN, np.minimum(pool, 100))
    for name, values in new.items():
        shares[name][lost] = values
    return shares


def _light(cube: Block) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Near-infrared and hue as the layers store them, dims (pixel, month)."""
    nir, green = cube["nir"].astype(np.float32), cube["green"].astype(np.float32)
    seen = cube["nir"] > 0
    light = np.minimum(np.rint(nir * (NIR_SCALE / REFLECTANCE_SCALE)), 254)
    hue = np.rint(100 + 100 * (green - nir) / np.maximum(green + nir, 1))
    stored = [np.where(seen, v, NO_SHARE).astype(np.uint8) for v in (light, hue)]
    return stored[0], stored[1]


GREEN_NONE, GREEN_FULL = 0.2, 0.8
"""Greenness without and with full vegetation, between which it mixes [D]."""
GREEN_UNMIXED = 0.6
"""Greenness below which a month is unmixed: about a third of the pixel has no vegetation [D]."""


def _drops(
    cube: Block, starts: NDArray[np.datetime64], runs: NDArray[np.uint16]
) -> NDArray[np.float32]:
    """Fall below the baseline of each month, in sd, dims (pixel, month)."""
    change = np.searchsorted(starts.astype(np.int64), runs[:, 0, 0].astype(np.int64), "right") - 1
    change = np.where(runs[:, 0, 0] > 0, change, len(starts))
    month = starts.astype("datetime64[M]").astype(np.int64) % 12
    angle = (month * (2 * np.pi / 12)).astype(np.float32)
    bands = {"red": cube["red"], "nir": cube["nir"]}
    return drop_below_baseline(greenness(bands), angle, change)


def _median_score(drop: NDArray[np.float32]) -> NDArray[np.int16]:
    """Median over months in stored units."""
    ordered = np.sort(drop, axis=1)  # NaN last
    count = np.isfinite(drop).sum(axis=1)
    out = np.full(len(drop), NO_SCORE, np.int16)
    has = count > 0
    rows = np.flatnonzero(has)
    middle = (ordered[rows, (count[rows] - 1) // 2] + ordered[rows, count[rows] // 2]) / 2
    out[has] = np.clip(np.rint(middle * SCORE_SCALE), -32767, 32767)
    return out


def _percent(part: NDArray[np.uint16], whole: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Share of looks, per cent; 255 where there are none."""
    total = whole.sum(axis=1, dtype=np.int64)
    share = part.sum(axis=1, dtype=np.int64) * 100 / np.maximum(total, 1)
    return np.where(total > 0, np.rint(share), 255).astype(np.uint8)
