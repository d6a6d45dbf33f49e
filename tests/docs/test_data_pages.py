"""The data dictionary is what the contracts say, and the recipes run as they stand."""

from __future__ import annotations

import ast
import re
import runpy
import shutil
from pathlib import Path

import pytest

from minewatch.exporters import EXPORTERS, LAYERS
from minewatch.model import RunResult

ROOT = Path(__file__).parents[2]
RECIPES = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs/queries.md").read_text("utf-8"), re.DOTALL
)


def test_the_data_dictionary_is_up_to_date() -> None:
    render = runpy.run_path(str(ROOT / "scripts/data-dictionary"))["render"]
    page = (ROOT / "docs" / "data-dictionary.md").read_text("utf-8")
    assert page == render(), "run scripts/data-dictionary"


@pytest.mark.parametrize("name", LAYERS)
def test_every_column_of_a_layer_is_in_the_dictionary(name: str) -> None:
    page = (ROOT / "docs" / "data-dictionary.md").read_text("utf-8")
    for column, rule in LAYERS[name].contract.items():
        assert f"| `{column}` |" in page
        assert rule.meaning.replace("m2", "m²").replace("|", "\\|") in page


def test_the_recipes_run_as_they_stand(
    simulated_run: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(simulated_run.directory, tmp_path / "pangwa")
    (tmp_path / "pangwa" / "export").mkdir()
    EXPORTERS["geoparquet"](simulated_run, tmp_path / "pangwa" / "export")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    answers = []
    for recipe in RECIPES:
        *steps, last = ast.parse(recipe).body
        question = last if isinstance(last, ast.Expr) else None
        exec(
            "\n".join(ast.unparse(step) for step in (steps if question else [*steps, last])), names
        )
        if question:
            answers.append(eval(ast.unparse(question), names))
    assert "inventory" in names
    ground, wet, by_state, widths = answers
    assert ground["unseen"].sum() == 1
    assert wet.fetchall() == [("simulated-bbbb", "abandoned_wet", 700.0)]
    assert dict(row[:2] for row in by_state.fetchall())["abandoned_wet"] == 1
    assert all(width > 0 for _, width in widths.fetchall())
