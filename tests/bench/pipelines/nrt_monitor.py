"""`nrt` over the same cube: EWMA of NDVI, fitted on two years, led on date by date."""

from __future__ import annotations

import numpy as np
from nrt.monitor.ewma import EWMA

from .shared import CLEAR_CLASSES, asked, index, load, scenes_of, write_patches

HISTORY_DAYS = 730


def main() -> None:
    """Pixels whose greenness left its range for good."""
    archive, out = asked()
    cube = load(scenes_of(archive), ["red", "nir"], chunks=None, pool=2)
    clear = cube.scl.isin(CLEAR_CLASSES) & (cube.red > 0)
    greenness = index(cube[["red", "nir"]].where(clear).astype("float32"), "nir", "red")
    is_history = greenness.time < greenness.time[0] + np.timedelta64(HISTORY_DAYS, "D")
    monitor = EWMA(trend=False, harmonic_order=1)
    monitor.fit(greenness.sel(time=is_history), method="OLS", screen_outliers="Shewhart")
    for at in np.flatnonzero(~is_history.to_numpy()):
        date = greenness.time[at].to_numpy().astype("datetime64[s]").item()
        monitor.monitor(greenness[at].to_numpy(), date)
    write_patches(monitor.mask == 3, cube.odc, out / "lost.geojson")


if __name__ == "__main__":
    main()
