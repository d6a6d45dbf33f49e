"""State of other rules is never mixed in: what they made is named, counted and made anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import minewatch as mw
from minewatch import analysis, synthetic
from minewatch.cli import app
from minewatch.detect import detector_registry
from minewatch.detect.overpass_thresholds import OverpassRules
from minewatch.detect.pool_banks.pool_bank_detector import PoolBanks
from minewatch.errors import StateError
from minewatch.model import Progress, RunResult
from minewatch.pipeline import update
from minewatch.pipeline.month_reading import OTHER_RULES
from minewatch.pipeline.scene_survey import SCENES_OF_OTHER_RULES
from minewatch.store import open_result, read_log, rule_versions

from .conftest import SMALL, TINY, all_bytes, run_archive

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
    ("change", "named", "reads", "looks"),
    [
        (other_overpass, "overpass.red_over_nir 0.38, now 0.6", True, False),
        (other_masks, "months 3-", True, False),
        (raised_version, "now 99-", True, True),
        (other_detector, f"evidence pool-banks-{PoolBanks.version}-", False, False),
    ],
)
def test_a_run_of_other_rules_becomes_one_of_these_alone(
    change: Change,
    named: str,
    reads: bool,
    looks: bool,
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
    scenes = entry.scenes if looks else 0
    assert entry.other_scenes == scenes
    looked = [event for event in events if event.stage == SCENES_OF_OTHER_RULES]
    assert [event.done for event in looked] == list(range(scenes + 1 if looks else 0))
    assert {event.total for event in looked} == ({scenes} if looks else set())
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
    assert (entry.other_rules, entry.other_months, entry.other_scenes) == ((), 0, 0)


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


@pytest.mark.parametrize(
    ("change", "explained", "of_months"),
    [
        (other_overpass, "overpass.red_over_nir 0.38, now 0.6", "overpass.red_over_nir 0.38"),
        (raised_version, "scene_quality 2-", "months 3-"),
        (other_detector, "pool-banks.baseline.noise_floor 0.03, now 0.045", ""),
    ],
)
def test_what_is_shown_of_a_state_of_other_rules_says_so(
    change: Change,
    explained: str,
    of_months: str,
    small_run: RunResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    result = small_run
    run, site = mw.open_run(result.directory), str(result.sites["site_id"].iloc[0])
    words = ["explain", str(result.directory), site, "--out", str(tmp_path / "why")]
    assert analysis.explain(result.directory, site, out=tmp_path / "why")[0].notes == []
    assert "notes" not in run.months(site).attrs
    assert "warning" not in CliRunner().invoke(app, words).output

    change(monkeypatch)
    notes = analysis.explain(result.directory, site, out=tmp_path / "why")[0].notes
    mend = f"minewatch update {result.directory} --end {SMALL.end}"
    assert len(notes) == 1
    assert explained in notes[0]
    assert mend in notes[0]
    shown = CliRunner().invoke(app, words).output
    assert f"warning: {notes[0]}" in " ".join(shown.split())
    assert json.loads(CliRunner().invoke(app, [*words, "--json"]).output)["notes"] == notes
    said = run.months(site).attrs.get("notes", "")
    assert (of_months in said, bool(said)) == (True, bool(of_months))
    caplog.clear()
    run.site(site).evidence()
    assert notes[0] in caplog.text


def test_a_job_of_other_rules_that_was_cut_is_said_to_have_begun(
    small_run: RunResult, tmp_path: Path
) -> None:
    shutil.copytree(small_run.directory, tmp_path / "run")
    result = open_result(tmp_path / "run")
    path = result.directory / "state" / "run.json"
    begun = json.loads(path.read_text("utf-8"))
    begun["rule_versions"]["months"] = "99-of-another"
    path.write_text(json.dumps(begun), "utf-8")
    site = str(result.sites["site_id"].iloc[0])
    (note,) = analysis.explain(result.directory, site, out=tmp_path / "why")[0].notes
    assert "did not end" in note
    assert "now 99-of-another" in note
