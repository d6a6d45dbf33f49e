"""The group `Context` of a QGIS project: layers with days, words and units, in the same folder."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pyogrio
import pytest
from tests.context_answers import VILLAGE, answers_of

from minewatch import analysis
from minewatch.analysis.qgis_inputs import qgis_exporter
from minewatch.exporters.qgis.context_layers import CONTEXT, GROUP, context_layers
from minewatch.exporters.qgis.project_folder import QgisExporter
from minewatch.model import RunResult
from minewatch.store import open_result


@pytest.fixture(scope="module")
def folder(simulated_run: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("project")
    QgisExporter(rasters="none", answers=answers_of(simulated_run))(simulated_run, out)
    return out


@pytest.fixture(scope="module")
def root(folder: Path) -> ElementTree.Element:
    with zipfile.ZipFile(folder / "minewatch.qgz") as archive:
        return ElementTree.fromstring(archive.read("minewatch.qgs"))


def test_rivers_and_places_say_period_by_period_what_lies_above(simulated_run: RunResult) -> None:
    layers = context_layers(answers_of(simulated_run), simulated_run.manifest["periods"])
    assert tuple(layers) == CONTEXT
    for name in ("context_rivers", "context_places"):
        table = layers[name].table
        assert list(table["below_wet"]) == ["no", "maybe", "surely"]
        assert next(iter(table["period"])) == "2021/22 dry season"
        assert list(table["valid_from"]) == ["2021-11-01", "2022-11-01", "2023-11-01"]
        assert list(table["abandoned_wet_high"]) == [0, 1, 2]
        assert list(table.columns[:-1]) == list(layers[name].contract)
    assert set(layers["context_places"].table.geom_type) == {"Point"}
    assert layers["context_paths"].table.crs.to_epsg() == 4326


def test_slides_are_shown_from_their_period_on_and_claims_while_they_hold(
    simulated_run: RunResult,
) -> None:
    layers = context_layers(answers_of(simulated_run), simulated_run.manifest["periods"])
    slide = layers["context_slides"].table.iloc[0]
    assert (slide["valid_from"], slide["valid_to"]) == ("2022-11-01", "2024-04-30")
    assert (slide["slide_after"], slide["slide_by"]) == ("2022-05-20", "2022-11-12")
    assert slide["is_upslope"] == "yes"
    claims = layers["context_claims"].table
    assert list(claims["held_from"].fillna("open")) == ["open", "2022-12-01"]
    assert list(claims["valid_from"]) == ["2021-11-01", "2022-12-01"]
    assert list(claims["valid_to"]) == ["2022-12-31", "2024-04-30"]


def test_a_layer_says_simulated_private_and_when_it_is_of_an_earlier_inventory(
    simulated_run: RunResult,
) -> None:
    answers = answers_of(simulated_run)
    answers["slopes"] = replace(answers["slopes"], is_current=False)
    layers = context_layers(answers, simulated_run.manifest["periods"])
    assert layers["context_paths"].note.startswith("SIMULATED. Private: publish nothing of it")
    assert "a note of downstream" in layers["context_paths"].note
    assert "earlier inventory" in layers["context_slides"].note
    assert "earlier inventory" not in layers["context_paths"].note


def test_the_group_stands_in_the_tree_and_its_layers_in_the_same_geopackage(
    folder: Path, root: ElementTree.Element
) -> None:
    group = root.find(f".//layer-tree-group[@name='{GROUP}']")
    assert group is not None
    assert [e.get("id") for e in group] == [f"minewatch_{name}" for name in CONTEXT]
    kinds = dict(pyogrio.list_layers(folder / "minewatch.gpkg"))
    assert [kinds[name] for name in CONTEXT] == [
        "Point", "LineString", "LineString", "MultiPolygon", "MultiPolygon",
    ]  # fmt: skip
    for name in CONTEXT:
        layer = root.find(f".//maplayer[id='minewatch_{name}']")
        assert layer is not None
        assert layer.findtext("datasource") == f"./minewatch.gpkg|layername={name}"
        is_dated = name != "context_paths"
        temporal = layer.find("temporal")
        assert temporal is not None
        assert temporal.get("enabled") == str(int(is_dated))
    theme = root.find(".//visibility-preset[@name='Context']")
    assert theme is not None
    assert {f"minewatch_{name}" for name in CONTEXT} <= {e.get("id") for e in theme}


def test_columns_have_names_for_people_with_units(root: ElementTree.Element) -> None:
    def aliases(name: str) -> dict[str, str]:
        found = root.findall(f".//maplayer[id='minewatch_{name}']/aliases/alias")
        return {str(e.get("field")): str(e.get("name")) for e in found}

    assert aliases("context_paths")["metres_to_river"] == "To river (m)"
    assert aliases("context_paths")["river_share"] == "River share (0 to 1)"
    assert aliases("context_rivers")["catchment_km2"] == "Catchment (km²)"
    assert aliases("context_rivers")["abandoned_wet_water_high_m2"] == (
        "Abandoned wet water high (m²)"
    )
    assert aliases("context_places")["above_stream_m"] == "Above stream (m)"


def test_without_answers_there_is_no_group(simulated_run: RunResult, tmp_path: Path) -> None:
    QgisExporter(rasters="none")(simulated_run, tmp_path)
    with zipfile.ZipFile(tmp_path / "minewatch.qgz") as archive:
        text = archive.read("minewatch.qgs").decode()
    assert GROUP not in text
    assert "context_" not in text


def test_the_export_takes_what_was_asked_of_the_run(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    shutil.copytree(simulated_run.directory, tmp_path / "run")
    run = open_result(tmp_path / "run")
    for answer in answers_of(run).values():
        analysis.write_answer(answer, run)
    layers = context_layers(qgis_exporter(run, rasters="none").answers, run.manifest["periods"])
    assert set(layers["context_places"].table["name"]) == {VILLAGE}
    assert layers["context_slides"].table["slide_by"].iloc[0] == "2022-11-12"
