"""State of other rules is never mixed in: what they made is named, counted and made anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from minewatch import synthetic
from minewatch.detect import detector_registry
from minewatch.detect.overpass_thresholds import OverpassRules
from minewatch.detect.pool_banks.pool_bank_detector import PoolBanks
from minewatch.errors import StateError
from minewatch.model import Progress
from minewatch.pipeline import update
from minewatch.pipeline.month_reading import OTHER_RULES
from minewatch.store import read_log, rule_versions

from .conftest import TINY, all_bytes, run_archive

Change = Callable[[pytest.MonkeyPatch], None]


def other_overpass(patch: pytest.MonkeyPatch) -> None:
    """The fault that was shown: ground counts as disturbed from another greenness on."""
    patch.setattr(detector_registry, "OverpassRules", lambda: OverpassRules(red_over_nir=0.60))


def other_detector(patch: pytest.MonkeyPatch) -> None:
    """One threshold of the detector is another, and nothing else."""
    rules = PoolBanks().rules
    baseline = replace(rules.baseline, noise_floor=1.5 * rules.baseline.noise_floor)
    changed = replace(rules, baseline=baseline)
    patch.setitem(
        detector_registry.DETECTORS.built_in, "pool-banks", lambda: PoolBanks(rules=changed)
    )


def other_masks(patch: pytest.MonkeyPatch) -> None:
    """A constant of the cloud masks, which has no version of its own."""
    patch.setattr("minewatch.cube.cloud_masks.OPEN_SKY_M", 1000.0)


def raised_version(patch: pytest.MonkeyPatch) -> None:
    """The rules of scenes and months are said to be others."""
    for kind in ("reference", "scene_quality", "months"):
        raised = replace(rule_versions.RULE_VERSIONS[kind], version=99)
        patch.setattr(rule_versions, "RULE_VERSIONS", {**rule_versions.RULE_VERSIONS, kind: raised})


def months_of(out: Path) -> int:
    return len(list(out.rglob("months/*/*.tif")))


@pytest.mark.parametrize("again", ["resume", "update"])
@pytest.mark.parametrize(
    ("change", "named", "reads"),
    [
        (other_overpass, "overpass.red_over_nir 0.38, now 0.6", True),
        (other_masks, "months 3-", True),
        (raised_version, "now 99-", True),
        (other_detector, "evidence pool-banks-1-", False),
    ],
)
def test_a_run_of_other_rules_becomes_one_of_these_alone(
    change: Change,
    named: str,
    reads: bool,
    again: str,
    tiny_archive: synthetic.Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, events = tmp_path / "run", list[Progress]()
    run_archive(tiny_archive, out)
    before = sum(
        json.loads(path.read_text())["bytes_read"] for path in out.rglob("months/*/*.json")
    )
    change(monkeypatch)
    direct = run_archive(tiny_archive, tmp_path / "direct")
    if again == "resume":
        result = run_archive(tiny_archive, out, resume=True, listener=events.append)
    else:
        result = update(out, end=TINY.end, listener=events.append)
    assert all_bytes(result) == all_bytes(direct)

    entry, count = read_log(out)[-1], months_of(out) if reads else 0
    assert any(named in words for words in entry.other_rules)
    assert (entry.other_months, entry.months_read) == (count, count)
    counted = [event for event in events if event.stage == OTHER_RULES]
    assert [event.done for event in counted] == list(range(count + 1 if reads else 0))
    assert {event.total for event in counted} == ({count} if reads else set())
    assert {event.bytes_read for event in counted} == ({before} if reads else set())


def test_rules_that_are_the_same_are_not_spoken_of(
    tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    run_archive(tiny_archive, out)
    update(out, end=TINY.end)
    entry = read_log(out)[-1]
    assert (entry.other_rules, entry.other_months) == ((), 0)


@pytest.mark.parametrize("change", [other_overpass, raised_version])
def test_other_periods_of_months_of_other_rules_are_refused(
    change: Change,
    tiny_archive: synthetic.Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "run"
    before = all_bytes(run_archive(tiny_archive, out))
    change(monkeypatch)
    with pytest.raises(StateError, match=r"was read by other rules: .*months 3-") as caught:
        update(out, period="month")
    assert "minewatch update" in caught.value.hint
    result = update(out, end=TINY.end, period="month")
    assert all_bytes(result) != before


def test_other_periods_of_evidence_of_other_rules_need_no_imagery(
    tiny_archive: synthetic.Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    run_archive(tiny_archive, out)
    other_detector(monkeypatch)
    direct = run_archive(tiny_archive, tmp_path / "direct", period="month")
    result = update(out, period="month")
    assert all_bytes(result) == all_bytes(direct)
    assert read_log(out)[-1].months_read == 0
