"""Every script of the gallery runs beside the demo, and its picture says that it is simulated."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

pytestmark = pytest.mark.timeout(900)
SCRIPTS = sorted((Path(__file__).parents[2] / "docs" / "gallery").glob("*.py"))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Figure]]:
    """Figures that a script shows."""
    figures: list[Figure] = []
    with mpl.rc_context():
        plt.switch_backend("agg")
        monkeypatch.setattr(plt, "show", lambda: figures.append(plt.gcf()))
        yield figures
        plt.close("all")


@pytest.mark.usefixtures("beside_the_demo")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_of_the_gallery_draws_a_picture_that_says_simulated(
    script: Path, shown: list[Figure]
) -> None:
    runpy.run_path(str(script), run_name="__main__")
    (figure,) = shown
    assert "simulated" in " ".join(axes.get_title() for axes in figure.axes)
    assert all(axes.get_xlabel() or axes.get_ylabel() for axes in figure.axes)
    assert "Simulated: no real place" in " ".join(script.read_text("utf-8").split())


def test_there_is_a_gallery() -> None:
    assert len(SCRIPTS) >= 6
