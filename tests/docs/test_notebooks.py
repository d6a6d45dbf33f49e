"""Notebooks run from top to bottom, offline, and are committed without outputs."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_clean(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
            assert all(len(body.splitlines()) <= 5 for body in cell.source.split("def ")[1:])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_notebook_runs_offline_and_says_that_it_is_simulated(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=240, resources={"metadata": {"path": tmp_path}})
    client.execute()
    printed = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    assert "simulated: True" in printed
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert pictures


def test_the_extra_brings_what_the_notebooks_import() -> None:
    project = tomllib.loads((NOTEBOOKS[0].parents[1] / "pyproject.toml").read_text("utf-8"))
    asked = project["project"]["dependencies"]
    asked = [*asked, *project["project"]["optional-dependencies"]["notebook"]]
    brought = {re.split(r"[>=<;\[ ]", words)[0] for words in asked}
    code = "\n".join(
        cell.source for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    )  # fmt: skip
    imported = set(re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE))
    known = {*sys.stdlib_module_names, "minewatch", "IPython"}  # IPython comes with ipykernel
    assert imported - known - brought == set()
    assert "duckdb" in imported
