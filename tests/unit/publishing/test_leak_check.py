"""The check finds each kind of leak, however it is hidden in a file."""

from __future__ import annotations

import base64
import gzip
import io
import json
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
import typst
from PIL import Image, PngImagePlugin
from pypdf import PdfWriter
from pypdf.annotations import Link
from pypdf.generic import DictionaryObject, NameObject
from rasterio.transform import from_origin
from tests.release_world import draw_sites, write_world

from minewatch import analysis
from minewatch.analysis import ReleaseChoices
from minewatch.cli import main
from minewatch.errors import OutputError
from minewatch.exporters import EXPORTERS
from minewatch.model import RunResult
from minewatch.publishing.leak_index import LEAK_KINDS

SITES = draw_sites(7, 40, seasons=2)
SITE = SITES[0]
DAY = next(s for s in SITES if s.first.day not in (1, 30, 31)).first
PDF = "%PDF-1.4\n1 0 obj <<{}>> endobj\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return write_world(tmp_path_factory.mktemp("world"), SITES, seasons=2)


@pytest.fixture(scope="module")
def released(run: RunResult) -> dict[str, Path]:
    names = ("gpkg", "geojson", "csv", "geoparquet")
    choices = ReleaseChoices(profile="public")
    files = [
        path for name in names
        for path in analysis.publish_layers(run.directory, format=name, choices=choices)
    ]  # fmt: skip
    files += analysis.publish_page(run.directory, choices=choices)
    return {path.name: path for path in files}


@pytest.fixture(scope="module")
def place(run: RunResult) -> tuple[float, float]:
    """A corner of an outline of the private inventory."""
    lon, lat = shapely.get_coordinates(run.sites.geometry.iloc[0])[0]
    return float(lon), float(lat)


def kinds(path: Path, run: RunResult, **more: object) -> set[str]:
    found = analysis.check_files([path], run.directory, **more)  # type: ignore[arg-type]
    assert {leak.kind for leak in found[path]} <= set(LEAK_KINDS)
    return {leak.kind for leak in found[path]}


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pdf_of(text: str, *, title: str = "") -> bytes:
    """A PDF whose letters are coded and packed, as programs write them."""
    words = json.dumps(text)
    about = f"#set document(title: {json.dumps(title)}, date: none)\n" if title else ""
    return bytes(typst.compile(f"{about}#{words}".encode()))


def dms(value: float, ends: str) -> str:
    whole = int(value)
    minutes = int((value - whole) * 60)
    seconds = ((value - whole) * 60 - minutes) * 60
    return f"{whole}°{minutes}'{seconds:.2f}\"{ends}"


def test_a_clean_text_passes(run: RunResult, tmp_path: Path) -> None:
    words = "Sites by cell, 2018/19 dry season, 3-5 sites, 2019-04, 12.5 ha, 0.123, 0.456"
    assert kinds(written(tmp_path, "page.txt", words), run) == set()


def test_a_coordinate_is_found_however_it_is_written(
    run: RunResult, tmp_path: Path, place: tuple[float, float]
) -> None:
    lon, lat = place
    (metres,) = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326).to_crs(32647)
    for words in (
        f"{lon:.5f}, {lat:.5f}", f"{lat:.4f};{lon:.4f}", f"POINT ({lon} {lat})",
        f"<coordinates>{lon:.6f},{lat:.6f},0</coordinates>", f"{lon:.5e} {lat:.5e}",
        f"lat={lat:.5f}&lon={lon:.5f}", f"{dms(lat, 'N')} {dms(lon, 'E')}",
        f"47P {metres.x:.0f} {metres.y:.0f}", json.dumps({"x": metres.x, "y": metres.y}),
        f"{lon:.5f}&#44; {lat:.5f}", f"{lon:.5f}%2C{lat:.5f}",
    ):  # fmt: skip
        assert kinds(written(tmp_path, "a.txt", words), run) == {"coordinate"}, words


