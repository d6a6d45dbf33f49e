"""Site and region models by the rules of SMART's specification, held here in our own words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.made_layers import many_layers

from minewatch.errors import OutputError
from minewatch.exporters import EXPORTERS, LayerExporter, layers_of
from minewatch.exporters.mgrs_squares import mgrs_square
from minewatch.exporters.smart_models import PHASES, STATUSES
from minewatch.model import ALERTS, STATES, LayerSet, RunResult

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
REGION = re.compile(r"[A-Z]{2}_R\d{3}")
SITE = re.compile(r"[A-Z]{2}_R\d{3}_\d{4}")
SQUARE = re.compile(r"(0[1-9]|[1-5]\d|60)[C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V]")
THE_PHASES = {"No Activity", "Site Preparation", "Active Construction", "Post Construction",
              "Unknown"}  # fmt: skip
OF_SITE = {"type", "region_id", "site_id", "version", "mgrs", "status", "start_date", "end_date",
           "model_content", "originator"}  # fmt: skip
MAY_SITE = {"score", "validated", "cache"}
OF_REGION = {"type", "region_id", "version", "mgrs", "model_content", "start_date", "end_date",
             "originator", "comments"}  # fmt: skip
OF_OBSERVATION = {"type", "observation_date", "source", "sensor_name", "current_phase",
                  "is_occluded", "is_site_boundary"}  # fmt: skip


def check_site(properties: dict[str, Any], more: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    assert OF_SITE - more <= set(properties) <= OF_SITE | MAY_SITE
    assert SITE.fullmatch(properties["site_id"])
    assert SQUARE.fullmatch(properties["mgrs"])
    assert properties["status"] in {"system_proposed", "system_confirmed", "system_rejected"}
    assert properties["model_content"] == "proposed"
    assert 0 <= properties.get("score", 1) <= 1
    assert properties["validated"] in ("True", "False")


def check_observation(feature: dict[str, Any]) -> None:
    properties = feature["properties"]
    assert OF_OBSERVATION <= set(properties) <= OF_OBSERVATION | {"score", "cache"}
    assert DAY.fullmatch(properties["observation_date"])
    assert properties["source"] is None
    assert feature["geometry"]["type"] == "MultiPolygon"
    parts = len(feature["geometry"]["coordinates"])
    for name in ("current_phase", "is_occluded", "is_site_boundary"):
        assert len(properties[name].split(", ")) == parts
    assert set(properties["current_phase"].split(", ")) <= THE_PHASES


def export(layers: LayerSet, folder: Path) -> dict[str, list[dict[str, Any]]]:
    exporter = EXPORTERS["smart"]
    assert isinstance(exporter, LayerExporter)
    return {
        path.stem: json.loads(path.read_text("utf-8"))["features"]
        for path in exporter.write_layers(layers, folder)
    }


@pytest.mark.parametrize("odd", [True, False])
def test_models_keep_the_specification(odd: bool, tmp_path: Path) -> None:
    models = export(many_layers(12, odd=odd), tmp_path)
    (region,) = [features for name, features in models.items() if REGION.fullmatch(name)]
    sites = {name: features for name, features in models.items() if SITE.fullmatch(name)}
    assert len(sites) == len(region) - 1 == 12
    assert OF_REGION <= set(region[0]["properties"]) <= OF_REGION | {"cache"}
    for summary in region[1:]:
        assert summary["properties"]["type"] == "site_summary"
        check_site(summary["properties"], {"region_id"})
    for name, (site, *observations) in sites.items():
        check_site(site["properties"])
        assert site["properties"]["site_id"] == name
        assert site["geometry"]["type"] == "Polygon"
        days = [o["properties"]["observation_date"] for o in observations]
        assert days == sorted(days)
        assert (site["properties"]["start_date"], site["properties"]["end_date"]) == (
            days[0], days[-1],
        )  # fmt: skip
        for observation in observations:
            check_observation(observation)


def test_states_and_alerts_all_have_a_word_and_what_is_unknown_stays_so(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    assert set(PHASES) == set(STATES)
    assert set(STATUSES) == set(ALERTS)
    models = export(layers_of(simulated_run), tmp_path)
    told = {}
    for features in models.values():
        for feature in features:
            of = feature["properties"]
            if of["type"] == "observation" and of["cache"].get("state"):
                told[of["cache"]["state"]] = (of["current_phase"], of["is_occluded"])
            assert of["type"] == "site_summary" or of["cache"].get("simulated") is True
    assert told["not_observed"] == ("Unknown", "True")
    assert told["idle"] == ("Unknown", "False")
    assert told["active"] == ("Active Construction", "False")
    assert told["abandoned_wet"][0] == told["revegetated"][0] == "Post Construction"
    first = models["ZZ_R000_0000"][1]["properties"]  # simulated-aaaa: clear on 2021-12-20
    assert (first["observation_date"], first["current_phase"]) == ("2021-12-20", "No Activity")
    third = models["ZZ_R000_0001"][1]["properties"]  # simulated-bbbb was there from the start
    assert third["current_phase"] != "No Activity"


def test_layers_without_sites_are_refused(tmp_path: Path) -> None:
    layers = many_layers(2)
    cells = {name: of for name, of in layers.layers.items() if name != "sites"}
    with pytest.raises(OutputError, match="no sites one by one"):
        export(replace(layers, layers=cells), tmp_path)


@pytest.mark.parametrize(
    ("place", "square"),
    [
        ((2.35, 48.85), "31UDQ"), ((-0.1276, 51.5072), "30UXC"), ((-74.006, 40.7128), "18TWL"),
        ((151.2093, -33.8688), "56HLH"), ((5.32, 60.39), "32VKN"), ((15.63, 78.22), "33XWG"),
    ],
)  # fmt: skip
def test_squares_are_those_of_known_places(place: tuple[float, float], square: str) -> None:
    assert mgrs_square(*place) == square
