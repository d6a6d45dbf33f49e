"""The project opens in a real QGIS, the Debian one, and plays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest

from minewatch.exporters import EXPORTERS, open_result
from minewatch.model import RunResult
from minewatch.model.palette import STATE_COLOURS

PYTHON = "/usr/bin/python3"
PROBE = Path(__file__).with_name("qgis_probe.py")
pytestmark = pytest.mark.real


def has_qgis() -> bool:
    command = [PYTHON, "-c", "import qgis.core"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def qgis_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    if not has_qgis():
        if os.environ.get("MINEWATCH_CI") == "1":
            pytest.fail("QGIS is missing: apt-get install --no-install-recommends python3-qgis")
        pytest.skip("no QGIS here: apt-get install --no-install-recommends python3-qgis")
    home = tmp_path_factory.mktemp("qgis-home")
    home.chmod(0o700)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "QT_QPA_PLATFORM": "offscreen",
        "LANG": "C.UTF-8",
    }


@pytest.fixture(scope="module")
def moved_run(simulated_run: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with its export, moved to another folder after the export was written."""
    first = tmp_path_factory.mktemp("first") / "run"
    shutil.copytree(simulated_run.directory, first)
    EXPORTERS["qgis"](open_result(first), first / "export")
    moved = tmp_path_factory.mktemp("moved") / "run with spaces"
    first.rename(moved)
    return moved


@pytest.fixture(scope="module")
def seen(
    moved_run: Path, qgis_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Any]:
    """What QGIS tells of the project."""
    pictures = tmp_path_factory.mktemp("frames")
    command = [PYTHON, str(PROBE), str(moved_run / "export" / "minewatch.qgz"), str(pictures)]
    done = subprocess.run(
        command, env=qgis_environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    return dict(json.loads(done.stdout), stderr=done.stderr)


def test_the_project_opens_without_a_word_of_warning(seen: Mapping[str, Any]) -> None:
    assert seen["read"]
    assert seen["error"] == ""
    assert seen["log"] == []
    assert "Warning" not in seen["stderr"]
    assert seen["title"] == "minewatch: Simulated valley (SIMULATED)"
    assert seen["crs"] == "EPSG:32647"


def test_every_layer_is_valid_and_drawn(seen: Mapping[str, Any]) -> None:
    layers = {name.removeprefix("minewatch_"): layer for name, layer in seen["layers"].items()}
    assert set(layers) == {
        "aoi", "changes", "clear_looks", "features", "first_detected", "inventory", "observed",
        "rgb_after", "rgb_before", "score", "sites",
    }  # fmt: skip
    assert all(layer["valid"] for layer in layers.values())
    assert layers["inventory"]["renderer"] == "categorizedSymbol"
    assert layers["inventory"]["features"] == 9
    assert layers["inventory"]["fields"]["period_start"] == "Date"
    assert layers["score"]["renderer"] == "singlebandpseudocolor"
    assert layers["score"]["crs"] == "EPSG:32647"


def test_the_inventory_plays_by_period(seen: Mapping[str, Any], simulated_run: RunResult) -> None:
    assert seen["temporal"] == [True, "period_start", "period_end"]
    assert seen["range"] == ["2021-11-01T00:00:00Z", "2024-04-30T23:59:59Z"]
    frames = seen["frames"]
    starts = sorted(simulated_run.inventory["period_start"].unique())
    assert [frame["start"][:10] for frame in frames] == starts
    for frame, start in zip(frames, starts, strict=True):
        rows = simulated_run.inventory[simulated_run.inventory["period_start"] == start]
        expected = rows[["site_id", "period_start", "state"]].to_numpy().tolist()
        assert frame["shown"] == sorted(expected)


def test_every_period_is_drawn_and_looks_different(seen: Mapping[str, Any]) -> None:
    pictures = [matplotlib.image.imread(frame["picture"]) for frame in seen["frames"]]
    for frame, picture in zip(seen["frames"], pictures, strict=True):
        assert frame["errors"] == []
        assert picture[..., :3].std() > 0.05, "not blank"
    assert (pictures[0] != pictures[1]).any()
    assert (pictures[1] != pictures[2]).any()


def test_the_fill_of_a_site_is_the_colour_of_its_state(seen: Mapping[str, Any]) -> None:
    blue = bytes.fromhex(STATE_COLOURS["abandoned_wet"].removeprefix("#"))

    def near(number: int) -> int:
        picture = matplotlib.image.imread(seen["frames"][number]["picture"])[..., :3] * 255
        return int((abs(picture - list(blue)).max(axis=-1) < 70).sum())

    assert near(2) > near(1) + 50, "a site becomes abandoned and wet in the last period"


@pytest.fixture
def screen() -> Iterator[str]:
    """A display that nobody looks at."""
    if not shutil.which("Xvfb") or not shutil.which("qgis"):
        if os.environ.get("MINEWATCH_CI") == "1":
            pytest.fail("the QGIS desktop or Xvfb is missing: apt-get install qgis xvfb")
        pytest.skip("no QGIS desktop or no Xvfb here")
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


def test_the_desktop_draws_the_project(
    screen: str, moved_run: Path, qgis_environment: dict[str, str], tmp_path: Path
) -> None:
    picture = tmp_path / "desktop.png"
    environment = {**qgis_environment, "QT_QPA_PLATFORM": "xcb", "DISPLAY": screen}
    command = [
        "qgis", "--nologo", "--noplugins", "--noversioncheck",
        "--project", str(moved_run / "export" / "minewatch.qgz"),
        "--width", "500", "--height", "500", "--snapshot", str(picture),
    ]  # fmt: skip
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert picture.is_file(), done.stderr
    pixels = matplotlib.image.imread(picture)[..., :3]
    assert (pixels.std(axis=-1) > 0.01).mean() > 0.1, "the forest of the picture is there"
