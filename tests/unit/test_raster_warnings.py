"""Threads that draw polygons get no false alarm, and a file without a place is still warned of."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.errors import NotGeoreferencedWarning
from rasterio.features import rasterize
from rasterio.warp import reproject

from minewatch import synthetic
from minewatch.runtime.workers import open_workers
from minewatch.synthetic import archive

PLACE = rasterio.Affine(10, 0, 500_000, 0, -10, 2_900_000)
GROUND = shapely.box(500_010, 2_899_960, 500_030, 2_899_990)


def draw() -> Any:
    """A polygon on a grid that has its place."""
    return rasterize([GROUND], out_shape=(5, 5), transform=PLACE, dtype="uint8")


def warp() -> Any:
    """An array from one grid onto another, both with their place."""
    onto = np.zeros((5, 5), "uint8")
    return reproject(
        np.eye(5, dtype="uint8"), onto, src_transform=PLACE, dst_transform=PLACE,
        src_crs="EPSG:32647", dst_crs="EPSG:32647",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def undone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if another thread always took back what rasterio hushes for a while."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", NotGeoreferencedWarning)
        monkeypatch.setattr(warnings, "simplefilter", lambda *_, **__: None)
        yield


@pytest.mark.parametrize("do", [draw, warp])
def test_without_care_there_is_a_false_alarm(do: Callable[[], Any]) -> None:
    with pytest.raises(NotGeoreferencedWarning):
        do()


@pytest.mark.parametrize("do", [draw, warp])
def test_workers_hear_no_false_alarm(do: Callable[[], Any]) -> None:
    with open_workers(None, 1) as workers:
        executor: Executor = workers.executor
        executor.submit(do).result()


def test_writing_a_simulated_archive_raises_no_false_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = archive.plan_overpasses
    monkeypatch.setattr(archive, "plan_overpasses", lambda spec: plan(spec)[:2])
    written = synthetic.write_archive(tmp_path / "archive", synthetic.PRESETS["notebook"])
    assert written.catalog.exists()


def test_a_file_without_a_place_is_still_warned_of(tmp_path: Path) -> None:
    path, shape = tmp_path / "a.png", {"width": 2, "height": 2, "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", driver="PNG", **shape, transform=PLACE) as file:
        file.write(np.ones((1, 2, 2), "uint8"))
    path.with_suffix(".wld").unlink(missing_ok=True)
    Path(f"{path}.aux.xml").unlink(missing_ok=True)
    with open_workers(None, 1), pytest.raises(NotGeoreferencedWarning):
        rasterio.open(path).close()
