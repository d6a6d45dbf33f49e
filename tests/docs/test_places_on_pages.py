"""Files, modules and targets that the pages name are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "minewatch"
PAGES = [ROOT / name for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md")]
PAGES += sorted(ROOT.glob("docs/*.md"))
ROOMS = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
FOLDERS = {"src", "tests", "scripts", "docs", "notebooks", ".ci", *ROOMS}
"""What a path of the project begins with."""
PLACEHOLDER = re.compile(r"NAME|[*…]")
OF_OTHERS = {"leaf_loss.py"}
"""Files of the package that docs/detectors.md makes up."""
PATH = re.compile(r"(?<![\w/.-])(?:[\w.*…-]+/)+[\w.*…-]*|(?<![\w/.-])[\w-]+\.py\b")
DOTTED = re.compile(rf"(?:minewatch\.)?(?:{'|'.join(sorted(ROOMS))})(?:\.\w+)+")
SUFFIXES = {"geojson", "json", "zip", "npz", "raw"}
"""What names of files end with that look like a name in a module: `sites.geojson`."""
GROUPS = {"minewatch.sensors", "minewatch.detectors", "minewatch.exporters"}

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def code_on(page: Path) -> list[str]:
    """What stands between backticks, blocks left out."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def paths_on(page: Path) -> Iterator[str]:
    """Paths that look like one of the project."""
    for code in code_on(page):
        for path in PATH.findall(code):
            ours = path.endswith(".py") or path.split("/")[0] in FOLDERS
            if ours and path not in OF_OTHERS and not PLACEHOLDER.search(path):
                yield path


def is_there(path: str) -> bool:
    if "/" not in path:
        return any(SOURCE.rglob(path)) or any((ROOT / "tests").rglob(path))
    return (ROOT / path).exists() or (SOURCE / path).exists()


def resolves(name: str) -> bool:
    """Whether a dotted name is a module of minewatch, or something in one."""
    first, *rest = name.removeprefix("minewatch.").split(".")
    found = import_module(f"minewatch.{first}")
    for part in rest:
        if not hasattr(found, part):
            try:
                import_module(f"{found.__name__}.{part}")
            except (ImportError, AttributeError):
                return False
        found = getattr(found, part)
    return True


@every_page
def test_every_path_on_a_page_is_there(page: Path) -> None:
    assert [path for path in paths_on(page) if not is_there(path)] == []


def test_paths_are_found_on_pages() -> None:
    found = {path for page in PAGES for path in paths_on(page)}
    assert {"scripts/data-dictionary", "tests/contract/test_sensors.py"} <= found
    assert {"sites/site_rows.py", "cube/month_reduction.py"} <= found
    assert len(found) > 60


@every_page
def test_every_dotted_name_on_a_page_is_there(page: Path) -> None:
    names = {m.group() for code in code_on(page) if (m := DOTTED.fullmatch(code.split("(")[0]))}
    ours = {n for n in names - GROUPS if n.rsplit(".", 1)[1] not in SUFFIXES}
    assert [name for name in sorted(ours) if not resolves(name)] == []


@every_page
def test_a_name_beside_a_file_is_in_it(page: Path) -> None:
    pairs = re.findall(r"`([\w/]+/\w+\.py)`, `(\w+)`", page.read_text("utf-8"))
    lost = [
        (path, name)
        for path, name in pairs
        if not re.search(rf"\b{name}\b", (SOURCE / path).read_text("utf-8"))
    ]
    assert lost == []


@every_page
def test_every_target_of_make_on_a_page_is_there(page: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = {m[1] for code in code_on(page) if (m := re.match(r"make ([a-z-]+)$", code))}
    assert asked <= known
