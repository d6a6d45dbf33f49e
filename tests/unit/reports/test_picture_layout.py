"""Pictures are cut as matplotlib cuts them, which draws them once more for it."""

import io

import matplotlib as mpl
from matplotlib.figure import Figure

from minewatch.reports.pictures import _DPI, _png


def _draw(figure: Figure) -> None:
    axes = figure.subplots(1, 2)
    axes[0].plot([1, 4, 2])
    axes[0].set_title("a title that is\nlonger than its axes are wide, by far")
    axes[1].legend(*axes[0].get_legend_handles_labels(), bbox_to_anchor=(1.4, 1))
    axes[1].set_ylabel("ha")


def test_a_picture_is_the_same_bytes_as_with_a_tight_box() -> None:
    found = _png(_draw, size=(5, 3), simulated=False)
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({"font.size": 11, "hatch.linewidth": 0.6})
        figure = Figure(figsize=(5, 3), dpi=_DPI, layout="constrained")
        _draw(figure)
        content = io.BytesIO()
        figure.savefig(content, format="png", metadata={"Software": None}, bbox_inches="tight")
    assert content.getvalue() == found
