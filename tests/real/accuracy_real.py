"""How `detect_pair` does on real Sentinel-2 pixels, printed as tables in Markdown.

    python tests/real/accuracy_real.py [FOLDER]

FOLDER holds `data/`; without it MINEWATCH_SHARED, or `../shared` beside the repository. The
pairs are gold mines of Brazil, not rare-earth mines of Kachin, and their labels are noisy.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
import xarray as xr

from minewatch import detect_pair
from minewatch.model import CORE_BANDS, REFLECTANCE_BANDS

GROUPS = ("clean emergence", "all mining", "natural", "other human")
HALVES = ("tune", "report")
NDVI_FALL = 0.25
LEAST_FALLEN = 0.03
"""Share of a chip that must fall for the plain baseline to flag it: 69 of 2,304 pixels."""


@dataclass(frozen=True)
class Pair:
    """One labelled pair of chips."""

    id: str
    groups: frozenset[str]
    before: xr.Dataset
    after: xr.Dataset
    region: str = ""

    @property
    def half(self) -> str:
        """`tune` or `report`, from the id alone."""
        return HALVES[int(hashlib.sha256(self.id.encode()).hexdigest(), 16) % 2]


REGIONS = ("Tapajós", "Xingu", "north-east", "west", "south")


def region_of(longitude: float, latitude: float) -> str:
    """Which part of Brazil and its borders a pair lies in, by lines drawn by hand."""
    if latitude < -11:
        return "south"
    if longitude < -59:
        return "west"
    if latitude > -2 or longitude > -49:
        return "north-east"
    return "Tapajós" if longitude < -54 else "Xingu"


def picture(values: np.ndarray, *, pixel_m: float = 10.0, bands=REFLECTANCE_BANDS) -> xr.Dataset:
    """Reflectance (band, y, x) as a dataset; 0 and less become NaN."""
    _, height, width = values.shape
    coords = {"y": 1e6 - pixel_m * np.arange(height), "x": 5e5 + pixel_m * np.arange(width)}
    seen = np.where(values > 0, values, np.nan).astype("float32")
    return xr.Dataset({b: (("y", "x"), v) for b, v in zip(bands, seen, strict=True)}, coords=coords)


def read_pairs(folder: Path) -> list[Pair]:
    """The labelled pairs of Brazil."""
    index = pd.read_csv(folder / "index.csv")
    chips = np.load(folder / "pairs.npz")["data"]
    names = {
        "mining_emergence": "all mining",
        "natural_change": "natural",
        "human_activity": "other human",
    }
    return [
        Pair(
            row.sample_id,
            frozenset({names[row.category]} | ({GROUPS[0]} if row.clean_emergence else set())),
            *(picture(chip / 1e4) for chip in chips[row.Index]),
            region_of(row.longitude, row.latitude),
        )
        for row in index.itertuples()
    ]


def read_phenology(folder: Path) -> list[xr.Dataset]:
    """Seven dates of one forest from April to November."""
    with rasterio.open(next(folder.glob("*.tif"))) as file:
        stack = file.read().reshape(7, 10, file.height, file.width) / 1e4
    return [picture(date[[0, 1, 2, 3, 8, 9]]) for date in stack]


def read_quarry(folder: Path) -> list[xr.Dataset]:
    """Clear dates of one open pit; it has no green band, the mean of blue and red stands in."""
    source = f"netcdf:{folder / 'mine_0.nc'}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(f"{source}:dn") as file, rasterio.open(f"{source}:scl") as mask:
            dates = len(re.findall(r"\d+", file.tags()["NETCDF_DIM_time_VALUES"]))
            dn = file.read().reshape(dates, 5, file.height, file.width) / 65_535
            clear = np.isin(mask.read(), (4, 5, 6, 7))
    overpasses = []
    for values, seen in zip(dn, clear, strict=True):
        blue, red, *rest = np.where(seen, values, np.nan)
        if np.isfinite(red).mean() > 0.5:
            overpasses.append(picture(np.array([blue, (blue + red) / 2, red, *rest])))
    return overpasses


def read_slovenia(folder: Path) -> Iterator[list[xr.Dataset]]:
    """Three dates of each of two tiles, 120 m, four bands, masked by their scene classes."""
    for tile in ("33TWL", "33TWM"):
        dates = []
        for item in sorted(folder.glob(f"items/*{tile}*")):
            bands = []
            for name in ("B02", "B03", "B04", "B08", "SCL"):
                with rasterio.open(item / f"{name}.tif") as file:
                    bands.append(file.read(1))
            clear = np.isin(bands.pop(), (4, 5, 6, 7))
            values = np.where(clear, np.array(bands) / 1e4, np.nan)
            dates.append(picture(values, pixel_m=120.0, bands=CORE_BANDS))
        yield dates


def sites_between(pictures: Sequence[xr.Dataset], orders: Iterator[tuple[int, int]]) -> str:
    """Pairs of dates with a site, of how many."""
    flags = [(detect_pair(pictures[i], pictures[j])["kind"] == "site").any() for i, j in orders]
    return f"{sum(flags)} of {len(flags)}"


def fallen(pair: Pair) -> float:
    """The plain baseline: share of the chip where NDVI fell by more than `NDVI_FALL`."""
    before, after = ((p.nir - p.red) / (p.nir + p.red) for p in (pair.before, pair.after))
    return float((before - after > NDVI_FALL).mean())


def best_site(pair: Pair) -> float:
    """Confidence of the surest site; -1 without one."""
    found = detect_pair(pair.before, pair.after)
    return max([-1.0, *found.loc[found["kind"] == "site", "confidence"]])


HAZE = dict(zip(REFLECTANCE_BANDS, (0.03, 0.025, 0.02, 0.01, 0.0, 0.0), strict=True))
"""Simulated path light of aerosol."""
VEIL = dict(zip(REFLECTANCE_BANDS, (0.45, 0.44, 0.43, 0.50, 0.42, 0.32), strict=True))
"""Simulated reflectance of a cloud that is thin."""
CLOUDY = "mining_2362"
"""The pair whose later picture shows a cloud, and its lower right part is that cloud."""


def _seen_as(pair: Pair, *, before: xr.Dataset | None = None, after: xr.Dataset | None = None):
    return replace(
        pair,
        before=pair.before if before is None else before,
        after=pair.after if after is None else after,
    )


def _hazy(chip: xr.Dataset) -> xr.Dataset:
    return chip.map(lambda v: v + HAZE[v.name])


def _half_veiled(chip: xr.Dataset) -> xr.Dataset:
    veiled = chip.map(lambda v: 0.85 * v + 0.15 * VEIL[v.name])
    return xr.where(chip.x < chip.x.mean(), chip, veiled)


def cloud_of(pairs: Sequence[Pair]) -> xr.Dataset:
    """What the cloud of `CLOUDY` added to the light of each band; 0 beside it."""
    [cloudy] = [p for p in pairs if p.id == CLOUDY]
    gain = (cloudy.after - cloudy.before).clip(min=0)
    is_there = (cloudy.after.y <= cloudy.after.y[22]) & (cloudy.after.x >= cloudy.after.x[16])
    return gain.where(is_there, 0)


def with_cloud(pair: Pair, cloud: xr.Dataset) -> Pair:
    """The pair with that cloud over its later picture."""
    return _seen_as(pair, after=pair.after + cloud)


VARIANTS: dict[str, Callable[[Pair], Pair]] = {
    "without SWIR": lambda p: _seen_as(
        p, before=p.before[list(CORE_BANDS)], after=p.after[list(CORE_BANDS)]
    ),
    "haze over the later picture": lambda p: _seen_as(p, after=_hazy(p.after)),
    "haze over the earlier picture": lambda p: _seen_as(p, before=_hazy(p.before)),
    "veil over half of the earlier picture": lambda p: _seen_as(p, before=_half_veiled(p.before)),
    "later picture shifted by one pixel in x and y": lambda p: _seen_as(
        p, after=p.after.shift(x=1, y=1)
    ),
    "swapped (regrowth)": lambda p: _seen_as(p, before=p.after, after=p.before),
    "identical": lambda p: _seen_as(p, after=p.before),
}


def rates(
    pairs: Sequence[Pair],
    flags: Sequence[bool],
    *,
    half: str | None = None,
    region: str | None = None,
) -> list[str]:
    """Flagged chips of each group: share and counts; a dash where there is none."""
    cells = []
    for group in GROUPS:
        chosen = [
            flag
            for pair, flag in zip(pairs, flags, strict=True)
            if group in pair.groups
            if half in (None, pair.half) and region in (None, pair.region)
        ]
        counts = f"({sum(chosen)}/{len(chosen)})"
        cells.append(f"{100 * sum(chosen) / len(chosen):.1f} % {counts}" if chosen else "–")
    return cells


def _row(name: str, cells: Sequence[str]) -> str:
    return "| " + " | ".join([name, *cells]) + " |"


def report(data: Path) -> Iterator[str]:
    """Lines of the tables."""
    pairs = read_pairs(data / "s2_mining_pairs")
    yield _row("Chips flagged (any `site`)", GROUPS)
    yield _row("---", ["---"] * len(GROUPS))
    plain = [fallen(p) >= LEAST_FALLEN for p in pairs]
    yield _row(f"NDVI fell {NDVI_FALL} on {LEAST_FALLEN:.0%} of the chip", rates(pairs, plain))
    best = [best_site(p) for p in pairs]
    flags = [b >= 0 for b in best]
    yield _row("**detect_pair**", rates(pairs, flags))
    for half in HALVES:
        yield _row(f"… {half} half", rates(pairs, flags, half=half))
    for region in REGIONS:
        yield _row(f"… {region}", rates(pairs, flags, region=region))
        yield _row(f"… {region}, NDVI alone", rates(pairs, plain, region=region))
    for least in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        yield _row(f"… confidence ≥ {least}", rates(pairs, [b >= least for b in best]))
    for name, change in VARIANTS.items():
        yield _row(f"… {name}", rates(pairs, [best_site(change(p)) >= 0 for p in pairs]))
    cloud = cloud_of(pairs)
    beside = [best_site(with_cloud(p, cloud)) >= 0 for p in pairs]
    yield _row("… a real cloud added to a third of the later picture", rates(pairs, beside))
    missed = [p.id for p, f in zip(pairs, flags, strict=True) if GROUPS[0] in p.groups and not f]
    yield f"\nClean emergence missed: {', '.join(missed) or 'none'}\n"
    forest = read_phenology(data / "s2_forest_phenology")
    orders = itertools.permutations(range(len(forest)), 2)
    yield f"- One forest through the seasons: {sites_between(forest, orders)} pairs with a site"
    quarry = read_quarry(data / "s2_india_quarry")
    orders = zip(range(len(quarry) - 1), range(1, len(quarry)), strict=True)
    yield f"- One quarry, date after date: {sites_between(quarry, orders)} steps with a site"
    for dates in read_slovenia(data / "s2_l2a_slovenia_120m"):
        orders = itertools.permutations(range(len(dates)), 2)
        yield f"- Slovenia, one tile: {sites_between(dates, orders)} pairs of dates with a site"


def main() -> None:
    """Print the tables."""
    default = os.environ.get("MINEWATCH_SHARED", Path(__file__).parents[3] / "shared")
    root = Path(sys.argv[1] if len(sys.argv) > 1 else default)
    for line in report(root / "data"):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
