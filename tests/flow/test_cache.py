"""With `--cache` a later run fetches headers only, and its outputs are the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.flow.conftest import geojson_bytes, run_archive
from tests.range_server import RangeServer, serving

from minewatch import synthetic


@pytest.fixture
def server(tiny_archive: synthetic.Archive) -> Iterator[RangeServer]:
    with serving(tiny_archive.directory) as running:
        yield running


def test_a_second_run_asks_for_headers_only_and_a_damaged_block_is_fetched_again(
    tiny_archive: synthetic.Archive, server: RangeServer, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"

    def ranges_asked(name: str) -> tuple[int, dict[str, bytes]]:
        server.ranges.clear()
        result = run_archive(
            tiny_archive, tmp_path / name, catalog=f"{server.url}/catalog.json", cache=kept
        )
        assert not result.manifest["failures"]
        return len(server.ranges), geojson_bytes(result)

    first, tables = ranges_asked("first")
    second, tables_again = ranges_asked("second")
    headers = len(set(server.ranges))
    assert second == headers < first
    assert tables_again == tables
    for path in [path for path in kept.rglob("*") if path.is_file()][:9]:
        path.write_bytes(path.read_bytes()[:-1])
    third, tables_once_more = ranges_asked("third")
    assert headers < third < first
    assert tables_once_more == tables
