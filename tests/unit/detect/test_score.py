import numpy as np
import pytest

from minewatch.detect import EVIDENCE_LAYERS, check_evidence, score
from minewatch.detect.evidence import NO_SHARE
from minewatch.errors import ContractError

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
    monkeypatch.setattr(sys.modules["minewatch.detect.score"], "BLOCK_VALUES", 5_000)
    xr_equal = score(months, periods=periods).equals(whole)
    assert xr_equal


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
    with pytest.raises(ContractError, match="hue"):
        check_evidence(evidence.assign(hue=evidence["hue"].astype("float32")))


def test_dark_slopes_are_no_pools(world, periods) -> None:
    world.light[:, 20:] = 0.25
    evidence = score(world.months(), periods=periods)
    assert (evidence["pool_pct"].to_numpy() == 0).all()
    assert (evidence["disturbed_pct"].to_numpy() != NO_SHARE).all()
    assert (evidence["first_detected"].to_numpy() == 0).all()
