"""A full disk: a message that names the file, nothing torn, and --resume once there is space."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from minewatch import synthetic
from minewatch.errors import OutputError
from minewatch.pipeline import update
from minewatch.store import open_result

from .conftest import TINY, all_bytes, run_archive

KB = 1024
Resize = Callable[[int], None]


def used(folder: Path) -> int:
    """Bytes of all files in a folder, in whole pages as a disk counts them."""
    sizes = [p.stat().st_size for p in folder.rglob("*") if p.is_file()]
    return sum(-(-size // 4096) * 4096 for size in sizes)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Resize]]:
    """A folder on a disk of a size that can be changed: a real one where we may mount it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.getuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0:
        yield folder, lambda size: _remount(folder, size)
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    limit = [64 * KB]

    def crowded(call: Callable[..., None]) -> Callable[..., None]:
        def checked(*arguments: int) -> None:
            if used(folder) > limit[0]:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            call(*arguments)

        return checked

    monkeypatch.setattr(os, "fsync", crowded(os.fsync))
    monkeypatch.setattr(os, "posix_fallocate", crowded(os.posix_fallocate))
    yield folder, lambda size: limit.__setitem__(0, size)


def _remount(folder: Path, size: int) -> None:
    options = f"remount,size={size // KB}k"
    subprocess.run(["mount", "-o", options, str(folder)], check=True, capture_output=True)


def test_a_run_on_a_disk_that_is_too_small_goes_on_when_there_is_space(
    tiny_archive: synthetic.Archive, tmp_path: Path, disk: tuple[Path, Resize]
) -> None:
    folder, resize = disk
    whole = run_archive(tiny_archive, tmp_path / "whole")
    needed = used(whole.directory)
    for share in (0.1, 0.3, 0.5, 0.65, 0.8):
        resize(int(share * needed))
        with pytest.raises(OutputError) as caught:
            run_archive(tiny_archive, folder / "run", resume=True, workers=1)
        assert str(folder) in caught.value.problem
        assert "space" in caught.value.hint
        assert not (folder / "run" / "manifest.json").exists()
        assert not list(folder.rglob(".minewatch-part-*"))
    resize(3 * needed)
    result = run_archive(tiny_archive, folder / "run", resume=True)
    assert all_bytes(result) == all_bytes(whole)


def test_an_update_on_a_full_disk_leaves_the_outputs_before_it(
    tiny_archive: synthetic.Archive, tmp_path: Path, disk: tuple[Path, Resize]
) -> None:
    folder, resize = disk
    resize(64 * KB * KB)
    out = folder / "run"
    early = TINY.end.replace(month=2, day=10)
    before = all_bytes(run_archive(tiny_archive, out, end=early))
    resize(used(folder) + 40 * KB)
    with pytest.raises(OutputError, match=r"No space left|cannot write"):
        update(out, end=TINY.end)
    assert all_bytes(open_result(out)) == before
    resize(64 * KB * KB)
    whole = run_archive(tiny_archive, tmp_path / "whole")
    assert all_bytes(update(out, end=TINY.end)) == all_bytes(whole)
