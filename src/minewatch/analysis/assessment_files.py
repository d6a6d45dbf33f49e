"""What an assessment leaves: a table, JSON, GeoJSON and a picture; and its way into other pages."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import shapely

from minewatch.files import plain_cell, write_bytes_atomic
from minewatch.model import RunResult
from minewatch.samples.sample_design import FOLDER

if TYPE_CHECKING:
    from minewatch.analysis.assessed_figures import Assessment

OUT: Final = "assessment"
"""Folder of these files, in that of the sample."""


def write_assessment(result: RunResult, assessment: Assessment) -> list[Path]:
    """Write the figures of an assessment beside its sample.

    Parameters
    ----------
    result
        The run.
    assessment
        What was found.

    Returns
    -------
    list of Path
        `assessment.json`, `.csv`, `.geojson` (the area, its figures as properties, a feature a
        period) and, where there are areas, `.png`.
    """
    from minewatch.reports.assessment_picture import assessment_picture

    folder = assessment.folder / OUT
    rows = [figure.as_row() for figure in assessment.figures]
    content = {
        "assessment.json": _json(as_values(assessment)),
        "assessment.csv": _csv(rows),
        "assessment.geojson": _json(_geojson(result, assessment, rows)),
    }
    shown = [
        row for row in rows if row["figure"] == "area" and row["class"] in ("pool", "pad", "mine")
    ]
    if shown:
        content["assessment.png"] = assessment_picture(
            shown, title=f"{result.name}: sample {assessment.design.name}",
            simulated=result.simulated,
        )  # fmt: skip
    for name, of in content.items():
        write_bytes_atomic(folder / name, of)
    return [folder / name for name in content]


def as_values(assessment: Assessment) -> dict[str, Any]:
    """An assessment as values for JSON."""
    design = assessment.design
    return {
        "sample": design.name, "simulated": bool(design.run["simulated"]),
        "source": design.run["source"], "unit": design.unit, "design": design.design,
        "seed": design.seed, "confidence": assessment.confidence,
        "drawn": assessment.drawn, "labelled": assessment.labelled,
        "not_seen_ha": round(design.not_seen_m2 / 10_000, 6),
        "sentences": assessment.sentences(),
        "figures": [figure.as_row() for figure in assessment.figures],
        "error_matrices": {
            start: {
                "map": list(table.classes), "reference": list(table.outcomes),
                "counts": table.counts.round(4).tolist(),
                "area_shares": table.area_shares.round(8).tolist(),
            }
            for start, table in assessment.matrices.items()
        },
        "strata": [
            {
                "name": s.name, "units": s.units, "pixels": s.pixels, "drawn": s.drawn,
                "area_ha": round(s.area_m2 / 10_000, 6),
            }
            for s in design.strata
        ],
        "agreement": list(assessment.agreement), "notes": list(assessment.notes),
    }  # fmt: skip


def read_assessments(result: RunResult) -> list[dict[str, Any]]:
    """Every assessment of the samples of a run, by name; damaged ones are left out.

    Parameters
    ----------
    result
        A finished run.
    """
    found = []
    for path in sorted((result.directory / FOLDER).glob(f"*/{OUT}/assessment.json")):
        try:
            values = json.loads(path.read_text("utf-8"))
            values["figures"], values["sample"], values["sentences"], values["notes"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.append(values)
    return found


def assessment_lines(result: RunResult, *, period_start: str | None = None) -> list[str]:
    """What samples of a run say of its areas, in words: for a report or an evidence sheet.

    Parameters
    ----------
    result
        A finished run.
    period_start
        Only of this period; None takes all.

    Returns
    -------
    list of str
        One sentence an area, with its interval, beside the mapped one; empty without a sample.
    """
    lines = list[str]()
    assessments = read_assessments(result)
    if not assessments:
        return lines
    from minewatch.analysis.assessed_figures import area_sentence, is_worded  # loads scipy

    for values in assessments:
        for row in values["figures"]:
            if is_worded(row) and period_start in (None, row["period_start"]):
                sentence = area_sentence(row, confidence=values["confidence"])
                lines.append(
                    f"{sentence} (sample {values['sample']}, {row['labelled']} units labelled)"
                )
    return lines


def _json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["period"], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: "" if v is None else plain_cell(v) for k, v in row.items()})
    return text.getvalue().encode()


def _geojson(
    result: RunResult, assessment: Assessment, rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The area of the run, once a period, with its figures as properties."""
    outline = shapely.orient_polygons(shapely.set_precision(result.aoi.geometry, 1e-7))
    features = []
    for start in dict.fromkeys(row["period_start"] for row in rows):
        of = [row for row in rows if row["period_start"] == start]
        properties: dict[str, Any] = {
            "aoi": result.aoi.id, "sample": assessment.design.name, "period_start": start,
            "simulated": result.simulated,
        }  # fmt: skip
        for row in of:
            key = f"{row['figure']}_{row['class']}".replace(" ", "_")
            for name in ("value", "standard_error", "low", "high", "mapped"):
                properties[f"{key}_{row['unit']}_{name}"] = row[name]
        features.append(
            {
                "type": "Feature", "properties": properties,
                "geometry": shapely.geometry.mapping(outline),
            }
        )  # fmt: skip
    return {
        "type": "FeatureCollection", "minewatch:simulated": result.simulated,
        "minewatch:notes": list(assessment.notes), "features": features,
    }  # fmt: skip
