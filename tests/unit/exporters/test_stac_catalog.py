"""A run as STAC: valid by pystac's own schemas, and every file is where it says."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pystac
import pytest
import rasterio
from tests.release_world import draw_sites, write_world

from minewatch import analysis
from minewatch.analysis import ReleaseChoices
from minewatch.exporters import EXPORTERS
from minewatch.model import RunResult


@pytest.mark.parametrize("run", ["simulated_run", "empty_run"])
def test_a_collection_and_its_items_are_valid(
    run: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    written = EXPORTERS["stac"](request.getfixturevalue(run), tmp_path)
    collection = pystac.Collection.from_file(str(written[0]))
    assert collection.validate_all() == 4  # sockets are blocked: the schemas are pystac's own
    assert [Path(item.self_href) for item in collection.get_items()] == written[1:]
    collection.extra_fields["stac_version"] = "1.1.0"
    broken = next(collection.get_items())
    broken.properties["start_datetime"] = None
    with pytest.raises(pystac.STACValidationError):
        broken.validate()


def test_a_release_is_items_of_cells_that_hold_no_asset(tmp_path: Path) -> None:
    run = write_world(tmp_path / "run", draw_sites(3, 40, seasons=2), seasons=2)
    choices = ReleaseChoices(profile="public")
    written = analysis.publish_layers(run.directory, format="stac", choices=choices)
    (path,) = (path for path in written if path.name == "collection.json")
    collection = pystac.Collection.from_file(str(path))
    items = list(collection.get_items())
    assert collection.validate_all() == len(items) == len(written) - 2 > 3
    table = analysis.publish_layers(run.directory, format="geojson", choices=choices)
    cells = gpd.read_file(next(path for path in table if path.name == "cells.geojson"))
    by_id = {f"{row.cell}_{row.first_month}": row for row in cells.itertuples()}
    for item in items:
        row = by_id[item.id]
        assert item.assets == {}
        assert item.bbox == pytest.approx(row.geometry.bounds, abs=1e-6)
        assert item.properties["minewatch:sites"] == row.sites
        assert item.properties["start_datetime"] == f"{row.first_month}-01T00:00:00Z"
        assert item.properties["end_datetime"] == f"{row.last_month}-30T23:59:59Z"


def test_every_asset_is_where_its_path_says(simulated_run: RunResult, tmp_path: Path) -> None:
    folder = simulated_run.directory / "export-of-test"
    written = EXPORTERS["stac"](simulated_run, tmp_path / "elsewhere")
    for item in pystac.Collection.from_file(str(written[0])).get_items():
        for asset in item.assets.values():
            path = Path(asset.get_absolute_href() or "")
            assert path.is_relative_to(simulated_run.directory)
            if asset.media_type == pystac.MediaType.COG:
                with rasterio.open(path) as file:
                    assert len(asset.extra_fields["bands"]) == file.count
    assert not folder.exists()


def test_items_say_when_and_whether_simulated(simulated_run: RunResult, tmp_path: Path) -> None:
    written = EXPORTERS["stac"](simulated_run, tmp_path)
    collection = pystac.Collection.from_file(str(written[0]))
    items = list(collection.get_items())
    spans = [(i.properties["start_datetime"], i.properties["end_datetime"]) for i in items]
    assert spans[0] == ("2021-11-01T00:00:00Z", "2024-04-30T23:59:59Z")
    assert spans[1] == ("2021-11-01T00:00:00Z", "2022-04-30T23:59:59Z")
    assert all(item.properties["minewatch:simulated"] for item in items)
    assert collection.extra_fields["minewatch:simulated"]
    assert "SIMULATED" in str(collection.title)
