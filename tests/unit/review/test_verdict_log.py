"""The log of verdicts: nothing that was said is lost, whoever writes and whatever breaks."""

from __future__ import annotations

import errno
import multiprocessing
import os
from pathlib import Path

import pytest
import shapely

from minewatch.errors import OutputError, SettingsError
from minewatch.review import LOG, VerdictEntry, append_verdicts, check_verdict, read_verdicts

SQUARE = shapely.box(98.1, 25.9, 98.101, 25.901)


def entry(number: int = 1, **changes: object) -> VerdictEntry:
    values: dict[str, object] = {
        "subject": f"s{number}", "site_id": f"s{number}", "verdict": "mine", "reviewer": "Kai",
        "time": f"2026-11-28T04:{number:02d}:00Z", "outline": SQUARE, "seen_until": "2024-04-30",
    }  # fmt: skip
    return VerdictEntry(**{**values, **changes})


def test_what_is_written_is_read_and_a_person_can_read_it_too(tmp_path: Path) -> None:
    said = [
        entry(1, note="ပင်ဝါ: pools, and a road"),
        entry(2, verdict="not_mine", reason="swidden", corrected=SQUARE.buffer(0.001)),
    ]
    append_verdicts(tmp_path, said[:1])
    append_verdicts(tmp_path, said[1:])
    back = read_verdicts(tmp_path)
    assert back.notes == ()
    assert back.entries[0] == said[0]
    assert back.entries[1].reason == "swidden"
    assert back.entries[1].corrected.equals_exact(said[1].corrected, 1e-6)
    first = (tmp_path / LOG).read_text("utf-8").splitlines()[0]
    assert '"verdict": "mine"' in first
    assert "ပင်ဝါ" in first


def test_there_is_nothing_to_read_where_nobody_said_anything(tmp_path: Path) -> None:
    assert read_verdicts(tmp_path).entries == ()
    append_verdicts(tmp_path, [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kept", [1, 40, -2])
def test_a_torn_last_line_is_named_and_left_and_costs_no_other_verdict(
    tmp_path: Path, kept: int
) -> None:
    append_verdicts(tmp_path, [entry(1), entry(2)])
    path = tmp_path / LOG
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    path.write_bytes(torn := whole[:first] + whole[first:][:kept])
    found = read_verdicts(tmp_path)
    assert [e.subject for e in found.entries] == ["s1"]
    assert "line 2" in found.notes[0]
    assert "torn" in found.notes[0]
    append_verdicts(tmp_path, [entry(3)])
    assert path.read_bytes().startswith(torn)
    assert [e.subject for e in read_verdicts(tmp_path).entries] == ["s1", "s3"]


@pytest.mark.parametrize(
    "line",
    [
        b"{}", b"null", b"[1]", b"\xff\xfe", b'{"version": 99}',
        entry(verdict="unsure").as_line().replace("unsure", "perhaps").encode(),
        entry().as_line().replace("Polygon", "Point").encode(),
    ],
)  # fmt: skip
def test_a_line_that_is_no_verdict_is_named_and_costs_only_itself(
    tmp_path: Path, line: bytes
) -> None:
    append_verdicts(tmp_path, [entry(1)])
    with (tmp_path / LOG).open("ab") as log:
        log.write(line + b"\n")
    append_verdicts(tmp_path, [entry(2)])
    found = read_verdicts(tmp_path)
    assert [e.subject for e in found.entries] == ["s1", "s2"]
    assert len(found.notes) == 1
    assert "line 2" in found.notes[0]


def test_a_full_disk_adds_nothing_and_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_verdicts(tmp_path, [entry(1)])
    before = (tmp_path / LOG).read_bytes()
    real = os.write

    def half(handle: int, content: bytes) -> int:
        if len(content) < 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, content[: len(content) - 50])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OutputError, match=r"No space left.*nothing was added") as caught:
        append_verdicts(tmp_path, [entry(2)])
    assert "free" in caught.value.hint
    assert (tmp_path / LOG).read_bytes() == before


def _write_many(folder: Path, reviewer: str) -> None:
    for number in range(25):
        append_verdicts(folder, [entry(number, reviewer=reviewer, note="x" * 9000)])


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_many, args=(tmp_path, n)) for n in ("one", "two")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = read_verdicts(tmp_path)
    assert found.notes == ()
    for name in ("one", "two"):
        said = [e.subject for e in found.entries if e.reviewer == name]
        assert said == [f"s{n}" for n in range(25)]


def test_a_folder_that_cannot_be_written_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "review").write_text("a file")
    with pytest.raises(OutputError, match="review"):
        append_verdicts(tmp_path, [entry(1)])


@pytest.mark.parametrize(
    ("verdict", "reason", "words"),
    [
        ("perhaps", None, "known: mine, not_mine"),
        ("not_mine", None, "without a reason"),
        ("not_mine", "magic", "known: .*swidden"),
        ("mine", "swidden", "goes with not_mine"),
    ],
)
def test_verdicts_and_reasons_are_those_of_the_catalogue(
    verdict: str, reason: str | None, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        check_verdict(verdict, reason)