def test_a_place_beside_the_grid_is_found_though_it_is_no_vertex(
    run: RunResult, tmp_path: Path
) -> None:
    assert kinds(written(tmp_path, "a.txt", f"{SITE.lon + 0.004:.4f} {SITE.lat:.4f}"), run) == {
        "coordinate"
    }


def test_a_coordinate_is_found_in_bytes_of_every_kind(
    run: RunResult, tmp_path: Path, place: tuple[float, float]
) -> None:
    for form in ("<dd", ">dd", "<ff", ">ff"):
        content = b"\0\1\2" + struct.pack(form, *place) + b"\0"
        assert "coordinate" in kinds(written(tmp_path, "a.bin", content), run), form
    scaled = struct.pack("<ii", *(round(1e7 * v) for v in place))
    assert "coordinate" in kinds(written(tmp_path, "a.bin", b"\0" + scaled), run)


@pytest.mark.parametrize(
    "pattern",
    [
        "%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y", "%d %B %Y", "%b %d, %Y", "%Y-%j",
        "%Y:%m:%d 10:00", "D:%Y%m%d101500Z", "%s",
    ],
)  # fmt: skip
def test_a_day_is_found_however_it_is_written(run: RunResult, tmp_path: Path, pattern: str) -> None:
    assert kinds(written(tmp_path, "a.txt", f"seen {DAY:{pattern}}."), run) == {"date"}


def test_first_and_last_days_of_seasons_are_no_leak(run: RunResult, tmp_path: Path) -> None:
    assert kinds(written(tmp_path, "a.txt", "2018-11-01/2019-04-30"), run) == set()


def test_ids_scenes_names_and_areas_are_found(run: RunResult, tmp_path: Path) -> None:
    area = run.inventory["disturbed_area_m2"].dropna().iloc[0]
    for kind, words in (
        ("site id", f"<b>{SITE.site_id.upper()}</b>"),
        ("scene id", run.manifest["facts"][0]["scene_id"]),
        ("name", "held by the Simulated navy"),
        ("area", f"ground {area:.1f} m2"),
    ):
        assert kind in kinds(written(tmp_path, "a.html", words), run), kind


def test_the_name_of_the_file_is_looked_at(run: RunResult, tmp_path: Path) -> None:
    assert kinds(written(tmp_path, f"{SITE.site_id}.txt", "clean"), run) == {"site id"}


def packed(name: str) -> Iterator[tuple[str, bytes]]:
    """A text packed in every way that is unpacked."""
    text = f"site {SITE.site_id} on its own"
    yield "a.txt", text.encode()
    yield "a.txt", text.encode("utf-16")
    yield (
        "a.json",
        json.dumps({"x": "".join(f"\\u{ord(c):04x}" for c in text)}).replace("\\\\", "\\").encode(),
    )
    yield "a.gz", gzip.compress(text.encode())
    yield "a.html", b"<img src='data:x;base64," + base64.b64encode(text.encode()) + b"'>"
    inner = base64.b64encode(gzip.compress(text.encode()))
    yield "a.html", b"<img src='data:x;base64," + inner + b"'>"
    for depth in (1, 2):
        content, inside = text.encode(), "a.txt"
        for _ in range(depth):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(inside, content)
            content, inside = buffer.getvalue(), "inner.qgz"
        yield "a.zip", content
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.comment = text.encode()
        archive.writestr("clean.txt", "clean")
    yield "a.kmz", buffer.getvalue()
    stream = zlib.compress(text.encode())
    yield "a.pdf", PDF.format("/Length 9").encode() + b"stream\n" + stream + b"\nendstream\n%%EOF"
    yield "a.pdf", PDF.format(f"/Title ({text})").encode()
    yield "a.pdf", pdf_of(text)
    yield "a.pdf", pdf_of("clean", title=text)
    for more in (
        lambda pdf: pdf.add_attachment("a.gz", gzip.compress(text.encode())),
        lambda pdf: pdf.add_annotation(0, Link(rect=(0, 0, 9, 9), url=f"https://x.example/{text}")),
        lambda pdf: pdf.add_metadata({"/Keywords": text}),
    ):
        pdf, buffer = PdfWriter(clone_from=io.BytesIO(pdf_of("clean"))), io.BytesIO()
        more(pdf)
        pdf.write(buffer)
        yield "a.pdf", buffer.getvalue()
    yield "a.txt", f"COPY x (y) FROM stdin;\n{text.encode().hex()}\n\\.\n".encode()
    for key, compressed in (("Comment", False), ("Comment", True)):
        picture, info = io.BytesIO(), PngImagePlugin.PngInfo()
        info.add_text(key, text, zip=compressed)
        Image.new("L", (4, 4)).save(picture, "PNG", pnginfo=info)
        yield "a.png", picture.getvalue()
    picture = io.BytesIO()
    Image.new("L", (4, 4)).save(picture, "JPEG", comment=text)
    yield "a.jpg", picture.getvalue()
    table = io.BytesIO()
    pq.write_table(pa.table({"x": [text]}), table, compression="zstd")
    yield "a.parquet", table.getvalue()


