"""A constant on all bands is an addend; path radiance in blue is not. All pixels are simulated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import geopandas as gpd
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from minewatch.cube import decide_offsets, measure_scene_quality
from minewatch.model import AreaOfInterest, Asset, Band, Scene, SceneQuality

FOREST = {"blue": 160, "green": 360, "red": 180, "nir": 2860, "swir16": 1490, "swir22": 610}
"""Reflectance x 10,000 of evergreen forest [DOMAIN 2]."""
SQUARE = box(500_000, 2_799_000, 501_000, 2_800_000)
AREA = AreaOfInterest(
    id="simulated", name="Simulated", utm_epsg=32647,
    geometry=gpd.GeoSeries([SQUARE], crs=32647).to_crs(4326).iloc[0],
)  # fmt: skip


class Forest:
    """Reads forest of many shades from memory, with so much on top of each band of each scene."""

    def __init__(self, added: dict[str, dict[str, int]]) -> None:
        self.added = added

    def read(self, asset: Asset, geobox: GeoBox, *, band: Band) -> NDArray[np.uint16]:
        if band == "mask":
            return np.full(geobox.shape, 4, np.uint16)
        scene_id = asset.href.split("/")[0]
        rng = np.random.default_rng(sum(map(ord, scene_id)))
        shade = rng.normal(1, 0.15, geobox.shape).clip(0.5, 1.5)
        return np.rint(FOREST[band] * shade + self.added[scene_id].get(band, 0)).astype(np.uint16)


def scene(number: int, **about: object) -> Scene:
    name = f"SIM-{number:02d}"
    stated = {"baseline": "05.10", "boa_offset_applied": True, **about}
    return Scene(
        id=name, collection="sentinel-2-l2a", sensor="sentinel-2-l2a", tile="47RMJ", datatake=name,
        acquired=datetime(2023, 1, 1, 4, tzinfo=UTC) + timedelta(days=5 * number),
        footprint=box(98, 24, 100, 26),
        assets={band: Asset(href=f"{name}/{band}") for band in (*FOREST, "mask")}, **stated,
    )  # fmt: skip


def decide(scenes: list[Scene], added: dict[str, dict[str, int]]) -> dict[str, SceneQuality]:
    reader = Forest({s.id: added.get(s.id, {}) for s in scenes})
    measured = {s.id: measure_scene_quality(s, AREA, reader=reader) for s in scenes}
    return decide_offsets(scenes, measured)


@settings(deadline=None, max_examples=30)
@given(
    number=st.integers(3, 9), at=st.integers(0, 8), blue=st.integers(0, 4000),
    silent=st.booleans(), order=st.randoms(use_true_random=False),
)  # fmt: skip
def test_a_constant_on_all_bands_is_recognised_and_path_radiance_in_blue_is_not(
    number: int, at: int, blue: int, silent: bool, order: object
) -> None:
    about = {"baseline": "", "boa_offset_applied": None} if silent else {}
    at %= number
    scenes = [scene(n, **(about if n == at else {})) for n in range(number)]
    order.shuffle(scenes)  # type: ignore[attr-defined]
    name = f"SIM-{at:02d}"
    others = {s.id for s in scenes} - {name}
    shifted = decide(scenes, {name: dict.fromkeys(FOREST, 1000)})
    veiled = decide(scenes, {name: {"blue": blue}})
    assert shifted[name].offset_dn == -1000
    assert veiled[name].offset_dn == 0
    assert not veiled[name].offset_is_open
    for found in (shifted, veiled):
        assert {found[other].offset_dn for other in others} == {0}


@settings(deadline=None, max_examples=30)
@given(red=st.integers(830, 4000), nir=st.integers(-300, 300), swir=st.integers(0, 4000))
def test_no_veil_that_leaves_bright_leaves_where_they_are_is_an_addend(
    red: int, nir: int, swir: int
) -> None:
    scenes = [scene(n) for n in range(6)]
    veil = {"blue": red + 300, "red": red, "nir": nir, "swir22": swir}
    found = decide(scenes, {"SIM-03": veil})
    assert {f.offset_dn for f in found.values()} == {0}
