"""Evidence sheets of a release: a page and a PDF a cell, and one of all cells together.

Counts and kinds by class and season. No picture, no place finer than the grid, no id, no day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import shapely

from minewatch.exporters.release_rows import (
    CELLS,
    TOTALS,
    Row,
    cell_file_name,
    check_release_layers,
    release_periods,
    release_rows,
    release_words,
)
from minewatch.files import write_many_atomic
from minewatch.model import WGS84, LayerSet
from minewatch.reports.sheets.sheet_files import compile_pdf, part, render_cell_html
from minewatch.reports.sheets.sheet_fonts import import_typst

FOLDER: Final = "evidence"
ALL: Final = "all-cells"
"""Name of the sheet of all cells together."""
_GRID: Final = 6933
_SIDE: Final = 220.0
_CELL_HEADS: Final = {
    "period": "Period", "sites": "Sites", "working": "Working", "not_working": "Not working",
    "left_with_water": "Left with water", "not_observed": "Not observed",
    "ground_ha": "Disturbed ground, ha",
}  # fmt: skip
_TOTAL_HEADS: Final = {
    "period": "Period", "sites": "Sites", "cells_shown": "Cells shown",
    "cells_hidden": "Cells not shown",
}  # fmt: skip
_ABSENT: Final = "not shown"
_LIMITS: Final = (
    "Nothing on this sheet is of a single site: no picture, outline, day, scene or id is in it.",
    "A cell that is not shown may hold sites; not shown does not mean none.",
)
_BARS: Final = (420, 150)


def write_cell_sheets(layers: LayerSet, out: Path) -> list[Path]:
    """Sheets of a release.

    Parameters
    ----------
    layers
        Generalised layers.
    out
        Folder to write.

    Returns
    -------
    list of Path
        `evidence/all-cells.html` and `.pdf`, those of each cell, and `index.json`.

    Raises
    ------
    SettingsError
        When what PDFs need is not installed.
    """
    import_typst()  # missing: said before any work is done
    check_release_layers(layers)
    cells: dict[str, list[Row]] = {}
    for row in release_rows(layers, CELLS):
        cells.setdefault(str(row["cell"]), []).append(row)
    drawn = _outlines(layers, cells)
    names = {cell: cell_file_name(cell) for cell in cells}
    links = [(f"{names[cell]}.html", cell) for cell in cells]
    sheets = [(ALL, _sheet(layers, None, release_rows(layers, TOTALS), drawn, links))]
    sheets += [(names[cell], _sheet(layers, cell, rows, drawn, ())) for cell, rows in cells.items()]
    files, entries = [], []
    for name, values in sheets:
        text = json.dumps(values, ensure_ascii=False, allow_nan=False)
        pdf = compile_pdf(part("cell_sheet.typ"), text, values)
        html = render_cell_html(values)
        hashes = {}
        for suffix, made in (("html", html), ("pdf", pdf)):
            files.append((out / FOLDER / f"{name}.{suffix}", made))
            hashes[f"{name}.{suffix}"] = hashlib.sha256(made).hexdigest()
        entries.append({"sheet": values["heading"], "sha256": hashes})
    index = {"simulated": layers.simulated, **layers.about, "sheets": entries}
    content = json.dumps(index, indent=1, ensure_ascii=False, sort_keys=True)
    files.append((out / FOLDER / "index.json", f"{content}\n".encode()))
    return write_many_atomic(files)


def _sheet(
    layers: LayerSet,
    cell: str | None,
    rows: Sequence[Row],
    drawn: Mapping[str, str],
    links: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    heads = _TOTAL_HEADS if cell is None else _CELL_HEADS
    by_period = {row["period"]: row for row in rows}
    periods = list(release_periods(layers).values())
    blank: Row = dict.fromkeys(heads, _ABSENT)
    table = [
        [_shown(head, {**by_period.get(period, blank), "period": period}[head]) for head in heads]
        for period in periods
    ]
    heading = f"{layers.name}: {cell or 'all cells together'}"
    return {
        "title": f"{'SIMULATED: ' if layers.simulated else ''}{heading}",
        "heading": heading,
        "simulated": "SIMULATED imagery: no real place." if layers.simulated else "",
        "audience": f"{layers.about.get('profile', '').capitalize()} release, "
        f"{layers.about.get('audience', '')}.",
        "locator": _locator(drawn, cell),
        "where": f"{layers.about.get('frame_words', '')} Drawn are the cells that are shown in "
        "some period; their coordinates stand in the layers of the release.",
        "series": _bars([(period, by_period.get(period)) for period in periods]),
        "heads": list(heads.values()), "table": table, "files": [list(link) for link in links],
        "notes": [*release_words(layers), *_LIMITS],
    }  # fmt: skip


def _shown(head: str, value: object) -> str:
    """A class as a range: with a hyphen, `1-2 2019` at the ends of two cells reads as a day."""
    return str(value) if head == "period" else str(value).replace("-", "\N{EN DASH}")


def _outlines(layers: LayerSet, cells: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """Paths of the cells in a drawing: places on the page, not on the ground."""
    if not cells:
        return {}
    shapes = gpd.GeoSeries({c: rows[0]["outline"] for c, rows in cells.items()}, crs=WGS84)
    metres = shapes.to_crs(_GRID)
    west, south, east, north = metres.total_bounds.tolist()
    scale = (_SIDE - 10) / max(east - west, north - south)

    def place(xy: np.ndarray) -> np.ndarray:
        return np.asarray(np.round((xy - [west, north]) * [scale, -scale] + 5, 1))

    found = {}
    for cell, shape in metres.items():
        placed = shapely.transform(shape.simplify(0.5 / scale), place)
        rings = [r for one in shapely.get_parts(placed) for r in shapely.get_rings(one)]
        found[str(cell)] = "".join(
            "M" + "L".join(f"{x:g} {y:g}" for x, y in shapely.get_coordinates(ring)[:-1]) + "Z"
            for ring in rings
        )
    return found


def _locator(drawn: Mapping[str, str], cell: str | None) -> str:
    paths = "".join(
        f'<path d="{path}" fill="{"#08519c" if name == cell else "#deebf7"}" stroke="#555" '
        'stroke-width="0.5"/>'
        for name, path in drawn.items()
    )
    side = f"{_SIDE:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">'
        f'<rect width="{side}" height="{side}" fill="#f7f7f7"/>{paths}</svg>'
    )


def _bars(periods: Sequence[tuple[str, Row | None]]) -> str:
    """Classes as bars: sure up to their low end, possible up to their high end."""
    width, height = _BARS
    spans = [(name, None if row is None else (row["sites_low"], row["sites_high"]))
             for name, row in periods]  # fmt: skip
    most = max((of[1] or of[0] for _, of in spans if of), default=1) or 1
    step = height / max(len(spans), 1)
    parts = []
    for number, (name, of) in enumerate(spans):
        y = number * step
        parts.append(f'<text x="0" y="{y + step / 2 + 4:.1f}" font-size="10">{escape(name)}</text>')
        if of is None:
            continue
        low, high = of[0], of[1] or of[0]
        scale = (width - 150) / most
        for start, end, colour in ((0, low, "#08519c"), (low, high, "#9ecae1")):
            parts.append(
                f'<rect x="{140 + start * scale:.1f}" y="{y + 2:.1f}" height="{step - 4:.1f}" '
                f'width="{(end - start) * scale:.1f}" fill="{colour}"/>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="DejaVu Sans, sans-serif">{"".join(parts)}</svg>'
    )
