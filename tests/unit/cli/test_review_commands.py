"""`minewatch review` in a terminal: what it says, and how it ends."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.large_run import write_large_run

from minewatch import cli
from minewatch.analysis.report_inputs import strongest_detections
from minewatch.model import RunResult
from minewatch.review import VerdictEntry, append_verdicts
from minewatch.store import open_result

A, B = "simulated-aaaa", "simulated-bbbb"


@pytest.fixture
def folder(tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]) -> Path:
    return write_simulated_run(tmp_path / "run").directory


def call(*words: object) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main([str(word) for word in words])
    return int(caught.value.code or 0)


def test_a_verdict_is_set_and_listed_beside_the_detector(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("review", "set", folder, A, "not_mine", "--reason", "swidden", "--by", "Kai")
    assert call(*words) == 0
    assert "not mine (swidden)" in capsys.readouterr().out
    assert call("review", "list", folder) == 0
    shown = capsys.readouterr().out
    assert "SIMULATED" in shown
    assert all(word in shown for word in (A, "Kai", "confirmed"))
    assert call("review", "list", folder, "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)["verdicts"]
    assert (row["verdict"], row["alert"], row["found_by"]) == ("not_mine", "confirmed", "id")
    assert call("sites", folder) == 0
    shown = capsys.readouterr().out
    assert "people:" in shown
    assert "not_mine" in shown


def test_totals_for_a_program_say_whose_opinion_they_count(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("review", "set", folder, A, "not_mine", "--reason", "swidden", "--quiet")
    capsys.readouterr()
    found = {}
    for who in ("detector", "people"):
        assert call("sites", folder, "--json", "--count", who) == 0
        found[who] = json.loads(capsys.readouterr().out)
    assert found["detector"]["counted"] != found["people"]["counted"]
    assert [found[w]["periods"][-1]["sites_high"] for w in found] == [3, 2]


def test_a_conflict_is_listed_and_ends_with_an_exit_code(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("review", "set", folder, A, "mine", "--by", "Kai")
    path = folder.parent / "edited.csv"
    path.write_text(f"site_id,verdict\n{A},unsure\n{B},mine\n")
    capsys.readouterr()
    assert call("review", "import", folder, path) == 1
    shown = capsys.readouterr().out
    assert f"conflict: row 1: {A} is unsure there, and mine by Kai" in shown.replace("\n", " ")
    assert "1 taken" in shown
    assert call("review", "import", folder, path, "--prefer", "file", "--json") == 0
    assert [e["id"] for e in json.loads(capsys.readouterr().out)["taken"]] == [A]


def test_a_reason_that_is_no_kind_of_change_is_a_usage_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("review", "set", folder, A, "not_mine", "--reason", "magic") == 2
    assert "swidden" in capsys.readouterr().err


def test_verdicts_are_exported_and_a_torn_line_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call("review", "set", folder, A, "mine")
    with (folder / "review" / "verdicts.jsonl").open("a") as log:
        log.write('{"version": 1, "ti')
    capsys.readouterr()
    assert call("review", "list", folder) == 0
    assert "line 2 of review/verdicts.jsonl is torn" in capsys.readouterr().out
    assert call("review", "export", folder, folder.parent / "verdicts.geojson") == 0
    table = json.loads((folder.parent / "verdicts.geojson").read_text())
    assert {f["properties"]["verdict"] for f in table["features"]} == {"mine", None}


def test_two_reviewers_are_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("review", "agreement", folder) == 0
    assert "no two reviewers" in capsys.readouterr().out
    for by, verdict in (("Kai", "mine"), ("Min", "unsure")):
        call("review", "set", folder, A, verdict, "--by", by)
        call("review", "set", folder, B, "mine", "--by", by)
    capsys.readouterr()
    assert call("review", "agreement", folder) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "SIMULATED" in shown
    assert "they say the same of 50%; kappa 0.00" in shown
    assert "with so few places" in shown
    assert f"{A}: Kai: mine; Min: unsure" in shown
    assert call("review", "agreement", folder, "--json") == 0
    (pair,) = json.loads(capsys.readouterr().out)["pairs"]
    assert pair["kappa"]["count"] == 2


def test_suggestions_need_evidence_and_verdicts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("review", "suggest", folder) == 1
    assert "no evidence terms" in " ".join(capsys.readouterr().err.split())


def test_sites_that_nobody_judged_are_ranked_and_how_well_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    result = write_large_run(folder, sites=80)
    assert call("review", "suggest", folder) == 2
    assert "0 sites with evidence are judged so far" in capsys.readouterr().err
    terms = strongest_detections(result).set_index("site_id")["terms"]
    ids = list(terms.index[:60])
    outlines = result.sites.set_index("site_id").geometry
    entries = [
        VerdictEntry(
            subject=site, site_id=site, verdict="mine" if is_mine else "not_mine",
            reason=None if is_mine else "swidden", reviewer="Kai",
            time="2026-11-28T12:00:00Z", outline=outlines[site], seen_until="2024-04-30",
        )
        for site in ids
        for is_mine in (terms[site]["spots"] > 0.5,)
    ]  # fmt: skip
    append_verdicts(folder, entries[:40])
    assert call("review", "suggest", folder, "--recalibrate") == 2
    assert "40 sites" in capsys.readouterr().err
    append_verdicts(folder, entries[40:])
    before = {path: path.read_bytes() for path in folder.glob("*.json*")}
    assert call("review", "suggest", folder, "--recalibrate", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    rows = found["suggestions"]
    assert {row["site_id"] for row in rows} == set(terms.index) - set(ids)
    assert [r["likeness"] for r in rows] == sorted((r["likeness"] for r in rows), reverse=True)
    assert terms[rows[0]["site_id"]]["spots"] > 0.6 > 0.4 > terms[rows[-1]["site_id"]]["spots"]
    assert found["ranking"]["likeness"] > found["ranking"]["confidence"]
    assert all(0 < row["calibrated"] < 1 for row in rows)
    assert call("review", "suggest", folder, "--limit", "3") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert all(w in shown for w in ("SIMULATED", "held out by space", "no random sample"))
    assert before == {path: path.read_bytes() for path in folder.glob("*.json*")}


@pytest.fixture
def heard_interrupt() -> Iterator[None]:
    """A child hears Ctrl-C also where these tests run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_interrupt")
