"""Which files or addresses are tables of items (stac-geoparquet); nothing is read of them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from minewatch.catalog.hrefs import canonical_href
from minewatch.catalog.short_texts import is_remote

SUFFIXES = (".parquet", ".geoparquet")


def tables_at(catalog: str) -> tuple[str, ...]:
    """The tables of items that a catalogue consists of; none when it is something else.

    Parameters
    ----------
    catalog
        As a user gives it: a file or an address that ends in `.parquet`, or a folder of such files.
    """
    if is_remote(catalog):
        is_table = urlsplit(catalog).path.lower().endswith(SUFFIXES)
        return (catalog,) if is_table else ()
    path = Path(canonical_href(catalog)).expanduser().absolute()
    if path.suffix.lower() in SUFFIXES and not path.is_dir():
        return (str(path),)
    if not path.is_dir() or (path / "catalog.json").exists():
        return ()
    found = (p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    return tuple(sorted(map(str, found)))
