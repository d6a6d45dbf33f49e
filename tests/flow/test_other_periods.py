"""Other periods from frozen months: no imagery, no search, the bytes of a run from nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from minewatch import synthetic
from minewatch.cube import RangeReader
from minewatch.errors import SettingsError, StateError
from minewatch.model import RunResult
from minewatch.pipeline import update
from minewatch.store import read_log

from .conftest import SMALL, all_bytes, run_archive

CUSTOM = "custom:2019-11-01/2020-02-29,2020-03-01/2020-06-30,2020-11-01/2021-04-30"


@pytest.fixture
def offline(small_run: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a run of which no imagery and no catalogue can be had."""
    out = tmp_path / "run"
    shutil.copytree(small_run.directory, out)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("imagery was read, or a catalogue asked")

    monkeypatch.setattr(RangeReader, "read", refuse)
    monkeypatch.setattr("minewatch.pipeline.scene_lists.catalogs.find_scenes", refuse)
    return out


@pytest.mark.parametrize("period", ["quarter", "month", "year", CUSTOM])
def test_a_change_of_period_reads_no_imagery(offline: Path, period: str) -> None:
    result = update(offline, period=period)
    entry = read_log(offline)[-1]
    assert (entry.job, entry.period, entry.months_read) == ("other periods", period, 0)
    assert entry.months_kept > 0
    assert result.manifest["parameters"]["period"] == period
    spans = {(p["start"], p["end"]) for p in result.manifest["periods"]}
    spans_of_rows = set(
        zip(result.inventory["period_start"], result.inventory["period_end"], strict=True)
    )
    assert spans_of_rows <= spans
    assert len(spans) == {"quarter": 7, "month": 18, "year": 3, CUSTOM: 3}[period]


def test_there_and_back_again_leaves_the_bytes_it_began_with(
    small_run: RunResult, offline: Path
) -> None:
    update(offline, period="quarter")
    assert all_bytes(update(offline, period="dry-season")) == all_bytes(small_run)


def test_other_periods_are_those_of_a_run_from_nothing(
    small_archive: synthetic.Archive, small_run: RunResult, tmp_path: Path
) -> None:
    out = tmp_path / "other"
    shutil.copytree(small_run.directory, out)
    direct = run_archive(small_archive, tmp_path / "direct", period="year")
    assert all_bytes(update(out, period="year")) == all_bytes(direct)


def test_a_new_period_and_a_later_day_go_together(
    small_archive: synthetic.Archive, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    run_archive(small_archive, out, end=SMALL.end.replace(month=2, day=28))
    result = update(out, end=SMALL.end, period="year")
    assert result.manifest["parameters"]["end"] == SMALL.end.isoformat()
    assert [p["label"] for p in result.manifest["periods"]] == ["2019", "2020", "2021"]


def test_a_run_that_lacks_a_month_is_refused_other_periods(offline: Path) -> None:
    next(offline.rglob("months/*/*.tif")).unlink()
    with pytest.raises(StateError, match="lacks 20") as caught:
        update(offline, period="month")
    assert "--resume" in caught.value.hint
    assert read_log(offline)[-1].job == "run"


def test_a_period_that_cuts_a_month_is_refused_with_the_whole_one(offline: Path) -> None:
    with pytest.raises(SettingsError, match="cuts a month") as caught:
        update(offline, period="custom:2020-11-01/2021-02-15")
    assert "2020-11-01/2021-02-28" in caught.value.hint
