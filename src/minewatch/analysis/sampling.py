"""A probability sample of a finished run: planned, drawn, and written for those who label it."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.errors import OutputError, SettingsError, unknown_name
from minewatch.estimates.allocation import (
    ALLOCATIONS,
    Allocation,
    StratumGuess,
    allocate,
    expected_half_width,
    size_for_half_width,
)
from minewatch.exporters import hash_file
from minewatch.model import WGS84, RunResult
from minewatch.model.change_kinds import CHANGE_KINDS
from minewatch.model.run_result import source_mark
from minewatch.samples import frame_raster
from minewatch.samples.label_entries import CLASSES
from minewatch.samples.sample_design import (
    DESIGNS,
    FOLDER,
    UNITS,
    DesignStratum,
    SampleDesign,
)
from minewatch.samples.unit_drawing import (
    DrawnCell,
    FrameCount,
    count_frame,
    draw_cells,
    even_ranks,
    number,
    random_ranks,
)
from minewatch.samples.unit_files import SampleUnit, write_unit_files
from minewatch.sites.totals import LIKELY, UNSEEN
from minewatch.store.output_folder import open_result

FRAME: Final = "frame.tif"
DEFAULT_SIZE: Final = 300
LEAST: Final = 10
"""Units in each stratum at least; starting value."""
RING_M: Final = 100.0
"""Width of the ring round sites; starting value: where the rim of a mine is missed."""
FOUND_M: Final = 50.0
"""A mine is found when a site lies this near [DESIGN 5]."""
BLOCK_PX: Final = 3
TILE_PX: Final = 32
INSIDE: Final = 10
EXPECTED: Final[Mapping[str, float]] = {
    "mapped": 0.8, "other class": 0.1, "candidate": 0.1, "ring": 0.01, "change": 0.005,
    "rest": 0.0005,
}  # fmt: skip
"""Guessed share of the target: where the map has it, where it has another class of mine, and so
on; starting values, from no ground of ours. Replace them by `expect`, or by a pilot's figures."""
ALIKE: Final = {"pixel": 1.0, "site": 1.0, "block": 0.5, "tile": 0.2}
"""Guess of how alike pixels of one unit are (intra-cluster correlation); starting values."""
TARGETS: Final = {"pool": ("pool",), "pad": ("pad",), "mine": ("pool", "pad")}
"""What a sample may be sized for, to its classes."""


@dataclass(frozen=True, kw_only=True)
class SamplePlan:
    """A sample before it is drawn."""

    design: SampleDesign
    """Its design."""
    notes: tuple[str, ...]
    """What it rests on, in words."""

    @property
    def size(self) -> int:
        """Units to label: pixels of all tiles in a two-stage design."""
        drawn = sum(stratum.drawn for stratum in self.design.strata)
        return drawn * max(self.design.inside, 1)


