"""Pictures of a period: the lower median of what was seen, square-root stretched."""

from datetime import date

import numpy as np
import pytest
import xarray as xr

from minewatch.cube.natural_colour import season_picture
from minewatch.model import Period

BANDS = ("red", "green", "blue")


@pytest.mark.parametrize("months", [1, 2, 5, 6])
def test_a_picture_shows_the_lower_median_of_the_months_that_were_seen(months: int) -> None:
    rng = np.random.default_rng(months)
    layers = rng.integers(0, 4000, (3, months + 1, 40, 60)).astype("uint16")
    layers[rng.random(layers.shape) < 0.4] = 0
    layers[0, :months, 0, 0] = 65535
    time = np.array([f"2020-{m + 1:02d}-01" for m in range(months + 1)], "datetime64[ns]")
    cube = xr.Dataset(
        {name: (("time", "y", "x"), of) for name, of in zip(BANDS, layers, strict=True)},
        coords={"time": time},
    )
    picture = season_picture(cube, Period(date(2020, 1, 1), date(2020, months, 28)))
    for band, drawn in zip(layers, picture.to_numpy(), strict=True):
        for y, x in np.ndindex(drawn.shape):
            seen = np.sort(band[:months, y, x][band[:months, y, x] > 0])
            light = np.sqrt(min(seen[(len(seen) - 1) // 2] / 2500, 1)) if len(seen) else None
            assert drawn[y, x] == (0 if light is None else int(1 + light * 254))
