"""Verdicts outlive updates, resumed runs and other detectors, whatever becomes of ids."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from minewatch import synthetic
from minewatch.analysis import open_review, set_verdict, show_verdicts
from minewatch.pipeline import update
from minewatch.review import LOG
from minewatch.store import open_result

from .conftest import all_bytes, run_archive

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
THRESHOLDS = "dry-season-thresholds"


def test_verdicts_are_where_they_belong_after_a_resumed_run_an_update_and_other_periods(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    first = run_archive(small_archive, out, end="2021-03-31")
    plain = all_bytes(first)
    ids = [row["site_id"] for row in first.read_rows("sites")]
    expected = {ids[0]: "not_mine", ids[-1]: "mine"}
    set_verdict(out, ids[0], "not_mine", reason="swidden", reviewer="Kai", time=NOON)
    set_verdict(out, ids[-1], "mine", reviewer="Kai", time=NOON)
    log = (out / LOG).read_bytes()

    again = run_archive(small_archive, out, end="2021-03-31", resume=True)
    assert _verdicts(again) == expected
    shown = all_bytes(again)
    set_verdict(out, ids[0], "withdrawn", time=NOON)
    set_verdict(out, ids[-1], "withdrawn", time=NOON)
    assert all_bytes(open_result(out)) == plain, "what is taken back leaves no trace in the tables"
    (out / LOG).write_bytes(log)
    assert show_verdicts(out) == ""
    assert all_bytes(open_result(out)) == shown, "a job and a verdict write the same bytes"

    assert _verdicts(update(out, end="2021-04-30")) == expected
    assert _verdicts(update(out, period="quarter")) == expected
    assert (out / LOG).read_bytes() == log


def test_a_mine_that_an_update_makes_something_else_is_named_and_listed(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    ids = [
        row["site_id"]
        for row in run_archive(small_archive, out, end="2020-10-31").read_rows("sites")
    ]
    for site_id in ids:
        set_verdict(out, site_id, "mine", time=NOON)
    later = update(out, end="2021-04-30")
    gone = set(ids) - {row["site_id"] for row in later.read_rows("sites")}
    assert gone, "this world was chosen for sites that two seasons turn into changes"
    said = " ".join(w for w in later.manifest["warnings"] if w.startswith("review: "))
    assert all(site_id in said for site_id in gone)
    assert {p.judgement.subject for p in open_review(out).places if p.is_lost} == gone
    assert [r["verdict"] for r in later.read_rows("changes")].count("mine") == len(gone)


def test_verdicts_go_over_to_a_run_of_another_detector(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    out, other = tmp_path / "run", tmp_path / "other"
    first = run_archive(small_archive, out)
    for row in first.read_rows("sites"):
        set_verdict(out, row["site_id"], "mine", time=NOON)
    run_archive(small_archive, other, detector=THRESHOLDS)
    (other / "review").mkdir()
    (other / LOG).write_bytes((out / LOG).read_bytes())
    resumed = run_archive(small_archive, other, detector=THRESHOLDS, resume=True)
    places = open_review(other).places
    found = {p.site_id for p in places if p.site_id is not None}
    assert found
    assert {row["site_id"] for row in resumed.read_rows("sites") if row["verdict"]} == found
    lost = [p.judgement.subject for p in places if p.is_lost]
    assert len(found) + len(lost) == len(places)
    said = " ".join(w for w in resumed.manifest["warnings"] if w.startswith("review: "))
    assert all(subject in said for subject in lost)


def _verdicts(result: object) -> dict[str, str]:
    rows = result.read_rows("sites")  # type: ignore[attr-defined]
    return {row["site_id"]: row["verdict"] for row in rows if row["verdict"]}
