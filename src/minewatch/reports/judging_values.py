"""What a page for judging draws from, and the page itself: units one after the other, with keys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
from markupsafe import Markup
from shapely.geometry.base import BaseGeometry

from minewatch.model import RunResult
from minewatch.reports.ground_pictures import (
    GroundPicture,
    chip_sheet_uri,
    mosaic_uri,
)
from minewatch.reports.page_data import STEPS, area_values, as_script, frame_of, svg_paths
from minewatch.reports.report_page import (
    page_part,
    page_script,
    page_style,
    page_template,
    script_hash,
)

PLAIN: Final = "outline"
"""State and alert of a unit that nothing is said of but where it is."""
_SCRIPTS: Final = ("state", "map", "panel", "judging/outline", "judging/block", "judging/judge")


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One place to be judged, and nothing that anybody thinks of it."""

    id: str
    """Which one."""
    outline: BaseGeometry
    """Its outline, WGS 84."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One thing that can be said of a unit."""

    key: str
    """The key that says it: one letter or digit."""
    value: str
    """How it is kept: a verdict, a class."""
    label: str
    """How it is shown."""
    meaning: str = ""
    """What it means, in words."""
    reasons: tuple[Answer, ...] = ()
    """When it needs a reason: which ones there are."""


def unit_values(
    result: RunResult, units: Sequence[Unit], *, pictures: Sequence[GroundPicture]
) -> dict[str, Any]:
    """Units as the script of a page reads them: places and pictures, no word of the detector.

    What is not in here is not in the browser: no state, alert, confidence, evidence, date or area.

    Parameters
    ----------
    result
        A finished run: for its area and its periods only.
    units
        What is to be judged.
    pictures
        Natural colour of the periods that have it.
    """
    frame = frame_of(result)
    periods = result.manifest.get("periods", ())
    by_start = {picture.period_start: picture for picture in pictures}
    inside = gpd.GeoSeries([unit.outline.representative_point() for unit in units], crs=4326)
    centres = [(point.x, point.y) for point in inside.to_crs(result.aoi.utm_epsg)]
    paths = [svg_paths(unit.outline, frame) for unit in units]
    return {
        **area_values(result, frame),
        "states": [PLAIN],
        "alerts": [PLAIN],
        "periods": [
            {
                "label": period["label"], "start": period["start"], "end": period["end"],
                "picture": mosaic_uri(of, frame) if of else None,
                "chips": chip_sheet_uri(of, centres) if of and centres else None,
            }
            for period in periods
            for of in (by_start.get(period["start"]),)
        ],
        "sites": [
            {
                "site_id": unit.id,
                "x": round((point.x - frame.west) * STEPS),
                "y": round((frame.north - point.y) * STEPS),
                "rows": [
                    {"period": n, "state": PLAIN, "alert_then": PLAIN, "paths": of_unit}
                    for n in range(len(periods))
                ],
            }
            for unit, point, of_unit in zip(units, inside, paths, strict=True)
        ],
    }  # fmt: skip


def render_judging_page(
    values: Mapping[str, Any],
    *,
    answers: Sequence[Answer],
    queue: Sequence[Mapping[str, Any]],
    reviewer: str | None,
    is_blind: bool,
    can_draw: bool,
    confidences: Sequence[str] = (),
    begun: Sequence[str] = (),
) -> tuple[str, str]:
    """A page on which units are judged, one after the other.

    Parameters
    ----------
    values
        From `unit_values`, or from `page_values` when the detector's opinion may be seen.
    answers
        What can be said.
    queue
        `id` of each unit in the order to look in, `why` in words, and `period`, its number, when
        it is to be judged in one; of a block of pixels `side`, and `cells`: row and column of each.
    reviewer
        Who judges.
    is_blind
        Whether the detector's opinion is kept from the page: then `values` must have none.
    can_draw
        Whether outlines can be corrected, and new places drawn.
    confidences
        How sure a person can be; the first is key 1. None: it is not asked.
    begun
        When a mine may have begun: the size of the mine that a unit is on is asked too. None: not.

    Returns
    -------
    html, policy
        The page, and the Content-Security-Policy that it must be sent with.
    """
    labels = json.loads(page_part("labels.json"))
    labels = {key: of for key, of in labels.items() if not key.startswith("sheet_")}
    if not values["simulated"]:
        del labels["simulated"]
    style = page_style() + page_part("judging/judge.css")
    script = page_script(_SCRIPTS)
    data = {
        **values, "labels": labels, "blind": is_blind, "reviewer": reviewer, "can_draw": can_draw,
        "queue": list(queue), "has_cells": any("cells" in of for of in queue),
        "answers": [_plain(answer) for answer in answers],
        "confidences": list(confidences), "begun": list(begun), "language": "en",
    }  # fmt: skip
    html = page_template("judging/judge.html.j2").render(
        values=data, labels=labels, answers=answers, css=Markup(style), script=Markup(script),
        data=Markup(as_script(data)), aoi_entry={"attribution": ""},
    )  # fmt: skip
    policy = (
        f"default-src 'none'; img-src data:; style-src {script_hash(style)}; "
        f"script-src {script_hash(script)}; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return html, policy


def _plain(answer: Answer) -> dict[str, Any]:
    return {
        "key": answer.key, "value": answer.value, "label": answer.label,
        "meaning": answer.meaning, "reasons": [_plain(reason) for reason in answer.reasons],
    }  # fmt: skip
