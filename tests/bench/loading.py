"""Loading a window of several scenes: ours, odc-stac, rasterio, rioxarray, stackstac."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling
from rasterio.windows import Window
from scipy.ndimage import gaussian_filter
from shapely.geometry import box, mapping

from minewatch.cube import RangeReader, RasterioReader
from minewatch.cube.cog_header import parse_cog
from minewatch.cube.resampling import OnlyGdalError
from minewatch.model import Asset, PixelReader
from minewatch.settings import GDAL_HTTP_OPTIONS

from .case import Case, Setup, Work

BANDS = {"blue": 10, "green": 10, "red": 10, "nir": 10, "swir16": 20, "swir22": 20}
EPSG, WEST, NORTH = 32647, 500_000, 2_800_000
BLOCK_PX, IN_FLIGHT = 512, 8
OFFSET_PX = 358  # even, so that 20 m pixels are not cut


def dates(setup: Setup) -> int:
    return max(2, round(6 * setup.scale))


def window_px(setup: Setup) -> int:
    return 2 * round(1024 * math.sqrt(setup.scale))


def make_files(setup: Setup) -> None:
    """Simulated COGs, about as noisy as real ones (0.6 deflated bytes a byte)."""
    side = -(-(window_px(setup) + 2 * OFFSET_PX) // 2048) * 2048
    rng = np.random.default_rng(0)
    for band, res in BANDS.items():
        base = _ground(rng, side * 10 // res)
        for day in range(dates(setup)):
            path = setup.folder / name(day, band)
            if not path.exists():
                pixels = np.roll(base, (37 * day, 53 * day), (0, 1))
                _write(path, pixels, res)


def _ground(rng: np.random.Generator, side: int) -> Any:
    wide = gaussian_filter(rng.normal(size=(side // 4, side // 4)).astype(np.float32), 4)
    fine = gaussian_filter(rng.normal(size=(side, side)).astype(np.float32), 1)
    wide, fine = np.kron(wide / wide.std(), np.ones((4, 4), np.float32)), fine / fine.std()
    return (1500 + 300 * wide + 60 * fine).clip(1).astype(np.uint16)


def _write(path: Any, pixels: Any, res: int) -> None:
    with rasterio.open(
        path, "w", driver="COG", width=pixels.shape[1], height=pixels.shape[0], count=1,
        dtype="uint16", crs=f"EPSG:{EPSG}", transform=Affine(res, 0, WEST, 0, -res, NORTH),
        compress="deflate", predictor="yes", blocksize=BLOCK_PX, nodata=0, num_threads=2,
        overview_resampling="average",
    ) as file:  # fmt: skip
        file.write(pixels, 1)


def name(day: int, band: str) -> str:
    return f"{day:02d}_{band}.tif"


def geobox_of(setup: Setup) -> GeoBox:
    side, corner = window_px(setup), 10 * OFFSET_PX
    return GeoBox(
        (side, side), Affine(10, 0, WEST + corner, 0, -10, NORTH - corner), f"EPSG:{EPSG}"
    )


def tasks(setup: Setup) -> Iterator[tuple[int, int, str, str]]:
    for day in range(dates(setup)):
        for at, band in enumerate(BANDS):
            yield day, at, band, f"{setup.where}/{name(day, band)}"


def empty_cube(setup: Setup) -> Any:
    return np.empty((dates(setup), len(BANDS), window_px(setup), window_px(setup)), np.uint16)


def with_reader(make: Callable[[], PixelReader]) -> Callable[[Setup], Work]:
    """All windows through one reader of ours, several at once."""

    def ready(setup: Setup) -> Work:
        geobox = geobox_of(setup)
        small = Asset(href=str(setup.folder / name(0, "swir16")))
        make().read(small, geobox[:64, :64], band="swir16")

        def work() -> Any:
            reader, cube = make(), empty_cube(setup)

            def one(task: tuple[int, int, str, str]) -> None:
                day, at, band, href = task
                cube[day, at] = reader.read(Asset(href=href), geobox, band=band)

            with ThreadPoolExecutor(IN_FLIGHT) as pool:
                list(pool.map(one, tasks(setup)))
            return cube

        return work

    return ready


def by_chunks(make: Callable[[], PixelReader], chunk_px: int = 256) -> Callable[[Setup], Work]:
    """The same as the pipeline reads it: chunk by chunk, all scenes of each."""

    def ready(setup: Setup) -> Work:
        geobox = geobox_of(setup)
        small = Asset(href=str(setup.folder / name(0, "swir16")))
        make().read(small, geobox[:64, :64], band="swir16")

        def work() -> Any:
            reader, cube, side = make(), empty_cube(setup), window_px(setup)

            def chunk(at: tuple[int, int]) -> None:
                last = (min(at[0] + chunk_px, side), min(at[1] + chunk_px, side))
                here = np.s_[at[0] : last[0], at[1] : last[1]]

                def one(task: tuple[int, int, str, str]) -> None:
                    day, band_at, band, href = task
                    cube[day, band_at][here] = reader.read(
                        Asset(href=href), geobox[here], band=band
                    )

                with ThreadPoolExecutor(IN_FLIGHT) as pool:
                    list(pool.map(one, tasks(setup)))

            pairs = range(0, side, 2 * chunk_px)
            order = [(r, c) for top in pairs for c in range(0, side, chunk_px)
                     for r in (top, top + chunk_px) if r < side]  # fmt: skip
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(chunk, order))
            return cube

        return work

    return ready


def rasterio_pool(options: dict[str, Any]) -> Callable[[Setup], Work]:
    """What one writes by hand: threads, windows, GDAL's resampling."""

    def ready(setup: Setup) -> Work:
        side = window_px(setup)

        def one(cube: Any, task: tuple[int, int, str, str]) -> None:
            day, at, band, href = task
            part = BANDS[band] // 10
            window = Window(OFFSET_PX // part, OFFSET_PX // part, side // part, side // part)
            with rasterio.Env(**options), rasterio.open(href) as file:
                file.read(1, window=window, out=cube[day, at], resampling=Resampling.bilinear)

        def work() -> Any:
            cube = empty_cube(setup)
            with ThreadPoolExecutor(IN_FLIGHT) as pool:
                list(pool.map(lambda task: one(cube, task), tasks(setup)))
            return cube

        return work

    return ready


def items(setup: Setup) -> list[Any]:
    """The scenes as STAC items, with what `odc-stac` and `stackstac` want to know."""
    import pystac

    found = []
    for day in range(dates(setup)):
        when = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=5 * day)
        bbox = [98.9, 24.9, 99.9, 25.4]
        item = pystac.Item(f"simulated-{day}", mapping(box(*bbox)), bbox, when, {})
        item.properties["proj:epsg"] = item.properties["proj:code"] = EPSG
        for band, res in BANDS.items():
            with rasterio.open(setup.folder / name(day, band)) as file:
                place = {"proj:shape": list(file.shape), "proj:transform": list(file.transform)}
            item.add_asset(band, pystac.Asset(
                f"{setup.where}/{name(day, band)}", media_type=pystac.MediaType.COG,
                roles=["data"], extra_fields={**place, "gsd": res, "proj:epsg": EPSG},
            ))  # fmt: skip
        found.append(item)
    return found


