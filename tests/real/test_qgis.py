"""The project opens in a real QGIS, the Debian one: moved, without a warning, and it plays."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
import rasterio
from tests.large_run import write_large_run

from minewatch import analysis
from minewatch.errors import OutputError
from minewatch.exporters import LAYERS, open_result, read_record
from minewatch.exporters.qgis.context_layers import CONTEXT
from minewatch.exporters.qgis.project_folder import QgisExporter
from minewatch.exporters.qgis.project_layers import VECTORS
from minewatch.model import STATES, RunResult
from minewatch.model.palette import STATE_COLOURS

PYTHON = "/usr/bin/python3"
HERE = Path(__file__).parent
LATE = "simulated-cccc"
"""The site that begins in the second period, and whose pools end there."""
OF_THE_RUN = set(VECTORS) - set(CONTEXT)
"""Layers of every project, also where nothing was asked of its surroundings."""
DATED = ("sites", "inventory", "pools", "pads", "tracks", "changes", "not_seen")
PERIODS = ("2021/22 dry season", "2022/23 dry season", "2023/24 dry season")
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


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Natural colour of one period, of one colour."""

    period_start: str
    rgb: np.ndarray
    transform: rasterio.Affine
    epsg: int


def growing(run: RunResult) -> RunResult:
    """The run of the tests, with one site that begins later and whose pools end before the rest."""
    inventory, features = run.inventory, run.features.copy()
    first = inventory["period_start"].min()
    kept = inventory[(inventory["site_id"] != LATE) | (inventory["period_start"] != first)]
    of_late = features["site_id"] == LATE
    features.loc[of_late, "first_detected"] = "2022-12-10"
    features.loc[of_late & (features["kind"] == "pool"), "last_seen"] = "2023-03-01"
    return run.with_tables(inventory=kept.reset_index(drop=True), features=features)


def pictures(run: RunResult) -> list[Picture]:
    with rasterio.open(run.rasters["rgb_after"]) as file:
        shape, transform, epsg = file.shape, file.transform, file.crs.to_epsg()
    return [
        Picture(
            period_start=period["start"], rgb=np.full((3, *shape), 40 * (n + 1), "uint8"),
            transform=transform, epsg=epsg,
        )
        for n, period in enumerate(run.manifest["periods"])
    ]  # fmt: skip


def mailed(folder: Path, work: Path) -> Path:
    """A folder after it was zipped, mailed and unpacked at another place."""
    archive = shutil.make_archive(str(work / "mail"), "zip", folder)
    target = work / "another place" / "with ünicode"
    shutil.unpack_archive(archive, target)
    shutil.rmtree(folder)
    return target


