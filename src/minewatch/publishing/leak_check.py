"""Files held against a private inventory: unpacked, read as text, as bytes and as layers.

What cannot be read counts as a leak: a file passes when all of it was looked at.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from minewatch.errors import OutputError
from minewatch.publishing.leak_bytes import scan_bytes
from minewatch.publishing.leak_dumps import PACKED, dump_text, dumped_tables
from minewatch.publishing.leak_index import Leak, PrivateIndex
from minewatch.publishing.leak_pdf import read_pdf
from minewatch.publishing.leak_places import AllowedPlaces
from minewatch.publishing.leak_text import scan_text
from minewatch.publishing.leak_vectors import scan_layers, scan_table

_PICTURES: Final = {
    b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"RIFF": "WebP",
    b"II*\0": "TIFF", b"MM\0*": "TIFF", b"II+\0": "TIFF", b"MM\0+": "TIFF",
}  # fmt: skip
_GEO_TAG: Final = re.compile(rb"\xaf\x87|\x87\xaf")
"""Number of the TIFF tag GeoKeyDirectory, in either order of bytes."""
_LAYERS: Final = (
    ".geojson", ".gpkg", ".parquet", ".fgb", ".kml", ".csv", ".shp", ".gml", ".gpx", ".topojson",
    ".geojsonl", ".sqlite", ".dxf", ".xlsx", ".ods", ".json", ".pmtiles",
)  # fmt: skip
_BINARY_LAYERS: Final = (".fgb", ".parquet", ".shp", ".shx", ".dbf", ".pmtiles")
_HEX: Final = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}){12,}(?![0-9A-Za-z])")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_DRAWN: Final = re.compile(r"<(?:svg|canvas|script)\b", re.IGNORECASE)
_DRAWING: Final = "drawings or a script: they pass only in a release of the ledger (--ledger)"
_DEEPEST: Final = 5
_MOST_BYTES: Final = 500_000_000
"""Of a file, unpacked."""


@dataclass(frozen=True, kw_only=True)
class LeakCheck:
    """What files are held against."""

    index: PrivateIndex
    """What is private."""
    allowed: AllowedPlaces
    """Places that may be named."""
    least_sites: int
    """Fewest sites of a cell."""
    allow_pictures: bool = False
    """A person looked at the pictures: only what is written in them is checked."""

    def check(self, path: Path, *, is_release: bool = False) -> list[Leak]:
        """Every leak of a file, sorted by kind.

        Parameters
        ----------
        path
            A file of any format.
        is_release
            The ledger holds it as it is: then its drawings are those of cells.

        Raises
        ------
        OutputError
            When it cannot be opened.
        """
        try:
            found = list(self._file(path, path.name, 0))
        except OSError as error:
            raise OutputError(
                f"{path} cannot be read: {error.strerror or error}", hint="give a file"
            ) from error
        if is_release:
            found = [leak for leak in found if leak.what != _DRAWING]
        found += scan_text(path.name, self.index, self.allowed, where="name of the file")
        return sorted(dict.fromkeys(found), key=lambda leak: (leak.kind, leak.where, leak.what))

    def _file(self, path: Path, where: str, depth: int) -> Iterator[Leak]:
        content = path.read_bytes()
        if depth > _DEEPEST or len(content) > _MOST_BYTES:
            yield Leak(kind="unreadable", where=where, what="packed too deep, or too large")
            return
        if zipfile.is_zipfile(path):
            yield from self._zip(path, where, depth)
            return
        if content.startswith(PACKED):
            try:
                text = dump_text(path)
            except ValueError as error:
                yield Leak(kind="unreadable", where=where, what=str(error))
                return
            yield from self._inner(text.encode(), f"{where} (unpacked)", depth)
            return
        yield from scan_bytes(content, self.index, self.allowed, where=where)
        suffix = path.suffix.lower()
        known = suffix in _LAYERS
        if known:
            try:
                yield from scan_layers(
                    path, self.index, self.allowed, least_sites=self.least_sites, where=where
                )
            except ValueError as error:
                known = False
                if suffix in _BINARY_LAYERS or suffix in (".gpkg", ".geojson"):
                    yield Leak(kind="unreadable", where=where, what=str(error)[:120])
                    return
        yield from self._content(content, where, depth, known=known or suffix in _BINARY_LAYERS)

    def _content(
        self, content: bytes, where: str, depth: int, *, known: bool = False
    ) -> Iterator[Leak]:
        """Bytes that are no file of their own, by what they begin with."""
        kind = next((name for magic, name in _PICTURES.items() if content.startswith(magic)), "")
        if kind:
            yield from self._picture(content, kind, where, depth)
        elif content.startswith(b"SQLite format 3\0"):
            yield from self._sqlite(content, where)
        elif content.startswith(b"%PDF"):
            yield from self._pdf(content, where, depth)
        elif content.startswith(b"\x1f\x8b"):
            yield from self._packed(content, where, depth)
        elif not known or _is_text(content):
            if not _is_text(content):
                yield Leak(kind="unreadable", where=where, what="no format that is known here")
                return
            text = _decoded(content)
            yield from scan_text(text, self.index, self.allowed, where=where)
            if _DRAWN.search(text) and not self.allow_pictures:
                yield Leak(kind="picture", where=where, what=_DRAWING)
            yield from self._embedded(text, where, depth)
            for name, table in dumped_tables(text):
                yield from self.table(table, f"{where}, table {name}")

    def table(self, table: pd.DataFrame, where: str) -> Iterator[Leak]:
        """Every leak of a table of a database.

        Parameters
        ----------
        table
            Its rows, in the order in which they lie.
        where
            What to call it.
        """
        yield from scan_table(
            table, self.index, self.allowed, least_sites=self.least_sites, where=where
        )

    def text(self, text: str, where: str) -> Iterator[Leak]:
        """Every leak of a text that is no file.

        Parameters
        ----------
        text
            Of any source.
        where
            What to call it.
        """
        yield from scan_text(text, self.index, self.allowed, where=where)
        yield from self._embedded(text, where, 0)

    def _zip(self, path: Path, where: str, depth: int) -> Iterator[Leak]:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            yield from self._bytes_of(archive.comment, f"{where} (comment)")
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                yield Leak(kind="unreadable", where=where, what="too large when unpacked")
                return
            for number, entry in enumerate(archive.infolist()):
                inside = f"{where}/{entry.filename}"
                moment = "{:04d}-{:02d}-{:02d}".format(*entry.date_time[:3])
                yield from scan_text(
                    f"{entry.filename}\n{moment}", self.index, self.allowed, where=inside
                )
                yield from self._bytes_of(entry.comment + entry.extra, inside)
                if entry.is_dir():
                    continue
                if entry.flag_bits & 1:
                    yield Leak(kind="unreadable", where=inside, what="encrypted")
                    continue
                name = Path(entry.filename).name  # members of one shapefile stay together
                unpacked = Path(folder) / name
                if unpacked.exists():
                    unpacked = Path(folder) / f"{number}-{name}"
                unpacked.write_bytes(archive.read(entry))
            for file in sorted(Path(folder).iterdir()):
                yield from self._file(file, f"{where}/{file.name}", depth + 1)
        raw = path.read_bytes()
        yield from scan_bytes(raw, self.index, self.allowed, where=where)

    def _bytes_of(self, content: bytes, where: str) -> Iterator[Leak]:
        if content:
            yield from scan_bytes(content, self.index, self.allowed, where=where)

    def _packed(self, content: bytes, where: str, depth: int) -> Iterator[Leak]:
        try:
            inner = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            yield Leak(kind="unreadable", where=where, what="damaged gzip")
            return
        yield from self._inner(inner, f"{where} (unpacked)", depth)

    def _inner(self, content: bytes, where: str, depth: int) -> Iterator[Leak]:
        """What was packed in something else, with whatever format it has."""
        if depth > _DEEPEST:
            yield Leak(kind="unreadable", where=where, what="packed too deep")
            return
        yield from scan_bytes(content, self.index, self.allowed, where=where)
        if content.startswith(b"PK\3\4"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "inner.zip"
                path.write_bytes(content)
                yield from self._file(path, where, depth + 1)
        else:
            yield from self._content(content, where, depth + 1)

    def _sqlite(self, content: bytes, where: str) -> Iterator[Leak]:
        """Every table, those too that no program shows: index of places, history, styles."""
        base = sqlite3.connect(":memory:")
        with closing(base):
            try:
                base.deserialize(content)
                tables = [row[0] for row in base.execute(
                    "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%'"
                )]  # fmt: skip
                for table in tables:
                    name = table.replace('"', '""')
                    rows = base.execute(f'SELECT * FROM "{name}"').fetchall()
                    texts = (str(v) for row in rows for v in row if not isinstance(v, bytes))
                    yield from scan_text(
                        "\n".join(texts), self.index, self.allowed, where=f"{where}, table {table}"
                    )
                    blobs = [v for row in rows for v in row if isinstance(v, bytes)]
                    yield from self._bytes_of(b"".join(blobs), f"{where}, table {table}")
                    for value in blobs:
                        if value.startswith((*_PICTURES, b"\x1f\x8b", b"PK\3\4")):
                            yield from self._inner(value, f"{where}, table {table}", 1)
            except sqlite3.Error as error:
                yield Leak(kind="unreadable", where=where, what=str(error))

    def _picture(self, content: bytes, kind: str, where: str, depth: int) -> Iterator[Leak]:
        if kind == "PNG":
            yield from self._png_texts(content, where)
        if kind == "TIFF" and _GEO_TAG.search(content):
            yield Leak(kind="raster", where=where, what="georeferenced TIFF")
        if not self.allow_pictures:
            yield Leak(kind="picture", where=where, what=kind)

    def _png_texts(self, content: bytes, where: str) -> Iterator[Leak]:
        at = 8
        while at + 8 <= len(content):
            length = int.from_bytes(content[at : at + 4], "big")
            name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
            if name in (b"zTXt", b"iTXt", b"iCCP"):
                for start in range(len(data)):
                    with suppress(zlib.error):
                        text = zlib.decompressobj().decompress(data[start:])
                        yield from self._bytes_of(text, f"{where}, {name.decode()}")
                        break
            if name == b"tIME" and len(data) == 7:
                moment = f"{int.from_bytes(data[:2], 'big'):04d}-{data[2]:02d}-{data[3]:02d}"
                yield from scan_text(moment, self.index, self.allowed, where=f"{where}, tIME")
            at += 12 + length

    def _pdf(self, content: bytes, where: str, depth: int) -> Iterator[Leak]:
        """Its streams as they lie, and everything that a program for PDFs reads in it."""
        for number, match in enumerate(_STREAM.finditer(content), start=1):
            inner = match[1]
            with suppress(zlib.error):
                inner = zlib.decompressobj().decompress(inner)
            yield from self._bytes_of(inner, f"{where}, stream {number}")
        try:
            pdf = read_pdf(content)
        except ValueError as error:
            yield Leak(kind="unreadable", where=where, what=str(error))
            return
        text = f"{pdf.text}\n{' '.join(pdf.text.split())}"  # words may stand apart by tabs or lines
        yield from scan_text(text, self.index, self.allowed, where=where)
        yield from self._embedded(pdf.text, where, depth)
        for name, inner in pdf.attachments:
            yield from self._inner(inner, f"{where}, attached {name}", depth)
        if pdf.scripts:
            yield Leak(kind="unreadable", where=where, what="PDF that does something by itself")
        if pdf.pictures and not self.allow_pictures:
            yield Leak(kind="picture", where=where, what=f"{pdf.pictures} pictures in a PDF")
        if not self.allow_pictures:
            yield Leak(kind="picture", where=where, what=_DRAWING)

    def _embedded(self, text: str, where: str, depth: int) -> Iterator[Leak]:
        """What is written in base64 or as hexadecimal bytes, in texts or in `data:` addresses."""
        as_hex = [bytes.fromhex(match.group()) for match in _HEX.finditer(text)]
        yield from self._bytes_of(b"\n".join(dict.fromkeys(as_hex)), f"{where}, hexadecimal")
        for number, match in enumerate(_BASE64.finditer(text), start=1):
            packed = match.group()
            if _HEX.fullmatch(packed):
                continue
            with suppress(binascii.Error):
                inner = base64.b64decode(packed + "=" * (-len(packed) % 4))
                part = f"{where}, base64 {number}"
                if any(inner.startswith(m) for m in (*_PICTURES, b"\x1f\x8b", b"PK\3\4", b"%PDF")):
                    yield from self._inner(inner, part, depth)
                else:
                    yield from self._bytes_of(inner, part)


def _is_text(content: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        return "\0" not in content.decode("utf-8")
    return content.startswith((b"\xff\xfe", b"\xfe\xff"))


def _decoded(content: bytes) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return content.decode("utf-16" if wide else "utf-8", errors="replace")
