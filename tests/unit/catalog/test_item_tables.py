"""Tables of items give the scenes that a catalogue of the same items gives, and are hardly read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from shapely.geometry import box, mapping, shape
from tests.range_server import RangeServer, serving

from minewatch.catalog import find_elevation, find_scenes
from minewatch.errors import CatalogError, NoScenesError
from minewatch.model import AreaOfInterest, Period, SceneList
from minewatch.settings import Settings

Item = dict[str, Any]
Make = Callable[..., Item]
Write = Callable[..., Path]
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))
SPRING = Period(date(2023, 3, 1), date(2023, 3, 31))
JUNE = Period(date(2023, 6, 1), date(2023, 6, 30))


def as_row(item: Item) -> Item:
    """An item as a row of stac-geoparquet."""
    properties = dict(item["properties"])
    moment = properties.pop("datetime", None)
    return {
        **{k: item.get(k) for k in ("type", "stac_version", "stac_extensions", "id", "collection")},
        "geometry": shape(item["geometry"]).wkb if item["geometry"] else None,
        "bbox": dict(zip(("xmin", "ymin", "xmax", "ymax"), item["bbox"], strict=True)),
        "links": [{"href": "https://h/self", "rel": "self"}],
        "assets": item["assets"], "datetime": moment and datetime.fromisoformat(moment),
        **properties,
    }  # fmt: skip


def write_table(path: Path, items: Sequence[Item], *, group: int = 1000, **columns: Any) -> Path:
    """A stac-geoparquet file."""
    names = dict.fromkeys(name for item in items for name in as_row(item))
    rows = [dict.fromkeys(names) | as_row(item) for item in items]
    table = pa.Table.from_pylist(rows)
    for name, column in columns.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, column) if column is not None else table.drop([name])
    pq.write_table(table, path, row_group_size=group)
    return path


def a_decade(item: Make, count: int = 400) -> list[Item]:
    """Made-up passes of many places, sorted by time, every 40th over the area."""
    items = []
    for n in range(count):
        day = date.fromordinal(date(2019, 1, 1).toordinal() + n * 1800 // count)
        west = 98.0 if n % 40 == 0 else -170.0 + n % 40 * 6
        items.append(item(f"n{n:04d}", day=str(day), tile=f"{n % 40 + 10}RMJ", west=west))
    return items


@pytest.fixture
def hasty() -> Settings:
    return Settings(http_timeout_s=5, http_retries=2, http_backoff_s=0.0, http_max_wait_s=0.05)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RangeServer]:
    with serving(tmp_path) as running:
        yield running


def same(a: SceneList, b: SceneList) -> bool:
    """The same scenes with the same items, whatever the catalogue is called."""
    return a.scenes == b.scenes and [s.item for s in a] == [s.item for s in b]


def test_a_table_gives_what_a_static_catalogue_of_its_items_gives(
    aoi: AreaOfInterest, item: Make, static: Write, tmp_path: Path
) -> None:
    items = [
        item("a", day="2023-03-01"),
        item("b", day="2023-03-06", cloud=None),
        item("cloudy", day="2023-03-11", cloud=99.0),
        item("elsewhere", west=120.0),
        item("before", day="2022-12-31"),
        item("old", day="2023-03-01", baseline="02.14"),
    ]
    table = find_scenes(aoi, YEAR, catalog=str(write_table(tmp_path / "a.parquet", items)))
    files = find_scenes(aoi, YEAR, catalog=str(static(tmp_path / "static", items)))
    assert [scene.id for scene in table] == ["a", "b"]
    assert same(table, files)
    assert table.dropped == files.dropped
    assert table.catalog == str(tmp_path / "a.parquet")
    assert table.collection == "sentinel-2-l2a"


def test_a_table_on_a_server_is_read_in_parts(
    aoi: AreaOfInterest, item: Make, tmp_path: Path, server: RangeServer, hasty: Settings
) -> None:
    path = write_table(tmp_path / "a.parquet", a_decade(item), group=20)
    near = find_scenes(aoi, JUNE, catalog=str(path))
    far = find_scenes(aoi, JUNE, catalog=f"{server.url}/a.parquet?sig=CANARY", settings=hasty)
    assert same(near, far)
    assert len(far) == 1
    assert far.catalog == f"{server.url}/a.parquet"
    assert len(server.ranges) == len(server.requests) <= 8


@pytest.mark.parametrize(
    ("changed", "most"), [({}, 2), ({"bbox": None}, 2), ({"datetime": "text"}, 10)]
)
def test_groups_of_rows_that_cannot_fit_are_not_read(
    aoi: AreaOfInterest, item: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    changed: Item, most: int,
) -> None:  # fmt: skip
    items = a_decade(item)
    if changed.get("datetime"):
        texts = pa.array([i["properties"]["datetime"] for i in items])
        changed = {"datetime": texts}
    path = write_table(tmp_path / "a.parquet", items, group=20, **changed)
    asked, real = [], pq.ParquetFile.iter_batches

    def counted(self: Any, *args: Any, **options: Any) -> Any:
        asked.append(options["row_groups"][0])
        return real(self, *args, **options)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", counted)
    found = find_scenes(aoi, JUNE, catalog=str(path))
    assert len(found) == 1
    assert len(set(asked)) <= most < pq.ParquetFile(path).num_row_groups


def test_only_the_assets_of_the_sensor_are_read(
    aoi: AreaOfInterest, item: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = item()
    made["assets"] |= {f"other{n}": {"href": "https://h/x" * 50} for n in range(20)}
    read: list[str] = []
    real = pq.ParquetFile.iter_batches

    def noted(self: Any, *args: Any, **options: Any) -> Any:
        read.extend(options["columns"])
        return real(self, *args, **options)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", noted)
    found = find_scenes(aoi, YEAR, catalog=str(write_table(tmp_path / "a.parquet", [made])))
    assert set(found.scenes[0].assets) >= {"blue", "mask"}
    assert {c for c in read if c.startswith("assets")} == {f"assets.{b}" for b in item()["assets"]}
    assert "links" not in read


def test_unknown_names_of_assets_are_found_by_their_bands(
    aoi: AreaOfInterest, item: Make, tmp_path: Path
) -> None:
    made = item()
    for name in ("blue", "green", "red", "nir"):
        made["assets"][f"x-{name}"] = made["assets"].pop(name) | {"eo:bands": [{"name": name}]}
    found = find_scenes(aoi, YEAR, catalog=str(write_table(tmp_path / "a.parquet", [made])))
    assert set(found.bands) >= {"blue", "green", "red", "nir"}


def test_every_row_is_checked_again(aoi: AreaOfInterest, item: Make, tmp_path: Path) -> None:
    corner = item("corner")
    corner["geometry"] = mapping(shapely.Polygon([(98, 25), (98.3, 25), (98, 25.3)]))
    path = write_table(tmp_path / "a.parquet", [item("good"), corner])
    assert [scene.id for scene in find_scenes(aoi, YEAR, catalog=str(path))] == ["good"]


def test_a_row_of_a_range_of_time_is_kept(aoi: AreaOfInterest, item: Make, tmp_path: Path) -> None:
    made = item("range")
    made["properties"] |= {"datetime": None, "start_datetime": "2023-03-02T00:00:00Z"}
    path = write_table(tmp_path / "a.parquet", [item("b", day="2020-01-01"), made])
    assert [scene.id for scene in find_scenes(aoi, SPRING, catalog=str(path))] == ["range"]


def test_a_box_over_the_date_line_is_found(item: Make, tmp_path: Path) -> None:
    here = AreaOfInterest(id="a", name="A", geometry=box(179.4, 25.4, 179.6, 25.6), utm_epsg=32660)
    across = item("across", west=179.0) | {"bbox": [179.0, 25.0, -179.5, 26.0]}
    path = write_table(tmp_path / "a.parquet", [item("b", west=10.0), across])
    assert [scene.id for scene in find_scenes(here, YEAR, catalog=str(path))] == ["across"]


def test_assets_as_text_are_read(aoi: AreaOfInterest, item: Make, tmp_path: Path) -> None:
    texts = pa.array([json.dumps(item()["assets"])])
    path = write_table(tmp_path / "a.parquet", [item()], assets=texts)
    assert len(find_scenes(aoi, YEAR, catalog=str(path))) == 1


def test_a_folder_of_tables_is_one_catalogue(
    aoi: AreaOfInterest, item: Make, tmp_path: Path
) -> None:
    for year in ("2022", "2023"):
        (tmp_path / year).mkdir()
        write_table(tmp_path / year / "items.parquet", [item(f"y{year}", day=f"{year}-03-01")])
    period = replace(YEAR, start=date(2022, 1, 1))
    assert [s.id for s in find_scenes(aoi, period, catalog=str(tmp_path))] == ["y2022", "y2023"]


def test_one_collection_of_several_can_be_taken(
    aoi: AreaOfInterest, item: Make, tmp_path: Path
) -> None:
    other = item("b", day="2023-02-01") | {"collection": "sentinel-2-c1-l2a"}
    path = str(write_table(tmp_path / "a.parquet", [item("a"), other]))
    found = find_scenes(aoi, YEAR, catalog=path, collection="sentinel-2-c1-l2a")
    assert [scene.id for scene in found] == ["b"]
    assert found.collection == "sentinel-2-c1-l2a"
    with pytest.raises(CatalogError, match="'x'; known: sentinel-2-c1-l2a, sentinel-2-l2a"):
        find_scenes(aoi, YEAR, catalog=path, collection="x")


def test_a_start_after_the_table_tells_where_it_ends(
    aoi: AreaOfInterest, item: Make, tmp_path: Path
) -> None:
    path = str(write_table(tmp_path / "a.parquet", a_decade(item, 40)))
    late = Period(date(2030, 1, 1), date(2030, 2, 1))
    with pytest.raises(NoScenesError, match="the archive ends on 2023-"):
        find_scenes(aoi, late, catalog=path)


def test_a_table_of_items_has_no_heights(aoi: AreaOfInterest, item: Make, tmp_path: Path) -> None:
    path = str(write_table(tmp_path / "a.parquet", [item()]))
    assert find_elevation(aoi, catalog=path) is None
    with pytest.raises(CatalogError, match="no heights of 'dem'"):
        find_elevation(aoi, catalog=path, collection="dem")


# What goes wrong


def error_of(aoi: AreaOfInterest, catalog: str, settings: Settings | None = None) -> CatalogError:
    with pytest.raises(CatalogError) as caught:
        find_scenes(aoi, YEAR, catalog=catalog, settings=settings)
    assert caught.value.hint
    return caught.value


def test_what_is_no_table_of_items_says_so(aoi: AreaOfInterest, item: Make, tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("hello, I am no table at all")
    assert "is not a usable table" in error_of(aoi, str(tmp_path / "text.parquet")).problem
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"id": ["a"], "geometry": [b""]}), other)
    assert "it has no column datetime, assets" in error_of(aoi, str(other)).problem
    assert "No such file" in error_of(aoi, str(tmp_path / "gone.parquet")).problem
    cut = write_table(tmp_path / "cut.parquet", [item()])
    cut.write_bytes(cut.read_bytes()[:-700])
    assert "is not a usable table" in error_of(aoi, str(cut)).problem
    plain = write_table(tmp_path / "wkb.parquet", [item()], geometry=pa.array([b"\x01\x02"]))
    assert "is not a usable table" in error_of(aoi, str(plain)).problem


@pytest.mark.parametrize(
    "fault",
    [503, 429, "other range", "shorter range", "no range named", "packed", "a page as a range"],
)
def test_an_answer_that_is_wrong_is_asked_for_again(
    aoi: AreaOfInterest, item: Make, tmp_path: Path, server: RangeServer, hasty: Settings,
    fault: int | str,
) -> None:  # fmt: skip
    path = write_table(tmp_path / "a.parquet", [item()])
    server.faults["a.parquet"] = [200, fault, fault, 200, fault, 200]
    found = find_scenes(aoi, YEAR, catalog=f"{server.url}/a.parquet", settings=hasty)
    assert same(found, find_scenes(aoi, YEAR, catalog=str(path)))
    server.faults["a.parquet"] = [200, fault]
    assert "cannot be reached" in error_of(aoi, f"{server.url}/a.parquet", hasty).problem


def test_a_table_that_is_replaced_while_it_is_read_is_not_mixed(
    aoi: AreaOfInterest, item: Make, tmp_path: Path, server: RangeServer, hasty: Settings
) -> None:
    write_table(tmp_path / "a.parquet", [item()])
    server.faults["a.parquet"] = [200, 200, "another file"]
    assert "was replaced" in error_of(aoi, f"{server.url}/a.parquet?token=CANARY", hasty).problem


def test_a_server_without_parts_asks_for_a_download(
    aoi: AreaOfInterest, item: Make, tmp_path: Path, server: RangeServer, hasty: Settings
) -> None:
    write_table(tmp_path / "a.parquet", [item()])
    server.faults["a.parquet"] = ["whole file"]
    error = error_of(aoi, f"{server.url}/a.parquet?token=CANARY", hasty)
    assert "gives no parts" in error.problem
    assert "CANARY" not in str(error)
    assert "answers 404" in error_of(aoi, f"{server.url}/gone.parquet", hasty).problem
    assert len(server.requests) == 2, "what is not there is not asked for again"


def test_a_redirect_is_followed(
    aoi: AreaOfInterest, item: Make, tmp_path: Path, server: RangeServer, hasty: Settings
) -> None:
    write_table(tmp_path / "b.parquet", [item()])
    server.faults["a.parquet"] = [f"{server.url}/b.parquet"]
    assert len(find_scenes(aoi, YEAR, catalog=f"{server.url}/a.parquet", settings=hasty)) == 1


def test_only_some_whole_rows_are_held_at_once(
    aoi: AreaOfInterest, item: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minewatch.catalog.item_tables.ITEM_ROWS", 16)
    items = [item(f"n{n}", day=f"2023-01-{n % 28 + 1:02d}", west=98.0 if n == 150 else 10.0)
             for n in range(300)]  # fmt: skip
    path = write_table(tmp_path / "a.parquet", items, group=300)
    batches: list[int] = []
    real_batches = pq.ParquetFile.iter_batches

    def noted(self: Any, *args: Any, **options: Any) -> Any:
        for batch in real_batches(self, *args, **options):
            batches.append(batch.num_rows if "assets.blue" in options["columns"] else 0)
            yield batch

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", noted)
    assert len(find_scenes(aoi, YEAR, catalog=str(path))) == 1
    assert max(batches) == 16
    assert sum(batches) < 300, "rows behind the last that fits are not read"
