from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest

from minewatch.exporters import EXPORTERS
from minewatch.model import RunResult


def project(result: RunResult, out: Path) -> Element:
    path = EXPORTERS["qgis"](result, out)[0]
    with zipfile.ZipFile(path) as archive:
        assert [e.date_time[0] for e in archive.infolist()] == [1980], "no clock in the file"
        return fromstring(archive.read("minewatch.qgs"))


def test_every_source_is_relative_and_there(simulated_run: RunResult, tmp_path: Path) -> None:
    sources = [e.text or "" for e in project(simulated_run, tmp_path).iter("datasource")]
    assert len(sources) == 11
    for source in sources:
        assert source.startswith((".", ".."))
        assert (tmp_path / source.split("|")[0]).is_file()


def test_every_layer_has_a_renderer_a_crs_and_a_place_in_the_tree(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    root = project(simulated_run, tmp_path)
    layers = {e.findtext("id"): e for e in root.iter("maplayer")}
    tree = [e.get("id") for e in root.iter("layer-tree-layer")]
    assert tree == list(layers)
    for layer in layers.values():
        drawn = "renderer-v2" if layer.get("type") == "vector" else "pipe/rasterrenderer"
        assert layer.find(drawn) is not None
        assert layer.findtext("srs/spatialrefsys/authid") in {"EPSG:4326", "EPSG:32647"}


@pytest.mark.parametrize(
    ("period", "step"),
    [
        ("dry-season", ("1", "y")),
        ("year", ("1", "y")),
        ("quarter", ("3", "mon")),
        ("month", ("1", "mon")),
    ],
)
def test_the_clock_steps_by_period(
    period: str, step: tuple[str, str], simulated_run: RunResult, tmp_path: Path
) -> None:
    parameters = {**simulated_run.manifest["parameters"], "period": period}
    result = replace(simulated_run, manifest={**simulated_run.manifest, "parameters": parameters})
    settings = project(result, tmp_path).find("ProjectTimeSettings")
    assert settings is not None
    assert (settings.get("timeStep"), settings.get("timeStepUnit")) == step
    assert settings.findtext("TemporalRange/start") == "2021-11-01T00:00:00Z"
    assert settings.findtext("TemporalRange/end") == "2024-04-30T23:59:59Z"


def test_the_title_says_simulated_only_when_it_is(simulated_run: RunResult, tmp_path: Path) -> None:
    assert project(simulated_run, tmp_path).findtext("title") == (
        "minewatch: Simulated valley (SIMULATED)"
    )
    real = replace(simulated_run, manifest={**simulated_run.manifest, "simulated": False})
    root = project(real, tmp_path)
    assert "SIMULATED" not in (root.findtext("title") or "")
    assert root.findtext("properties/TitleLabel/Enabled") == "false"


def test_a_run_without_rasters_or_periods_still_gives_a_project(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    manifest = {**simulated_run.manifest, "periods": []}
    root = project(replace(simulated_run, rasters={}, manifest=manifest), tmp_path)
    assert len(list(root.iter("maplayer"))) == 5
    assert root.find("ProjectTimeSettings") is None
