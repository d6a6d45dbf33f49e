"""Dumps of PostgreSQL: as text, and their tables row by row."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from minewatch.model import WGS84

PACKED: Final = b"PGDMP"
"""What a dump that is not plain SQL begins with."""
_COPY: Final = re.compile(
    r"^COPY ([\w.\"]+) \(([^)]*)\) FROM stdin;\r?\n(.*?)^\\\.\r?$", re.MULTILINE | re.DOTALL
)
_NULL: Final = "\\N"
_TIMEOUT_S: Final = 300
_WKB: Final = re.compile(r"[0-9A-Fa-f]{42,}")


def dump_text(path: Path) -> str:
    """A packed dump as SQL.

    Parameters
    ----------
    path
        Made with `pg_dump --format=custom`.

    Raises
    ------
    ValueError
        When it cannot be read here.
    """
    command = shutil.which("pg_restore")
    if command is None:
        raise ValueError("packed dump, and pg_restore is not installed: dump with --format=plain")
    done = subprocess.run(
        [command, "--file=-", str(path)], capture_output=True, timeout=_TIMEOUT_S, check=False
    )
    if done.returncode:
        raise ValueError("pg_restore cannot read this dump: dump with --format=plain")
    return done.stdout.decode("utf-8", errors="replace")


def dumped_tables(text: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables of a plain dump by name; with outlines when a column holds them.

    Parameters
    ----------
    text
        SQL as `pg_dump` writes it.
    """
    for match in _COPY.finditer(text):
        columns = [name.strip().strip('"') for name in match[2].split(",")]
        rows = [line.rstrip("\r").split("\t") for line in match[3].split("\n") if line]
        whole = [row for row in rows if len(row) == len(columns)]
        plain = pd.DataFrame(whole, columns=columns).replace(_NULL, None)
        yield match[1].replace('"', ""), with_outlines(plain)


def with_outlines(plain: pd.DataFrame) -> pd.DataFrame:
    """A table whose first column of hexadecimal WKB, when it has one, became its outlines.

    Parameters
    ----------
    plain
        Texts.
    """
    for column in plain.columns:
        texts = plain[column].dropna().astype(str)
        if len(texts) and texts.map(lambda text: bool(_WKB.fullmatch(text))).all():
            try:
                shapes = shapely.from_wkb(plain[column].to_numpy(object))
            except shapely.errors.GEOSException:
                continue
            rest = plain.drop(columns=column)
            found: pd.DataFrame = gpd.GeoDataFrame(rest, geometry=shapes, crs=WGS84)
            return found
    return plain
