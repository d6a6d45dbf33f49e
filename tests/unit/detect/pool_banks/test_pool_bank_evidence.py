import numpy as np
import pytest

from minewatch.detect.pool_banks.evidence_layers import (
    EVIDENCE_LAYERS,
    NO_SHARE,
    check_evidence,
)
from minewatch.detect.pool_banks.pool_bank_evidence import score, update_evidence
from minewatch.detect.pool_banks.state_layers import start_state
from minewatch.errors import ContractError
from minewatch.model import split_months

SINCE = "2020-12-01"


def test_every_layer_of_the_contract_is_there_and_says_what_is_missing(world, periods) -> None:
    evidence = score(world.months(), periods=periods)
    check_evidence(evidence)
    for name, layer in EVIDENCE_LAYERS.items():
        assert evidence[name].attrs["_FillValue"] == layer.missing


def test_ground_that_was_never_seen_is_not_observed(world, periods) -> None:
    world.clear[:, :3] = 0
    evidence = score(world.months(), periods=periods)
    for name, layer in EVIDENCE_LAYERS.items():
        assert (evidence[name].to_numpy()[..., :3, :] == layer.missing).all(), name


def test_a_pixel_is_judged_by_itself(world, periods) -> None:
    months = world.mine(5, 5, since=SINCE).months()
    whole = score(months, periods=periods)
    part = score(months.isel(y=slice(7, 12), x=slice(3, 30)), periods=periods)
    for name in EVIDENCE_LAYERS:
        cut = whole[name].isel(y=slice(7, 12), x=slice(3, 30))
        np.testing.assert_array_equal(part[name], cut)


def test_blocks_change_nothing(world, periods, monkeypatch) -> None:
    import sys

    months = world.mine(5, 5, since=SINCE).months()
    whole = score(months, periods=periods)
    monkeypatch.setattr(
        sys.modules["minewatch.detect.pool_banks.pool_bank_evidence"], "BLOCK_VALUES", 5_000
    )
    xr_equal = score(months, periods=periods).equals(whole)
    assert xr_equal


@pytest.mark.parametrize("cut", [1, 8, 30])
def test_months_taken_in_at_once_or_in_two_parts_leave_the_same_record(world, periods, cut) -> None:
    months = world.mine(5, 5, since=SINCE).months()
    size = months.sizes["y"] * months.sizes["x"]
    once, _ = update_evidence(start_state(size), months, period=None)
    first, _ = update_evidence(start_state(size), months.isel(time=slice(0, cut)), period=None)
    twice, _ = update_evidence(first, months.isel(time=slice(cut, None)), period=None)
    assert (once.months, once.first_day) == (twice.months, twice.first_day)
    for name, layer in once.layers.items():
        np.testing.assert_array_equal(layer, twice.layers[name], err_msg=name)
    assert first.layers["fit"].any()


def test_a_period_is_told_alike_whatever_comes_later(world, periods) -> None:
    months = world.mine(5, 5, since="2021-03-01").months()
    whole = score(months, periods=periods)
    until = score(months.sel(time=slice(None, "2021-04-30")), periods=periods[:3])
    for name, layer in EVIDENCE_LAYERS.items():
        if "period" in layer.dims:
            np.testing.assert_array_equal(until[name], whole[name][:3], err_msg=name)


def test_every_month_is_weighed_once(world, periods) -> None:
    starts = world.times.date.tolist()
    steps = list(split_months(starts, periods))
    assert [at for _, part in steps for at in range(len(starts))[part]] == list(range(len(starts)))
    assert [period for period, _ in steps] == [*periods, None]


def test_a_clearing_is_dated_scored_and_measured_at_the_end_of_its_season(world, periods) -> None:
    evidence = score(world.mine(5, 5, since="2021-03-01").months(), periods=periods)
    pad, season = {"y": 6, "x": 6}, 2
    assert evidence["run_start"].isel(run=0, **pad) == np.datetime64("2021-03-05", "D").astype(int)
    assert evidence["run_before"].isel(run=0, **pad) == np.datetime64("2021-02-26", "D").astype(int)
    assert evidence["disturbed_pct"].isel(period=season, **pad) == 100
    assert evidence["bare_pct"].isel(period=season, **pad) > 80
    assert evidence["score"].isel(period=season, **pad) > 500
    assert evidence["disturbed_pct"].isel(period=season - 1, **pad) == 0


def test_shortwave_bands_may_be_absent(world, periods) -> None:
    months = world.mine(5, 5, since=SINCE).months(bands=("blue", "green", "red", "nir"))
    evidence = score(months, periods=periods)
    assert evidence["pool_pct"].isel(period=3, y=8, x=8) > 25


def test_a_site_older_than_the_archive_has_no_score(world, periods) -> None:
    evidence = score(world.mine(5, 5, since="2010-01-01").months(), periods=periods)
    assert evidence["score"].isel(y=6, x=6).to_numpy().tolist() == [-32768] * len(periods)
    assert evidence["start_disturbed_pct"].isel(y=6, x=6) == 100


def test_evidence_that_lacks_a_layer_is_refused(world, periods) -> None:
    evidence = score(world.months(), periods=periods)
    with pytest.raises(ContractError, match="nir"):
        check_evidence(evidence.drop_vars("nir"))
    with pytest.raises(ContractError, match="ndwi"):
        check_evidence(evidence.assign(ndwi=evidence["ndwi"].astype("float32")))


def test_dark_slopes_are_no_pools(world, periods) -> None:
    world.light[:, 20:] = 0.25
    evidence = score(world.months(), periods=periods)
    assert (evidence["pool_pct"].to_numpy() == 0).all()
    assert (evidence["disturbed_pct"].to_numpy() != NO_SHARE).all()
    assert (evidence["first_detected"].to_numpy() == 0).all()
