"""The whole job with the packages that `pip install minewatch` brings, and no other."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from tests.flow.conftest import TINY, shared_archive

pytestmark = pytest.mark.timeout(300)
BARE = r'''
import re, sys
from importlib import metadata
from importlib.machinery import PathFinder

def needed(name, known):
    """A distribution and all that it asks for, without extras."""
    name = re.sub("[-_.]+", "-", name).lower()
    if name in known:
        return
    known.add(name)
    try:
        asked = metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return
    for words in asked:
        if "extra ==" not in words:
            needed(re.match(r"[\w.-]+", words)[0], known)

known = {"minewatch"}
for words in DEPENDENCIES:
    needed(re.match(r"[\w.-]+", words)[0], known)

def is_base(name):
    owners = owners_of.get(name)
    return owners is None or any(re.sub("[-_.]+", "-", o).lower() in known for o in owners)

owners_of = metadata.packages_distributions()

class BaseOnly(PathFinder):
    """Finds what the base install has."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return super().find_spec(name, path, target) if "." in name or is_base(name) else None

sys.meta_path = [BaseOnly if finder is PathFinder else finder for finder in sys.meta_path]
assert not is_base("dask") and not is_base("pyarrow") and is_base("numpy")
from minewatch.cli import main
for words in WORDS:
    try:
        main(words)
    except SystemExit as end:
        if end.code:
            sys.exit(f"{words}: {end.code}")
'''


def test_a_run_is_made_reported_and_handed_on_with_the_base_install(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    archive = shared_archive(tmp_path_factory, TINY)
    out = str(tmp_path / "run")
    words = [
        ["run", "--aoi", str(archive.aoi), "--catalog", str(archive.catalog), "--quiet",
         "--start", str(archive.spec.start), "--end", str(archive.spec.end), "--out", out],
        ["report", out],
        ["export", out, "--format", "qgis"],
    ]  # fmt: skip
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    asked = project["project"]["dependencies"]
    code = BARE.replace("in WORDS", f"in {words!r}").replace("in DEPENDENCIES", f"in {asked!r}")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "run" / "report.html").exists()
    assert (tmp_path / "run" / "export" / "minewatch.qgz").exists()
