"""Medians of every dry season by odc-stac and xarray, thresholds against the first, polygons."""

from __future__ import annotations

from typing import Any

from .shared import BANDS, CLEAR_CLASSES, asked, index, load, scenes_of, seasons_of, within
from .shared import write_patches as write


def season_median(scenes: list[Any]) -> Any:
    """Medians of the clear pixels of a season, six bands; rainy months are never read."""
    cube = load(scenes, BANDS, chunks={"x": 512, "y": 512})
    clear = cube.scl.isin(CLEAR_CLASSES) & (cube.red > 0)
    return cube[BANDS].where(clear).median("time").compute()


def main() -> None:
    """Ground that was green in the first season and is bare, with or without water, in a later."""
    archive, out = asked()
    scenes = scenes_of(archive)
    first = None
    for start, end in seasons_of(scenes):
        median = season_median(within(scenes, start, end))
        greenness = index(median, "nir", "red")
        first = greenness if first is None else first
        bare = (first - greenness > 0.25) & (greenness < 0.5)
        water = (index(median, "green", "swir16") > 0) & (first > 0.5)
        write((bare | water).to_numpy(), median.odc, out / f"season-{end[:4]}.geojson")


if __name__ == "__main__":
    main()
