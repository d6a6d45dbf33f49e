"""Units of a sample labelled on a page: nothing of the map or of others, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely

from minewatch.errors import OutputError, SettingsError
from minewatch.model import RunResult
from minewatch.samples import LABELS, LabelEntry, append_labels, merge_labels, read_label_log
from minewatch.serving import SampleTask, TakenBackError

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
PERIODS = [
    {"start": "2022-11-01", "end": "2023-04-30", "label": "2022/23 dry season"},
    {"start": "2023-11-01", "end": "2024-04-30", "label": "2023/24 dry season"},
]


@pytest.fixture
def run(tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]) -> RunResult:
    return write_simulated_run(tmp_path / "run")


def write_sample(run: RunResult, *, periods: list[dict[str, str]] = PERIODS[1:]) -> Path:
    """A sample of four pixels, as `minewatch sample` writes it; the map's classes beside it."""
    folder = run.directory / "review" / "samples" / "pilot"
    folder.mkdir(parents=True)
    west, south, *_ = run.aoi.geometry.bounds
    features = [
        {
            "type": "Feature",
            "properties": {"unit": f"u{n}", "second": n < 2, "pixels": 1},
            "geometry": shapely.geometry.mapping(
                shapely.box(west + n * 1e-3, south + 1e-3, west + n * 1e-3 + 1e-4, south + 1.1e-3)
            ),
        }
        for n in range(4)
    ]
    collection = {
        "type": "FeatureCollection", "minewatch:simulated": True, "minewatch:sample": "pilot",
        "minewatch:unit": "pixel", "minewatch:periods": periods, "minewatch:labels": dict(LABELS),
        "features": features,
    }  # fmt: skip
    (folder / "units.geojson").write_text(json.dumps(collection))
    (folder / "units.csv").write_text("unit,stratum\nu0,secret_stratum\n")
    (folder / "design.json").write_text("{}")
    return folder


def task_of(run: RunResult, who: str | None = "Kai", **more: Any) -> SampleTask:
    return SampleTask(run.directory, "pilot", interpreter=who, now=lambda: NOON, **more)


def page_data(task: SampleTask) -> dict[str, Any]:
    html = task.page().html
    data = json.loads(html.split('type="application/json">')[1].split("</script>")[0])
    return dict(data)


def test_the_page_has_the_units_with_their_pictures_and_no_class(run: RunResult) -> None:
    folder = write_sample(run)
    append_labels(
        folder,
        [LabelEntry(unit="u1", period="2023-11-01", interpreter="Min", label="pad", note="hidden")],
    )
    task = task_of(run)
    data = page_data(task)
    assert sorted(of["id"] for of in data["queue"]) == ["u0", "u1", "u2", "u3"]
    assert [of["period"] for of in data["queue"]] == [2] * 4
    assert [(a["key"], a["value"]) for a in data["answers"]] == [
        ("p", "pool"), ("a", "pad"), ("o", "other"), ("u", "unsure"),
    ]  # fmt: skip
    assert sum(bool(period["chips"]) for period in data["periods"]) >= 1
    assert not data["can_draw"]
    del data["labels"]
    text = json.dumps(data) + json.dumps(task.state())
    assert [w for w in ("secret_stratum", "Min", "hidden", "confirmed") if w in text] == []


def test_a_label_is_kept_replaced_by_a_later_one_and_the_page_goes_on_where_it_was(
    run: RunResult,
) -> None:
    folder = write_sample(run)
    task = task_of(run)
    task.say({"id": "u0", "verdict": "pool", "note": "by the road"})
    state = task.say({"id": "u0", "verdict": "unsure"})
    assert state["progress"] == {"own": 1, "all": None, "count": 4}
    entries = read_label_log(folder).entries
    assert [e.label for e in entries] == ["pool", "unsure"]
    assert (entries[0].interpreter, entries[0].period, entries[0].note) == (
        "Kai", "2023-11-01", "by the road",
    )  # fmt: skip
    again = task_of(run)
    assert again.state()["units"]["u0"]["verdict"] == "unsure"
    assert page_data(again)["queue"] == page_data(task)["queue"]
    assert task_of(run, "Min").state()["progress"]["own"] == 0
    with pytest.raises(TakenBackError, match="not taken back"):
        task.undo({})


def test_two_periods_are_labelled_each_and_the_second_interpreter_sees_only_the_drawn_ones(
    run: RunResult,
) -> None:
    folder = write_sample(run, periods=PERIODS)
    task = task_of(run, "Min", is_second=True)
    queue = page_data(task)["queue"]
    assert {(of["id"], of["period"]) for of in queue} == {
        ("u0 2022-11-01", 1), ("u0 2023-11-01", 2), ("u1 2022-11-01", 1), ("u1 2023-11-01", 2),
    }  # fmt: skip
    task.say({"id": "u1 2022-11-01", "verdict": "other"})
    (entry,) = read_label_log(folder).entries
    assert (entry.unit, entry.period) == ("u1", "2022-11-01")


