"""Months to per-pixel evidence, period by period: no neighbourhood, bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.days import from_day
from minewatch.detect.overpass_thresholds import OVERPASS, OverpassRules
from minewatch.detect.pool_banks.baseline import follow_baseline
from minewatch.detect.pool_banks.disturbed_runs import (
    confirmed_runs,
    follow_runs,
    limits_of,
)
from minewatch.detect.pool_banks.evidence_layers import (
    EVIDENCE_LAYERS,
    NO_SHARE,
    SCORE_SCALE,
)
from minewatch.detect.pool_banks.month_passes import (
    SHARES,
    months_greenness,
    months_since_begun,
    see_ground,
)
from minewatch.detect.pool_banks.month_passes import limits_of as share_limits_of
from minewatch.detect.pool_banks.pool_bank_rules import DEFAULT, PoolBankRules, ShareRules
from minewatch.detect.pool_banks.season_statistics import (
    follow_swing,
    follow_years,
    median_score,
    median_share,
    nir_variability,
    percent,
    upper_share,
    year_shares,
)
from minewatch.detect.pool_banks.state_layers import START_MONTHS, start_state
from minewatch.detect.unmix import NOT_SEEN, fractions, without_shade
from minewatch.model import (
    REFLECTANCE_BANDS,
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
        block = {name: np.ascontiguousarray(values[:, part]) for name, values in flat.items()}
        record = {name: layer[part] for name, layer in layers.items()}
        found = _update_block(record, block, days, state.months, first_day, period, rules, overpass)
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
        "start_disturbed_pct": percent(*(v[None].copy() for v in (disturbed, clear))),
        "start_pool_pct": upper_share(np.ascontiguousarray(of["start_pool"].T)),
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
        The months, dims (month, pixel), C order.
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
    green = months_greenness(cube["red"], cube["nir"], overpass.path_light_dn)
    drop = follow_baseline(
        record["fit"], green, season_angle(days), untouched, rules=rules.baseline
    )
    follow_years(record["years"], clear, disturbed, days, first_day, rules.seasons.min_year_months)
    follow_swing(record["swing"], cube["nir"], clear, disturbed)
    early = max(0, min(START_MONTHS - done, len(days)))
    is_now = np.array([period is not None and _date(d) in period for d in days], bool)
    wanted = np.flatnonzero(is_now | (np.arange(len(days)) < early))
    shares = _shares(cube, green, wanted, rules.shares, overpass)
    if early:
        overpasses = np.stack([v[:early].sum(axis=0) for v in (clear, disturbed)], axis=-1)
        record["start_looks"] += overpasses.astype(np.uint16)
        record["start_pool"][:, done : done + early] = shares["pool"][:early].T
    if period is None:
        return {}
    now = np.flatnonzero(is_now)
    shares = {name: values[is_now[wanted]] for name, values in shares.items()}
    looks = clear[now], disturbed[now]
    kept = months_since_begun(
        record["runs"], record["under_way"], looks[0], days[now],
        from_day(period.start), from_day(period.end), rules.runs.open_days,
    )  # fmt: skip
    variability = nir_variability(record["swing"], rules.seasons.min_variability_months)
    return {**_figures(*looks, shares, drop[now], kept), "nir_variability": variability}


def season_angle(days: NDArray[np.int64]) -> NDArray[np.float32]:
    """Season of the months that begin on some days since 1970-01-01, radians."""
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return (month * (2 * np.pi / 12)).astype(np.float32)


def _figures(
    clear: NDArray[np.uint16],
    disturbed: NDArray[np.uint16],
    shares: dict[str, NDArray[np.uint8]],
    drop: NDArray[np.float32],
    kept: NDArray[np.bool_],
) -> dict[str, Array]:
    """Figures of the months of a period, all of which are ours to change; dims (month, pixel).

    `kept` are the months that show its last state.
    """
    looks = np.minimum(clear.sum(axis=0, dtype=np.uint32), 255)
    left_out = np.flatnonzero(~kept)
    clear.reshape(-1)[left_out] = disturbed.reshape(-1)[left_out] = 0
    drop.reshape(-1)[left_out] = np.nan
    for values in shares.values():
        values.reshape(-1)[left_out] = NO_SHARE
    return {
        "clear_looks": looks,
        "disturbed_pct": percent(disturbed, clear),
        "pool_pct": upper_share(shares["pool"]),
        "score": median_score(drop, np.float32(SCORE_SCALE)),
        **{layer: median_share(shares[name]) for name, layer in _LAYER_OF.items()},
    }


_LAYER_OF = {"vegetation": "vegetation_pct", "soil": "bare_pct", "nir": "nir", "ndwi": "ndwi"}


def _shares(
    cube: Block,
    green: NDArray[np.float32],
    wanted: NDArray[np.intp],
    rules: ShareRules,
    overpass: OverpassRules,
) -> dict[str, NDArray[np.uint8]]:
    """Shares of lit ground in the wanted months, per cent, `nir` and `ndwi`, dims (month, pixel).

    Months with lost vegetation are unmixed; the others are vegetation as their greenness says.
    """
    bands = {str(b): cube[b] for b in REFLECTANCE_BANDS if b in cube}
    pixels = green.shape[1]
    out = np.empty((len(SHARES), len(wanted), pixels), np.uint8)
    lost = np.empty(out.shape[1:], bool)
    limits = share_limits_of(rules, overpass, has_swir="swir16" in bands)
    swir = bands.get("swir16", cube["nir"])
    see_ground(out, lost, green, wanted, (cube["blue"], cube["green"], cube["nir"], swir), limits)
    shares = dict(zip(SHARES, out, strict=True))
    at = np.flatnonzero(lost)
    if not len(at):
        return shares
    month, pixel = np.divmod(at, pixels)
    of_all = wanted[month] * pixels + pixel
    mixed = fractions({b: v.reshape(-1)[of_all] for b, v in bands.items()})
    lit = without_shade(mixed)
    pool = lit["water"].astype(np.int64) + lit["white"]
    new = {"vegetation": lit["vegetation"], "soil": lit["soil"]}
    new["pool"] = np.where(lit["water"] == NOT_SEEN, NOT_SEEN, np.minimum(pool, 100))
    for name, values in new.items():
        shares[name].reshape(-1)[at] = values
    return shares


def _date(day: int) -> date:
    return date.fromordinal(int(day) + _EPOCH)


_EPOCH = date(1970, 1, 1).toordinal()
