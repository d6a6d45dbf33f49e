"""A run as STAC: valid by pystac's own schemas, and every file is where it says."""

from __future__ import annotations

from pathlib import Path

import pystac
import pytest
import rasterio

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
