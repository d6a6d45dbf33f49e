from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio

from minewatch.analysis.report_inputs import ground_pictures, run_evidence
from minewatch.errors import OutputError
from minewatch.model import RunResult

WriteRun = Callable[[Path], RunResult]


def read(path: Path) -> np.ndarray:
    with rasterio.open(path) as file:
        return file.read()  # type: ignore[no-any-return]


def keep_pictures(run: RunResult) -> np.ndarray:
    """Pictures of three periods in the state of a run, the outer two as its rasters."""
    before, after = (read(run.rasters[name]) for name in ("rgb_before", "rgb_after"))
    layers = np.stack([before, before // 2 + 1, after])
    folder = run.directory / "state" / "evidence"
    folder.mkdir()
    layers.tofile(folder / "picture.raw")
    return layers


def test_a_run_with_its_state_has_a_picture_of_every_period(
    write_simulated_run: WriteRun, tmp_path: Path
) -> None:
    run = write_simulated_run(tmp_path)
    layers = keep_pictures(run)
    pictures = ground_pictures(run)
    starts = [period["start"] for period in run.manifest["periods"]]
    assert [picture.period_start for picture in pictures] == starts
    for picture, layer in zip(pictures, layers, strict=True):
        assert np.array_equal(picture.rgb, layer)


def test_pictures_that_are_not_those_of_the_outputs_are_not_shown(
    write_simulated_run: WriteRun, tmp_path: Path
) -> None:
    run = write_simulated_run(tmp_path)
    layers = keep_pictures(run)
    starts = [run.manifest["periods"][at]["start"] for at in (0, -1)]
    path = run.directory / "state" / "evidence" / "picture.raw"
    layers[2, 0, 5, 5] ^= 1
    layers.tofile(path)
    assert [picture.period_start for picture in ground_pictures(run)] == starts
    path.write_bytes(path.read_bytes()[:-1])
    assert [picture.period_start for picture in ground_pictures(run)] == starts


def test_a_run_without_its_state_has_two_pictures_and_no_evidence(simulated_run: RunResult) -> None:
    assert len(ground_pictures(simulated_run)) == 2
    evidence = run_evidence(simulated_run)
    assert evidence.sites == {}
    assert evidence.meanings == {}


def test_a_raster_that_cannot_be_read_is_an_error_that_names_it(
    write_simulated_run: WriteRun, tmp_path: Path
) -> None:
    run = write_simulated_run(tmp_path)
    run.rasters["rgb_after"].write_bytes(b"no raster")
    with pytest.raises(OutputError, match=r"rgb_after\.tif"):
        ground_pictures(run)