@pytest.mark.parametrize("case", range(len(list(packed("")))))
def test_an_id_is_found_in_every_package(run: RunResult, tmp_path: Path, case: int) -> None:
    name, content = list(packed(""))[case]
    found = kinds(written(tmp_path, name, content), run, allow_pictures=True)
    assert "site id" in found, name


def test_pictures_and_pdf_pass_only_when_a_person_looked(run: RunResult, tmp_path: Path) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    pdf = written(tmp_path, "a.pdf", pdf_of("clean words"))
    for path in (tmp_path / "a.png", pdf):
        assert kinds(path, run) == {"picture"}
        assert kinds(path, run, allow_pictures=True) == set()


def test_the_time_in_a_png_and_in_a_zip_is_looked_at(run: RunResult, tmp_path: Path) -> None:
    moment = struct.pack(">HBBBBB", DAY.year, DAY.month, DAY.day, 0, 0, 0)
    body = b"tIME" + moment
    chunk = struct.pack(">I", 7) + body + struct.pack(">I", zlib.crc32(body))
    buffer = io.BytesIO()
    Image.new("L", (4, 4)).save(buffer, "PNG")
    png = buffer.getvalue()
    path = written(tmp_path, "a.png", png[:33] + chunk + png[33:])
    assert kinds(path, run, allow_pictures=True) == {"date"}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("clean.txt", (DAY.year, DAY.month, DAY.day, 0, 0, 0)), "x")
    assert kinds(tmp_path / "a.zip", run) == {"date"}


def test_a_drawing_or_a_script_passes_only_in_a_release(
    run: RunResult, tmp_path: Path, released: dict[str, Path]
) -> None:
    ledger = run.directory / "releases"
    assert kinds(released["release.html"], run) == {"picture"}
    assert kinds(released["release.html"], run, ledger=ledger) == set()
    for words in (
        "<svg><path d='M0 0L5 3Z'/></svg>",
        "<canvas id='map'>",
        "<SCRIPT>draw()</SCRIPT>",
    ):
        assert kinds(written(tmp_path, "a.html", words), run) == {"picture"}


def test_a_raster_with_a_place_is_found(run: RunResult, tmp_path: Path) -> None:
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8",
        crs="EPSG:32647", transform=from_origin(3e5, 1.3e6, 10, 10),
    ) as raster:  # fmt: skip
        raster.write(np.zeros((1, 4, 4), "uint8"))
    assert kinds(tmp_path / "a.tif", run, allow_pictures=True) == {"raster"}


def test_what_cannot_be_read_does_not_pass(run: RunResult, tmp_path: Path) -> None:
    assert kinds(written(tmp_path, "a.bin", bytes(range(256))), run) == {"unreadable"}
    assert "unreadable" in kinds(written(tmp_path, "a.gpkg", b"\0\1\2 no such thing"), run)
    path = written(tmp_path, "a.gz", gzip.compress(b"x" * 99)[:-9])
    assert kinds(path, run) == {"unreadable"}