@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_the_page_is_served_until_it_is_stopped_and_ends_cleanly(
    folder: Path, signal_number: int
) -> None:
    command = [sys.executable, "-m", "minewatch", "review", "serve", str(folder), "--by", "Kai"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as served:
        assert served.stdout
        line = served.stdout.readline()
        while "/enter?token=" not in line:
            line += served.stdout.readline()
        port = int(re.search(r"127\.0\.0\.1:(\d+)/", line).group(1))  # type: ignore[union-attr]
        home = f"127.0.0.1:{port}"
        token = re.search(r"/enter\?token=[\w-]+", line.replace("\n", "")).group()  # type: ignore[union-attr]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", token)
        answer = connection.getresponse()
        answer.read()
        cookie = (answer.getheader("Set-Cookie") or "").split(";")[0]
        body = json.dumps({"id": A, "verdict": "mine"})
        headers = {"Cookie": cookie, "Origin": f"http://{home}", "Content-Type": "application/json"}
        connection.request("POST", "/say", body, headers)
        assert connection.getresponse().status == 200
        served.send_signal(signal_number)
        out, err = served.communicate(timeout=60)
    assert served.returncode == 0, err
    assert "1 entry added to" in out
    assert "Traceback" not in err
    rows = {row["site_id"]: row["verdict"] for row in open_result(folder).read_rows("sites")}
    assert rows[A] == "mine", "the tables show it when the server has stopped"
    connection.close()


def test_a_host_that_others_reach_is_warned_of(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "minewatch.serving.ReviewServer.run", lambda self: self._server.server_close() or ""
    )
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert call("review", "serve", folder, "--host", "0.0.0.0") == 0
    assert "not encrypted" in " ".join(capsys.readouterr().err.split())
    assert call("review", "serve", folder) == 0
    assert "warning" not in capsys.readouterr().err
    assert call("review", "serve", folder, "--blind") == 2
    assert "--reviewer" in capsys.readouterr().err
