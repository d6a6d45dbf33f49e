"""Figures of time: one site through time, and of all sites of an area, as ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from minewatch.model import STATES
from minewatch.model.palette import STATE_COLOURS
from minewatch.reports.pictures import _png

_UNSEEN: Final = "not_observed"
_CUMULATIVE: Final = "#333333"
_ACTIVE: Final = STATE_COLOURS["active"]
_POOL: Final = STATE_COLOURS["abandoned_wet"]
_WIDTH: Final = 0.34


def site_figure(timeline: pd.DataFrame, *, title: str, simulated: bool) -> bytes:
    """Disturbed ground and pools of one site as ranges, over a band of its states.

    Parameters
    ----------
    timeline
        One row a period, in order of time: `label`, `state`, `disturbed_area_m2_low|high`,
        `pool_area_m2_low|high`.
    title
        What it is of.
    simulated
        Write so, large.

    Returns
    -------
    bytes
        A PNG file; the same bytes for equal input.
    """

    def draw(figure: Figure) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(6, 1))
        for place, name, colour, label in (
            (-_WIDTH / 2, "disturbed_area_m2", _CUMULATIVE, "disturbed ground"),
            (_WIDTH / 2, "pool_area_m2", _POOL, "pools"),
        ):
            _ranges(top, timeline, name, place, colour, label, unit=1.0)
        top.set_ylabel("m²")
        _legend(top, title)
        _state_band(bottom, timeline["state"])
        _label_periods(bottom, timeline["label"])
        present = [s for s in STATES if (timeline["state"] == s).any()]
        handles = [
            Patch(fc=STATE_COLOURS[s], ec="black", label=s.replace("_", " ")) for s in present
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=6, fontsize="small")

    return _png(draw, size=(9.5, 5.5), simulated=simulated)


def area_figure(timeline: pd.DataFrame, *, title: str, simulated: bool) -> bytes:
    """Sites and ground of an area as ranges: all known until then, and those at work.

    Parameters
    ----------
    timeline
        One row a period, in order of time: `label`, `sites_low|high`, `active_low|high`,
        `ever_disturbed_m2_low|high`, `active_m2_low|high`, `observed_fraction`.
    title
        What it is of.
    simulated
        Write so, large.

    Returns
    -------
    bytes
        A PNG file; the same bytes for equal input.
    """

    def draw(figure: Figure) -> None:
        top, bottom = figure.subplots(2, 1, sharex=True)
        for axes, known, active, unit, label in (
            (top, "sites", "active", 1.0, "sites"),
            (bottom, "ever_disturbed_m2", "active_m2", 1e4, "disturbed ground (ha)"),
        ):
            _ranges(axes, timeline, known, -_WIDTH / 2, _CUMULATIVE, "known until then", unit=unit)
            _ranges(axes, timeline, active, _WIDTH / 2, _ACTIVE, "at work", unit=unit)
            axes.set_ylabel(label)
        top.yaxis.get_major_locator().set_params(integer=True)
        _legend(top, title)
        seen = [f"{100 * share:.0f} %" for share in timeline["observed_fraction"]]
        _label_periods(
            bottom, [f"{n}\nseen {s}" for n, s in zip(timeline["label"], seen, strict=True)]
        )
        bottom.set_xlabel("from confirmed, to provisional and what was not seen")

    return _png(draw, size=(9.5, 6.5), simulated=simulated)


def _ranges(
    axes: Axes,
    table: pd.DataFrame,
    name: str,
    place: float,
    colour: str,
    label: str,
    *,
    unit: float,
) -> None:
    """A solid bar up to the low end, a hatched one from there to the high end; NaN: unknown."""
    if table[f"{name}_high"].isna().all():
        axes.plot([], [], linestyle="", label=f"{label}: unknown")
        return
    low = table[f"{name}_low"].to_numpy(float) / unit
    high = np.maximum(table[f"{name}_high"].to_numpy(float) / unit, low)
    places = np.arange(len(table)) + place
    axes.bar(places, low, _WIDTH, color=colour, edgecolor="black", linewidth=0.5, label=label)
    axes.bar(
        places, high - low, _WIDTH, bottom=low, facecolor="white", edgecolor=colour, hatch="////",
        linewidth=0.8,
    )  # fmt: skip
    axes.set_ylim(0, max(axes.get_ylim()[1], high.max(initial=0) * 1.15, 1e-3))
    axes.spines[["top", "right"]].set_visible(False)


def _legend(axes: Axes, title: str) -> None:
    handles, _ = axes.get_legend_handles_labels()
    maybe = Patch(fc="white", ec=_CUMULATIVE, hatch="////", label="up to")
    axes.legend(handles=[*handles, maybe], title=title, loc="upper left", fontsize="small")


def _state_band(axes: Axes, states: pd.Series) -> None:
    for place, state in enumerate(states):
        hatch = "///" if state == _UNSEEN else None
        axes.bar(
            place, 1, 1, color=STATE_COLOURS[state], edgecolor="black", linewidth=0.5, hatch=hatch
        )
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_ylabel("state", rotation=0, ha="right", va="center")
    axes.spines[:].set_visible(False)


def _label_periods(axes: Axes, labels: Sequence[str] | pd.Series) -> None:
    every = max(1, len(labels) // 12)
    shown = [text if k % every == 0 else "" for k, text in enumerate(labels)]
    axes.set_xticks(range(len(shown)), shown, rotation=30, ha="right", fontsize="small")
