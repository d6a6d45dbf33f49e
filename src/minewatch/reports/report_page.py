"""The report of a run: one HTML page that needs nothing else, and its pictures."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from minewatch.files import write_bytes_atomic
from minewatch.model import ALERTS, STATES, ContextAnswer, RunResult
from minewatch.model.palette import STATE_COLOURS
from minewatch.model.run_result import source_mark
from minewatch.reports.context_tab import context_parts, series_colours
from minewatch.reports.ground_pictures import GroundPicture
from minewatch.reports.page_charts import HEIGHT, WIDTH, area_charts
from minewatch.reports.page_data import as_script, page_values
from minewatch.reports.pictures import before_after, map_picture, timeline
from minewatch.reports.raster_pictures import Box, read_picture
from minewatch.reports.run_summary import (
    PeriodSummary,
    count_changes,
    count_offsets,
    site_rows,
    summarise,
)
from minewatch.reports.site_evidence import NO_EVIDENCE, RunEvidence

_ROWS: Final = 200  # of failures and the like; the manifest has them all
_FOCUS_M: Final = 1_200.0
"""Side of the ground in the before/after picture: a site's bank and what lies round it."""
_SCRIPTS: Final = ("state", "map", "panel", "table", "tabs", "controls")
"""The script of the page, in the order in which its parts run."""
_COLUMNS: Final = (
    ("site", False), ("alert", False), ("state", False), ("ground_now", True),
    ("ground_most", True), ("pools", True), ("confidence", True), ("began", False),
    ("last_activity", False),
)  # fmt: skip
"""Columns of the table of sites: label, and whether it holds numbers."""


def write_report(
    result: RunResult,
    page: Path,
    *,
    totals: pd.DataFrame,
    ground: Sequence[GroundPicture] = (),
    evidence: RunEvidence = NO_EVIDENCE,
    assessments: Sequence[Mapping[str, Any]] = (),
    months: Mapping[str, pd.DataFrame] | None = None,
    answers: Mapping[str, ContextAnswer] | None = None,
    language: str = "en",
) -> dict[str, Path]:
    """Write the report page, and its pictures beside it.

    Parameters
    ----------
    result
        A finished run.
    page
        The HTML file.
    totals
        `sites.total_by_period` of its inventory.
    ground
        Natural colour of the periods that have it: what the map lies on.
    evidence
        What speaks for and against its sites.
    assessments
        What samples say of its areas: values of `assessment.json`.
    months
        `detect.site_series` of its sites, as far as they are known.
    answers
        What was asked of what it stands beside, to the answer: the tab `Context`.
    language
        Language that the page begins in: `en`, `my` or `zh`.

    Returns
    -------
    dict
        What each file is, to its path: `report`, `map`, `timeline`, and `before/after` when the
        run has pictures of both.

    Raises
    ------
    OutputError
        When a raster cannot be read or a file cannot be written.
    """
    periods = summarise(result, totals)
    pictures = make_pictures(result, periods)
    write_bytes_atomic(
        page,
        render_page(
            result,
            periods,
            ground=ground,
            evidence=evidence,
            assessments=assessments,
            months=months,
            answers=answers,
            language=language,
        ).encode(),
    )
    written = {"report": page}
    for name, content in pictures.items():
        path = page.with_name(f"{page.stem}-{name.replace('/', '-')}.png")
        write_bytes_atomic(path, content)
        written[name] = path
    return written


def make_pictures(result: RunResult, periods: Sequence[PeriodSummary]) -> dict[str, bytes]:
    """The pictures of a report as PNG.

    Parameters
    ----------
    result
        A finished run.
    periods
        From `run_summary.summarise`.

    Returns
    -------
    dict
        `map`, `before/after` when the run has both pictures, `timeline`.
    """
    sites = result.sites.to_crs(result.aoi.utm_epsg)
    after, before = result.rasters.get("rgb_after"), result.rasters.get("rgb_before")
    background = read_picture(after) if after else None
    simulated = result.simulated
    pictures = {"map": map_picture(result.aoi, sites, background, simulated=simulated)}
    if before and after:
        box = focus_box(sites, result.aoi.geometry_utm.bounds)
        near = sites[sites.intersects(shapely.box(*box))]
        pictures["before/after"] = before_after(
            read_picture(before, box=box), read_picture(after, box=box), near, simulated=simulated
        )
    pictures["timeline"] = timeline(periods, simulated=simulated)
    return pictures


def focus_box(sites: gpd.GeoDataFrame, area: Box) -> Box:
    """The ground worth looking at closely: round the largest site, or all of it without one.

    Parameters
    ----------
    sites
        Contract `SITES`, in metres.
    area
        Bounds of the area of interest, in the same metres.
    """
    kept = sites[sites["alert"] != "rejected"]
    if kept.empty:
        return area
    order = ["max_disturbed_area_m2", "site_id"]
    largest = kept.sort_values(order, ascending=[False, True]).geometry.iloc[0]
    centre = largest.centroid
    west, south, east, north = largest.bounds
    half = max(_FOCUS_M, 1.3 * (east - west), 1.3 * (north - south)) / 2
    return centre.x - half, centre.y - half, centre.x + half, centre.y + half


