"""The package as people install it: built, checked, and used where there is no repository."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from minewatch.model import RunResult

pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "minewatch"
LARGEST_WHEEL_MB = 2.0


def called(*words: str | Path, **options: object) -> str:
    done = subprocess.run(
        [*map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        **options,  # type: ignore[call-overload]
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return str(done.stdout)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive, and with the wheel made from it."""
    folder = tmp_path_factory.mktemp("dist")
    called(sys.executable, "-m", "build", "--no-isolation", "-o", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; what it depends on is that of this environment."""
    folder = tmp_path_factory.mktemp("clean")
    called(sys.executable, "-m", "venv", "--without-pip", folder / "env")
    python = folder / "env" / "bin" / "python"
    called(
        sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--python", python,
        next(built.glob("*.whl")),
    )  # fmt: skip
    site = Path(
        called(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    )
    # read as a folder of packages, so that no .pth in it brings the repository back
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return python


def test_both_archives_are_fit_to_be_published(built: Path) -> None:
    said = called(sys.executable, "-m", "twine", "check", "--strict", *sorted(built.iterdir()))
    assert said.count("PASSED") == 2


def test_every_file_of_the_package_is_in_the_wheel_and_no_other(built: Path) -> None:
    tracked = {
        str(path.relative_to(PACKAGE.parent))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    wheel = next(built.glob("*.whl"))
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == tracked
    assert wheel.stat().st_size < LARGEST_WHEEL_MB * 1e6


def test_it_runs_where_there_is_no_repository_and_no_git(installed: Path, tmp_path: Path) -> None:
    plain = {"PATH": str(installed.parent), "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    command = installed.parent / "minewatch"
    options = {"cwd": tmp_path, "env": plain}
    place = called(installed, "-c", "import minewatch; print(minewatch.__file__)", **options)
    assert str(installed.parents[1]) in place
    assert "minewatch 0" in called(command, "--version", **options)
    assert "chipwe-pangwa" in called(command, "aoi", "list", **options)
    assert "can be written" in called(command, "doctor", **options)
    assert "--aoi" in called(command, "run", "--help", **options)


def test_its_pages_and_pictures_come_with_it(
    installed: Path, write_simulated_run: Callable[[Path], RunResult], tmp_path: Path
) -> None:
    plain = {**os.environ, "PYTHONPATH": "", "HOME": str(tmp_path)}
    run, page = write_simulated_run(tmp_path / "run"), tmp_path / "report.html"
    words = [installed.parent / "minewatch", "report", run.directory, "--out", page]
    called(*words, cwd=tmp_path, env=plain)
    assert "<script" in page.read_text("utf-8")