def test_the_second_looks_at_what_the_first_calls_mines_and_does_not_know_which(
    run: RunResult,
) -> None:
    folder = write_sample(run)
    start = PERIODS[1]["start"]
    entries = [
        LabelEntry(unit="u2", period=start, interpreter="Kai", label="pad"),
        LabelEntry(unit="u3", period=start, interpreter="Kai", label="other"),
    ]
    append_labels(folder, entries)
    task = task_of(run, "Min", is_second=True)
    data = page_data(task)
    assert {of["id"] for of in data["queue"]} == {"u0", "u1", "u2"}
    assert len({of["why"] for of in data["queue"]}) == 1
    assert {of["id"] for of in page_data(task_of(run, "Kai", is_second=True))["queue"]} == {
        "u0", "u1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"id": "u0", "verdict": "pool", "site_area_ha": 0}, "a mine of 0 ha"),
        ({"id": "u0", "verdict": "pool", "begun": "never"}, "never"),
        ({"id": "u0", "verdict": "other", "cells": ["pool"] * 3}, "other cells"),
        ({"id": "u0", "verdict": "other", "cells": ["mine"]}, "no label 'mine'"),
        ({"id": "u0", "verdict": "other", "counts": {"pool": 2}}, "2 pixels in a block of 1"),
        ({"id": "u0", "verdict": "other", "counts": {"pool": -1}}, "counts no pixels"),
        ({"id": "u0", "verdict": "other", "counts": {"mine": 1}}, "no label 'mine'"),
        ({"id": "u9", "verdict": "pool"}, "no unit 'u9'"),
        ({"id": "u0", "verdict": "mine"}, "no label 'mine'"),
        ({"id": "u0", "verdict": ["pool"]}, "no label"),
        ({"id": "u0", "verdict": "pool", "note": "x" * 2001}, "note is no text"),
        ({"id": "u0", "verdict": "pool", "confidence": "some"}, "some"),
        ({"id": "u0", "verdict": "pool", "confidence": ["low"]}, "confidence is no text"),
    ],
)
def test_what_is_no_label_is_refused(run: RunResult, said: dict[str, Any], problem: str) -> None:
    folder = write_sample(run)
    with pytest.raises(SettingsError, match=problem):
        task_of(run).say(said)
    assert not (folder / "labels.jsonl").exists()


def test_what_is_missing_is_named(run: RunResult) -> None:
    with pytest.raises(SettingsError, match="pilot"):
        task_of(run)
    folder = write_sample(run, periods=[{"start": "1999-11-01", "end": "", "label": ""}])
    with pytest.raises(SettingsError, match="1999-11-01"):
        task_of(run)
    with pytest.raises(SettingsError, match="needs an interpreter"):
        task_of(run, None)
    (folder / "units.geojson").write_text("{}")
    with pytest.raises(OutputError, match="cannot be read"):
        task_of(run)


def test_how_sure_one_is_is_kept_with_the_label_and_shown_again(run: RunResult) -> None:
    folder = write_sample(run)
    task = task_of(run)
    assert page_data(task)["confidences"] == ["high", "medium", "low"]
    state = task.say({"id": "u0", "verdict": "pool", "confidence": "low"})
    task.say({"id": "u1", "verdict": "pool", "confidence": None})
    assert state["units"]["u0"]["confidence"] == "low"
    assert [e.confidence for e in read_label_log(folder).entries] == ["low", None]


def test_a_third_look_sees_what_two_differ_on_and_not_what_they_said(run: RunResult) -> None:
    folder = write_sample(run, periods=PERIODS)
    with pytest.raises(SettingsError, match="two interpreters differ on no unit"):
        task_of(run, "Aye", is_third=True)
    early, late = (period["start"] for period in PERIODS)
    said = [
        ("u0", early, "pool", "pad"), ("u0", late, "pool", "pool"), ("u1", late, "other", "pad"),
    ]  # fmt: skip
    append_labels(
        folder,
        [
            LabelEntry(unit=unit, period=period, interpreter=who, label=label, note="hidden")
            for unit, period, *labels in said
            for who, label in zip(("Ko Kai", "Ma Min"), labels, strict=True)
        ],
    )
    task = task_of(run, "Aye", is_third=True)
    data = page_data(task)
    assert {of["id"] for of in data["queue"]} == {f"u0 {early}", f"u1 {late}"}
    del data["labels"]
    text = json.dumps(data) + json.dumps(task.state())
    assert [word for word in ("Ko Kai", "Min", "hidden") if word in text] == []
    own = task_of(run, "Ko Kai", is_third=True).state()["progress"]["own"]
    assert own == 0, "what one said before is no third look"
    state = task.say({"id": f"u0 {early}", "verdict": "pad"})
    assert state["progress"] == {"own": 1, "all": None, "count": 2}
    merged = merge_labels(read_label_log(folder).entries)
    assert [e.label for e in merged.labels["u0", early]] == ["pad"]
    assert (merged.third, merged.disputed) == (1, (("u1", late),))
    assert task_of(run, "Aye", is_third=True).state()["progress"]["own"] == 1
    assert {of["id"] for of in page_data(task_of(run, "Zaw", is_third=True))["queue"]} == {
        f"u1 {late}"
    }
    with pytest.raises(SettingsError, match="--second and --third"):
        task_of(run, is_second=True, is_third=True)
