"""The project of a public release in a real QGIS: moved, it plays the years and shows cells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader
from tests.real.test_qgis import HERE, PYTHON, has_qgis
from tests.release_world import SEASONS, draw_sites, write_world

from minewatch import analysis
from minewatch.analysis import ReleaseChoices
from minewatch.exporters import hash_file

pytestmark = pytest.mark.real
SHADES = {"3-5": "#deebf7", "6-10": "#9ecae1", "11-20": "#4292c6", "21-50": "#08519c"}


@dataclass(frozen=True)
class Opened:
    """A release that somebody opened elsewhere."""

    folder: Path
    run: Path
    seen: dict[str, Any]
    pictures: Path
    hashes: dict[str, str]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    if not has_qgis():
        if os.environ.get("MINEWATCH_CI") == "1":
            pytest.fail("QGIS is missing: apt-get install --no-install-recommends python3-qgis")
        pytest.skip("no QGIS here: apt-get install --no-install-recommends python3-qgis")
    work = tmp_path_factory.mktemp("work")
    sites = draw_sites(11, 120, seasons=3, spread=0.006)
    run = write_world(work / "run", sites, seasons=3).directory
    choices = ReleaseChoices(profile="public", licence="CC BY 4.0")
    made = analysis.publish_layers(run, format="qgis", choices=choices)[0].parent
    folder = work / "another place" / "with ünicode"
    shutil.move(made, folder)
    hashes = {path.name: hash_file(path) for path in folder.iterdir()}
    pictures = tmp_path_factory.mktemp("pictures")
    home = tmp_path_factory.mktemp("home")
    environment = {
        "PATH": "/usr/bin:/bin", "HOME": str(home), "XDG_RUNTIME_DIR": str(home),
        "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8",
    }  # fmt: skip
    probe = [PYTHON, str(HERE / "qgis_release_probe.py")]
    done = subprocess.run(
        [*probe, str(folder / "minewatch.qgz"), str(pictures)],
        env=environment, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Opened(folder, run, json.loads(done.stdout), pictures, hashes)


def test_it_opens_without_a_word_and_every_layer_is_there(opened: Opened) -> None:
    assert opened.seen["read"]
    assert opened.seen["said"] == []
    assert set(opened.seen["valid"].values()) == {True}
    assert opened.seen["crs"] == "EPSG:6933"
    assert not any("OpenStreetMap" in name for name in opened.seen["shown"])
    assert "Ground ha" in opened.seen["aliases"]


def test_cells_are_there_from_the_first_to_the_last_day_of_their_season(opened: Opened) -> None:
    assert len(opened.seen["spans"]) == 3
    for first, last, begins, ends in opened.seen["spans"]:
        assert begins == f"{first}-01"
        assert ends == str(pd.Period(last, "M").end_time.date())


def test_each_frame_shows_the_cells_of_its_season(opened: Opened) -> None:
    choices = ReleaseChoices(profile="public", ledger=opened.pictures / "ledger")
    files = analysis.publish_layers(opened.run, format="csv", choices=choices)
    cells = pd.read_csv(next(path for path in files if path.name == "cells.csv"))
    frames = opened.seen["frames"]
    assert [frame["begins"][:10] for frame in frames] == [str(s.start) for s in SEASONS[:3]]
    for frame in frames:
        rows = cells[cells["first_month"] == frame["begins"][:7]]
        wanted = rows[["cell", "period", "sites"]].to_numpy().tolist()
        assert frame["cells"] == sorted(wanted)
        assert frame["cells"]
        assert frame["errors"] == []


def test_each_class_has_its_colour_in_the_picture_of_its_season(opened: Opened) -> None:
    for number, frame in enumerate(opened.seen["frames"]):
        picture = matplotlib.image.imread(opened.pictures / f"frame-{number}.png")[..., :3]
        shown = {sites for _, _, sites in frame["cells"]}
        for label, colour in SHADES.items():
            rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
            drawn = 220 / 255 * rgb + 35 / 255  # a little of the white below it shines through
            share = (np.abs(picture - drawn).max(axis=2) < 0.02).mean()
            assert (share > 0.01) == (label in shown), (number, label, share)


def test_the_atlas_has_a_page_a_season_with_profile_licence_and_delay(opened: Opened) -> None:
    assert opened.seen["exported"] == 0
    texts = (page.extract_text() for page in PdfReader(opened.pictures / "atlas.pdf").pages)
    pages = [" ".join(text.split()) for text in texts]
    assert len(pages) == 3
    for page, season in zip(pages, ("2018/19", "2019/20", "2020/21"), strict=True):
        for words in (season, "PUBLIC RELEASE", "CC BY 4.0", "6 whole months", "SIMULATED"):
            assert words in page, words


def test_looking_leaves_nothing_in_the_folder_and_nothing_private_is_in_it(opened: Opened) -> None:
    assert {path.name: hash_file(path) for path in opened.folder.iterdir()} == opened.hashes
    found = analysis.check_files([opened.folder], opened.run, ledger=opened.run / "releases")
    assert {path: leaks for path, leaks in found.items() if leaks} == {}


def test_the_atlas_itself_holds_nothing_private_but_is_no_file_of_the_ledger(
    opened: Opened,
) -> None:
    path = opened.pictures / "atlas.pdf"
    found = analysis.check_files([path], opened.run, allow_pictures=True)[path]
    assert {leak.kind for leak in found} <= {"unreadable"}
