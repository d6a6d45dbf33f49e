from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from minewatch.errors import OutputError
from minewatch.files import atomic_path, remove_leftovers, write_bytes_atomic


def test_the_file_appears_whole_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.json"
    with atomic_path(path) as part:
        part.write_text("half")
        assert not path.exists()
        assert part.suffix == ".json"
        part.write_text("whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_nothing_torn(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_bytes_atomic(path, b"old")
    with pytest.raises(UnicodeEncodeError), atomic_path(path) as part:
        part.write_text("torn é", encoding="ascii")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_who_reads_the_old_file_goes_on_reading_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_bytes_atomic(path, b"old")
    with path.open("rb") as reader:
        write_bytes_atomic(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_a_full_disk_is_an_error_that_names_the_path_and_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError) as caught:
        write_bytes_atomic(tmp_path / "file.json", b"new")
    assert str(tmp_path / "file.json") in caught.value.problem
    assert "disk space" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_folder_below_a_file_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        write_bytes_atomic(tmp_path / "file" / "below.json", b"")


def test_what_a_killed_process_left_can_be_removed(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.json"
    manager = atomic_path(path)
    part = manager.__enter__()
    part.write_text("torn")
    assert remove_leftovers(tmp_path) == 1
    assert not part.exists()
