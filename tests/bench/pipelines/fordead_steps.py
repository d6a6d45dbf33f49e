"""The steps of FORDEAD, by hand: CRSWIR of every date, a harmonic model, three anomalies in a row.

FORDEAD (GPL) wants a folder a date and writes every step to disk; here all work on one cube in
memory, which is quicker. Reference: Dutrieux et al. 2021, package `fordead`, steps 1 to 5.
"""

from __future__ import annotations

import numpy as np

from .shared import CLEAR_CLASSES, asked, load, scenes_of, seasons_of, within, write_patches

TRAINING_DAYS = 730
THRESHOLD, IN_A_ROW, LEAST_DATES = 0.16, 3, 10


def harmonics(days: np.ndarray) -> np.ndarray:
    """Terms of the model, dims (date, term): a constant and two harmonics of the year."""
    angle = 2 * np.pi * days / 365.25
    waves = [
        np.ones_like(angle),
        np.sin(angle),
        np.cos(angle),
        np.sin(2 * angle),
        np.cos(2 * angle),
    ]
    return np.stack(waves, axis=1).astype(np.float32)


def main() -> None:
    """First date of lasting anomalies; patches a dry season."""
    archive, out = asked()
    scenes = scenes_of(archive)
    cube = load(scenes, ["red", "nir", "swir16", "swir22"], chunks=None, pool=2)
    clear = (cube.scl.isin(CLEAR_CLASSES) & (cube.red > 0)).to_numpy()
    nir, swir16, swir22 = (
        cube[b].to_numpy().astype(np.float32) for b in ("nir", "swir16", "swir22")
    )
    # the line between near infrared and 2.2 micrometres, at 1.6
    line = nir + (swir22 - nir) * np.float32((1610 - 865) / (2190 - 865))
    with np.errstate(invalid="ignore", divide="ignore"):
        index = np.where(clear, swir16 / line, np.nan)
    dates = cube.time.to_numpy()
    days = (dates - dates[0]) / np.timedelta64(1, "D")
    terms, training = harmonics(days), days < TRAINING_DAYS
    count, rows, cols = index.shape
    values = index.reshape(count, -1)
    seen = np.isfinite(values[training])
    weights, known = seen.astype(np.float32), np.where(seen, values[training], 0)
    of = terms[training]
    normal = np.einsum("ti,tj,tp->pij", of, of, weights, optimize=True)
    right = np.einsum("ti,tp->pi", of, known, optimize=True)
    enough = seen.sum(0) >= LEAST_DATES
    normal[~enough] = np.eye(of.shape[1], dtype=np.float32)
    model = np.linalg.solve(normal + 1e-4 * np.eye(of.shape[1], dtype=np.float32), right[..., None])
    in_a_row, dead_on = np.zeros((2, rows * cols), np.int32)
    for at in np.flatnonzero(~training):
        here = np.isfinite(values[at]) & enough
        is_odd = values[at] - model[:, :, 0] @ terms[at] > THRESHOLD
        in_a_row = np.where(here, np.where(is_odd, in_a_row + 1, 0), in_a_row)
        dead_on[(in_a_row == IN_A_ROW) & (dead_on == 0)] = at + 1
    first = dead_on.reshape(rows, cols)
    for start, end in seasons_of(within(scenes, str(dates[training][-1])[:10], "9999")):
        of_season = np.flatnonzero((dates >= np.datetime64(start)) & (dates <= np.datetime64(end)))
        lost = np.isin(first, of_season + 1)
        write_patches(lost, cube.odc, out / f"season-{end[:4]}.geojson")


if __name__ == "__main__":
    main()