def test_a_pdf_that_cannot_be_read_in_full_does_not_pass(run: RunResult, tmp_path: Path) -> None:
    def changed(change: Callable[[PdfWriter], object]) -> Path:
        pdf = PdfWriter(clone_from=io.BytesIO(pdf_of("clean")))
        change(pdf)
        pdf.write(tmp_path / "a.pdf")
        return tmp_path / "a.pdf"

    damaged = written(tmp_path, "b.pdf", pdf_of("clean")[:-200])
    assert kinds(damaged, run, allow_pictures=True) == {"unreadable"}
    locked = changed(lambda pdf: pdf.encrypt("x", algorithm="RC4-128"))
    assert kinds(locked, run, allow_pictures=True) == {"unreadable"}
    action = DictionaryObject({NameObject("/S"): NameObject("/Named")})
    acting = changed(lambda pdf: pdf.root_object.update({NameObject("/OpenAction"): action}))
    assert kinds(acting, run, allow_pictures=True) == {"unreadable"}


def test_a_name_over_two_lines_of_a_pdf_is_found(run: RunResult, tmp_path: Path) -> None:
    path = written(tmp_path, "a.pdf", pdf_of("held by the Simulated\nnavy"))
    assert kinds(path, run, allow_pictures=True) == {"name"}


def test_a_pdf_with_a_picture_passes_only_when_a_person_looked(
    run: RunResult, tmp_path: Path
) -> None:
    Image.new("L", (40, 40)).save(tmp_path / "a.pdf", "PDF")
    found = analysis.check_files([tmp_path / "a.pdf"], run.directory)[tmp_path / "a.pdf"]
    assert "1 pictures in a PDF" in {leak.what for leak in found}


def test_a_dump_is_read_row_by_row(
    run: RunResult, tmp_path: Path, place: tuple[float, float], released: dict[str, Path]
) -> None:
    cells = gpd.read_file(released["cells.geojson"])

    def dump(shapes: list[shapely.Geometry], low: int = 3) -> Path:
        rows = [f"{cell}\t2018-11\t{low}\t{shapely.to_wkb(shape, hex=True)}"
                for cell, shape in zip(cells["cell"].unique(), shapes, strict=False)]  # fmt: skip
        head = "COPY s.cells (cell, first_month, sites_low, geom) FROM stdin;\n"
        return written(tmp_path, "a.sql", head + "\n".join(rows) + "\n\\.\n")

    clean = list(cells.drop_duplicates("cell").geometry)
    assert kinds(dump(clean), run) == set()
    assert kinds(dump(clean, low=1), run) == {"small cell"}
    exact = shapely.box(*place, place[0] + 0.001, place[1] + 0.001)
    assert kinds(dump([exact, *clean[1:]]), run) == {"coordinate"}
    cells = cells.iloc[::-1]
    assert kinds(dump(clean), run) == {"order"}


