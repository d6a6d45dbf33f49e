"""Names under which GDAL opens a file: members of archives, and names it would take apart."""

from __future__ import annotations

import shutil
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from xml.sax.saxutils import escape, quoteattr

from minewatch.errors import AoiError

VECTOR_SUFFIXES = (
    ".shp", ".geojson", ".json", ".geojsonl", ".gpkg", ".kml", ".kmz", ".fgb", ".gml", ".tab",
    ".gdb", ".csv",
)  # fmt: skip
"""What a member of an archive is called when it may hold outlines."""
_MOST_LISTED = 5
_HEADER_BYTES, _TABLE_AT = 1 << 16, 12


@contextmanager
def openable_names(path: Path) -> Iterator[tuple[str, ...]]:
    """What GDAL must be given to read a file as it lies there; good inside the block only.

    Parameters
    ----------
    path
        A vector file, or a zip archive with some of them, in folders or not.

    Raises
    ------
    AoiError
        An archive without a vector file.
    """
    if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        yield tuple(f"/vsizip/{{{path.absolute()}}}/{name}" for name in _members(path))
    elif "!" in str(path):  # pyogrio takes it for an archive and its member
        with tempfile.TemporaryDirectory(prefix="minewatch-") as folder:
            yield (str(_linked(path, Path(folder))),)
    else:
        yield (str(path),)


def member_of(name: str) -> str:
    """The member that a name of `openable_names` is of; empty when the file is no archive."""
    return name.partition("}/")[2] if name.startswith("/vsizip/{") else ""


def typed_copies(name: str) -> tuple[bytes, ...]:
    """The layers of a file anew, with geometries of any type.

    pyogrio refuses a layer whose geometry is "unknown, with heights", as exports of mixed layers
    are. A virtual file around it says "unknown", which it reads.

    Parameters
    ----------
    name
        A GeoPackage or a FlatGeobuf file.

    Returns
    -------
    tuple of bytes
        Virtual files to be read in its place; none when its layers cannot be named.
    """
    return tuple(
        f"<OGRVRTDataSource><OGRVRTLayer name={quoteattr(layer)}>"
        f"<SrcDataSource>{escape(name)}</SrcDataSource><SrcLayer>{escape(layer)}</SrcLayer>"
        "<GeometryType>wkbUnknown</GeometryType></OGRVRTLayer></OGRVRTDataSource>".encode()
        for layer in _layers(Path(name))
    )


def _layers(path: Path) -> Sequence[str]:
    if path.suffix.lower() == ".fgb":
        return (_flatgeobuf_layer(path.read_bytes()[:_HEADER_BYTES]),)
    if path.suffix.lower() != ".gpkg" or not path.is_file():
        return ()
    query = "select table_name from gpkg_contents where data_type = 'features' order by 1"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as tables:
        return [str(row[0]) for row in tables.execute(query)]


def _flatgeobuf_layer(head: bytes) -> str:
    """The name in the header, a FlatBuffers table whose first member it is (flatgeobuf.org)."""
    try:
        (offset,) = struct.unpack_from("<I", head, _TABLE_AT)
        table = _TABLE_AT + offset
        (back,) = struct.unpack_from("<i", head, table)
        (member,) = struct.unpack_from("<H", head, table - back + 4)
        (onward,) = struct.unpack_from("<I", head, table + member)
        (length,) = struct.unpack_from("<I", head, table + member + onward)
    except struct.error:
        return ""
    start = table + member + onward + 4
    return head[start : start + length].decode(errors="replace")


def _members(path: Path) -> list[str]:
    """The vector files in an archive, without what a Mac adds."""
    with zipfile.ZipFile(path) as archive:
        listed = [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]
    inside = [m for m in listed if not any(p == "__MACOSX" or p[:1] == "." for p in m.parts)]
    found = dict.fromkeys(str(vector) for m in inside if (vector := _vector_of(m)) is not None)
    if not found:
        some = ", ".join(str(m) for m in inside[:_MOST_LISTED]) or "nothing"
        raise AoiError(
            f"{path}: cannot be read as a vector file (the archive holds {some})",
            hint="zip the outline itself: a shapefile with its parts, GeoPackage, GeoJSON or KML",
        )
    return list(found)


def _vector_of(member: PurePosixPath) -> PurePosixPath | None:
    """A member, or the folder that is a geodatabase, when it may hold outlines."""
    folders = [f for f in member.parents if f.suffix.lower() == ".gdb"]
    if folders:
        return folders[-1]
    return member if member.suffix.lower() in VECTOR_SUFFIXES else None


def _linked(path: Path, folder: Path) -> Path:
    """The file, and those that belong to it, under a plain name in another folder."""
    for part in path.parent.iterdir():
        if part.stem == path.stem and part.is_file():
            target = folder / f"outline{part.suffix}"
            try:
                target.symlink_to(part.absolute())
            except OSError:  # systems on which only some may link
                shutil.copyfile(part, target)
    return folder / f"outline{path.suffix}"
