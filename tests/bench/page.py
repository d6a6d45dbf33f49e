"""Figures as Markdown and as a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from .case import Figures
from .suite import CASES

START, END = "<!-- figures: written by tests.bench -->", "<!-- end of figures -->"
Found = Mapping[str, Mapping[str, Figures | str]]


def section(
    found: Found,
    *,
    machine: Mapping[str, str],
    command: str,
    commands: Mapping[str, str] = MappingProxyType({}),
    texts: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The part of the page that is measured.

    Parameters
    ----------
    found
        Benchmark to its figures.
    machine
        What they were measured on.
    command
        What was run last.
    commands
        Benchmark to what measured it, where that was another command.
    texts
        Titles of what follows the benchmarks, and it itself.
    """
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d} with `{command}`; medians of the rounds, every way "
        "in a fresh process, the ways in turn.", "",
        *(f"- {name}: {fact}" for name, fact in machine.items()), "",
    ]  # fmt: skip
    for name, ways in found.items():
        lines += [f"### {CASES[name].title}", "", *_table(ways, far=CASES[name].far), ""]
        if commands.get(name, command) != command:
            lines += [f"Measured before, with `{commands[name]}`.", ""]
        lines += [CASES[name].notes, ""] if CASES[name].notes else []
    for title, text in texts.items():
        lines += [f"### {title}", "", text.strip(), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(ways: Mapping[str, Figures | str], *, far: bool) -> list[str]:
    net = ["requests", "MB fetched"] if far else []
    times = ["seconds", "ours / theirs", "CPU s", "ours / theirs"]
    head = ["", *times, "GiB above start", *net, "same answer"]
    ours = next(iter(ways.values()))
    lines = [_row(head), _row(["---"] * len(head))]
    for way, figures in ways.items():
        if isinstance(figures, str):
            lines.append(_row([way, figures, *[""] * (len(head) - 2)]))
            continue
        sent = [f"{figures.requests:,}", f"{figures.megabytes:,.0f}"] if far else []
        cpu = ours.cpu_seconds / figures.cpu_seconds if isinstance(ours, Figures) else math.nan
        same = "–" if math.isnan(figures.same) else f"{100 * figures.same:.4g} %"
        lines.append(_row([
            way, *map(_short, (figures.seconds, figures.ratio, figures.cpu_seconds, cpu)),
            f"{figures.memory_gib:.2f}", *sent, same,
        ]))  # fmt: skip
    return lines


def _short(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write_page(path: Path, text: str, *, start: str = START, end: str = END) -> None:
    """Put figures between their marks in a page, or at its end."""
    page = path.read_text("utf-8") if path.exists() else "# Performance\n"
    if start not in page:
        page = f"{page}\n{start}\n{end}\n"
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    path.write_text(f"{before}{start}\n\n{text}\n{end}{after}", "utf-8")


def marks_of(name: str) -> dict[str, str]:
    """The marks between which a benchmark with a command of its own writes."""
    return {
        "start": f"<!-- {name}: written by tests.bench.{name} -->",
        "end": f"<!-- end of {name} -->",
    }


def write_plot(path: Path, found: Found) -> None:
    """Seconds of every way, a panel a benchmark; nothing where there is none."""
    if not found:
        return
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        len(found), 1, figsize=(8, 1 + 0.32 * sum(len(ways) + 2 for ways in found.values())),
        height_ratios=[len(ways) + 1 for ways in found.values()], squeeze=False,
    )  # fmt: skip
    for panel, (name, ways) in zip(axes[:, 0], found.items(), strict=True):
        told = {way: f.seconds for way, f in ways.items() if isinstance(f, Figures)}
        colours = ["#b5532a" if way.startswith("minewatch") else "#8a9aa8" for way in told]
        panel.barh(list(told), list(told.values()), color=colours)
        panel.invert_yaxis()
        panel.set_title(CASES[name].title, fontsize=8, loc="left")
        panel.tick_params(labelsize=7)
        panel.set_xlabel("seconds", fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=90)