def odc_stac(**how: Any) -> Callable[[Setup], Work]:
    def ready(setup: Setup) -> Work:
        import odc.stac

        odc.stac.configure_rio(cloud_defaults=True)
        known = items(setup)
        resampling = {"*": "nearest", "swir16": "bilinear", "swir22": "bilinear"}

        def work() -> Any:
            cube = odc.stac.load(
                known, bands=list(BANDS), geobox=geobox_of(setup), resampling=resampling,
                dtype="uint16", nodata=0, **how,
            )  # fmt: skip
            if how.get("chunks") is not None:
                cube = cube.compute(scheduler="threads", num_workers=IN_FLIGHT)
            return np.stack([cube[band].to_numpy() for band in BANDS], axis=1)

        return work

    return ready


def rioxarray_files(setup: Setup) -> Work:
    import rioxarray

    geobox, cube = geobox_of(setup), empty_cube(setup)

    def work() -> Any:
        with rasterio.Env(**GDAL_HTTP_OPTIONS):
            for day, at, _, href in tasks(setup):
                with rioxarray.open_rasterio(href) as file:
                    part = file.rio.clip_box(*geobox.boundingbox.bbox)
                    if part.shape[-1] != geobox.shape[1]:
                        part = part.rio.reproject(
                            str(geobox.crs), transform=geobox.affine, shape=geobox.shape,
                            resampling=Resampling.bilinear,
                        )  # fmt: skip
                    cube[day, at] = part.to_numpy()[0]
        return cube

    return work


