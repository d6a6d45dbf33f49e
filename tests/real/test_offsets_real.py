"""Offsets on a real series: 78 dates of a quarry in India, and what fog would do to them.

The series has no metadata of its own, so the tests say for it that a catalogue removed the offset.
Fog is simulated, on real pixels. The numbers stand in docs/sensors.md.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio
from shapely.geometry import box

from minewatch.cube import decide_offsets
from minewatch.cube.scene_quality import measure_ends
from minewatch.model import Scene, SceneQuality

Ends = Mapping[str, tuple[float, float]]
Series = tuple[list[Scene], dict[str, SceneQuality]]
WHITE = (5000, 6500, 8000)
"""Brightness of fog, reflectance x 10,000."""


@pytest.fixture(scope="module")
def series(shared_data: Callable[[str], Path]) -> Series:
    """Dates with clear vegetation, and the ends of their bands."""
    source = f"netcdf:{shared_data('s2_india_quarry') / 'mine_0.nc'}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(f"{source}:dn") as file, rasterio.open(f"{source}:scl") as mask:
            days = [int(n) for n in re.findall(r"\d+", file.tags()["NETCDF_DIM_time_VALUES"])]
            bands = file.read().reshape(len(days), 5, file.height, file.width)
            green = mask.read() == 4
    scenes, quality = [], {}
    for number, day in enumerate(days):
        dn = np.rint(bands[number] / 65_535 * 10_000).astype(np.uint16)
        red, nir, _, swir = dn[1:]
        pairs = {"red": red, "nir": nir, "swir22": swir}
        ends = {b: measure_ends(pixels, green[number]) for b, pixels in pairs.items()}
        if all(ends.values()):
            scenes.append(made_scene(f"{day:05d}", day))
            quality[scenes[-1].id] = measured(scenes[-1].id, {b: e for b, e in ends.items() if e})
    return scenes, quality


def made_scene(name: str, day: int) -> Scene:
    return Scene(
        id=name, collection="sentinel-2-l2a", sensor="sentinel-2-l2a", assets={}, tile="44QQM",
        acquired=datetime(2019, 1, 4, 5, tzinfo=UTC) + timedelta(days=day),
        footprint=box(81, 24, 82, 25), baseline="05.00", boa_offset_applied=True, datatake=name,
    )  # fmt: skip


def measured(name: str, ends: Ends) -> SceneQuality:
    return SceneQuality(
        scene_id=name, scale=1e-4, offset_dn=0, offset_source="", offset_metadata_dn=0,
        dark_vegetation_dn=ends["red"][0], clear_fraction=1.0, ends_dn=dict(ends),
    )  # fmt: skip


def decide_one(series: Series, name: str, change: Callable[[float], float]) -> SceneQuality:
    """One date changed amid all the others."""
    scenes, quality = series
    found = quality[name]
    ends = {b: (change(dark), change(bright)) for b, (dark, bright) in found.ends_dn.items()}
    decided = decide_offsets(scenes, {**quality, name: replace(found, ends_dn=ends)})
    assert {f.offset_dn for other, f in decided.items() if other != name} == {0}
    return decided[name]


def fog(share: float, white: float) -> Callable[[float], float]:
    return lambda dn: (1 - share) * dn + share * white


def test_no_real_date_gets_an_offset(series: Series) -> None:
    scenes, quality = series
    assert len(scenes) == 45
    decided = decide_offsets(scenes, quality)
    assert {f.offset_dn for f in decided.values()} == {0}
    assert not any(f.left_out for f in decided.values())


def test_an_addend_is_recognised_or_its_date_left_out(series: Series) -> None:
    decided = [decide_one(series, name, lambda dn: dn + 1000) for name in series[1]]
    recognised = sum(f.offset_dn == -1000 for f in decided)
    kept = sum(f.offset_dn == 0 and not f.left_out for f in decided)
    assert (len(decided), kept) == (45, 0)
    assert recognised >= 34


@pytest.mark.parametrize(
    ("rises", "count", "most"),
    [((800, 900, 1000, 1100, 1200), 675, 79), ((300, 500, 1500, 2000), 540, 2)],
)
def test_fog_is_seldom_taken_for_an_addend(
    series: Series, rises: tuple[int, ...], count: int, most: int
) -> None:
    tried = [
        decide_one(series, name, fog(rise / (white - found.ends_dn["red"][0]), white))
        for name, found in series[1].items()
        for white in WHITE
        for rise in rises
    ]
    assert len(tried) == count
    assert sum(f.offset_dn != 0 for f in tried) <= most


def test_fog_with_near_infrared_no_brighter_is_never_an_addend(series: Series) -> None:
    """What the real foggy scene of the record looked like."""
    scenes, quality = series
    for name, found in quality.items():
        ends = {b: (d + 1000, e + 1000) for b, (d, e) in found.ends_dn.items()}
        ends["nir"] = found.ends_dn["nir"]
        changed = replace(found, ends_dn=ends)
        assert decide_offsets(scenes, {**quality, name: changed})[name].offset_dn == 0