def see(
    project: Path, environment: Mapping[str, str], folder: Path, *, timeout: int = 200
) -> dict[str, Any]:
    command = [PYTHON, str(HERE / "qgis_probe.py"), str(project), str(folder)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    return dict(json.loads(done.stdout), stderr=done.stderr)


@pytest.fixture(scope="module")
def grown(simulated_run: RunResult) -> RunResult:
    return growing(simulated_run)


@pytest.fixture(scope="module")
def moved(grown: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder at another place than where it was written."""
    work = tmp_path_factory.mktemp("moved")
    QgisExporter(ground=pictures(grown))(grown, work / "export")
    return mailed(work / "export", work)


@pytest.fixture(scope="module")
def seen(
    moved: Path, qgis_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Any]:
    """What QGIS says of the project."""
    return see(moved / "minewatch.qgz", qgis_environment, tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def layers(seen: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("minewatch_"): layer for name, layer in seen["layers"].items()}


def test_the_moved_project_opens_without_a_word_of_warning(seen: Mapping[str, Any]) -> None:
    assert seen["read"]
    assert seen["error"] == ""
    assert seen["log"] == []
    assert "Warning" not in seen["stderr"]
    assert seen["title"] == "minewatch: Simulated valley (SIMULATED)"
    assert seen["crs"] == "EPSG:32647"


def test_it_asks_no_server_for_anything(seen: Mapping[str, Any], layers: Mapping[str, Any]) -> None:
    assert seen["requests"] == []
    assert "minewatch_basemap" not in seen["shown"]
    assert layers["basemap"]["valid"]


def test_every_layer_is_valid_and_lies_in_the_folder(
    layers: Mapping[str, Any], moved: Path, grown: RunResult
) -> None:
    assert [name for name, layer in layers.items() if not layer["valid"]] == []
    assert set(layers) > OF_THE_RUN
    for name, layer in layers.items():
        assert name == "basemap" or str(moved) in layer["source"], name
    counts = {name: layers[name]["features"] for name in OF_THE_RUN}
    kinds = grown.features["kind"].value_counts()
    assert counts == {
        "sites": len(grown.sites), "inventory": len(grown.inventory), "pools": kinds["pool"],
        "pads": kinds["pad"], "tracks": kinds["road"], "changes": len(grown.changes),
        "verdicts": len(grown.sites), "aoi": 1, "places": 0, "not_seen": 3,
    }  # fmt: skip


def test_layers_stand_in_groups(seen: Mapping[str, Any]) -> None:
    assert seen["groups"][:4] == ["Review", "Sites", "Elsewhere", "Area"]
    assert "Natural colour by period" in seen["groups"]


def test_the_clock_is_on_with_range_and_step(seen: Mapping[str, Any]) -> None:
    assert seen["controller"] == 1
    assert seen["range"] == ["2021-11-01T00:00:00Z", "2024-04-30T23:59:59Z"]
    assert [frame["start"][:10] for frame in seen["frames"]] == [
        "2021-11-01", "2022-11-01", "2023-11-01",
    ]  # fmt: skip


def test_each_frame_shows_the_inventory_of_its_period(
    seen: Mapping[str, Any], layers: Mapping[str, Any], grown: RunResult
) -> None:
    assert all(layers[name]["temporal"] for name in DATED)
    for frame in seen["frames"]:
        start = frame["start"][:10]
        rows = grown.inventory[grown.inventory["period_start"] == start]
        shown = frame["shown"]
        assert sorted([r[0], r[2], r[3]] for r in shown["inventory"]) == sorted(
            [site, state, start] for site, state in zip(rows["site_id"], rows["state"], strict=True)
        )
        assert sorted(r[0] for r in shown["sites"]) == sorted(rows["site_id"])


def test_no_frame_shows_a_pad_or_pool_before_it_was_there(seen: Mapping[str, Any]) -> None:
    def late(layer: str) -> list[int]:
        return [sum(r[0] == LATE for r in f["shown"][layer]) for f in seen["frames"]]

    assert late("pads") == [0, 1, 1]
    assert late("tracks") == [0, 1, 1]
    assert late("pools") == [0, 4, 0], "they are there in the second period only"
    assert [len(frame["shown"]["changes"]) for frame in seen["frames"]] == [2, 0, 0]
    assert [len(frame["shown"]["not_seen"]) for frame in seen["frames"]] == [1, 1, 1]


def test_each_frame_shows_the_rasters_of_its_period_alone(seen: Mapping[str, Any]) -> None:
    for frame in seen["frames"]:
        kinds = ("clear_looks", "natural_colour", "observed", "score")
        assert frame["rasters"] == [f"minewatch_{kind}_{frame['start'][:10]}" for kind in kinds]


GREY = {"not_observed"}
"""Its colour is that of the rims of letters too."""


def states_in(path: str) -> set[str]:
    """States whose colour stands in a picture."""
    picture = matplotlib.image.imread(path)[..., :3] * 255
    found = set()
    for state, colour in STATE_COLOURS.items():
        rgb = list(bytes.fromhex(colour.removeprefix("#")))
        if int((abs(picture - rgb).max(axis=-1) < 6).sum()) >= 12:
            found.add(state)
    return found


def test_frames_and_themes_are_drawn_in_the_colours_of_their_states(
    seen: Mapping[str, Any], grown: RunResult
) -> None:
    assert set(STATES) == set(STATE_COLOURS)
    for frame, label in zip(seen["frames"], PERIODS, strict=True):
        rows = grown.inventory[grown.inventory["period_start"] == frame["start"][:10]]
        theme = seen["themes"][label]
        assert frame["errors"] == theme["errors"] == []
        expected = set(rows["state"]) - GREY
        assert states_in(frame["picture"]) - GREY == expected
        assert states_in(theme["picture"]) - GREY == expected, "whatever the clock says"


def test_the_ground_of_a_frame_is_that_of_its_period(seen: Mapping[str, Any]) -> None:
    for number, (frame, label) in enumerate(zip(seen["frames"], PERIODS, strict=True)):
        for path in (frame["picture"], seen["themes"][label]["picture"]):
            picture = (matplotlib.image.imread(path)[..., :3] * 255).round()
            assert (picture == 40 * (number + 1)).all(axis=-1).mean() > 0.5


def test_there_are_themes_for_every_question(seen: Mapping[str, Any]) -> None:
    assert sorted(seen["themes"]) == sorted(["After", "Before", "Overview", "Review", *PERIODS])
    assert "minewatch_verdicts" in seen["themes"]["Review"]["layers"]
    assert "minewatch_natural_colour_2021-11-01" in seen["themes"]["Before"]["layers"]
    assert "minewatch_natural_colour_2023-11-01" in seen["themes"]["After"]["layers"]


def test_a_style_keeps_names_and_tips(seen: Mapping[str, Any]) -> None:
    for style, of_style in seen["styles"]["inventory"].items():
        assert of_style["temporal"] == (style == "default")
        assert of_style["alias"] == "Aoi"
        assert of_style["tip"]


def test_forms_have_names_lists_calendars_and_tabs(layers: Mapping[str, Any]) -> None:
    sites, inventory, verdicts = (layers[n] for n in ("sites", "inventory", "verdicts"))
    assert inventory["aliases"]["disturbed_area_m2"] == "Disturbed area (m²)"
    assert inventory["fields"]["valid_from"] == "Date"
    assert inventory["widgets"]["valid_from"] == "DateTime"
    values = inventory["settings"]["state"]["map"]
    assert [next(iter(v.values())) for v in values][1:] == list(STATES)
    assert sites["display"] == '"site_id"'
    assert sites["tabs"][-5:] == ["Periods", "Pools", "Pads", "Tracks", "Verdicts"]
    assert inventory["editable"] == []
    assert verdicts["editable"] == ["verdict", "verdict_reason", "verdict_by", "note"]
    assert sites["editable"] == ["verdict", "verdict_reason", "verdict_by"]
    assert verdicts["widgets"]["verdict"] == "ValueMap"


def test_a_site_knows_its_periods_parts_and_verdicts(
    seen: Mapping[str, Any], grown: RunResult
) -> None:
    assert all(relation["valid"] for relation in seen["relations"].values())
    children = {name: of["children"] for name, of in seen["relations"].items()}
    assert children["sites_inventory"] == dict(grown.inventory["site_id"].value_counts())
    assert children["sites_pools"] == dict.fromkeys(grown.sites["site_id"], 4)
    assert children["sites_verdicts"] == dict.fromkeys(grown.sites["site_id"], 1)


def test_a_tip_shows_the_chip_and_no_empty_line(seen: Mapping[str, Any], moved: Path) -> None:
    tip = seen["tip"]
    path = re.search(r'src="file:///([^"]+)"', tip)
    assert path
    assert Path("/" + path[1]).is_file()
    assert Path("/" + path[1]).is_relative_to(moved)
    assert "SIMULATED" in tip
    assert "NULL" not in tip
    assert "Verdict" not in tip, "nobody looked"


def test_layers_say_what_they_are(layers: Mapping[str, Any]) -> None:
    for name in OF_THE_RUN:
        assert layers[name]["abstract"].startswith("SIMULATED")
    assert "confidence: 0..1 that this is a mine" in layers["inventory"]["abstract"]


def test_the_atlas_has_a_page_a_site(seen: Mapping[str, Any], grown: RunResult) -> None:
    atlas = seen["atlas"]["Site sheets"]
    assert atlas["enabled"]
    assert (atlas["result"], atlas["error"], atlas["pages"]) == (0, "", len(grown.sites))
    content = Path(atlas["path"]).read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", content)) == len(grown.sites)
    items = atlas["items"]
    assert items.count("QgsLayoutItemMap") == 3
    assert {"QgsLayoutItemLegend", "QgsLayoutItemScaleBar", "QgsLayoutFrame"} <= set(items)


def test_bookmarks_lead_to_the_area_and_to_every_site(
    seen: Mapping[str, Any], grown: RunResult
) -> None:
    assert seen["bookmarks"] == ["Simulated valley", *grown.sites["site_id"]]


@pytest.mark.parametrize("choice", ["none", "link"])
def test_without_rasters_of_its_own_it_opens_too(
    choice: Any,
    simulated_run: RunResult,
    qgis_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    shutil.copytree(simulated_run.directory, run)
    written = QgisExporter(rasters=choice)(open_result(run), run / "export")
    assert not any("rasters" in path.parts[len(run.parts) :] for path in written)
    (tmp_path / "elsewhere").mkdir()
    project = shutil.move(run, tmp_path / "elsewhere") / Path("export/minewatch.qgz")
    seen = see(Path(project), qgis_environment, tmp_path)
    assert seen["log"] == []
    assert [name for name, layer in seen["layers"].items() if not layer["valid"]] == []
    has_rasters = any("score" in name for name in seen["layers"])
    assert has_rasters == (choice == "link")


def test_a_run_that_found_nothing_opens_too(
    empty_run: RunResult, qgis_environment: dict[str, str], tmp_path: Path
) -> None:
    QgisExporter()(empty_run, tmp_path / "export")
    seen = see(tmp_path / "export" / "minewatch.qgz", qgis_environment, tmp_path)
    assert seen["log"] == []
    assert [name for name, layer in seen["layers"].items() if not layer["valid"]] == []
    assert seen["layers"]["minewatch_sites"]["features"] == 0
    assert seen["atlas"] == {}


def test_three_hundred_sites_open_and_stay_small(
    qgis_environment: dict[str, str], tmp_path: Path
) -> None:
    made = write_large_run(tmp_path / "run")
    kept = [*LAYERS["sites"].contract, made.sites.geometry.name]
    run = made.with_tables(sites=made.sites[kept])  # it has more than a run of the pipeline
    written = QgisExporter()(run, tmp_path / "export")
    chips = [path for path in written if path.suffix == ".png"]
    assert len(chips) == 300
    assert sum(path.stat().st_size for path in chips) < 20e6
    environment = {**qgis_environment, "MINEWATCH_NO_ATLAS": "1"}
    seen = see(tmp_path / "export" / "minewatch.qgz", environment, tmp_path)
    assert seen["log"] == []
    assert seen["layers"]["minewatch_sites"]["features"] == 300
    for frame in seen["frames"]:
        start = frame["start"][:10]
        rows = run.inventory[run.inventory["period_start"] == start]
        assert len(frame["shown"]["inventory"]) == len(rows)


def edit(project: Path, edits: Sequence[Mapping[str, Any]], environment: Mapping[str, str]) -> None:
    """Edit the layers of a project in QGIS, as a person does."""
    command = [PYTHON, str(HERE / "qgis_editor.py"), str(project), json.dumps(edits)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"errors": []}


def test_verdicts_edited_in_qgis_come_back(
    write_simulated_run: Callable[[Path], RunResult],
    qgis_environment: dict[str, str],
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    write_simulated_run(run)
    analysis.export(run, format="qgis")
    project, gpkg = run / "export" / "minewatch.qgz", run / "export" / "minewatch.gpkg"
    analysis.export(run, format="qgis")  # opened or not, it was not edited
    edit(
        project,
        [
            {
                "layer": "verdicts", "site": "simulated-aaaa",
                "values": {"verdict": "not_mine", "verdict_reason": "swidden", "note": "burnt"},
            },
            {"layer": "sites", "site": "simulated-bbbb", "values": {"verdict": "mine"}},
            {"layer": "verdicts", "site": None, "values": {"verdict": "mine"},
             "box": [98.99, 25.55, 98.991, 25.551]},
        ],
        qgis_environment,
    )  # fmt: skip
    with pytest.raises(OutputError, match="was changed since minewatch wrote it"):
        analysis.export(run, format="qgis")
    now = datetime(2024, 6, 1, tzinfo=UTC)
    plan, note = analysis.import_verdicts(run, gpkg, time=now, reviewer="Kai")
    assert note == ""
    assert plan.conflicts == plan.left_out == ()
    said = {e.subject.partition("-")[0] + e.subject[-4:]: e for e in plan.entries}
    assert len(plan.entries) == 3
    assert (said["simulatedaaaa"].verdict, said["simulatedaaaa"].reason) == ("not_mine", "swidden")
    assert said["simulatedaaaa"].note == "burnt"
    assert said["simulatedbbbb"].verdict == "mine"
    assert sum(e.site_id is None and e.verdict == "mine" for e in plan.entries) == 1
    analysis.export(run, format="qgis")
    assert list((run / "export").glob("minewatch.imported-*.gpkg")), "the edited one is kept"
    assert "imported_sha256" not in read_record(run / "export")["minewatch.gpkg"]
    seen = see(project, qgis_environment, tmp_path)
    assert seen["layers"]["minewatch_verdicts"]["features"] == 4
    assert open_result(run).sites.set_index("site_id")["verdict"]["simulated-bbbb"] == "mine"


def test_looking_at_a_project_changes_no_byte_of_it(
    grown: RunResult, qgis_environment: dict[str, str], tmp_path: Path
) -> None:
    written = QgisExporter()(grown, tmp_path / "export")
    before = {path: path.read_bytes() for path in written}
    see(tmp_path / "export" / "minewatch.qgz", qgis_environment, tmp_path)
    assert {path: path.read_bytes() for path in written} == before


@pytest.fixture
def screen() -> Iterator[str]:
    """A display that nobody looks at."""
    if not shutil.which("Xvfb") or not shutil.which("qgis"):
        if os.environ.get("MINEWATCH_CI") == "1":
            pytest.fail("the QGIS desktop or Xvfb is missing: apt-get install qgis xvfb")
        pytest.skip("no QGIS desktop or no Xvfb here")
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1200x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


def test_the_desktop_opens_it_with_the_clock_running_and_no_message(
    screen: str, moved: Path, qgis_environment: dict[str, str], tmp_path: Path
) -> None:
    environment = {
        **qgis_environment,
        "QT_QPA_PLATFORM": "xcb",
        "DISPLAY": screen,
        "MINEWATCH_SEEN": str(tmp_path),
    }
    command = [
        "qgis", "--nologo", "--noplugins", "--noversioncheck",
        "--code", str(HERE / "qgis_desktop.py"), "--project", str(moved / "minewatch.qgz"),
    ]  # fmt: skip
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    picture = tmp_path / "desktop.png"
    assert picture.is_file(), done.stderr
    seen = json.loads((tmp_path / "desktop.json").read_text())
    assert seen["messages"] == []
    assert seen["layers"] == []
    assert seen["mode"] == 1, "the Temporal Controller plays"
    assert seen["frames"] == 3
    frame = seen["range"][0][:10]
    number = ["2021-11-01", "2022-11-01", "2023-11-01"].index(frame)
    pixels = (matplotlib.image.imread(picture)[..., :3] * 255).round()
    assert (pixels == 40 * (number + 1)).all(axis=-1).mean() > 0.05, "the ground of that period"