def stackstac_dask(setup: Setup) -> Work:
    import dask
    import stackstac

    known = items(setup)

    def work() -> Any:
        cube = stackstac.stack(
            known, assets=list(BANDS), epsg=EPSG, resolution=10,
            bounds=geobox_of(setup).boundingbox.bbox, dtype="uint16", fill_value=np.uint16(0),
            rescale=False, resampling=Resampling.bilinear, xy_coords=False,
        )  # fmt: skip
        with dask.config.set(scheduler="threads", num_workers=IN_FLIGHT):
            return cube.compute().to_numpy()

    return work


def unpacking_only(setup: Setup) -> Work:
    """The limit: the same blocks from memory, unpacked by libdeflate and thrown away."""
    import deflate

    packed = []
    for _, _, band, _ in tasks(setup):
        data = (setup.folder / name(0, band)).read_bytes()
        head = parse_cog(data)
        if not head.image.is_deflated:
            raise OnlyGdalError("not deflated")
        part = BANDS[band] // 10
        first, last = OFFSET_PX // part, (OFFSET_PX + window_px(setup) - 1) // part
        there = np.s_[first // BLOCK_PX : last // BLOCK_PX + 1]
        places = zip(
            head.image.offsets[there, there].flat, head.image.counts[there, there].flat, strict=True
        )
        packed += [(data[at : at + size], head.image.block_bytes) for at, size in places]

    def work() -> Any:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda block: len(deflate.zlib_decompress(*block)), packed, chunksize=8))
        return np.zeros(1)

    return work


WAYS: dict[str, Callable[[Setup], Work]] = {
    "minewatch": with_reader(RangeReader),
    "minewatch by GDAL": with_reader(RasterioReader),
    "rasterio pool, tuned": rasterio_pool({**GDAL_HTTP_OPTIONS, "GDAL_CACHEMAX": 128}),
    "odc-stac eager": odc_stac(pool=IN_FLIGHT),
    "odc-stac dask": odc_stac(chunks={"x": 1024, "y": 1024}),
    "stackstac": stackstac_dask,
    "rioxarray, a file at a time": rioxarray_files,
    "rasterio pool, untuned": rasterio_pool({}),
    "(limit: unpacking only)": unpacking_only,
}
_TITLE = "a window of all scenes, six bands, SWIR bilinear to 10 m"
CASES = {
    "load-http": Case(title=f"Loading {_TITLE}, over HTTP at 50 ms a request", ways=WAYS, far=True),
    "load-disk": Case(title=f"Loading {_TITLE}, from disk", ways=WAYS),
    "load-chunks": Case(
        title="The same over HTTP as the pipeline reads it: chunk by chunk, two at a time",
        far=True,
        ways={
            "minewatch": by_chunks(RangeReader),
            "minewatch without its cache": by_chunks(lambda: RangeReader(cache_bytes=0)),
            "minewatch by GDAL": by_chunks(RasterioReader),
        },
        notes="Chunks are half a block wide, as 512 px are on Earth Search's blocks of 1,024.",
    ),
}
