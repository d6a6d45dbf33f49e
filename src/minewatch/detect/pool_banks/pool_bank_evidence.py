"""Months to per-pixel evidence, period by period: no neighbourhood, bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.days import from_day
from minewatch.detect.overpass_rules import greenness, is_snow
from minewatch.detect.overpass_thresholds import OVERPASS, OverpassRules
from minewatch.detect.pool_banks.baseline import follow_baseline
from minewatch.detect.pool_banks.disturbed_runs import (
    RUNS,
    confirmed_runs,
    follow_runs,
    limits_of,
)
from minewatch.detect.pool_banks.evidence_layers import (
    EVIDENCE_LAYERS,
    NIR_SCALE,
    NO_SCORE,
    NO_SHARE,
    SCORE_SCALE,
)
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT, PoolBankRules, ShareRules
from minewatch.detect.pool_banks.season_statistics import (
    follow_swing,
    follow_years,
    median_share,
    nir_variability,
    upper_share,
    year_shares,
)
from minewatch.detect.pool_banks.state_layers import START_MONTHS, start_state
from minewatch.detect.unmix import NOT_SEEN, fractions, without_shade
from minewatch.model import (
    REFLECTANCE_BANDS,
    REFLECTANCE_SCALE,
    Period,
    PixelState,
    check_month_cube,
    split_months,
)

BLOCK_VALUES = 1 << 21
"""Pixel-months worked on at a time: sets the memory, never the answer."""
Array = NDArray[Any]
Block = dict[str, NDArray[np.uint16]]


def score(
    months: xr.Dataset,
    *,
    periods: Sequence[Period],
    rules: PoolBankRules = DEFAULT,
    overpass: OverpassRules = OVERPASS,
) -> xr.Dataset:
    """Per-pixel evidence of lost vegetation, pools and their dates.

    Each pixel is judged by its own past alone, so chunks can be scored apart. The evidence of a
    period is what could be said at its end; runs use all months, because a later overpass may
    overturn an early verdict. It is `update_evidence` period by period, then `conclude`.

    Parameters
    ----------
    months
        Month cube (`model.check_month_cube`), dims (time, y, x), reflectance x 10,000. SWIR may
        be absent, months may be unseen.
    periods
        Reporting periods, in order of time. A month belongs to the period that holds its first day.
    rules, overpass
        Thresholds.

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
    state = start_state(months.sizes["y"] * months.sizes["x"])
    layers: list[xr.Dataset] = []
    starts = months["time"].to_numpy().astype("datetime64[D]").astype(object).tolist()
    for period, part in split_months(starts, periods):
        state, seasonal = update_evidence(
            state, months.isel(time=part), period=period, rules=rules, overpass=overpass
        )
        layers += [seasonal] if period else []
    whole = conclude(state, rules=rules, shape=(months.sizes["y"], months.sizes["x"]))
    whole = whole.assign_coords(_ground(months))
    if layers:
        return whole.merge(xr.concat(layers, "period"))
    size = {"period": 0, "y": months.sizes["y"], "x": months.sizes["x"]}
    none = {
        name: _layer(name, np.empty([size[d] for d in layer.dims], layer.dtype))
        for name, layer in EVIDENCE_LAYERS.items()
        if "period" in layer.dims
    }
    return whole.assign(none)


