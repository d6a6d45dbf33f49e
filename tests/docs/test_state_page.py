"""`docs/state.md` names every file that a run keeps, and none that it does not."""

from __future__ import annotations

import re
from pathlib import Path

from tests.flow.conftest import TINY, run_archive

from minewatch import synthetic
from minewatch.detect import get_detection
from minewatch.model import SceneList
from minewatch.store.rule_versions import RULE_VERSIONS, rule_versions

PAGE = Path(__file__).parents[2] / "docs" / "state.md"
NO_SCENES = SceneList(scenes=(), catalog="", collection="")
PARTS = {
    "CHUNK": r"r\d+c\d+",
    "KEY": r"[0-9a-f]{12,16}",
    "YYYY-MM": r"\d{4}-\d{2}",
    "LAYER": r"\w+",
}


def pattern(path: str) -> re.Pattern[str]:
    text = re.escape(path)
    for name, part in PARTS.items():
        text = text.replace(re.escape(name), part)
    return re.compile(text)


def rows_of(page: str) -> list[list[str]]:
    """Cells of every row of the table of files."""
    table = page.split("## Files")[1].split("## Rules")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def test_every_file_of_a_run_is_on_the_page_and_the_other_way_round(tmp_path: Path) -> None:
    archive = synthetic.write_archive(tmp_path / "archive", TINY)
    synthetic.write_elevation(archive)
    run_archive(archive, tmp_path / "run", chunk_px=32)
    state = tmp_path / "run" / "state"
    files = {str(p.relative_to(state)) for p in state.rglob("*") if p.is_file()}
    patterns = {row[0]: pattern(row[0].strip("`")) for row in rows_of(PAGE.read_text("utf-8"))}
    unknown = {f for f in files if not any(p.fullmatch(f) for p in patterns.values())}
    assert not unknown
    absent = {name for name, p in patterns.items() if not any(p.fullmatch(f) for f in files)}
    assert not absent


def test_modules_named_on_the_page_exist() -> None:
    source = PAGE.parents[1] / "src" / "minewatch"
    for row in rows_of(PAGE.read_text("utf-8")):
        assert len(row) == 6, row[0]
        for name in re.findall(r"`((?:store|pipeline|exporters|analysis)\.\w+)`", " ".join(row)):
            assert source.joinpath(*name.split(".")).with_suffix(".py").exists(), name


def test_every_kind_of_rule_is_on_the_page() -> None:
    kinds = {*RULE_VERSIONS, *rule_versions(get_detection("pool-banks"), NO_SCENES)}
    table = PAGE.read_text("utf-8").split("## Rules")[1].split("## Layout")[0]
    first = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(\w+)`", first)) == kinds
