"""Ground called cloud: settled by overpasses that come back."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from minewatch.detect import recent_counts, settle_cloud_commission
from minewatch.detect.overpass_thresholds import CLOUD_COMMISSION


def months(clear: list[int], doubtful: list[int], red: int = 2000) -> xr.Dataset:
    """A month cube of one pixel."""

    def layer(counts: list[int]) -> tuple[tuple[str, ...], np.ndarray]:
        return ("time", "y", "x"), np.array(counts, "uint16")[:, None, None]

    seen = [red if c or d else 0 for c, d in zip(clear, doubtful, strict=True)]
    return xr.Dataset(
        {
            "red": layer(seen),
            "clear_looks": layer(clear),
            "doubtful_looks": layer(doubtful),
            "disturbed_looks": layer(doubtful),
        }
    )


def overpasses(settled: xr.Dataset) -> list[int]:
    return settled["clear_looks"].to_numpy().ravel().tolist()


def test_one_cloud_in_an_unseen_month_is_not_ground() -> None:
    settled = settle_cloud_commission(months([3, 0, 3], [0, 1, 0]))
    assert overpasses(settled) == [3, 0, 3]
    assert settled["red"].to_numpy().ravel().tolist() == [2000, 0, 2000]
    assert settled["disturbed_looks"].to_numpy().ravel().tolist() == [0, 0, 0]


def test_a_pad_called_cloud_on_every_overpass_of_a_month_is_ground() -> None:
    assert overpasses(settle_cloud_commission(months([4, 4, 0], [0, 0, 3]))) == [4, 4, 3]


@pytest.mark.parametrize(("doubtful", "expected"), [([1, 1, 1], 1), ([1, 0, 1], 0)])
def test_a_doubt_that_comes_back_in_three_months_is_ground(
    doubtful: list[int], expected: int
) -> None:
    assert overpasses(settle_cloud_commission(months([0, 0, 0], doubtful)))[-1] == expected


def test_clear_overpasses_outvote_as_many_doubtful_ones() -> None:
    assert overpasses(settle_cloud_commission(months([2, 2, 0], [0, 0, 1])))[-1] == 0
    assert overpasses(settle_cloud_commission(months([1, 0, 0], [1, 1, 1])))[-1] == 1


def test_months_with_clear_overpasses_are_told_by_those_alone() -> None:
    assert overpasses(settle_cloud_commission(months([1, 2, 1], [5, 5, 5]))) == [1, 2, 1]


def test_nothing_later_decides() -> None:
    rng = np.random.default_rng(4)
    cube = months(rng.integers(0, 3, 24).tolist(), rng.integers(0, 3, 24).tolist())
    whole = settle_cloud_commission(cube)
    for end in (1, 5, 13):
        assert settle_cloud_commission(cube.isel(time=slice(0, end))).equals(
            whole.isel(time=slice(0, end))
        )


def test_a_settled_cube_stays_as_it_is() -> None:
    settled = settle_cloud_commission(months([1, 0, 2], [0, 3, 0]))
    assert settle_cloud_commission(settled) is settled


@pytest.mark.parametrize("ends", [(5, 13), (1, 2, 3, 14), (4, 4, 9)])
def test_months_settled_piece_by_piece_are_those_settled_together(ends: tuple[int, ...]) -> None:
    rng = np.random.default_rng(7)
    cube = months(
        (rng.random(24) < 0.1).astype(int).tolist(), (rng.random(24) < 0.6).astype(int).tolist()
    )
    whole, before, begin = settle_cloud_commission(cube), None, 0
    assert not whole["red"].equals(cube["red"])
    for end in (*ends, 24):
        part = cube.isel(time=slice(begin, end))
        assert settle_cloud_commission(part, before=before).equals(
            whole.isel(time=slice(begin, end))
        )
        before, begin = recent_counts(part, before=before), end


def _plainly(clear: np.ndarray, doubtful: np.ndarray) -> list[int]:
    """Looks of each month of one pixel, by the words of `settle_cloud_commission`."""
    told = []
    for now in range(len(clear)):
        back = [slice(max(0, now + 1 - length), now + 1) for length, _ in CLOUD_COMMISSION.windows]
        outvoted = any(
            doubtful[some].sum() >= fewest and doubtful[some].sum() > clear[some].sum()
            for some, (_, fewest) in zip(back, CLOUD_COMMISSION.windows, strict=True)
        )
        is_ground = not clear[now] and outvoted
        told.append(int(doubtful[now] if is_ground else clear[now]))
    return told


@pytest.mark.parametrize("known", [0, 1, 3, 7])
def test_every_window_counts_as_it_is_written(known: int) -> None:
    rng = np.random.default_rng(known)
    clear = rng.choice([0, 0, 0, 1, 2, 4], (12, 20, 30)).astype("uint16")
    doubtful = rng.choice([0, 0, 1, 2, 3], clear.shape).astype("uint16")
    dims = ("time", "y", "x")
    layers = {"clear_looks": clear, "doubtful_looks": doubtful, "red": clear + doubtful}
    cube = xr.Dataset({name: (dims, layer) for name, layer in layers.items()})
    before = recent_counts(cube.isel(time=slice(known))) if known else None
    settled = settle_cloud_commission(cube.isel(time=slice(known, None)), before=before)
    found = settled["clear_looks"].to_numpy()
    for y, x in np.ndindex(clear.shape[1:]):
        assert found[:, y, x].tolist() == _plainly(clear[:, y, x], doubtful[:, y, x])[known:]
    seen = np.where(found > 0, layers["red"][known:], 0)
    np.testing.assert_array_equal(settled["red"], seen)
    np.testing.assert_array_equal(cube["clear_looks"], clear)  # what was given stays as it was
