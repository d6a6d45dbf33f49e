"""What every format promises of a release: nothing private is in its files."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from pypdf import PdfReader
from tests.release_world import AREA, SEASONS, draw_sites, write_world

from minewatch import analysis, exporters
from minewatch.analysis import ReleaseChoices
from minewatch.errors import PublicationError, SettingsError
from minewatch.exporters import EXPORTERS, DatabaseExporter, LayerExporter
from minewatch.model import RunResult
from minewatch.publishing.leak_tiles import tile_bytes

SITES = draw_sites(3, 40, seasons=2)


FORMATS = sorted(EXPORTERS)
DATABASES = [name for name in FORMATS if isinstance(EXPORTERS[name], DatabaseExporter)]
LAYERED = [name for name in FORMATS if name not in DATABASES]
PLAIN = [name for name in LAYERED if isinstance(EXPORTERS[name], LayerExporter)]
"""Those that write a run by its layers alone, too."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return write_world(tmp_path_factory.mktemp("world"), SITES, seasons=2)


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The same sites, found in another order and under other ids."""
    others = [replace(site, site_id=f"s{n:010x}") for n, site in enumerate(reversed(SITES))]
    return write_world(tmp_path_factory.mktemp("shuffled"), others, seasons=2)


def content(path: Path) -> bytes:
    if path.suffix == ".pmtiles":
        return tile_bytes(path)
    if path.suffix == ".pdf":
        return str((PdfReader(path).metadata or {}).get("/Title")).encode()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    return path.read_bytes()


Publish = Callable[..., list[Path]]


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    def call(run: RunResult, name: str, profile: str = "public", at: str = "one") -> list[Path]:
        choices = ReleaseChoices(profile=profile, ledger=tmp_path / at)
        if name == "page":
            return analysis.publish_page(run.directory, choices=choices)
        return analysis.publish_layers(run.directory, format=name, choices=choices)

    return call


@pytest.mark.parametrize("profile", ["partner", "public"])
@pytest.mark.parametrize("name", [*LAYERED, "page"])
def test_nothing_private_is_in_a_release(
    name: str, profile: str, run: RunResult, publish: Publish, tmp_path: Path
) -> None:
    files = publish(run, name, profile)
    found = analysis.check_files(files, run.directory, profile=profile, ledger=tmp_path / "one")
    assert {path.name: leaks for path, leaks in found.items() if leaks} == {}


@pytest.mark.parametrize("name", PLAIN)
def test_the_check_does_find_what_the_same_format_holds_of_the_private_run(
    name: str, run: RunResult, tmp_path: Path
) -> None:
    files = EXPORTERS[name](run, tmp_path)
    found = analysis.check_files(files, run.directory)
    kinds = {leak.kind for leaks in found.values() for leak in leaks}
    assert {"coordinate", "site id", "scene id", "date"} <= kinds


@pytest.mark.parametrize("name", [*LAYERED, "page"])
def test_the_order_and_the_ids_of_the_sites_do_not_show(
    name: str, run: RunResult, shuffled: RunResult, publish: Publish
) -> None:
    one, two = publish(run, name, at="one"), publish(shuffled, name, at="two")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


@pytest.mark.parametrize("name", [*LAYERED, "page"])
def test_the_time_of_a_file_is_the_end_of_its_last_season(
    name: str, run: RunResult, publish: Publish
) -> None:
    for path in publish(run, name):
        assert path.stat().st_mtime % 86_400 == 0
        assert path.stat().st_mtime // 86_400 == (SEASONS[1].end.toordinal() - 719_163)


def test_a_format_that_takes_runs_alone_is_refused(
    run: RunResult, publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporters, "get_exporter", lambda name: lambda result, out: [])
    with pytest.raises(PublicationError, match="somebody's") as caught:
        publish(run, "somebody's")
    assert "--format gpkg" in caught.value.hint
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_is_no_folder_and_needs_an_address(
    name: str, run: RunResult, publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MINEWATCH_POSTGIS_DSN", raising=False)
    choices = ReleaseChoices(profile="public", ledger=tmp_path / "one")
    for call in (
        lambda: publish(run, name),
        lambda: analysis.publish_to_database(run.directory, choices=choices, dsn=None),
    ):
        with pytest.raises(SettingsError, match=name):
            call()
    assert not (tmp_path / "one").exists()


@pytest.mark.parametrize("name", [*LAYERED, "page"])
def test_a_release_says_for_whom_it_is_how_late_and_under_which_licence(
    name: str, run: RunResult, tmp_path: Path
) -> None:
    choices = ReleaseChoices(profile="public", ledger=tmp_path / "one", licence="CC BY 4.0")
    if name == "page":
        files = analysis.publish_page(run.directory, choices=choices)
    else:
        files = analysis.publish_layers(run.directory, format=name, choices=choices)
    (about,) = (path for path in files if path.name == "release.json")
    for words in (b"public", b"6 whole months", b"CC BY 4.0"):
        assert words in about.read_bytes()
        if name in ("qgis", "stac", "smart", "evidence", "page"):
            assert any(words in content(path).replace(b"Public", b"public") for path in files[:2])


@pytest.mark.parametrize("name", ["qgis", "stac", "smart", "evidence"])
def test_districts_with_names_of_any_letters_can_be_written(
    name: str, run: RunResult, tmp_path: Path
) -> None:
    west, south, east, north = AREA.bounds
    middle = (west + east) / 2
    halves = [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]
    path = tmp_path / "districts.geojson"
    names = ["Nāṁ / Kham & <b>", "\u4e1c: \u533a"]
    gpd.GeoDataFrame({"name": names}, geometry=halves, crs=4326).to_file(path)
    choices = ReleaseChoices(profile="public", ledger=tmp_path / "one", townships=path)
    files = analysis.publish_layers(run.directory, format=name, choices=choices)
    found = analysis.check_files(files, run.directory, ledger=tmp_path / "one", townships=path)
    assert {file.name: leaks for file, leaks in found.items() if leaks} == {}


@pytest.mark.parametrize("name", [*LAYERED, "page"])
def test_a_simulated_release_says_so(name: str, run: RunResult, publish: Publish) -> None:
    for path in publish(run, name):
        assert b"simulated" in content(path).lower(), path.name


def test_an_empty_run_gives_an_empty_release(tmp_path: Path, publish: Publish) -> None:
    run = write_world(tmp_path / "world", [], seasons=2)
    shutil.rmtree(tmp_path / "one", ignore_errors=True)
    for name in [*LAYERED, "page"]:
        assert all(path.stat().st_size for path in publish(run, name))