@dataclass(frozen=True, kw_only=True)
class DrawnSample:
    """A sample that was drawn."""

    folder: Path
    """Where its files lie."""
    plan: SamplePlan
    """How it was drawn."""
    files: tuple[Path, ...]
    """Its files."""
    is_new: bool
    """False when it was there already, the same to the byte."""


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
    wish = _Wish(
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
        return _sample_sites(result, blank, wish, folder, only_plan=only_plan)
    if design == "two-stage" and unit != "pixel":
        raise SettingsError("two stages are of pixels in tiles", hint="leave out --unit")
    with tempfile.TemporaryDirectory(prefix="minewatch-frame-") as scratch:
        frame, codes = _make_frame(result, blank, Path(scratch) / FRAME)
        stratum_of = _strata(blank, codes)
        count = count_frame(frame, side=side, stratum_of=stratum_of)
        plan = _plan(replace(blank, codes=codes), count, stratum_of, wish)
        if only_plan:
            return DrawnSample(folder=folder, plan=plan, files=(), is_new=True)
        cells, plan = _draw(plan, frame, count, stratum_of)
        units, outlines = _units_of_cells(result, plan.design, cells)
        return _write(folder, plan, units, outlines, frame)


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


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """What was asked for."""

    size: int | None
    half_width: str | None
    allocation: Allocation
    least: int
    take: Mapping[str, int]
    expect: Mapping[str, float]
    target: str


def _make_frame(
    result: RunResult, design: SampleDesign, path: Path
) -> tuple[Path, dict[str, dict[str, Any]]]:
    """The raster of the frame, and what its values say."""
    epsg = int(design.run["epsg"])
    end = design.periods[-1]["end"]
    inventory, sites = result.inventory.to_crs(epsg), result.sites.to_crs(epsg)
    features, changes = result.features.to_crs(epsg), result.changes.to_crs(epsg)
    starts = [period["start"] for period in result.manifest["periods"]]
    pads, pools = [], []
    for period in design.periods:
        rows = inventory[
            (inventory["period_start"] == period["start"])
            & inventory["alert"].isin(LIKELY)
            & (inventory["state"] != UNSEEN)
        ]
        wet = features[
            (features["kind"] == "pool")
            & features["site_id"].isin(rows["site_id"])
            & (features["first_detected"] <= period["end"])
            & (features["last_seen"] >= period["start"])
        ]
        pads.append(list(rows.geometry))
        pools.append(list(wet.geometry))
    known = sites[sites["first_detected"] <= end]
    begun = changes[changes["first_detected"] <= end]
    kinds = [kind for kind in CHANGE_KINDS if (begun["kind"] == kind).any()]
    layers = frame_raster.FrameLayers(
        aoi=gpd.GeoSeries([result.aoi.geometry], crs=WGS84).to_crs(epsg).iloc[0],
        ring=[shape.buffer(design.ring_m) for shape in known.geometry],
        candidates=list(known[known["alert"] == "candidate"].geometry),
        changes={kind: list(begun[begun["kind"] == kind].geometry) for kind in kinds},
        pads=pads, pools=pools, observed=result.rasters["observed"],
        bands=[starts.index(period["start"]) + 1 for period in design.periods],
    )  # fmt: skip
    frame_raster.write_frame(layers, path)
    return path, _codes(len(design.periods), kinds)


def _codes(periods: int, kinds: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What each value of the frame says: the stratum, and the class in each period."""
    order = ("other", "pool", "pad")
    codes: dict[str, dict[str, Any]] = {}
    for code in range(frame_raster.MAPPED + 1, frame_raster.MAPPED + 3**periods):
        classes = [order[c] for c in frame_raster.classes_of(code, periods)]
        name = classes[0] if len(set(classes)) == 1 else "_to_".join(classes)
        codes[str(code)] = {"stratum": name, "classes": classes}
    nothing = ["other"] * periods
    plain = {frame_raster.CANDIDATE: "candidate"}
    plain |= {frame_raster.CHANGES + n: f"change_{kind}" for n, kind in enumerate(kinds)}
    plain |= {frame_raster.RING: "ring", frame_raster.REST: "rest"}
    return codes | {str(k): {"stratum": v, "classes": nothing} for k, v in plain.items()}


def _strata(design: SampleDesign, codes: Mapping[str, Mapping[str, Any]]) -> dict[int, int]:
    """Value of the frame to the number of its stratum; the first ones take a unit of several."""
    if design.design == "two-stage":
        return {int(code): n for n, of in enumerate(_tile_groups(codes)) for code in of}
    order = list(dict.fromkeys(str(of["stratum"]) for of in codes.values()))
    return {int(code): order.index(str(of["stratum"])) for code, of in codes.items()}


_TILES: Final = ("with_mines", "near_mines", "without_mines")


def _tile_groups(codes: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    near = {str(frame_raster.RING), str(frame_raster.CANDIDATE)}
    mines = [code for code in codes if int(code) >= frame_raster.MAPPED]
    return [mines, sorted(near), [c for c in codes if c not in near and c not in mines]]


def _plan(
    design: SampleDesign, count: FrameCount, stratum_of: Mapping[int, int], wish: _Wish
) -> SamplePlan:
    names = _names(design, stratum_of)
    area = float(design.run["resolution_m"]) ** 2
    rows = [
        DesignStratum(
            name=name, units=units, pixels=pixels, area_m2=pixels * area, drawn=0,
            expected=_expected(name, by_code, design, wish), mapped=_mapped(by_code, design),
        )
        for name, units, pixels, by_code in zip(
            names, count.units, count.pixels, count.by_code, strict=True
        )
        if units
    ]  # fmt: skip
    unknown = set(wish.expect) - {row.name for row in rows}
    if unknown:
        known = [row.name for row in rows]
        raise SettingsError(unknown_name("stratum", min(unknown), known), hint="give one of these")
    if not rows:
        raise SettingsError("nothing of the area was seen", hint="choose another period")
    return _sized(replace(design, not_seen_m2=count.not_seen * area), rows, wish)


def _names(design: SampleDesign, stratum_of: Mapping[int, int]) -> list[str]:
    if design.design == "two-stage":
        return list(_TILES)
    names = {n: str(design.codes[str(code)]["stratum"]) for code, n in stratum_of.items()}
    return [names[n] for n in sorted(names)]


def _expected(name: str, by_code: Mapping[int, int], design: SampleDesign, wish: _Wish) -> float:
    """Guessed share of the target in a stratum: by what the map has in its pixels."""
    if name in wish.expect:
        return wish.expect[name]
    whole = sum(by_code.values())
    wanted = TARGETS[wish.target]
    guess = 0.0
    for code, pixels in by_code.items():
        of = design.codes[str(code)]
        last, stratum = of["classes"][-1], str(of["stratum"])
        key = "mapped" if last in wanted else "other class"
        if code < frame_raster.MAPPED:
            key = "change" if stratum.startswith("change_") else stratum
        guess += EXPECTED[key] * pixels
    return guess / whole if whole else 0.0


def _mapped(by_code: Mapping[int, int], design: SampleDesign) -> tuple[dict[str, float], ...]:
    whole = sum(by_code.values())
    shares = []
    for n in range(len(design.periods)):
        found: Counter[str] = Counter()
        for code, pixels in by_code.items():
            found[design.codes[str(code)]["classes"][n]] += pixels
        shares.append({name: found[name] / whole for name in CLASSES})
    return tuple(shares)


def _sized(design: SampleDesign, rows: Sequence[DesignStratum], wish: _Wish) -> SamplePlan:
    """How many of each stratum, and what interval that should give."""
    alike = _alike(design)
    guesses = [
        StratumGuess(
            name=row.name, units=row.units, size=row.pixels, expected=row.expected, alike=alike
        )
        for row in rows
    ]
    spread: dict[str, Any] = {
        "allocation": wish.allocation, "least": wish.least, "by_hand": wish.take
    }  # fmt: skip
    whole = sum(row.pixels for row in rows)
    target = sum(row.pixels * row.expected for row in rows) / whole
    size = wish.size or DEFAULT_SIZE
    if design.inside and wish.size is None:
        size = max(DEFAULT_SIZE // design.inside, 2)
    if wish.half_width is not None and wish.size is None:
        size = size_for_half_width(guesses, _share(wish.half_width, target, design, rows), **spread)
    if design.design == "simple":
        numbers = {row.name: max(round(size * row.pixels / whole), 0) for row in rows}
        simple = StratumGuess(
            name="all", units=sum(r.units for r in rows), size=whole, expected=target, alike=alike
        )
        half = expected_half_width([simple], {"all": min(size, simple.units)})
    else:
        numbers = allocate(guesses, size, **spread)
        half = expected_half_width(guesses, numbers)
    strata = tuple(replace(row, drawn=numbers[row.name]) for row in rows)
    done = replace(design, strata=strata, half_width=half)
    return SamplePlan(design=done, notes=tuple(_notes(done, target, size)))


def _alike(design: SampleDesign) -> float:
    """Variance of the mean of a unit over that of one pixel, as it is guessed."""
    if design.design == "two-stage":
        return (1 + (design.inside - 1) * ALIKE["tile"]) / design.inside
    pixels = design.side**2
    return (1 + (pixels - 1) * ALIKE[design.unit]) / pixels


def _share(text: str, target: float, design: SampleDesign, rows: Sequence[DesignStratum]) -> float:
    """A half width in words, as a share of what was seen."""
    word = text.strip().lower()
    try:
        if word.endswith("%"):
            return float(word[:-1]) / 100 * target
        if word.endswith("ha"):
            return float(word[:-2]) * 10_000 / sum(row.area_m2 for row in rows)
    except ValueError:
        pass
    raise SettingsError(f"a half width of {text!r}", hint="write 10% (of the area) or 2ha")


def _notes(design: SampleDesign, target: float, size: int) -> Iterator[str]:
    seen = design.seen_m2
    what = "sites" if design.unit == "site" else "ha"
    scale = sum(s.units for s in design.strata) if design.unit == "site" else seen / 10_000
    yield (
        f"if the guesses are right: {design.target} {target * scale:,.2f} {what} ± "
        f"{design.half_width * scale:,.2f} {what} (95 %) from {size} "
        f"{'tiles' if design.inside else design.unit + 's'}; guesses are not figures of this run"
    )
    if design.not_seen_m2:
        yield f"not seen: {design.not_seen_m2 / 10_000:,.2f} ha, an outcome of its own, not drawn"
    if design.not_seen_units:
        yield f"not seen: {design.not_seen_units} sites, an outcome of their own, not drawn"
    if design.run["simulated"]:
        yield "SIMULATED: no real place"


def _draw(
    plan: SamplePlan, frame: Path, count: FrameCount, stratum_of: Mapping[int, int]
) -> tuple[list[DrawnCell], SamplePlan]:
    design = plan.design
    names = _names(design, stratum_of)
    if design.design == "simple":
        everything = dict.fromkeys(stratum_of, 0)
        total = sum(count.units)
        drawn = min(sum(stratum.drawn for stratum in design.strata), total)
        ranks = [random_ranks(design.seed, "all", total, drawn)]
        cells = draw_cells(frame, side=design.side, stratum_of=everything, ranks=ranks)
        cells = [
            replace(cell, stratum=min(stratum_of[code] for _, _, code in cell.pixels))
            for cell in cells
        ]
        found = Counter(names[cell.stratum] for cell in cells)
        strata = tuple(replace(s, drawn=found[s.name]) for s in design.strata)
        return cells, replace(plan, design=replace(design, strata=strata))
    wanted = {stratum.name: stratum.drawn for stratum in design.strata}
    choose = even_ranks if design.design == "systematic" else random_ranks
    ranks = [
        choose(design.seed, name, units, wanted.get(name, 0))
        for name, units in zip(names, count.units, strict=True)
    ]
    cells = draw_cells(
        frame, side=design.side, stratum_of=stratum_of, ranks=ranks, inside=design.inside,
        seed=design.seed,
    )  # fmt: skip
    return cells, plan


def _units_of_cells(
    result: RunResult, design: SampleDesign, cells: Sequence[DrawnCell]
) -> tuple[list[SampleUnit], list[BaseGeometry]]:
    """What is labelled, numbered in random order, with outlines in metres."""
    transform = rasterio.Affine(*design.run["transform"])
    names = _names(design, {int(code): n for code, n in _strata(design, design.codes).items()})
    rows = []
    for cell in cells:
        cluster = f"r{cell.row}c{cell.col}"
        parts = [(pixel,) for pixel in cell.pixels] if design.inside else [cell.pixels]
        for pixels in parts:
            row, col = (pixels[0][0], pixels[0][1]) if design.inside else (cell.row, cell.col)
            side = 1 if design.inside else design.side
            west, north = transform @ (col, row)
            east, south = transform @ (col + side, row + side)
            rows.append((cell, cluster, pixels, row, col, shapely.box(west, south, east, north)))
    rows.sort(key=lambda of: number(design.seed, "order", of[3], of[4]))
    middles = gpd.GeoSeries([of[5].centroid for of in rows], crs=int(design.run["epsg"]))
    degrees = middles.to_crs(WGS84)
    near = _near_sites(result, design, middles)
    second = _second(design, [f"{of[3]}/{of[4]}" for of in rows])
    units = [
        SampleUnit(
            unit=_id(n, len(rows)), cluster=cluster if design.inside else _id(n, len(rows)),
            stratum=names[cell.stratum], row=row, col=col,
            pixels=" ".join("/".join(map(str, pixel)) for pixel in pixels),
            cluster_pixels=cell.size, lon=round(degrees.iloc[n].x, 7),
            lat=round(degrees.iloc[n].y, 7), second=n in second, site_id=near[n],
        )
        for n, (cell, cluster, pixels, row, col, _) in enumerate(rows)
    ]  # fmt: skip
    return units, [of[5] for of in rows]


def _id(n: int, count: int) -> str:
    return f"u{n + 1:0{max(len(str(count)), 4)}d}"


def _second(design: SampleDesign, keys: Sequence[str]) -> set[int]:
    """The random part that a second interpreter labels too."""
    count = round(design.second_share * len(keys))
    return set(
        sorted(range(len(keys)), key=lambda n: number(design.seed, "second", keys[n]))[:count]
    )


def _near_sites(result: RunResult, design: SampleDesign, middles: gpd.GeoSeries) -> list[str]:
    """The site of the map within `FOUND_M` of each unit, in the last period; empty: none."""
    period = design.periods[-1]["start"]
    rows = result.inventory
    rows = rows[
        (rows["period_start"] == period) & rows["alert"].isin(LIKELY) & (rows["state"] != UNSEEN)
    ].to_crs(int(design.run["epsg"]))
    if rows.empty:
        return [""] * len(middles)
    ids = rows["site_id"].to_numpy()
    found = [""] * len(middles)
    (at, which), distances = rows.sindex.nearest(
        middles, max_distance=FOUND_M, return_distance=True, return_all=False
    )
    for n, site, _ in zip(at, which, distances, strict=True):
        found[int(n)] = str(ids[site])
    return found


def _sample_sites(
    result: RunResult, design: SampleDesign, wish: _Wish, folder: Path, *, only_plan: bool
) -> DrawnSample:
    """A sample out of the list of sites, by rung of the alert ladder."""
    if design.design not in ("stratified", "simple") or len(design.periods) > 1:
        raise SettingsError("sites are drawn from a list", hint="one period, design stratified")
    period = design.periods[0]["start"]
    rows = result.inventory.to_crs(int(design.run["epsg"]))
    rows = rows[(rows["period_start"] == period) & rows["alert"].isin((*LIKELY, "candidate"))]
    seen = rows[rows["state"] != UNSEEN].sort_values("site_id")
    if seen.empty:
        raise SettingsError("no site was seen in that period", hint="choose another period")
    alerts = [a for a in ("confirmed", "provisional", "candidate") if (seen["alert"] == a).any()]
    guess = {"confirmed": 0.9, "provisional": 0.7, "candidate": 0.3}
    strata = [
        DesignStratum(
            name=alert, units=len(of), pixels=len(of), area_m2=float(of.geometry.area.sum()),
            drawn=0, expected=wish.expect.get(alert, guess[alert]),
        )
        for alert in alerts
        for of in (seen[seen["alert"] == alert],)
    ]  # fmt: skip
    design = replace(design, not_seen_units=len(rows) - len(seen), design="stratified")
    plan = _sized(design, strata, wish)
    if only_plan:
        return DrawnSample(folder=folder, plan=plan, files=(), is_new=True)
    drawn = []
    for stratum in plan.design.strata:
        of = seen[seen["alert"] == stratum.name].reset_index(drop=True)
        ranks = random_ranks(design.seed, stratum.name, len(of), stratum.drawn)
        drawn += [(stratum.name, of.iloc[n]) for n in sorted(ranks)]
    drawn.sort(key=lambda of: number(design.seed, "order", of[1]["site_id"]))
    second = _second(design, [str(of[1]["site_id"]) for of in drawn])
    shapes = [of[1].geometry for of in drawn]
    middles = gpd.GeoSeries(
        [shape.representative_point() for shape in shapes], crs=int(design.run["epsg"])
    ).to_crs(WGS84)
    units = [
        SampleUnit(
            unit=_id(n, len(drawn)), cluster=_id(n, len(drawn)), stratum=name, row=-1, col=-1,
            pixels="", cluster_pixels=1, lon=round(middles.iloc[n].x, 7),
            lat=round(middles.iloc[n].y, 7), second=n in second, site_id=str(of["site_id"]),
        )
        for n, (name, of) in enumerate(drawn)
    ]  # fmt: skip
    return _write(folder, plan, units, shapes, None)


def _write(
    folder: Path,
    plan: SamplePlan,
    units: Sequence[SampleUnit],
    outlines: Sequence[BaseGeometry],
    frame: Path | None,
) -> DrawnSample:
    """Write the sample, or find that the same one is there; never over another one."""
    with tempfile.TemporaryDirectory(prefix="minewatch-sample-") as scratch:
        made = write_unit_files(Path(scratch), plan.design, units, outlines, frame=frame)
        files = tuple(folder / path.name for path in made)
        if (folder / "design.json").exists():
            same = all(
                path.exists() and path.read_bytes() == (Path(scratch) / path.name).read_bytes()
                for path in (folder / "design.json", folder / "units.csv")
            )
            if not same:
                raise OutputError(
                    f"{folder} holds another sample",
                    hint="choose another --name: labels of people may belong to it",
                )
            return DrawnSample(folder=folder, plan=plan, files=files, is_new=False)
        folder.mkdir(parents=True, exist_ok=True)
        for path in made:
            target = folder / path.name
            target.write_bytes(path.read_bytes())
            assert hash_file(target) == hash_file(path)
    return DrawnSample(folder=folder, plan=plan, files=files, is_new=True)


def sample_folder(result_directory: Path, sample: str | Path) -> Path:
    """The folder of a sample: by its name in a run, or as a path.

    Raises
    ------
    SettingsError
        When there is none; lists the known ones.
    """
    named = Path(result_directory) / FOLDER / str(sample)
    for folder in (named, Path(sample)):
        if (folder / "design.json").exists():
            return folder
    known = sorted(p.parent.name for p in (Path(result_directory) / FOLDER).glob("*/design.json"))
    raise SettingsError(
        unknown_name("sample", str(sample), known), hint="draw one: minewatch sample DIR"
    )


def pixel_area_m2(design: SampleDesign) -> float:
    """Area of a pixel of the grid."""
    return float(np.square(design.run["resolution_m"]))