def test_a_packed_dump_is_unreadable_where_its_program_is_missing(
    run: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = written(tmp_path, "a.dump", b"PGDMP\1\2\3")
    (leak,) = analysis.check_files([path], run.directory)[path]
    assert (leak.kind, "--format=plain" in leak.what) == ("unreadable", True)


def test_every_file_of_a_folder_is_read_hidden_ones_too(
    run: RunResult, tmp_path: Path, released: dict[str, Path]
) -> None:
    folder = tmp_path / "release"
    (folder / "deep" / "er").mkdir(parents=True)
    written(folder, "cells.csv", released["cells.csv"].read_bytes())
    assert set(analysis.check_files([folder], run.directory)) == {folder / "cells.csv"}
    left = written(folder / "deep" / "er", ".minewatch.gpkg-wal", b"7\x7f\x06\x82\0\0")
    found = analysis.check_files([folder], run.directory)
    assert {path: [leak.kind for leak in leaks] for path, leaks in found.items()} == {
        left: ["unreadable"], folder / "cells.csv": [],
    }  # fmt: skip
    (tmp_path / "empty").mkdir()
    with pytest.raises(OutputError, match="no file"):
        analysis.check_files([tmp_path / "empty"], run.directory)


def test_ids_are_no_numbers_of_models(run: RunResult, tmp_path: Path) -> None:
    for number, expected in (("ZZ_R000_0007", set()), ("site 7", {"column"})):
        table = gpd.GeoDataFrame(
            {"site_id": [number]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326
        )
        table.to_file(tmp_path / "a.geojson")
        assert kinds(tmp_path / "a.geojson", run) == expected


def test_a_file_that_is_not_there_is_an_error(run: RunResult, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"):
        analysis.check_files([tmp_path / "nowhere"], run.directory)


def test_rows_deleted_from_a_geopackage_are_found_in_its_free_pages(
    run: RunResult, tmp_path: Path
) -> None:
    (path,) = EXPORTERS["gpkg"](run, tmp_path)
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA secure_delete = OFF")
        for (name,) in base.execute("SELECT table_name FROM gpkg_contents").fetchall():
            for (trigger,) in base.execute(
                "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name = ?", [name]
            ).fetchall():
                base.execute(f'DROP TRIGGER "{trigger}"')
            base.execute(f'DROP TABLE "{name}"')
        for (name,) in base.execute(
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'"
        ).fetchall():
            base.execute(f'DROP TABLE "{name}"')
        base.execute("UPDATE gpkg_contents SET min_x=0, max_x=0, min_y=0, max_y=0")
    base.close()
    assert {"site id", "coordinate"} <= kinds(path, run)


def test_bounds_in_the_index_of_a_geopackage_are_found(
    run: RunResult, tmp_path: Path, released: dict[str, Path]
) -> None:
    path = written(tmp_path, "a.gpkg", released["minewatch.gpkg"].read_bytes())
    west, south, east, north = run.sites.geometry.iloc[0].bounds
    base = sqlite3.connect(path)
    index = base.execute(
        "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%' AND name LIKE '%cells%'"
    ).fetchone()[0]
    box = [west, east, south, north]
    base.execute(f'INSERT INTO "{index}" VALUES (9999, ?, ?, ?, ?)', box)
    base.commit()
    base.close()
    found = analysis.check_files([path], run.directory)[path]
    assert {leak.kind for leak in found} == {"coordinate"}


def test_private_columns_small_cells_and_order_are_found(
    run: RunResult, tmp_path: Path, released: dict[str, Path]
) -> None:
    table = gpd.read_file(released["cells.geojson"])
    assert len(table) > 3
    for kind, changed in (
        ("column", table.assign(first_detected="")),
        ("small cell", table.assign(sites_low=[1] * len(table))),
        ("order", table.iloc[::-1]),
        ("coordinate", table.set_geometry(table.geometry.translate(0.003, 0))),
    ):
        changed.to_file(tmp_path / f"{kind}.geojson")
        assert kind in kinds(tmp_path / f"{kind}.geojson", run), kind


def test_a_changed_release_is_not_in_the_ledger(
    run: RunResult, tmp_path: Path, released: dict[str, Path]
) -> None:
    ledger = run.directory / "releases"
    path = released["cells.csv"]
    assert kinds(path, run, ledger=ledger) == set()
    other = written(tmp_path, "cells.csv", path.read_bytes() + b"\n")
    assert kinds(other, run, ledger=ledger) == {"not in the ledger"}


def test_the_command_ends_with_one_when_something_is_found(
    run: RunResult, tmp_path: Path, released: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = ["--ledger", str(run.directory / "releases")]
    words = ["publish", "check", str(released["release.html"]), "--run", str(run.directory)]
    with pytest.raises(SystemExit) as clean:
        main([*words, *ledger])
    assert clean.value.code == 0
    assert "nothing private was found" in capsys.readouterr().out
    bad = written(tmp_path, "a.txt", SITE.site_id)
    with pytest.raises(SystemExit) as left:
        main([*words[:3], str(bad), *words[3:]])
    assert left.value.code == 1
    shown = capsys.readouterr().out
    assert "may not be published" in shown
    assert SITE.site_id in shown
