"""What the tests of pages share: a copy of the project that steps of a page may change."""

from __future__ import annotations

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
