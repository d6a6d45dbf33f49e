"""Sites judged on a page: what is shown, what is kept, what a blind reviewer never sees."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from minewatch.analysis import set_verdict
from minewatch.errors import MinewatchError, OutputError, SettingsError
from minewatch.model import STATES, RunResult
from minewatch.review import LOG, read_verdicts
from minewatch.serving import SiteTask, TakenBackError
from minewatch.serving.table_writer import TableWriter
from minewatch.store import open_result

A, B, C = "simulated-aaaa", "simulated-bbbb", "simulated-cccc"
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]) -> Path:
    return write_simulated_run(tmp_path / "run").directory


def task_of(folder: Path, reviewer: str | None = "Kai", **more: Any) -> SiteTask:
    return SiteTask(folder, reviewer=reviewer, **{"now": lambda: NOON, **more})


def square(folder: Path, *, of: str = A, scale: float = 1.0) -> list[list[list[float]]]:
    west, south, east, north = open_result(folder).sites.set_index("site_id").geometry[of].bounds
    right = west + (east - west) * scale
    return [[[west, south], [right, south], [right, north], [west, north]]]


def test_a_verdict_is_in_the_log_at_once_and_in_the_tables_in_the_end(folder: Path) -> None:
    task = task_of(folder)
    state = task.say({"id": A, "verdict": "not_mine", "reason": "swidden", "note": " burnt "})
    (entry,) = read_verdicts(folder).entries
    assert (entry.subject, entry.verdict, entry.reason) == (A, "not_mine", "swidden")
    assert (entry.reviewer, entry.note, entry.source) == ("Kai", "burnt", "review serve")
    assert entry.seen_until == "2024-04-30"
    assert state["units"][A]["own"]
    assert state["progress"] == {"own": 1, "all": 1, "count": 3}
    assert task.close() == ""
    rows = {row["site_id"]: row["verdict"] for row in open_result(folder).read_rows("sites")}
    assert rows == {A: "not_mine", B: None, C: None}


def test_undo_brings_back_what_was_said_before_and_only_once(folder: Path) -> None:
    task = task_of(folder)
    task.say({"id": A, "verdict": "mine"})
    state = task.say({"id": A, "verdict": "unsure"})
    last = state["last"]
    assert last["words"] == "unsure"
    state = task.undo(last)
    assert state["units"][A]["verdict"] == "mine"
    with pytest.raises(TakenBackError):
        task.undo(last)
    state = task.undo(state["last"])
    assert state["units"] == {}
    assert state["last"] is None
    assert len(read_verdicts(folder).entries) == 4, "nothing is ever deleted"


def test_undo_takes_back_nothing_of_another_reviewer(folder: Path) -> None:
    kai, min_ = task_of(folder), task_of(folder, "Min", now=lambda: LATER)
    kai.say({"id": A, "verdict": "mine"})
    state = min_.say({"id": A, "verdict": "unsure"})
    with pytest.raises(TakenBackError):
        kai.undo(state["last"])
    assert min_.undo(state["last"])["units"][A] | {"others": []} == kai.state()["units"][A] | {
        "own": False, "others": [],
    }  # fmt: skip


def test_two_servers_at_once_lose_nothing_and_see_each_other(folder: Path) -> None:
    one, two = task_of(folder), task_of(folder, "Min")
    sites = [A, B, C]

    def judge(number: int) -> None:
        task = (one, two)[number % 2]
        task.say({"id": sites[number % 3], "verdict": "mine", "note": f"n{number}"})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(judge, range(60)))
    said = read_verdicts(folder)
    assert said.notes == ()
    assert sorted(e.note or "" for e in said.entries) == sorted(f"n{n}" for n in range(60))
    own = [(e.subject, e.reviewer, e.time) for e in said.entries]
    assert len(set(own)) == 60, "each can be taken back alone"
    assert one.state()["units"] == {
        site: of | {"own": True} for site, of in two.state()["units"].items()
    }


def test_an_outline_is_corrected_and_a_new_place_drawn(folder: Path) -> None:
    task = task_of(folder)
    state = task.say({"id": A, "verdict": None, "outline": square(folder, scale=0.5)})
    assert state["units"][A]["corrected"]
    assert state["progress"]["own"] == 0, "an outline is no verdict"
    west, south, *_ = open_result(folder).aoi.geometry.bounds
    corner = [[west + 1e-3, south + 1e-3], [west + 2e-3, south + 1e-3], [west + 1e-3, south + 2e-3]]
    state = task.say({"id": None, "verdict": "mine", "outline": [corner]})
    (drawn,) = state["drawn"]
    assert drawn["id"].startswith("hand-")
    assert drawn["paths"]
    moved = [[[x + 1e-4, y] for x, y in corner]]
    state = task.say({"id": drawn["id"], "verdict": None, "outline": moved})
    assert [of["id"] for of in state["drawn"]] == [drawn["id"]]
    assert state["drawn"][0]["paths"] != drawn["paths"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"id": "nowhere", "verdict": "mine"}, "nowhere"),
        ({"id": A, "verdict": "gold"}, "gold"),
        ({"id": A, "verdict": "not_mine"}, "without a reason"),
        ({"id": A, "verdict": "withdrawn"}, "undo"),
        ({"id": A, "verdict": None}, "nothing is said"),
        ({"id": A, "verdict": ["mine"]}, "verdict is no text"),
        ({"id": A, "verdict": "mine", "note": "x" * 2001}, "note is no text"),
        ({"id": None, "verdict": "mine"}, "no outline"),
        ({"id": A, "outline": "here"}, "no outline"),
        ({"id": A, "outline": [[[1, 2], [3, 4]]]}, "no outline"),
        ({"id": A, "outline": [[[98, 25]] * 6000]}, "no outline"),
        ({"id": A, "outline": [[["x", 1], [2, 3], [3, 4]]]}, "no outline"),
        ({"id": A, "outline": [[[float("nan"), 1], [2, 3], [3, 4]]]}, "no number"),
        ({"id": A, "outline": [[[0, 0], [1, 0], [1, 1]]]}, "leaves the area"),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_kept(
    folder: Path, said: dict[str, Any], problem: str
) -> None:
    task = task_of(folder)
    with pytest.raises(SettingsError, match=problem):
        task.say(said)
    assert not (folder / LOG).exists()


def test_an_outline_without_ground_is_refused(folder: Path) -> None:
    flat = square(folder, scale=0.0)
    with pytest.raises(SettingsError, match=r"encloses 0\.0 m²"):
        task_of(folder).say({"id": A, "outline": flat})


def test_a_blind_page_has_no_word_of_the_detector_and_none_of_other_people(folder: Path) -> None:
    set_verdict(folder, A, "not_mine", reason="swidden", note="secret", reviewer="Min", time=NOON)
    task = task_of(folder, is_blind=True)
    html = task.page().html
    data = json.loads(html.split('type="application/json">')[1].split("</script>")[0])
    for site in data["sites"]:
        assert set(site) == {"site_id", "x", "y", "rows"}
        for row in site["rows"]:
            assert set(row) == {"period", "state", "alert_then", "paths"}
            assert row["state"] == row["alert_then"] == "outline"
        assert len({json.dumps(row["paths"]) for row in site["rows"]}) == 1, "no dates either"
    assert all(of["why"] == "" for of in data["queue"])
    del data["labels"], data["answers"]  # words of the catalogue, the same for every run
    text = json.dumps(data)
    words = ["confirmed", "provisional", "0.87", "SIM_2022", "secret", "Min", *STATES]
    assert [word for word in words if word in text] == []
    assert task.state()["units"] == {}
    assert task.state()["progress"] == {"own": 0, "all": None, "count": 3}
    state = task.say({"id": A, "verdict": "mine"})
    assert state["units"][A]["others"] == []
    assert "secret" not in json.dumps(state)
    seeing = task_of(folder).page().html
    assert "0.87" in seeing


def test_a_page_that_is_not_blind_has_the_queue_and_the_evidence(folder: Path) -> None:
    page = task_of(folder).page()
    data = json.loads(page.html.split('type="application/json">')[1].split("</script>")[0])
    assert sorted(of["id"] for of in data["queue"]) == [A, B, C]
    assert data["sites"][0]["confidence"] == 0.87
    assert "connect-src 'self'" in page.policy
    assert "unsafe" not in page.policy


def test_blind_review_needs_a_name(folder: Path) -> None:
    with pytest.raises(SettingsError, match="without a name"):
        task_of(folder, None, is_blind=True)


def test_a_run_that_was_updated_meanwhile_is_named(folder: Path) -> None:
    task = task_of(folder)
    task.say({"id": A, "verdict": "mine"})
    task.close()
    assert task.state()["notes"] == [], "a verdict is no update"
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["scenes"]["count"] = 99
    path.write_text(json.dumps(manifest))
    assert "updated since" in task.state()["notes"][0]


def test_a_disk_that_is_full_is_said_and_the_verdict_is_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OutputError("no space")

    task = task_of(folder)
    monkeypatch.setattr("minewatch.review.append_verdicts", full)
    with pytest.raises(OutputError):
        task.say({"id": A, "verdict": "mine"})
    assert task.state()["units"] == {}


def test_tables_are_written_once_things_are_quiet_and_in_the_end() -> None:
    written: list[int] = []

    def write() -> str:
        written.append(1)
        return ""

    slow = TableWriter(write, quiet_s=60)
    for _ in range(20):
        slow.due()
    assert slow.close() == ""
    assert len(written) == 1
    idle = TableWriter(write)
    assert idle.close() == ""
    assert len(written) == 1


def test_tables_that_cannot_be_written_are_named_in_the_end() -> None:
    def write() -> str:
        raise MinewatchError("a job is at work")

    writer = TableWriter(write, quiet_s=60)
    writer.due()
    assert "a job is at work" in writer.close()