def render_page(
    result: RunResult,
    periods: Sequence[PeriodSummary],
    *,
    ground: Sequence[GroundPicture] = (),
    evidence: RunEvidence = NO_EVIDENCE,
    assessments: Sequence[Mapping[str, Any]] = (),
    months: Mapping[str, pd.DataFrame] | None = None,
    answers: Mapping[str, ContextAnswer] | None = None,
    language: str = "en",
) -> str:
    """The page as HTML. Every value that came from outside is escaped.

    Parameters
    ----------
    result
        A finished run.
    periods
        From `run_summary.summarise`.
    ground, evidence, assessments, months, answers, language
        As for `write_report`.
    """
    labels = json.loads(page_part("labels.json"))
    if not result.simulated:
        del labels["simulated"]  # a page of real imagery holds no such word
    named = {period.start: period.label for period in periods}
    context = context_parts(answers or {}, labels=named)
    if not context:
        labels = {key: of for key, of in labels.items() if not key.startswith(("ctx_", "tab_"))}
    elif not any(part.answer.simulated for part in context):
        del labels["ctx_simulated"]
    css, script = page_style(), page_script(_SCRIPTS)
    labels = {key: of for key, of in labels.items() if not key.startswith("sheet_")}
    data = {
        **page_values(result, pictures=ground, evidence=evidence, months=months),
        "labels": labels, "language": language,
    }  # fmt: skip
    return page_template("page.html.j2").render(
        policy=_policy(css, script),
        css=Markup(css),
        script=Markup(script),
        data=Markup(as_script(data)),
        labels=labels,
        assessments=assessments,
        context=context,
        language=language,
        pictured={picture.period_start for picture in ground},
        **_values(result, periods),
    )


def page_template(name: str) -> Template:
    """A template of the pages; every value that it is given is escaped."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=FunctionLoader(page_part),
    )  # fmt: skip
    return environment.get_template(name)


def page_script(names: Iterable[str]) -> str:
    """Parts of the script of a page, in the order in which they run."""
    return "\n".join(page_part(f"{name}.js") for name in names)


def page_part(name: str) -> str:
    """A file of the pages."""
    return (files("minewatch.reports") / "page" / name).read_text("utf-8")


def page_style() -> str:
    """The style of the page, with the colours that all maps share."""
    rules = (
        f".state.state-{name} {{ background: {colour}; }}\n"
        f".outline.state-{name} {{ fill: {colour}; stroke: {colour}; }}\n"
        f".mark.state-{name}, .months .state-{name} {{ fill: {colour}; }}\n"
        f".bar-state_{name} {{ --bar: {colour}; }}\n"
        for name, colour in STATE_COLOURS.items()
    )
    return page_part("page.css") + "".join(rules) + series_colours()


def _policy(css: str, script: str) -> str:
    """A Content-Security-Policy under which the page can load nothing and run only its own."""
    return (
        f"default-src 'none'; img-src data:; style-src {script_hash(css)}; "
        f"script-src {script_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def script_hash(text: str) -> str:
    """What a Content-Security-Policy names a script or a style by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _values(result: RunResult, periods: Sequence[PeriodSummary]) -> dict[str, Any]:
    """Everything the template names."""
    manifest, rows = result.manifest, site_rows(result)
    verdicts = sorted({str(row["verdict"] or "") for row in rows if "verdict" in row})
    return {
        "alerts": ALERTS,
        "aoi": result.aoi,
        "aoi_entry": manifest["aoi"],
        "catalog": _catalog_name(manifest["parameters"]["catalog"]),
        "chart_size": (WIDTH, HEIGHT),
        "charts": area_charts(periods),
        "columns": _COLUMNS + ((("verdict", False),) if verdicts else ()),
        "changes": count_changes(result.changes),
        "notes": [scene for scene in manifest["facts"] if scene.get("notes")],
        "failures": manifest["failures"],
        "judged": sum(bool(row.get("verdict")) for row in rows),
        "latest": periods[-1] if periods else None,
        "libraries": sorted(manifest.get("libraries", {}).items()),
        "limit": _ROWS,
        "offsets": count_offsets(manifest["facts"]),
        "parameters": manifest["parameters"],
        "periods": periods,
        "scenes": manifest["scenes"],
        "simulated": result.simulated,
        "source": source_mark(result.manifest),
        "places": _places(result.sites),
        "sites": rows,
        "starts": [period.start for period in periods],
        "states": STATES,
        "verdicts": verdicts,
        "version": manifest["version"],
        "why_no_pools": result.why_no_pools,
        "warnings": manifest["warnings"],
    }


def _places(sites: gpd.GeoDataFrame) -> dict[str, str]:
    """A point inside each site, lon and lat, by its id."""
    inside = sites.geometry.representative_point()
    return {
        site_id: f"{point.x:.5f}, {point.y:.5f}"
        for site_id, point in zip(sites["site_id"], inside, strict=True)
    }


def _catalog_name(address: str) -> str:
    """An address as it is; of a file on this machine the end of its path, which names no one."""
    return address if "://" in address else "/".join(Path(address).parts[-2:])
