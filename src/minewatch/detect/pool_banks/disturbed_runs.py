"""When the vegetation of a pixel went, and how long it stayed away: OPERA's ladder by months."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from minewatch.compiled import kernel, part
from minewatch.detect.pool_banks.pool_bank_rules import RunRules

RUNS = 2
"""Runs kept a pixel: a field that was burnt and a mine that came after it [D]."""
OPEN_FIELDS = ("first", "before", "last", "green_day", "overpasses", "spread", "normal")
"""What is known of the run under way: its days as in a kept run, the last green overpass of all,
and the disturbed overpasses, their months and the green overpasses since. `first` 0: none is under
way."""


def limits_of(rules: RunRules) -> NDArray[np.int64]:
    """The thresholds as kernels take them, in a fixed order."""
    return np.array(
        [rules.confirm_overpasses, rules.confirm_months, rules.reset_overpasses], np.int64
    )


@kernel("uint16[:,:,::1]," + 5 * "uint16[:,::1]," + "int64[::1], int64[::1]")
def follow_runs(
    runs: NDArray[np.uint16],
    under_way: NDArray[np.uint16],
    clear: NDArray[np.uint16],
    disturbed: NDArray[np.uint16],
    undisturbed_day: NDArray[np.uint16],
    since_day: NDArray[np.uint16],
    month_day: NDArray[np.int64],
    limits: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Runs of disturbed overpasses of each pixel, followed through some more months, in place.

    A run begins with the first disturbed overpass after which no green one follows in its month.
    Until it is confirmed a green overpass moves its start; afterwards only mostly green months end
    it.

    Parameters
    ----------
    runs
        Confirmed runs that have ended, dims (pixel, run, 3): days since 1970-01-01 of the first
        disturbed overpass, of the last green overpass before it (0: none was seen) and of the last
        overpass known to be disturbed; 0 where there is no run. When there are more runs than fit,
        the longest are kept, in order of time.
    under_way
        `OPEN_FIELDS` of each pixel.
    clear, disturbed, undisturbed_day, since_day
        Layers of a month cube (`model.MONTH_LAYERS`), dims (month, pixel), C order.
    month_day
        First day of each month, days since 1970-01-01.
    limits
        From `limits_of`.

    Returns
    -------
    array, dims (month, pixel), bool
        True in months up to which the pixel's vegetation had never gone.
    """
    months, pixels = clear.shape
    untouched = np.zeros((months, pixels), np.bool_)
    for t in range(months):
        day0 = month_day[t] - 1
        for i in range(pixels):
            if clear[t, i] == 0:
                continue
            since, green = int(since_day[t, i]), int(undisturbed_day[t, i])
            if under_way[i, 0] or since:  # else it is green, as most ground is
                looks, hits = int(clear[t, i]), int(disturbed[t, i])
                _follow_run(runs[i], under_way[i], looks, hits, since, green, day0, limits)
            if green:
                under_way[i, 3] = day0 + green
            untouched[t, i] = under_way[i, 0] == 0 and runs[i, 0, 0] == 0
    return untouched


@part
def _follow_run(
    runs: NDArray[np.uint16],
    under_way: NDArray[np.uint16],
    looks: int,
    hits: int,
    since: int,
    green: int,
    day0: int,
    limits: NDArray[np.int64],
) -> None:
    """Take one month into the run of a pixel that is under way, or begins."""
    first, before, last = int(under_way[0]), int(under_way[1]), int(under_way[2])
    green_day, overpasses = int(under_way[3]), int(under_way[4])
    spread, normal = int(under_way[5]), int(under_way[6])
    is_confirmed = overpasses >= limits[0] and spread >= limits[1]
    if first and 2 * hits >= looks:
        overpasses, spread, normal = overpasses + hits, spread + 1, 0
        last = day0 + since if since else max(last, day0 + 1)
        if not is_confirmed and green and since:
            first, overpasses, spread = day0 + since, hits, 1
            before = day0 + green if green < since else green_day
    elif first:
        normal += looks - hits
        if normal >= limits[2] or not is_confirmed:
            if is_confirmed:
                _keep(runs, first, before, last)
            first = 0
    if first == 0 and since:
        first = last = day0 + since
        before = day0 + green if 0 < green < since else green_day
        overpasses, spread, normal = hits, 1, 0
    under_way[0], under_way[1], under_way[2] = first, before, last
    under_way[4], under_way[5], under_way[6] = min(overpasses, 65535), spread, normal


@kernel("uint16[:,:,::1], uint16[:,::1], int64[::1]")
def confirmed_runs(
    runs: NDArray[np.uint16], under_way: NDArray[np.uint16], limits: NDArray[np.int64]
) -> NDArray[np.uint16]:
    """The runs that have ended and the one under way, when it is confirmed.

    Parameters and result as for `follow_runs`: dims (pixel, run, 3); nothing is changed.
    """
    out = runs.copy()
    for i in range(len(runs)):
        first, overpasses, spread = under_way[i, 0], under_way[i, 4], under_way[i, 5]
        if first and overpasses >= limits[0] and spread >= limits[1]:
            _keep(out[i], int(first), int(under_way[i, 1]), int(under_way[i, 2]))
    return out


@part
def _keep(runs: NDArray[np.uint16], first: int, before: int, last: int) -> None:
    """Add a run; when there is no place, the shortest of all gives way."""
    place = -1
    for k in range(RUNS):
        if runs[k, 0] == 0:
            place = k
            break
    if place < 0:
        shortest, length = -1, last - first
        for k in range(RUNS):
            kept = int(runs[k, 2]) - int(runs[k, 0])
            if kept < length:
                shortest, length = k, kept
        if shortest < 0:
            return
        for k in range(shortest, RUNS - 1):
            for day in range(3):  # whole rows would take numba 3 s to compile
                runs[k, day] = runs[k + 1, day]
        place = RUNS - 1
    runs[place, 0], runs[place, 1], runs[place, 2] = first, before, last
