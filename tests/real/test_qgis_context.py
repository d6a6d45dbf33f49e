"""The group `Context` in a real QGIS, the Debian one: moved, drawn, stepped through."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from tests.context_answers import answers_of

from minewatch.exporters.qgis.context_layers import CONTEXT
from minewatch.exporters.qgis.project_folder import QgisExporter
from minewatch.model import RunResult

from .test_qgis import mailed, qgis_environment, see  # noqa: F401

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def seen(
    simulated_run: RunResult,
    qgis_environment: dict[str, str],  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, Any]:
    """What QGIS says of a project with answers, at another place than where it was written."""
    work = tmp_path_factory.mktemp("moved")
    QgisExporter(rasters="none", answers=answers_of(simulated_run))(simulated_run, work / "export")
    project = mailed(work / "export", work) / "minewatch.qgz"
    without = {**qgis_environment, "MINEWATCH_NO_ATLAS": "1"}
    return see(project, without, tmp_path_factory.mktemp("pictures"), timeout=600)


@pytest.fixture(scope="module")
def layers(seen: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("minewatch_"): layer for name, layer in seen["layers"].items()}


def test_the_moved_project_opens_without_a_word_of_warning(seen: Mapping[str, Any]) -> None:
    assert seen["read"]
    assert (seen["error"], seen["log"], seen["requests"]) == ("", [], [])
    assert "Context" in seen["groups"]


def test_layers_are_valid_with_kind_rows_names_and_words(layers: Mapping[str, Any]) -> None:
    rows = {name: layers[name]["features"] for name in CONTEXT}
    assert rows == {
        "context_places": 3, "context_rivers": 3, "context_paths": 3, "context_slides": 1,
        "context_claims": 2,
    }  # fmt: skip
    for name in CONTEXT:
        assert layers[name]["valid"], name
        assert layers[name]["abstract"].startswith("SIMULATED")
        assert layers[name]["temporal"] == (name != "context_paths")
    assert layers["context_paths"]["aliases"]["metres_to_river"] == "To river (m)"
    assert layers["context_slides"]["fields"]["slide_by"] == "Date"
    assert layers["context_rivers"]["fields"]["abandoned_wet_high"] == "Integer64"


def test_each_step_of_the_clock_shows_what_is_said_of_its_period(seen: Mapping[str, Any]) -> None:
    steps = [frame["shown"] for frame in seen["frames"]]
    assert [len(shown["context_rivers"]) for shown in steps] == [1, 1, 1]
    assert [len(shown["context_places"]) for shown in steps] == [1, 1, 1]
    assert [len(shown["context_slides"]) for shown in steps] == [0, 1, 1]
    assert [len(shown["context_claims"]) for shown in steps] == [1, 2, 1]


def test_the_theme_draws_the_river_and_the_village(seen: Mapping[str, Any]) -> None:
    theme = seen["themes"]["Context"]
    assert theme["errors"] == []
    assert {f"minewatch_{name}" for name in CONTEXT} <= set(theme["layers"])
    picture = matplotlib.image.imread(Path(theme["picture"]))[..., :3]
    for colour in ("#67a9cf", "#7b3294"):  # the paths; the outline of the claim of certainty high
        rgb = np.array([int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)])
        assert (np.abs(picture - rgb).max(axis=-1) < 0.05).any(), colour
