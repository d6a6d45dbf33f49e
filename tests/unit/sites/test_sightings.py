"""One window and one alert from what several sensors say of a site."""

from __future__ import annotations

from typing import Any

import pytest

from minewatch.sites import FusedSite, Sighting, fuse_sightings


def optical(**changes: Any) -> Sighting:
    return sighting(run="optical", pixel_m=10.0, platforms=frozenset({"sentinel-2"}), **changes)


def radar(**changes: Any) -> Sighting:
    return sighting(run="radar", pixel_m=20.0, platforms=frozenset({"sentinel-1"}), **changes)


def landsat(**changes: Any) -> Sighting:
    return sighting(run="landsat", pixel_m=30.0, platforms=frozenset({"landsat"}), **changes)


def sighting(**given: Any) -> Sighting:
    found: dict[str, Any] = {
        "verdict": "found", "alert": "provisional", "first_detected": "2021-11-10",
        "last_undisturbed": "2021-05-01",
    }  # fmt: skip
    return Sighting(**{**found, **given})


def absent(verdict: str) -> dict[str, Any]:
    return {
        "verdict": verdict, "alert": None, "first_detected": None, "last_undisturbed": None,
    }  # fmt: skip


def verdicts(fused: FusedSite) -> list[str]:
    return [s.verdict for s in fused.sightings]


def test_the_window_ends_with_the_earliest_detection_and_says_whose_it_is() -> None:
    fused = fuse_sightings([
        optical(), radar(first_detected="2021-07-20", last_undisturbed="2021-06-20"),
    ])  # fmt: skip
    assert (fused.first_detected, fused.first_detected_by) == ("2021-07-20", "radar")
    assert verdicts(fused) == ["found", "found"]


def test_the_window_begins_with_the_undisturbed_day_of_the_finest_pixels() -> None:
    fused = fuse_sightings([
        optical(), radar(first_detected="2021-07-20", last_undisturbed="2021-06-20"),
    ])  # fmt: skip
    assert (fused.last_undisturbed, fused.last_undisturbed_by) == ("2021-05-01", "optical")


def test_an_undisturbed_day_after_the_first_detection_is_not_taken() -> None:
    fused = fuse_sightings([
        optical(last_undisturbed="2021-07-25"),
        radar(first_detected="2021-07-20", last_undisturbed="2021-06-20"),
    ])  # fmt: skip
    assert (fused.last_undisturbed, fused.last_undisturbed_by) == ("2021-06-20", "radar")


def test_a_detection_long_before_finer_pixels_saw_green_is_no_date_and_is_visible() -> None:
    early = radar(first_detected="2020-07-20", last_undisturbed="2020-06-20")
    fused = fuse_sightings([optical(), early])
    assert fused.first_detected_by == "optical"
    assert (verdicts(fused), fused.agreement) == (["found", "found_earlier"], "disputed")


def test_large_pixels_that_saw_green_later_do_not_move_the_date_of_fine_ones() -> None:
    late = radar(first_detected="2023-07-20", last_undisturbed="2023-06-20")
    fused = fuse_sightings([optical(alert="candidate"), late])
    assert fused.first_detected == "2021-11-10"
    assert verdicts(fused) == ["found", "found_later"]
    assert fused.agreement == "alone"


def test_ground_that_is_older_than_one_archive_is_dated_by_the_longer_one() -> None:
    fused = fuse_sightings([
        optical(first_detected="2018-11-03", last_undisturbed=None),
        landsat(first_detected="2010-02-24", last_undisturbed="2009-12-22"),
    ])  # fmt: skip
    assert (fused.last_undisturbed, fused.first_detected) == ("2009-12-22", "2010-02-24")


def test_two_independent_sensors_raise_a_candidate_to_provisional_and_no_further() -> None:
    fused = fuse_sightings([optical(alert="candidate"), radar(alert="candidate")])
    assert (fused.alert, fused.agreement) == ("provisional", "agreed")
    assert fused.alert_reason == "raised: optical, radar agree"
    assert fuse_sightings([optical(), radar()]).alert == "provisional"
    assert fuse_sightings([optical(alert="confirmed"), radar()]).alert == "confirmed"


@pytest.mark.parametrize("platforms", [frozenset({"sentinel-2", "landsat"}), frozenset()])
def test_runs_of_the_same_or_of_unknown_missions_do_not_raise(platforms: frozenset[str]) -> None:
    other = sighting(run="hls", pixel_m=30.0, platforms=platforms, alert="candidate")
    fused = fuse_sightings([optical(alert="candidate"), other])
    assert (fused.alert, fused.agreement) == ("candidate", "alone")


@pytest.mark.parametrize("verdict", ["seen_not_found", "other_change"])
def test_fine_pixels_that_saw_no_mine_lower_what_large_ones_found(verdict: str) -> None:
    fused = fuse_sightings([optical(**absent(verdict)), radar()])
    assert (fused.alert, fused.agreement) == ("candidate", "disputed")
    assert "optical" in fused.alert_reason


@pytest.mark.parametrize("verdict", ["not_seen", "not_watched", "older"])
def test_who_did_not_see_the_ground_changes_nothing(verdict: str) -> None:
    fused = fuse_sightings([optical(**absent(verdict)), radar()])
    assert (fused.alert, fused.agreement, fused.alert_reason) == ("provisional", "alone", "")


def test_large_pixels_never_overrule_fine_ones_but_are_heard() -> None:
    for alert in ("provisional", "confirmed"):
        fused = fuse_sightings([optical(alert=alert), radar(**absent("seen_not_found"))])
        assert (fused.alert, fused.agreement) == (alert, "disputed")


def test_a_site_that_fine_pixels_take_back_is_a_candidate_at_most() -> None:
    back = optical(verdict="rejected", alert="rejected")
    fused = fuse_sightings([back, radar(first_detected="2021-07-20")])
    assert (fused.alert, fused.first_detected_by) == ("candidate", "radar")


def test_a_site_that_all_take_back_is_rejected() -> None:
    back = {"verdict": "rejected", "alert": "rejected"}
    fused = fuse_sightings([optical(**back), radar(**back, first_detected="2021-07-20")])
    assert (fused.alert, fused.first_detected) == ("rejected", "2021-07-20")
