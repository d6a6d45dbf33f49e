"""Medians of the first and of the last dry season by odc-stac and xarray, one drop, polygons."""

from __future__ import annotations

from .shared import asked, index, scenes_of, seasons_of, within, write_patches
from .straightforward import season_median


def main() -> None:
    """Ground that was green in the first season and is not in the last."""
    archive, out = asked()
    scenes = scenes_of(archive)
    seasons = seasons_of(scenes)
    before, after = (season_median(within(scenes, *seasons[at])) for at in (0, -1))
    greenness = [index(median, "nir", "red") for median in (before, after)]
    lost = (greenness[0] - greenness[1] > 0.25) & (greenness[1] < 0.5)
    write_patches(lost.to_numpy(), before.odc, out / "lost.geojson")


if __name__ == "__main__":
    main()
