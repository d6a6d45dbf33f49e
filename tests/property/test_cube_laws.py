"""Law 2 for the cube: the order of scenes and the size of chunks change nothing.

Pixels are random and lie in memory: the reader's own windows are held to this in
`tests/unit/cube/test_read.py`.
"""

from datetime import UTC, date, datetime

import geopandas as gpd
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from minewatch.cube import make_grid, reduce_month
from minewatch.errors import ReadError
from minewatch.model import (
    AreaOfInterest,
    Asset,
    Period,
    Scene,
    SceneQuality,
)

SIZE, MARGIN = 150, 70
WORLD = SIZE + 2 * MARGIN
BANDS = ("blue", "green", "red", "nir")
MONTH = Period(date(2024, 1, 1), date(2024, 1, 31))
WEST, NORTH = 500_000, 2_800_000


class World:
    """Random looks over a square and its surroundings, read by window from memory."""

    def __init__(self, seed, overpasses):
        rng = np.random.default_rng(seed)
        self.layers = {}
        pads = self._patches(rng, 12)
        self.scenes = []
        for number in range(overpasses):
            mask = np.full((WORLD, WORLD), 4, np.uint16)
            mask[self._patches(rng, 6, widest=90)] = 9
            mask[self._patches(rng, 3)] = 3
            mask[self._patches(rng, 3)] = 2
            mask[pads & (rng.random() < 0.8)] = 8
            split = int(rng.integers(0, WORLD))
            overlap = split + int(rng.integers(0, 30))
            bands = {b: rng.integers(0, 9000, (WORLD, WORLD)).astype(np.uint16) for b in BANDS}
            for tile, columns in (("47RLJ", np.s_[overlap:]), ("47RMJ", np.s_[:split])):
                name = f"{number}-{tile}"
                for band, layer in {"mask": mask, **bands}.items():
                    self.layers[name, band] = layer.copy()
                    self.layers[name, band][:, columns] = 0
                self.scenes.append(self._scene(name, number, tile))

    @staticmethod
    def _patches(rng, count, widest=30):
        mask = np.zeros((WORLD, WORLD), bool)
        for _ in range(count):
            row, col = rng.integers(0, WORLD, 2)
            high, wide = rng.integers(1, widest, 2)
            mask[row : row + high, col : col + wide] = True
        return mask

    @staticmethod
    def _scene(name, number, tile):
        return Scene(
            id=name,
            collection="sentinel-2-l2a",
            sensor="sentinel-2-l2a",
            acquired=datetime(2024, 1, 1 + 3 * number, 4, tzinfo=UTC),
            footprint=box(98, 24, 100, 26),
            assets={band: Asset(href=f"{name}/{band}") for band in (*BANDS, "mask")},
            tile=tile,
            datatake=f"GS2A_{number}",
        )

    def read(self, asset, geobox, *, band):
        layer = self.layers[tuple(asset.href.split("/"))]
        col = round((geobox.affine.c - WEST) / 10) + MARGIN
        row = round((NORTH - geobox.affine.f) / 10) + MARGIN
        rows, cols = geobox.shape
        if min(row, col) < 0 or max(row + rows, col + cols) > WORLD:
            raise ReadError("the masks reach further than they say")
        return layer[row : row + rows, col : col + cols]


def facts_of(scenes):
    return {
        s.id: SceneQuality(
            scene_id=s.id,
            scale=0.0001,
            offset_dn=-1000,
            offset_source="test",
            offset_metadata_dn=0,
            dark_vegetation_dn=None,
            clear_fraction=1.0,
        )
        for s in scenes
    }


def area():
    square = box(WEST, NORTH - 10 * SIZE, WEST + 10 * SIZE, NORTH)
    geometry = gpd.GeoSeries([square], crs=32647).to_crs(4326).iloc[0]
    return AreaOfInterest(id="simulated", name="Simulated", geometry=geometry, utm_epsg=32647)


def month_in_chunks(world, scenes, chunk_px):
    """All layers of the month over the whole grid, put together from chunks."""
    grid = make_grid(area(), chunk_px=chunk_px)
    whole = {}
    for chunk in grid.chunks:
        month = reduce_month(
            scenes,
            facts_of(scenes),
            chunk,
            month=MONTH,
            bands=BANDS,
            reader=world,
            is_disturbed=lambda bands: bands["red"] > bands["nir"],
            reads_in_flight=1,
        )
        assert month.failures == ()
        for name, layer in month.cube.items():
            whole.setdefault(name, np.zeros(grid.geobox.shape, np.uint16))
            whole[name][chunk.window] = layer.values[0]
    return whole


def assert_same(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name], err_msg=name)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 6), st.sampled_from([32, 50, 64, 128]))
def test_the_size_of_chunks_changes_no_pixel(seed, overpasses, chunk_px):
    world = World(seed, overpasses)
    assert_same(
        month_in_chunks(world, world.scenes, chunk_px), month_in_chunks(world, world.scenes, 256)
    )


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31), st.randoms(use_true_random=False))
def test_the_order_of_scenes_changes_no_pixel(seed, random):
    world = World(seed, 4)
    shuffled = list(world.scenes)
    random.shuffle(shuffled)
    assert_same(month_in_chunks(world, shuffled, 256), month_in_chunks(world, world.scenes, 256))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31))
def test_a_month_is_what_its_overpasses_say_one_by_one(seed):
    """No more clear overpasses than overpasses, and medians within the range of what was seen."""
    world = World(seed, 3)
    whole = month_in_chunks(world, world.scenes, 256)
    told = np.where(whole["clear_looks"] > 0, whole["clear_looks"], whole["doubtful_looks"])
    seen = told > 0
    assert (whole["clear_looks"] + whole["doubtful_looks"]).max() <= 3
    for band in BANDS:
        np.testing.assert_array_equal(whole[band] > 0, seen)
    ends = whole["disturbed_since_day"] > 0
    assert (whole["disturbed_looks"][ends] > 0).all()
    assert (whole["last_undisturbed_day"][ends] < whole["disturbed_since_day"][ends]).all()
    green = told > whole["disturbed_looks"]
    np.testing.assert_array_equal(whole["last_undisturbed_day"] > 0, green)