def update_evidence(
    state: PixelState,
    months: xr.Dataset,
    *,
    period: Period | None,
    rules: PoolBankRules = DEFAULT,
    overpass: OverpassRules = OVERPASS,
) -> tuple[PixelState, xr.Dataset]:
    """Evidence of one period, and the record with its months taken in.

    Parameters
    ----------
    state
        The record of the same pixels up to the first of the months, row by row.
    months
        Month cube, dims (time, y, x): those since then, up to the end of the period.
    period
        The period to judge; None judges none.
    rules, overpass
        Thresholds.

    Returns
    -------
    state
        The record up to the last of the months.
    evidence
        The layers of `EVIDENCE_LAYERS` with a dimension `period`, without it: dims (y, x). Empty
        when no period is judged.

    Raises
    ------
    ContractError
        When the cube lacks a layer.
    """
    check_month_cube(months)
    days = months["time"].to_numpy().astype("datetime64[D]").astype(np.int64)
    first_day = state.first_day if state.months else int(days[0]) if len(days) else 0
    shape = months.sizes["y"], months.sizes["x"]
    pixels = shape[0] * shape[1]
    layers, step = state.copied(), max(1, BLOCK_VALUES // max(1, len(days)))
    out = {
        name: np.full(pixels, layer.missing, layer.dtype)
        for name, layer in EVIDENCE_LAYERS.items()
        if period and "period" in layer.dims
    }
    flat = {str(n): months[n].to_numpy().reshape(len(days), pixels) for n in months.data_vars}
    for start in range(0, pixels, step):
        part = slice(start, start + step)
        block = {name: np.ascontiguousarray(values[:, part].T) for name, values in flat.items()}
        bands = {band: flat[band][:, part] for band in ("red", "nir")}
        green = greenness(bands, rules=overpass)
        record = {name: layer[part] for name, layer in layers.items()}
        found = _update_block(
            record, block, green, days, state.months, first_day, period, rules, overpass
        )
        for name, values in found.items():
            out[name][part] = values
    evidence = xr.Dataset({name: _layer(name, v.reshape(shape)) for name, v in out.items()})
    now = PixelState(state.months + len(days), first_day, layers)
    return now, evidence.assign_coords(_ground(months))


def conclude(
    state: PixelState, *, shape: tuple[int, int], rules: PoolBankRules = DEFAULT
) -> xr.Dataset:
    """Evidence that belongs to no period: what the whole record says.

    Parameters
    ----------
    state
        From `update_evidence`.
    shape
        Rows and columns of the pixels.
    rules
        Thresholds.

    Returns
    -------
    xarray.Dataset
        The layers of `EVIDENCE_LAYERS` without a dimension `period`.
    """
    of = state.layers
    runs = confirmed_runs(of["runs"], of["under_way"], limits_of(rules.runs))
    clear, disturbed = of["start_looks"].T
    values: dict[str, Array] = {
        "run_start": runs[:, :, 0].T,
        "run_before": runs[:, :, 1].T,
        "run_end": runs[:, :, 2].T,
        "first_detected": runs[:, 0, 0],
        "start_disturbed_pct": _percent(disturbed[:, None], clear[:, None]),
        "start_pool_pct": upper_share(of["start_pool"]),
        "seasonal_pct": year_shares(of["years"], min_months=rules.seasons.min_year_months),
    }
    whole = {
        name: _layer(name, np.ascontiguousarray(v).reshape(*v.shape[:-1], *shape))
        for name, v in values.items()
    }
    return xr.Dataset(whole)


def _layer(name: str, values: Array) -> tuple[tuple[str, ...], Array, dict[str, Any]]:
    """A layer as a variable; dims as in the contract, without the period where there is none."""
    layer = EVIDENCE_LAYERS[name]
    dims = layer.dims[-values.ndim :]
    return dims, values.astype(layer.dtype, copy=False), layer.attributes


def _ground(like: xr.Dataset) -> dict[str, xr.DataArray]:
    return {name: like[name] for name in ("y", "x") if name in like.coords}


def _update_block(
    record: dict[str, Array],
    cube: Block,
    green: NDArray[np.float32],
    days: NDArray[np.int64],
    done: int,
    first_day: int,
    period: Period | None,
    rules: PoolBankRules,
    overpass: OverpassRules,
) -> dict[str, Array]:
    """Take the months of some pixels into their record, in place, and judge a period.

    Parameters
    ----------
    record
        `PIXEL_STATE_LAYERS`, dims (pixel, field...).
    cube
        The months, dims (pixel, month).
    green
        Their greenness, dims (month, pixel).
    days
        First day of each month, days since 1970-01-01.
    done, first_day
        Months before them, and first day of them all.
    period, rules, overpass
        The period to judge, and thresholds.

    Returns
    -------
    dict
        The periodic layers, dims (pixel,).
    """
    clear, disturbed = cube["clear_looks"], cube["disturbed_looks"]
    untouched = follow_runs(
        record["runs"], record["under_way"], clear, disturbed,
        cube["last_undisturbed_day"], cube["disturbed_since_day"], days, limits_of(rules.runs),
    )  # fmt: skip
    angle = season_angle(days)
    drop = follow_baseline(record["fit"], green, angle, untouched, rules=rules.baseline)
    follow_years(record["years"], clear, disturbed, days, first_day, rules.seasons.min_year_months)
    lost = (clear > 0) & (2 * disturbed >= clear)
    follow_swing(record["swing"], cube["nir"], lost)
    early = max(0, min(START_MONTHS - done, len(days)))
    is_now = np.array([period is not None and _date(d) in period for d in days], bool)
    wanted = is_now | (np.arange(len(days)) < early)
    shares = _shares(cube, np.ascontiguousarray(green.T), wanted, rules.shares, overpass)
    if early:
        overpasses = np.stack([v[:, :early].sum(axis=1) for v in (clear, disturbed)], axis=-1)
        record["start_looks"] += overpasses.astype(np.uint16)
        record["start_pool"][:, done : done + early] = shares["pool"][:, :early]
    if period is None:
        return {}
    now = np.flatnonzero(is_now)
    cube = {name: values[:, now] for name, values in cube.items()}
    shares = {name: values[:, now] for name, values in shares.items()}
    kept = _since_begun(record, cube["clear_looks"], days[now], period, rules.runs.open_days)
    variability = nir_variability(record["swing"], rules.seasons.min_variability_months)
    return {**_figures(cube, shares, drop[now].T, kept), "nir_variability": variability}


def season_angle(days: NDArray[np.int64]) -> NDArray[np.float32]:
    """Season of the months that begin on some days since 1970-01-01, radians."""
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return (month * (2 * np.pi / 12)).astype(np.float32)


def _figures(
    cube: Block, shares: dict[str, NDArray[np.uint8]], drop: NDArray[np.float32], kept: Array
) -> dict[str, Array]:
    """Figures of the months of a period; `kept` are those that show its last state."""
    clear, disturbed = cube["clear_looks"], cube["disturbed_looks"]
    shares = {n: np.where(kept, v, NO_SHARE).astype("u1") for n, v in shares.items()}
    return {
        "clear_looks": np.minimum(clear.sum(axis=1, dtype=np.int64), 255),
        "disturbed_pct": _percent(disturbed * kept, clear * kept),
        "pool_pct": upper_share(shares["pool"]),
        "score": _median_score(np.where(kept, drop, np.nan)),
        **{layer: median_share(shares[name]) for name, layer in _LAYER_OF.items()},
    }


_LAYER_OF = {"vegetation": "vegetation_pct", "soil": "bare_pct", "nir": "nir", "ndwi": "ndwi"}


def _since_begun(
    record: dict[str, Array],
    clear: NDArray[np.uint16],
    days: NDArray[np.int64],
    period: Period,
    open_days: int,
) -> NDArray[np.bool_]:
    """Months of a period that show its last state, dims (pixel, month).

    Where ground was opened within the period, the months before it are left out: the figures of a
    period are those of its end. A run counts before it is confirmed.
    """
    kept = np.ones(clear.shape, bool)
    start, end = from_day(period.start), from_day(period.end)
    runs = [record["runs"][:, k] for k in range(RUNS)] + [record["under_way"]]
    for run in runs:
        begins, lasts = run[:, 0].astype(np.int64), run[:, 2].astype(np.int64)
        rows = np.flatnonzero((begins >= start) & (begins <= end) & (lasts >= end - open_days))
        later = days[None, :] + 31 > begins[rows, None]
        kept[rows] = later | ~(later & (clear[rows] > 0)).any(axis=1, keepdims=True)
    return kept


def _shares(
    cube: Block,
    green: NDArray[np.float32],
    wanted: NDArray[np.bool_],
    rules: ShareRules,
    overpass: OverpassRules,
) -> dict[str, NDArray[np.uint8]]:
    """Shares of lit ground in each month, per cent, `nir` and `ndwi`, dims (pixel, month).

    All that is given has these dims, too. Only wanted months with lost vegetation are unmixed; the
    others are vegetation as their greenness says.
    """
    bands = {str(b): cube[b] for b in REFLECTANCE_BANDS if b in cube}
    seen = np.isfinite(green) & ~is_snow(bands, rules=overpass)
    veg = np.where(
        seen,
        np.clip((green - rules.green_none) / (rules.green_full - rules.green_none), 0, 1) * 100,
        255,
    )
    shares = {
        "vegetation": np.rint(veg).astype(np.uint8),
        "soil": np.where(seen, 100 - np.rint(veg), 255).astype(np.uint8),
        "pool": np.where(seen, 0, 255).astype(np.uint8),
    }
    shares["nir"], shares["ndwi"] = _light(cube)
    lost = seen & (green < rules.green_unmixed) & wanted
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
    """Near-infrared and NDWI as the layers store them, dims (pixel, month)."""
    nir, green = cube["nir"].astype(np.float32), cube["green"].astype(np.float32)
    seen = cube["nir"] > 0
    light = np.minimum(np.rint(nir * (NIR_SCALE / REFLECTANCE_SCALE)), 254)
    ndwi = np.rint(100 + 100 * (green - nir) / np.maximum(green + nir, 1))
    stored = [np.where(seen, v, NO_SHARE).astype(np.uint8) for v in (light, ndwi)]
    return stored[0], stored[1]


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
    """Share of overpasses, per cent; 255 where there are none."""
    total = whole.sum(axis=1, dtype=np.int64)
    share = part.sum(axis=1, dtype=np.int64) * 100 / np.maximum(total, 1)
    return np.where(total > 0, np.rint(share), 255).astype(np.uint8)


def _date(day: int) -> date:
    return date.fromordinal(int(day) + _EPOCH)


_EPOCH = date(1970, 1, 1).toordinal()
