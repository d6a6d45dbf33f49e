"""What a benchmark is, and how one way of doing it is timed in a process of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Work = Callable[[], Any]
"""Does the job once and returns its answer, an array."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Where the data of a benchmark lie, and how large it is."""

    folder: Path
    """Files, made once."""
    where: str
    """How the files are addressed: the folder, or the address of a server."""
    scale: float
    """1: as published; smaller: quicker."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One job, and the ways to do it."""

    title: str
    """What is done, in a line."""
    ways: Mapping[str, Callable[[Setup], Work]]
    """Name to what makes the work ready (imports, compiling, warming); ours comes first."""
    tolerance: float = 0.0
    """Largest difference of answers that counts as the same."""
    repeats: int = 1
    """Times the work is done in a row; seconds are those of one: some are done too soon to time."""
    far: bool = False
    """The files come over HTTP, 50 ms a request."""
    notes: str = ""
    """What a reader must know to judge the figures."""
    most_rounds: int = 99
    """Times it is run at most: some ways take minutes."""
    only_asked: bool = False
    """Left out unless asked for by name."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one way of doing it took; the median of its rounds."""

    seconds: float
    cpu_seconds: float
    memory_gib: float
    requests: int
    megabytes: float
    same: float
    """Share of the answer that is as ours."""
    ratio: float
    """Our seconds to theirs, of runs one after the other: the machine's other work matters less."""


def time_once(work: Work, setup: Setup, answer: Path, *, repeats: int = 1) -> dict[str, float]:
    """Seconds and processor seconds of doing it once, and memory; the answer is left in a file."""
    far = setup.where.startswith("http")
    _ask_count(setup) if far else None
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    begun, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeats - 1):
        work()
    found = np.asarray(work())
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    requests, sent = _ask_count(setup) if far else (0, 0)
    np.save(answer, found.ravel()[:: max(1, found.size // 500_000)])
    return {
        "seconds": seconds / repeats, "cpu_seconds": cpu / repeats,
        "memory_gib": (_memory("VmHWM") - before) / 2**30, "requests": requests,
        "megabytes": sent / 1e6,
    }  # fmt: skip


def _ask_count(setup: Setup) -> tuple[int, int]:
    with urllib.request.urlopen(f"{setup.where}/_count") as answer:
        requests, sent = answer.read().split()
    return int(requests), int(sent)


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


def time_apart(case: str, way: str, setup: Setup, answer: Path) -> dict[str, float] | str:
    """The same in a fresh process; a text says why it could not be done."""
    job = [case, way, str(setup.folder), setup.where, str(setup.scale), str(answer)]
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.bench.one", *job],
        capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip
    if ran.returncode:
        return (ran.stderr.strip().splitlines() or ["failed"])[-1][:90]
    try:
        told: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return "it told no figures"
    return told


def measure(
    name: str, case: Case, setup: Setup, *, rounds: int, tell: Callable[[str], None]
) -> dict[str, Figures | str]:
    """Every way in turn, over again; medians, and how far the answers agree with ours."""
    told: dict[str, list[dict[str, float]]] = {way: [] for way in case.ways}
    failed: dict[str, str] = {}
    answers = {way: setup.folder / f"answer-{at}.npy" for at, way in enumerate(case.ways)}
    for round_ in range(min(rounds, case.most_rounds)):
        for way in case.ways:
            if way in failed:
                continue
            once = time_apart(name, way, setup, answers[way])
            if isinstance(once, str):
                failed[way] = once
                tell(f"{name} | {way}: {once}")
                continue
            told[way].append(once)
            tell(f"{name} | {way} | round {round_ + 1}: {once['seconds']:.2f} s")
    first = next(iter(case.ways))
    if first in failed:  # an answer of an earlier day is none
        return {way: failed.get(way, f"{first} failed") for way in case.ways}
    ours = np.load(answers[first])
    found: dict[str, Figures | str] = {}
    for way, times in told.items():
        if way in failed or not times:
            found[way] = failed.get(way, "not run")
            continue
        middle = {key: statistics.median(t[key] for t in times) for key in times[0]}
        theirs = np.load(answers[way])
        same = _same(theirs, ours, case.tolerance)
        ratio = statistics.median(
            mine["seconds"] / once["seconds"] for mine, once in zip(told[first], times, strict=True)
        )
        found[way] = Figures(
            **{**middle, "requests": int(middle["requests"])}, same=same, ratio=ratio
        )
    return found


def _same(theirs: Any, ours: Any, tolerance: float) -> float:
    """Share of two answers that is alike; NaN where they cannot be compared."""
    if theirs.shape != ours.shape:
        return float("nan")
    return float(np.mean(np.isclose(theirs.astype(float), ours, 0, tolerance, equal_nan=True)))
