"""What README and the pages tell people to type runs as written, without a network.

Blocks of the pages that are marked `bash` are run, in order, as one script. Nothing is left out.
What asks a server is given the simulated archive of the demo instead: see `INSTEAD`; `make` is
asked what it would do.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.docs.conftest import offline

pytestmark = pytest.mark.timeout(900)
ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
README = BLOCK.findall((ROOT / "README.md").read_text("utf-8"))
PYTHON = [text for _, text in BLOCK.findall((ROOT / "docs/python.md").read_text("utf-8"))]
PAGES = sorted(page for page in ROOT.glob("docs/*.md") if "```bash" in page.read_text("utf-8"))
INSTEAD = {
    "minewatch demo --quiet": "test -f demo/archive/catalog.json",
    ".venv/bin/minewatch review serve": "timeout --preserve-status -s INT 15 .venv/bin/minewatch "
    "review serve",
    "--catalog planetary-computer ": "",
    "--catalog cdse ": "",
    "--aoi chipwe-pangwa": "--aoi demo/archive/aoi.geojson --catalog demo/archive/catalog.json",
    '"chipwe-pangwa"': '"demo/archive/aoi.geojson", catalog="demo/archive/catalog.json"',
}
"""A real area, whose imagery a server has, to the simulated one of the demo, which is there; a page
that is served until somebody ends it is ended."""


def on_the_demo(text: str) -> str:
    for real, simulated in INSTEAD.items():
        text = text.replace(real, simulated)
    return text


def run_python(text: str, names: dict[str, Any]) -> list[str]:
    """Run a block as a notebook does; what each of its bare expressions shows."""
    shown = []
    for step in ast.parse(on_the_demo(text)).body:
        if isinstance(step, ast.Expr):
            shown.append(repr(eval(ast.unparse(step), names)))
        else:
            exec(ast.unparse(step), names)
    return shown


def run_shell(text: str) -> str:
    script = f"set -e\n{on_the_demo(text)}"
    done = subprocess.run(
        ["bash", "-c", script], env=beside(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def beside() -> dict[str, str]:
    """An environment in which `minewatch` and `python` are those of the working folder."""
    environment = offline()
    environment["PATH"] = os.pathsep.join([str(Path(".venv/bin").absolute()), environment["PATH"]])
    return environment


def test_make_knows_every_target_of_the_readme() -> None:
    words = [line.split("#")[0].split() for line in README[0][1].splitlines()]
    assert [word[0] for word in words] == ["make"] * 3
    for _, target in words:
        done = subprocess.run(["make", "-n", "-C", ROOT, target], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert target != "demo" or "minewatch demo" in done.stdout


def test_the_readme_runs_as_written(beside_the_demo: Path) -> None:
    kinds = [kind for kind, _ in README]
    assert kinds == ["", "", "python", ""]
    (_, _), (_, on_the_archive), (_, python), (_, main_job) = README
    ids = [
        feature["properties"]["site_id"]
        for feature in json.loads(Path("demo/run/sites.geojson").read_text("utf-8"))["features"]
    ]
    assert ids
    shown = run_shell(on_the_archive)
    assert all(site_id in shown for site_id in ids)
    names: dict[str, Any] = {}
    assert len(run_python(python, names)) == 3
    assert sorted(names["run"].sites["site_id"]) == sorted(ids)
    assert "chipwe-pangwa" in main_job
    run_shell(main_job)
    parameters = json.loads(Path("pangwa/manifest.json").read_text("utf-8"))["parameters"]
    assert parameters["end"] == "2024-12-31"
    assert list(Path("pangwa/export").glob("*.qg[sz]"))


@pytest.mark.usefixtures("beside_the_demo")
def test_the_page_of_python_runs_as_written() -> None:
    names: dict[str, Any] = {}
    shown = [run_python(block, names) for block in PYTHON]
    assert [len(lines) for lines in shown] == [7, 5]
    assert len(names["run"].sites) > 0
    assert names["run"].months(names["run"].sites.total_bounds).sizes["x"] > 0


@pytest.mark.usefixtures("beside_the_demo")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_tells_to_type_runs_as_written(page: Path) -> None:
    blocks = [text for kind, text in BLOCK.findall(page.read_text("utf-8")) if kind == "bash"]
    assert run_shell("\n".join(blocks))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_command_of_such_a_page_stands_where_it_is_not_run(page: Path) -> None:
    blocks = BLOCK.findall(page.read_text("utf-8"))
    unmarked = [text for kind, text in blocks if kind == "" and "minewatch " in text]
    assert unmarked == []
