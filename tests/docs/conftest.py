"""What the tests of pages share: a copy of the project that steps of a page may change."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.flow.conftest import SMALL, TINY, shared_archive

from minewatch import synthetic

ROOT = Path(__file__).parents[2]
PARTS = (
    "src", "scripts", "docs", "tests", "notebooks", "aoi", "pyproject.toml", "README.md",
    "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md",
)  # fmt: skip
"""What a copy of the project holds."""


@dataclass(frozen=True)
class Built:
    """The pages, as Sphinx builds them."""

    html: Path
    said: str
    """Its exit code and what it complained of."""


@dataclass(frozen=True)
class Project:
    """A copy of the project."""

    root: Path

    def source(self, name: str) -> Path:
        """A file of the package."""
        return self.root / "src" / "minewatch" / name

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands once in a file of the package."""
        text = self.source(name).read_text("utf-8")
        assert text.count(old) == 1, (name, old)
        self.source(name).write_text(text.replace(old, new), "utf-8")

    def call(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Python with the copy's package, from its root."""
        path = os.pathsep.join([str(self.root / "src"), *filter(None, sys.path)])
        return subprocess.run(
            [sys.executable, *map(str, words)], env={**os.environ, "PYTHONPATH": path},
            cwd=self.root, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def minewatch(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """The command line of the copy."""
        return self.call("-m", "minewatch", *words)

    def check(self, *words: str | Path) -> str:
        """Python that must end well: what it printed."""
        done = self.call(*words)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project, with what is compiled already."""
    root = tmp_path / "project"
    for part in PARTS:
        source = ROOT / part
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        root.mkdir(exist_ok=True)
        copy(source, root / part)
    return Project(root)


@pytest.fixture(scope="session")
def tiny_archive(tmp_path_factory: pytest.TempPathFactory) -> synthetic.Archive:
    """One dry season of a tiny simulated world. Shared: never changed."""
    return shared_archive(tmp_path_factory, TINY)


@pytest.fixture(scope="session")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> synthetic.Archive:
    """Two dry seasons of a small simulated world, with sites. Shared: never changed."""
    return shared_archive(tmp_path_factory, SMALL)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The pages of the documentation, without outputs. Shared by all test processes."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if base.name.startswith("popen-") else base
    folder, said = root / "pages" / "html", root / "pages" / "said.txt"
    said.parent.mkdir(exist_ok=True)
    environment = {k: v for k, v in os.environ.items() if k != "MINEWATCH_DOCS_EXECUTE"}
    with (root / "pages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            words = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d"]
            done = subprocess.run(
                [*words, root / "pages" / "state", ROOT / "docs", folder],
                env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            said.write_text(f"{done.returncode}\n{done.stderr}", "utf-8")
    return Built(folder, said.read_text("utf-8"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `minewatch demo` writes. Shared by all test processes: never changed."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if base.name.startswith("popen-") else base
    folder = root / "demo-of-the-pages" / "demo"
    folder.parent.mkdir(exist_ok=True)
    with (root / "demo-of-the-pages.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "run" / "report.html").exists():
            words = [sys.executable, "-m", "minewatch", "demo", "--quiet"]
            subprocess.run(words, cwd=folder.parent, env=offline(), check=True)
    return folder


@pytest.fixture
def beside_the_demo(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, the working one, with the demo and the command in their places."""
    (tmp_path / "demo").symlink_to(demo)
    for name, words in {"minewatch": "-m minewatch", "python": ""}.items():
        command = tmp_path / ".venv" / "bin" / name
        command.parent.mkdir(parents=True, exist_ok=True)
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n', "utf-8")
        command.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offline() -> dict[str, str]:
    """An environment in which no server can be reached."""
    path = os.pathsep.join(filter(None, sys.path))
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")
    return {**os.environ, **nowhere, "PYTHONPATH": path}
