"""A site explained as a picture and as figures; everything in it is made up."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from minewatch.model import Alternative, Period, RunResult
from minewatch.reports import (
    Explanation,
    as_values,
    explain_picture,
    make_chip,
    write_explanation,
)
from minewatch.reports.explanation_drawing import CHIPS, _chosen

BOX = (700_300.0, 2_830_400.0, 700_700.0, 2_830_800.0)


def seasons(first: int, last: int) -> list[Period]:
    return [Period(date(y, 11, 1), date(y + 1, 4, 30)) for y in range(first, last)]


@pytest.fixture(scope="module")
def explanation(simulated_run: RunResult) -> Explanation:
    name = "simulated-aaaa"
    site = simulated_run.sites.set_index("site_id", drop=False).loc[name]
    index = pd.date_range("2021-11-01", periods=30, freq="MS", name="month")
    months = pd.DataFrame({"greenness": 0.3, "greenness_low": 0.2, "greenness_high": 0.4,
        "baseline": 0.8, "baseline_sd": 0.04, "milky_pct": 4.0, "disturbed_pct": 90.0,
        "clear_looks": 3.0}, index=index)  # fmt: skip
    months.loc[months.index[8:11], ["greenness", "milky_pct", "disturbed_pct"]] = np.nan
    grey = np.full((40, 40, 3), 90, "uint8")

    def of(table):
        return table[table["site_id"] == name].to_crs(simulated_run.aoi.utm_epsg)

    return Explanation(
        aoi=simulated_run.aoi, site=dict(site.drop("geometry")),
        inventory=of(simulated_run.inventory),
        detections=pd.DataFrame([
            {"period_start": "2021-11-01", "confidence": 0.4, "terms": {"pools": 0.1, "ndwi": 0.5}},
            {"period_start": "2022-11-01", "confidence": 0.9, "terms": {"pools": 0.8, "ndwi": 1.0}},
        ]),
        weights={"pools": 2.0, "ndwi": 1.0}, months=months,
        meanings={"pools": "water in spots", "ndwi": "the colour of water"}, source="0" * 64,
        alternatives=[
            Alternative(kind="swidden", plausibility=0.2, terms=("lasting",), reason="green again")
        ],
        scenes=[{"id": "SIM_20220114", "day": "2022-01-14", "role": "first look"}],
        chips=[make_chip(p, grey, box=BOX) for p in seasons(2021, 2024)],
        features=of(simulated_run.features), simulated=True,
        detector="A detector", confidence_basis="calibrated on simulation",
    )  # fmt: skip


@pytest.fixture(scope="module")
def picture(explanation: Explanation) -> bytes:
    return explain_picture(explanation)


def test_a_simulated_site_is_marked_in_the_picture(
    explanation: Explanation, picture: bytes
) -> None:
    assert picture.startswith(b"\x89PNG")
    assert explain_picture(replace(explanation, simulated=False)) != picture


def test_the_files_hold_the_same_picture_each_time_and_null_for_what_was_not_seen(
    explanation: Explanation, picture: bytes, tmp_path: Path
) -> None:
    files = write_explanation(explanation, tmp_path / "new")
    assert files["picture"].read_bytes() == picture
    told = json.loads(files["figures"].read_text("utf-8"))
    assert told == as_values(explanation)
    assert told["months"][0]["month"] == "2021-11"
    assert told["months"][8]["greenness"] is None
    assert told["periods"][0]["pool_area_m2"] is None
    assert told["simulated"] is True
    assert "calibrated on simulation" in told["title"]


def test_the_terms_are_those_of_the_strongest_detection(explanation: Explanation) -> None:
    assert explanation.best == {"pools": 0.8, "ndwi": 1.0}
    assert replace(explanation, detections=explanation.detections.iloc[:0]).best == {}


def test_a_site_there_from_the_start_is_said_to_be_so(explanation: Explanation) -> None:
    assert "began between 2021-12-20 and 2022-01-14" in explanation.title
    old = replace(explanation, site={**explanation.site, "last_undisturbed": None})
    assert "there from the start" in old.title
    assert explain_picture(old)


def test_of_many_periods_the_last_before_and_the_first_after_are_drawn(
    explanation: Explanation,
) -> None:
    ground = explanation.chips[0].picture.rgb
    chips = [make_chip(p, ground, box=BOX) for p in seasons(2012, 2024)]
    shown = [c.period.start.year for c in _chosen(replace(explanation, chips=chips))]
    assert len(shown) <= CHIPS
    assert {2020, 2021, 2023} <= set(shown)


def test_ground_that_was_not_seen_is_grey() -> None:
    rgb = np.zeros((2, 2, 3), "uint8")
    rgb[0, 0] = (0, 60, 0)
    shown = make_chip(seasons(2021, 2022)[0], rgb, box=BOX).picture.rgb
    assert shown[0, 0].tolist() == [0, 60, 0]
    assert shown[1, 1].tolist() == [190, 190, 190]
