"""Why a site is in the inventory, drawn: one picture and one JSON file a site."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import shorten
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from minewatch.files import write_bytes_atomic
from minewatch.model.palette import FEATURE_COLOURS, STATE_COLOURS
from minewatch.reports.pictures import _frame, _png, _show
from minewatch.reports.site_explanation import Chip, Explanation, as_values

CHIPS: Final = 6
"""Most pictures of the ground in a row."""
_BAND_SD: Final = 2
"""The baseline is drawn as wide as this many standard deviations, up and down."""
_GREEN, _WATER, _FOR, _AGAINST = "#009e73", "#0072b2", "#d55e00", "#999999"


def write_explanation(explanation: Explanation, folder: Path) -> dict[str, Path]:
    """Write the picture and the figures of one site.

    Parameters
    ----------
    explanation
        What is known.
    folder
        Made when it is missing.

    Returns
    -------
    dict
        `picture` and `figures`, to their paths.
    """
    name = explanation.site["site_id"]
    paths = {"picture": folder / f"{name}.png", "figures": folder / f"{name}.json"}
    write_bytes_atomic(paths["picture"], explain_picture(explanation))
    text = json.dumps(as_values(explanation), indent=1, ensure_ascii=False, allow_nan=False)
    write_bytes_atomic(paths["figures"], f"{text}\n".encode())
    return paths


def explain_picture(explanation: Explanation) -> bytes:
    """The ground by period, the pixels by month, the pools by period, and the evidence, as PNG."""

    def draw(figure: Figure) -> None:
        rows = figure.add_gridspec(5, 1, height_ratios=(0.35, 2.2, 2.2, 1.7, 2.6))
        _draw_title(figure.add_subplot(rows[0]), explanation)
        _draw_chips(figure, rows[1], explanation)
        greenness = figure.add_subplot(rows[2])
        _draw_greenness(greenness, explanation)
        _draw_pools(figure.add_subplot(rows[3], sharex=greenness), explanation)
        below = rows[4].subgridspec(1, 2)
        _draw_terms(figure.add_subplot(below[0]), explanation)
        _draw_alternatives(figure.add_subplot(below[1]), explanation)

    return _png(draw, size=(13, 14), simulated=explanation.simulated)


def _draw_title(axes: Axes, explanation: Explanation) -> None:
    verdict, _, rest = explanation.title.partition("; ")
    axes.set_axis_off()
    axes.text(0, 1, f"{verdict}\n{rest}", va="top", fontweight="bold")
    notes = "\n".join(shorten(note, 150, placeholder=" …") for note in explanation.notes)
    axes.text(0, -0.1, notes, va="top", fontsize="small", color=_FOR)


def _draw_chips(figure: Figure, place: Any, explanation: Explanation) -> None:
    """The ground in some periods, the site as far as it was found, and its pools up to then."""
    chips = _chosen(explanation)
    cells = place.subgridspec(1, max(len(chips), 1))
    pools = explanation.features[explanation.features["kind"] == "pool"]
    rows = explanation.inventory
    for i, chip in enumerate(chips):
        axes = figure.add_subplot(cells[i])
        _show(axes, chip.picture)
        now = rows[rows["period_start"] == chip.period.start.isoformat()]
        if len(now):
            state = str(now["state"].iloc[0])
            dug = pools[pools["first_detected"] <= chip.period.end.isoformat()]
            if len(dug):
                dug.boundary.plot(ax=axes, color=FEATURE_COLOURS["pool"], linewidth=1)
            now.boundary.plot(ax=axes, color=STATE_COLOURS[state], linewidth=2)
        else:
            state = "before it began"
            rows.iloc[:1].boundary.plot(ax=axes, color="white", linewidth=1, linestyle=":")
        axes.set_title(f"{chip.picture.label}\n{state.replace('_', ' ')}", fontsize="small")
        _frame(axes, chip.picture.box)


def _chosen(explanation: Explanation) -> list[Chip]:
    """At most `CHIPS` periods: the last before it began, the first after, and others between."""
    chips = list(explanation.chips)
    if len(chips) <= CHIPS:
        return chips
    first = str(explanation.site["first_detected"])
    after = next((i for i, c in enumerate(chips) if c.period.end.isoformat() >= first), 0)
    start = max(after - 1, 0)
    spread = np.linspace(after, len(chips) - 1, CHIPS - (after > 0)).round().astype(int)
    return [chips[i] for i in sorted({start, *spread.tolist()})]


def _draw_greenness(axes: Axes, explanation: Explanation) -> None:
    """Greenness of the pixels with its baseline, the window of the start, and clear overpasses.

    Of radar, backscatter takes its place.
    """
    months, middle = explanation.months, _middles(explanation)
    name = "vh_db" if "vh_db" in months else "greenness"
    seen = months[name].notna().to_numpy()
    low, high = (months[f"{name}_{n}"].to_numpy() for n in ("low", "high"))
    axes.fill_between(middle, low, high, where=seen.tolist(), color=_GREEN, alpha=0.2, lw=0)
    axes.plot(middle[seen], months[name].to_numpy()[seen], "o-", color=_GREEN, ms=3, lw=1)
    baseline = months["baseline"].to_numpy()
    words = "no baseline" + (": too little seen before" if name == "greenness" else "")
    if np.isfinite(baseline).any():
        words = f"baseline ± {_BAND_SD} sd"
        spread = _BAND_SD * months["baseline_sd"].to_numpy()
        axes.plot(middle, baseline, color="black", lw=1)
        axes.fill_between(
            middle, baseline - spread, baseline + spread, color="black", alpha=0.12, lw=0
        )
    axes.text(0.005, 0.03, f"black: {words}", transform=axes.transAxes, fontsize="x-small")
    _mark(axes, explanation.site["last_undisturbed"], "last green look", side="right")
    _mark(axes, explanation.site["first_detected"], "first look", side="left")
    axes.xaxis_date()
    what = "backscatter (VH, dB)" if name == "vh_db" else "greenness (NDVI, haze off)"
    axes.set_ylim(*((-28, -8) if name == "vh_db" else (-0.35, 1)))
    axes.set_ylabel(f"{what}\nmedian, 10–90 % of pixels")
    overpasses = axes.twinx()
    overpasses.bar(middle, months["clear_looks"], width=18, color="black", alpha=0.25)
    overpasses.set_ylim(0, max(float(months["clear_looks"].max()) * 5, 5))
    overpasses.set_ylabel("clear looks", fontsize="small")


def _mark(axes: Axes, day: str | None, text: str, *, side: str) -> None:
    if not day:
        return
    x = _days(day)
    axes.axvline(x, color=_FOR, ls="-" if side == "left" else ":", lw=1.5)
    axes.annotate(
        f" {text} \n {day} ", (x, 1.02), xycoords=("data", "axes fraction"), ha=side,
        fontsize="x-small",
    )  # fmt: skip


def _draw_pools(axes: Axes, explanation: Explanation) -> None:
    """Pool area and count range by period, the water that stands in them, milky water by month."""
    for row in explanation.inventory.to_dict("records"):
        start, end = (_days(row[f"period_{n}"]) for n in ("start", "end"))
        middle = (start + end) / 2
        if pd.isna(row["pool_area_m2"]):
            words = "not seen" if pd.isna(row["disturbed_area_m2"]) else "unknown"
            axes.text(middle, 0, words, fontsize="x-small", va="bottom", ha="center")
            continue
        axes.bar(
            middle, row["pool_area_m2"], width=end - start, color=STATE_COLOURS[row["state"]],
            alpha=0.6, edgecolor="black",
        )  # fmt: skip
        water = 0.0 if pd.isna(row["water_area_m2"]) else row["water_area_m2"]
        axes.bar(middle, water, width=(end - start) / 2, color=_WATER, alpha=0.6, edgecolor="black")
        count = f"{row['pool_count_low']}–{row['pool_count_high']} pools"
        axes.text(middle, row["pool_area_m2"], count, ha="center", va="bottom", fontsize="x-small")
    axes.set_ylabel("pool area (m²), colour: state\nblue: water in the pools")
    axes.margins(y=0.2)
    axes.set_ylim(bottom=0)
    if explanation.why_no_pools:
        words = "pools and water cannot be seen in pixels of this size"
        axes.text(0.5, 0.6, words, transform=axes.transAxes, ha="center", fontsize="small")
        axes.set_yticks([])
        return
    milky = axes.twinx()
    milky.plot(_middles(explanation), explanation.months["milky_pct"], ".", color=_WATER, ms=5)
    milky.set_ylabel("milky or white water\n(%, by month)", fontsize="small", color=_WATER)
    milky.set_ylim(bottom=0)


def _days(day: str) -> float:
    """A day as matplotlib counts them: since 1970-01-01."""
    return float(np.datetime64(day, "D").astype(np.int64))


def _middles(explanation: Explanation) -> NDArray[np.float64]:
    """Middle of each month, see `_days`."""
    days = explanation.months.index.to_numpy().astype("datetime64[D]").astype(np.float64)
    return np.asarray(days + 14)


def _draw_terms(axes: Axes, explanation: Explanation) -> None:
    terms = explanation.best
    by_name = explanation.weights or dict.fromkeys(terms, 1.0)
    names = sorted(terms, key=lambda n: by_name.get(n, 0.0) * terms[n])
    weights = [by_name.get(n, 0.0) for n in names]
    axes.barh(names, weights, color="white", edgecolor=_AGAINST)
    axes.barh(names, [w * terms[n] for n, w in zip(names, weights, strict=True)], color=_FOR)
    for i, name in enumerate(names):
        axes.text(weights[i], i, f" {terms[name]:.2f}", va="center", fontsize="x-small")
    adds = " (filled: what it adds)" if explanation.weights else ""
    axes.set_title(f"evidence of its strongest season{adds}", fontsize="small")
    unit = "log-odds; at the bar: the term" if explanation.weights else "the term"
    axes.set_xlabel(f"{unit}, 0 against to 1 for", fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_alternatives(axes: Axes, explanation: Explanation) -> None:
    others = list(reversed(explanation.alternatives))
    is_open = any(other.plausibility is None for other in others)
    axes.barh(
        [a.kind.replace("_", " ") for a in others],
        [1.0 if a.plausibility is None else a.plausibility for a in others],
        color="none" if is_open else _AGAINST,
    )
    for i, other in enumerate(others):
        axes.text(0.02, i, other.reason, va="center", fontsize="x-small")
    axes.set_xlim(0, 1)
    title = "what it could have been instead (0: ruled out)"
    if is_open:
        title = "what it could be instead: pixels of this size cannot separate them"
        axes.set_xticks([])
    axes.set_title(title if others else "its detector names nothing else", fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
