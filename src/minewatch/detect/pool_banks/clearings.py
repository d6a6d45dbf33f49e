"""Bare ground that came and stayed: all that pixels too coarse for pools can show of a mine.

A pixel above 15 m mixes pools of 8-14 m with what lies round them, so no term that needs a pool is
asked for. What is left is the clearing: ground that was green while it was watched, lost its
vegetation, is bare soil rather than water or rock, outlasts a monsoon, and has the shape of a site
rather than of a slide or a road. A quarry or a large building site does the same: such a site is
never more than `provisional` (`minewatch.sites.alerts`). Mines older than the record are not
found: bare from the start, they look like a village.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from minewatch.detect.labels import label_pixels
from minewatch.detect.morphology import Pixels
from minewatch.detect.pool_banks.change_rules import name_confuser
from minewatch.detect.pool_banks.evidence_layers import NO_SHARE
from minewatch.detect.pool_banks.evidence_terms import ramp
from minewatch.detect.pool_banks.patch_cutting import lost_ground, run_of
from minewatch.detect.pool_banks.patch_figures import look_at, summarise
from minewatch.detect.pool_banks.patch_slope import SLOPE_COLUMNS, slopes_under
from minewatch.detect.pool_banks.period_patches import Season
from minewatch.model import POOL_COLUMNS, EvidenceTerm, Grid, Period

MIN_PIXELS = 3
"""Fewer effective pixels than this have no shape that could be told from a slide's [D]."""
MIN_AREA_M2 = 1_500.0
"""Smaller clearings are fields, yards and gaps; sites have 0.1 ha cleared and more [DOMAIN §2]."""
LASTS_DAYS = (300, 450)
"""Days without vegetation from which a clearing may have, and has, outlasted a monsoon and the dry
season after it: swidden is green within weeks of the rains, at the latest after one [DOMAIN §3]."""
BARE_PCT = (15, 35)
"""Mean share of bare soil from which ground may be, and is, open: 32 to 90 % of clearings at mines,
10 to 30 % of swidden (simulated, 20 m)."""
DRAWN_OUT = (1.8, 2.6)
"""Length over width from which ground may be, and is, taken for a slide or a road."""
NIR_SWING = (12, 20)
"""`nir_variability` of ground that may be, and is, worked, hundredths: 16 to 44 at mines, 8 to 12
on quiet clearings (simulated, 20 m)."""
TOO_YOUNG = 0.3
"""`alive` of ground too young to have shown any swing [D]."""
TURNS_GREEN_PCT = (30, 42)
"""Share of years in which it turns green again from which ground may be, and is, a field."""
OLD_PCT = 50
"""Share of the looks of the first year without vegetation from which ground was bare before."""
SEASONAL_PCT = 45
"""Share of years in which it turns green again from which ground is a field."""

CLEARING_TERMS: Mapping[str, EvidenceTerm] = {
    "new": EvidenceTerm(weight=2.0, meaning="it was green while we watched, and is not any more"),
    "lasting": EvidenceTerm(weight=4.0, meaning="bare through the monsoon after it was opened"),
    "bare": EvidenceTerm(weight=3.0, meaning="bare soil: neither water nor shade nor grey rock"),
    "compact": EvidenceTerm(weight=3.0, meaning="not drawn out like a slide or a road"),
    "alive": EvidenceTerm(
        weight=5.0,
        meaning="some pixel's brightness swings as ground does that is dug, wetted and dried: "
        "yards and quarries keep theirs",
    ),
    "not_seasonal": EvidenceTerm(
        weight=3.0, meaning="not green and bare by turns, as fields and fallows are"
    ),
}
"""Log-odds that each term adds when it is 1. Starting values, set by eye on three simulated worlds
of 4 km at 20 m (seeds 31 to 33) and tried on others: `docs/sensors.md`."""
BIAS = -16.5
"""Log-odds with no evidence at all: no term may fail for more than a first sign."""


def find_clearing_seasons(
    evidence: xr.Dataset, periods: Sequence[Period], *, grid: Grid, gradient: xr.Dataset | None
) -> tuple[list[Season], NDArray[np.uint8]]:
    """Clearings of every period, in the form in which patches with pools are given.

    Parameters
    ----------
    evidence, periods
        As for `find_seasons`.
    grid
        Where they lie, and what its pixels can show.
    gradient
        How the ground slopes, when known: tells slides.

    Returns
    -------
    seasons
        In order of time; confidence from `CLEARING_TERMS`.
    pools
        All zero: none can be seen, dims (y, x).
    """
    shape = evidence["first_detected"].shape
    seasons = [
        _season(evidence, step, period, grid=grid, gradient=gradient)
        for step, period in enumerate(periods)
    ]
    return seasons, np.zeros(shape, np.uint8)


