"""A probability sample of a finished run: planned, drawn, and written for those who label it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import rasterio

from minewatch.analysis.drawn_cells import draw_planned, make_units
from minewatch.analysis.sample_folders import DrawnSample, write_sample
from minewatch.analysis.sample_frame import make_frame, number_strata
from minewatch.analysis.sample_plan import TARGETS, Wish, plan_cells
from minewatch.analysis.site_sample import sample_sites
from minewatch.errors import SettingsError, unknown_name
from minewatch.estimates.allocation import ALLOCATIONS, Allocation
from minewatch.model import RunResult
from minewatch.model.run_result import source_mark
from minewatch.samples.sample_design import DESIGNS, FOLDER, UNITS, SampleDesign
from minewatch.samples.unit_drawing import count_frame
from minewatch.store.output_folder import open_result

FRAME: Final = "frame.tif"
LEAST: Final = 10
"""Units in each stratum at least; starting value."""
RING_M: Final = 100.0
"""Width of the ring round sites; starting value: where the rim of a mine is missed."""
BLOCK_PX: Final = 3
TILE_PX: Final = 32
INSIDE: Final = 10


def draw_sample(
    directory: str | Path,
    *,
    name: str = "sample",
    size: int | None = None,
    half_width: str | None = None,
    unit: str = "pixel",
    design: str = "stratified",
    periods: Sequence[str] = (),
    target: str = "pool",
    allocation: Allocation = "neyman",
    least: int = LEAST,
    take: Mapping[str, int] | None = None,
    expect: Mapping[str, float] | None = None,
    ring_m: float = RING_M,
    block_px: int = BLOCK_PX,
    tile_px: int = TILE_PX,
    inside: int = INSIDE,
    second_share: float = 0.1,
    seed: str = "1",
    out: str | Path | None = None,
    only_plan: bool = False,
) -> DrawnSample:
    """Draw a probability sample of a finished run.

    Parameters
    ----------
    directory
        Folder of a finished run.
    name
        Name of the sample; its folder is `review/samples/NAME`.
    size
        Units in all; None takes `half_width`, or 300.
    half_width
        Wanted half of the 95 % interval of the target's area: `10%` of that area, or `2ha`.
    unit
        A key of `UNITS`.
    design
        A key of `DESIGNS`.
    periods
        Label or first day of one period, or of two whose change is asked for; none takes the last.
    target
        `pool`, `pad` or `mine`: what the sample is sized for.
    allocation, least, take
        How units are spread over strata: a key of `ALLOCATIONS`, at least so many in each, and
        numbers by hand.
    expect
        Stratum to the guessed share of it that is the target.
    ring_m
        Width of the ring round sites, metres.
    block_px
        Side of a block. A large one that is labelled whole shows rare things with far fewer
        labels than as many pixels would, where most blocks hold none.
    tile_px, inside
        Of a two-stage design: side of a tile, and pixels drawn in each.
    second_share
        Share of the units, drawn at random, that a second interpreter labels too.
    seed
        Any text: the same one draws the same units.
    out
        Folder of the sample; None takes `review/samples/NAME` in the folder of the run.
    only_plan
        Plan and draw nothing.

    Raises
    ------
    SettingsError
        When a name is unknown, or no such sample can be drawn.
    OutputError
        When another sample lies there.
    """
    _check(unit=unit, design=design, allocation=allocation, target=target)
    if not 0 <= second_share <= 1:
        raise SettingsError(f"a second share of {second_share:g}", hint="give 0 to 1")
    result = open_result(directory, verify=False)
    chosen = _periods(result, periods)
    folder = Path(out) if out else result.directory / FOLDER / name
    side = block_px if unit == "block" else 1
    side = tile_px if design == "two-stage" else side
    wish = Wish(
        size=size, half_width=half_width, allocation=allocation, least=least, take=take or {},
        expect=expect or {}, target=target,
    )  # fmt: skip
    blank = SampleDesign(
        name=name, seed=seed, unit=unit, design=design, side=side,
        inside=inside if design == "two-stage" else 0, periods=tuple(chosen), target=target,
        allocation=allocation, ring_m=ring_m, strata=(), not_seen_m2=0.0, not_seen_units=0,
        half_width=0.0, second_share=second_share, run=_run(result),
    )  # fmt: skip
    if unit == "site":
        return sample_sites(result, blank, wish, folder, only_plan=only_plan)
    if design == "two-stage" and unit != "pixel":
        raise SettingsError("two stages are of pixels in tiles", hint="leave out --unit")
    with tempfile.TemporaryDirectory(prefix="minewatch-frame-") as scratch:
        frame, codes = make_frame(result, blank, Path(scratch) / FRAME)
        stratum_of = number_strata(blank, codes)
        count = count_frame(frame, side=side, stratum_of=stratum_of)
        plan = plan_cells(replace(blank, codes=codes), count, stratum_of, wish)
        if only_plan:
            return DrawnSample(folder=folder, plan=plan, files=(), is_new=True)
        cells, plan = draw_planned(plan, frame, count, stratum_of)
        units, outlines = make_units(result, plan.design, cells)
        return write_sample(folder, plan, units, outlines, frame)


def _check(*, unit: str, design: str, allocation: str, target: str) -> None:
    for what, value, known in (
        ("unit", unit, UNITS), ("design", design, DESIGNS), ("allocation", allocation, ALLOCATIONS),
        ("target", target, TARGETS),
    ):  # fmt: skip
        if value not in known:
            raise SettingsError(unknown_name(what, value, list(known)), hint="give one of these")


def _periods(result: RunResult, wanted: Sequence[str]) -> list[dict[str, str]]:
    periods = result.manifest["periods"]
    if not periods:
        raise SettingsError("the run has no period", hint="give a run that found scenes")
    if len(wanted) > 2:
        raise SettingsError(f"{len(wanted)} periods", hint="give one, or two to compare")
    chosen = []
    for text in wanted or [periods[-1]["start"]]:
        match = [p for p in periods if text in (p["label"], p["start"])]
        if not match:
            known = [p["label"] for p in periods]
            raise SettingsError(unknown_name("period", text, known), hint="give one of these")
        chosen.append({key: str(match[0][key]) for key in ("label", "start", "end")})
    if len({p["start"] for p in chosen}) < len(chosen):
        raise SettingsError("the same period twice", hint="give one, or two unlike ones")
    return sorted(chosen, key=lambda period: period["start"])


def _run(result: RunResult) -> dict[str, Any]:
    with rasterio.open(result.rasters["observed"]) as file:
        return {
            "source": source_mark(result.manifest), "area": result.aoi.id,
            "simulated": result.simulated, "epsg": file.crs.to_epsg(),
            "transform": list(file.transform[:6]), "shape": [file.height, file.width],
            "resolution_m": float(file.transform.a),
        }  # fmt: skip
