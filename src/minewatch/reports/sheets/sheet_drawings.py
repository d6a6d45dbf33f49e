"""Drawings of an evidence sheet as SVG: the same ones stand in the page and in the PDF."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import rasterio
import shapely
from affine import Affine
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from shapely.geometry.base import BaseGeometry

from minewatch.errors import OutputError
from minewatch.model.palette import FEATURE_COLOURS, STATE_COLOURS
from minewatch.reports.ground_pictures import GroundPicture, Pixels
from minewatch.reports.page_charts import nice_steps

POOL_COLOUR: Final = FEATURE_COLOURS["pool"]
FONT: Final = 'font-family="DejaVu Sans, sans-serif" font-size="11" fill="#333"'
_HATCH: Final = (
    '<defs><pattern id="unseen" width="4" height="4" patternUnits="userSpaceOnUse">'
    '<path d="M0 4L4 0" stroke="#999" stroke-width="0.6"/></pattern></defs>'
)
_SERIES: Final = (640, 164)
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 632, 8, 124
_MAP: Final = 220
_START: Final = "#d55e00"


@dataclass(frozen=True, kw_only=True)
class Line:
    """An outline drawn over a picture."""

    outline: BaseGeometry
    """Metres, in the zone of the picture."""
    colour: str
    """Of the line."""
    dashed: bool = False
    """Whether it is dotted."""


def ground_svg(
    picture: GroundPicture | None,
    centre: tuple[float, float],
    *,
    px: int,
    lines: Sequence[Line] = (),
) -> str:
    """The ground round a place in one period, with outlines over it; hatched: not seen.

    Parameters
    ----------
    picture
        The period; None hatches all of it and draws nothing.
    centre
        x and y in the middle, metres.
    px
        Pixels of the picture along each side.
    lines
        What is drawn over it.
    """
    parts = [_HATCH, f'<rect width="{px}" height="{px}" fill="#e4e4e4"/>']
    parts.append(f'<rect width="{px}" height="{px}" fill="url(#unseen)"/>')
    if picture is not None:
        crop, to_pixels = cut(picture, centre, px)
        parts.append(
            f'<image width="{px}" height="{px}" image-rendering="pixelated" '
            f'href="data:image/png;base64,{base64.b64encode(_png(crop)).decode()}"/>'
        )
        for line in lines:
            dash = ' stroke-dasharray="1.5 1.5"' if line.dashed else ""
            path = _path(shapely.transform(line.outline, lambda xy: _apply(to_pixels, xy)))
            parts.append(
                f'<path d="{path}" fill="none" stroke="{line.colour}" stroke-width="0.8"{dash}/>'
            )
    return _svg(px, px, parts)


def cut(picture: GroundPicture, centre: tuple[float, float], px: int) -> tuple[Pixels, Affine]:
    """Pixels round a place, black where there are none, and metres to places among them.

    Parameters
    ----------
    picture
        The period.
    centre
        x and y in the middle, metres.
    px
        Pixels along each side.
    """
    inverse = ~picture.transform
    col, row = (round(at) for at in inverse * centre)
    top, left = row - px // 2, col - px // 2
    crop = np.zeros((3, px, px), "uint8")
    rows, cols = picture.rgb.shape[1:]
    first_row, last_row = max(top, 0), min(top + px, rows)
    first_col, last_col = max(left, 0), min(left + px, cols)
    if first_row < last_row and first_col < last_col:
        crop[:, first_row - top : last_row - top, first_col - left : last_col - left] = picture.rgb[
            :, first_row:last_row, first_col:last_col
        ]
    return crop, Affine.translation(-left, -top) * inverse


def locator_svg(
    area: BaseGeometry, places: Sequence[tuple[float, float]], here: tuple[float, float]
) -> str:
    """The area watched, its sites, and one of them marked, with a bar of its scale.

    Parameters
    ----------
    area
        Metres.
    places, here
        x and y of all sites, and of the one that is marked, metres.
    """
    west, south, east, north = area.bounds
    scale = (_MAP - 20) / max(east - west, north - south)
    width, height = (east - west) * scale + 20, (north - south) * scale + 40

    def place(xy: np.ndarray) -> np.ndarray:
        return np.column_stack([10 + (xy[:, 0] - west) * scale, 10 + (north - xy[:, 1]) * scale])

    outline = shapely.simplify(area, 0.5 / scale)
    path = _path(shapely.transform(outline, place))
    parts = [f'<path d="{path}" fill="#f3f0e8" stroke="#333" stroke-width="1"/>']
    if len(places):
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="#888"/>'
            for x, y in place(np.asarray(places, float))
        ]
    (x, y) = place(np.asarray([here], float))[0]
    parts.append(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="#d00" stroke-width="2"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="#d00"/>'
    )
    bar = nice_steps((east - west) / 2)[1]
    words = f"{bar / 1000:g} km" if bar >= 1000 else f"{bar:g} m"
    base = height - 12
    parts.append(
        f'<path d="M10 {base:.1f}h{bar * scale:.1f}" stroke="#333" stroke-width="2"/>'
        f'<text x="{16 + bar * scale:.1f}" y="{base + 4:.1f}" {FONT}>{words}</text>'
        f'<path d="M{width - 12:.1f} {base:.1f}v-14l-3 5m3 -5l3 5" stroke="#333" fill="none"/>'
        f'<text x="{width - 30:.1f}" y="{base:.1f}" {FONT}>N</text>'
    )
    return _svg(round(width), round(height), parts)


def series_svg(
    months: pd.DataFrame,
    *,
    starts: Sequence[str | None],
    rows: Iterable[Mapping[str, Any]],
) -> str:
    """A site month by month with what its own past lets expect, and its states below.

    Parameters
    ----------
    months
        `detect.site_series`.
    starts
        Last look before it began, None without one, and first look after, ISO days.
    rows
        Its rows of the inventory: `period_start`, `period_end`, `state`.
    """
    name, low, high = ("vh_db", -28.0, -8.0) if "vh_db" in months else ("greenness", -0.35, 1.0)
    days = months.index.to_numpy().astype("datetime64[D]").astype(int)
    first, last = int(days[0]), int(days[-1]) + 31

    def x(day: float) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (day - first) / (last - first), 1)

    def y(value: float) -> float:
        inside = min(max(value, low), high)
        return round(_BOTTOM - (_BOTTOM - _TOP) * (inside - low) / (high - low), 1)

    parts = [_HATCH, *_scales(first, last, 5.0 if name == "vh_db" else 0.25, (low, high), x, y)]
    parts += _baseline(months, days, x, y)
    for day, row in zip(days, months.to_dict("records"), strict=True):
        at = x(int(day) + 14)
        if row[name] == row[name]:
            parts.append(
                f'<path d="M{at} {y(row[f"{name}_low"])}V{y(row[f"{name}_high"])}" '
                f'stroke="#009e73" stroke-width="2" stroke-opacity="0.45"/>'
                f'<circle cx="{at}" cy="{y(row[name])}" r="2" fill="#007a59"/>'
            )
        else:
            parts.append(f'<path d="M{at} {_BOTTOM - 4}v4" stroke="#777" stroke-width="2"/>')
    for start, dash in zip(starts, (' stroke-dasharray="3 3"', ""), strict=True):
        if start:
            at = x(_day(start))
            parts.append(
                f'<path d="M{at} {_TOP}V{_BOTTOM}" stroke="{_START}" stroke-width="1.5"{dash}/>'
            )
    for period in rows:
        begin, end = (_day(period[f"period_{n}"]) for n in ("start", "end"))
        left, right = x(max(begin, first)), x(min(end + 1, last))
        state = period["state"]
        fill = "url(#unseen)" if state == "not_observed" else STATE_COLOURS[state]
        parts.append(
            f'<rect x="{left}" y="{_BOTTOM + 6}" width="{max(right - left, 0):.1f}" height="10" '
            f'fill="{fill}" stroke="#333" stroke-width="0.5"/>'
        )
    return _svg(*_SERIES, parts)


def _scales(
    first: int, last: int, step: float, ends: tuple[float, float], x: Any, y: Any
) -> list[str]:
    """Lines across with their figures, and a line down at the start of each year."""
    low, high = ends
    figures = np.arange(math.ceil(low / step) * step, high + 1e-9, step)
    across = [
        f'<path d="M{_LEFT} {y(at)}H{_RIGHT}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 4}" y="{y(at) + 4}" text-anchor="end" {FONT}>{at:g}</text>'
        for at in figures.tolist()
    ]
    years = range(1970 + int(first / 365.25), 1972 + int(last / 365.25))
    news = [(year, day) for year in years if first <= (day := _day(f"{year}-01-01")) <= last]
    return across + [
        f'<path d="M{x(day)} {_TOP}V{_BOTTOM}" stroke="#eee"/>'
        f'<text x="{x(day)}" y="{_BOTTOM + 34}" text-anchor="middle" {FONT}>{year}</text>'
        for year, day in news
    ]


def _day(day: str) -> int:
    """A day as numpy counts them: since 1970-01-01."""
    return int(np.datetime64(day, "D").astype(np.int64))


def _baseline(months: pd.DataFrame, days: Any, x: Any, y: Any) -> list[str]:
    """What was expected of the months that have an expectation: a band and a line."""
    known = months["baseline"].notna().to_numpy()
    if not known.any():
        return []
    at = [x(int(day) + 14) for day in days[known]]
    middle, spread = (months[n].to_numpy()[known] for n in ("baseline", "baseline_sd"))
    above = [f"{i} {y(v)}" for i, v in zip(at, middle + 2 * spread, strict=True)]
    below = [f"{i} {y(v)}" for i, v in zip(at, middle - 2 * spread, strict=True)]
    line = [f"{i} {y(v)}" for i, v in zip(at, middle, strict=True)]
    return [
        f'<path d="M{"L".join([*above, *reversed(below)])}z" fill="#000" fill-opacity="0.1"/>',
        f'<path d="M{"L".join(line)}" fill="none" stroke="#000" stroke-width="1"/>',
    ]


def _svg(width: int, height: int, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f"{''.join(parts)}</svg>"
    )


def _path(outline: BaseGeometry) -> str:
    """An outline as the path of an SVG."""
    polygons = [p for p in getattr(outline, "geoms", (outline,)) if p.geom_type == "Polygon"]
    rings = [ring for p in polygons for ring in (p.exterior, *p.interiors)]
    return "".join(
        "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in list(ring.coords)[:-1]) + "z"
        for ring in rings
    )


def _apply(transform: Affine, xy: np.ndarray) -> np.ndarray:
    return np.column_stack(
        [
            transform.a * xy[:, 0] + transform.b * xy[:, 1] + transform.c,
            transform.d * xy[:, 0] + transform.e * xy[:, 1] + transform.f,
        ]
    )


def _png(rgb: Pixels) -> bytes:
    """RGB as PNG with what was not seen transparent; the same bytes for equal pixels."""
    seen = np.where(rgb.any(axis=0, keepdims=True), np.uint8(255), np.uint8(0))
    shape = {"count": 4, "height": rgb.shape[1], "width": rgb.shape[2], "dtype": "uint8"}
    try:
        with MemoryFile() as memory:
            with memory.open(driver="PNG", transform=Affine(2, 0, 0, 0, -2, 0), **shape) as file:
                file.write(np.concatenate([rgb, seen]))
            return bytes(memory.read())
    except (RasterioError, OSError) as error:
        raise OutputError(
            f"cannot pack a picture: {error}",
            hint=f"GDAL {rasterio.__gdal_version__} may lack PNG: install rasterio's own wheel",
        ) from error