def _season(
    evidence: xr.Dataset, step: int, period: Period, *, grid: Grid, gradient: xr.Dataset | None
) -> Season:
    """Clearings of one period, each judged by all that is known of it by the end of the record."""
    shape = evidence["first_detected"].shape
    patches = label_pixels(_opened_ground(evidence, step, period), shape[1])
    no_pools = np.zeros(len(patches.at), np.uint8)
    seen = look_at(patches, evidence, step, period, pools=no_pools)
    table = summarise(seen, patches.count, pixel_m=grid.resolution_m)
    table["area_m2"] = table["pixels"] * grid.pixel_area_m2
    least_m2 = max(MIN_AREA_M2, MIN_PIXELS * grid.visibility.effective_pixel_m**2)
    table = table[(table["area_m2"] >= least_m2) & (table["first"] > 0)]
    if gradient is None:
        table[list(SLOPE_COLUMNS)] = np.nan
    else:
        table = table.join(slopes_under(patches, table, gradient, grid=grid))
    is_clearing = [name_confuser(row)[0] == "other_clearing" for row in table.to_dict("records")]
    table = table[np.array(is_clearing, bool)]
    terms = clearing_terms(table)
    named = [
        {str(k): float(v) for k, v in row.items()} for row in terms.round(4).to_dict("records")
    ]
    table = table.assign(
        confidence=clearing_confidence(terms),
        terms=pd.Series(named, index=table.index, dtype=object),
    )
    return Season(step, period, patches.at, patches.label, table)


def _opened_ground(evidence: xr.Dataset, step: int, period: Period) -> Pixels:
    """Lost ground that was green before, in the record, and is not green again by the year."""
    at = lost_ground(evidence, step, period)
    place = np.unravel_index(at, evidence["first_detected"].shape)
    run = np.maximum(run_of(evidence, period, place), 0)
    before = evidence.variables["run_before"].to_numpy()[run, *place]
    is_old = _at_least(evidence, "start_disturbed_pct", OLD_PCT, place)
    is_field = _at_least(evidence, "seasonal_pct", SEASONAL_PCT, place)
    return np.asarray(at[(before > 0) & ~is_old & ~is_field])


def _at_least(
    evidence: xr.Dataset, name: str, least: int, place: tuple[NDArray[np.intp], ...]
) -> NDArray[np.bool_]:
    """Which of some pixels have a share of at least so much."""
    share = evidence.variables[name].to_numpy()[place]
    return np.asarray((share >= least) & (share != NO_SHARE))


def clearing_terms(patches: pd.DataFrame) -> pd.DataFrame:
    """Evidence of every clearing, each term 0 (against) to 1 (for).

    Parameters
    ----------
    patches
        From `patch_figures.summarise`.

    Returns
    -------
    pandas.DataFrame
        Same index, one column for each of `CLEARING_TERMS`.
    """
    swing = patches["nir_variability"]
    return pd.DataFrame(
        {
            "new": patches["new"],
            "lasting": ramp(patches["lasting_days"], *LASTS_DAYS),
            "bare": ramp(patches["bare_pct"], *BARE_PCT),
            "compact": 1 - ramp(patches["elongation"], *DRAWN_OUT),
            "alive": ramp(swing, *NIR_SWING).where(swing.notna(), TOO_YOUNG),
            "not_seasonal": 1 - ramp(patches["seasonal_pct"], *TURNS_GREEN_PCT),
        }
    )[list(CLEARING_TERMS)]


def clearing_confidence(terms: pd.DataFrame) -> pd.Series:
    """Confidence 0..1 that a clearing is a mine: logistic, rising with every term.

    Parameters
    ----------
    terms
        From `clearing_terms`.
    """
    weights = pd.Series({name: term.weight for name, term in CLEARING_TERMS.items()})
    odds = BIAS + (terms * weights).sum(axis=1)
    return pd.Series(1 / (1 + np.exp(-odds.to_numpy(float))), index=terms.index)


def without_pools(table: pd.DataFrame) -> Any:
    """The table with null in every column that only pools could fill.

    Parameters
    ----------
    table
        Contract `DETECTIONS` or `OBSERVATIONS`.
    """
    return table.assign(**dict.fromkeys(POOL_COLUMNS, np.nan))
