from __future__ import annotations

import json
import sqlite3
import warnings
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from minewatch import analysis
from minewatch.areas.gazetteer import read_places
from minewatch.errors import SettingsError
from minewatch.exporters import EXPORTERS
from minewatch.exporters.qgis import map_themes, project_document, project_rasters
from minewatch.exporters.qgis.attribute_forms import alias
from minewatch.exporters.qgis.context_layers import CONTEXT
from minewatch.exporters.qgis.layer_time import shown_during
from minewatch.exporters.qgis.map_themes import period_styles
from minewatch.exporters.qgis.project_folder import QgisExporter
from minewatch.exporters.qgis.project_layers import VECTORS, project_layers
from minewatch.exporters.qgis.project_rasters import MOST_PERIODS
from minewatch.exporters.qgis.site_chips import CHIP_PX, write_chips
from minewatch.exporters.qgis.unseen_ground import unseen_ground
from minewatch.model import STATES, RunResult
from minewatch.model.palette import STATE_COLOURS, STATE_MARKERS

SEASONS: Any = [
    {"start": f"{year}-11-01", "end": f"{year + 1}-04-30", "label": f"{year}"}
    for year in (2019, 2020, 2021)
]


def of_the_run() -> set[str]:
    """Layers of every project, also where nothing was asked of its surroundings."""
    return set(VECTORS) - set(CONTEXT)


def project(result: RunResult, out: Path, **options: Any) -> Element:
    path = QgisExporter(**options)(result, out)[0]
    with zipfile.ZipFile(path) as archive:
        assert [e.date_time[0] for e in archive.infolist()] == [1980], "no clock in the file"
        return fromstring(archive.read("minewatch.qgs"))


def test_every_source_is_relative_and_there(simulated_run: RunResult, tmp_path: Path) -> None:
    sources = [e.text or "" for e in project(simulated_run, tmp_path).iter("datasource")]
    files = [source.split("|")[0] for source in sources if not source.startswith("type=xyz")]
    assert len(files) == len(sources) - 1 == 22
    for name in files:
        assert name.startswith("./"), "nothing outside of the folder"
        assert "\\" not in name
        assert (tmp_path / name).is_file()


def test_linked_rasters_stay_where_they_are(simulated_run: RunResult, tmp_path: Path) -> None:
    root = project(simulated_run, tmp_path, rasters="link")
    sources = [e.findtext("datasource") or "" for e in root.iter("maplayer")]
    outside = [source for source in sources if source.startswith("../")]
    assert outside
    for source in outside:
        assert (tmp_path / source).resolve().is_relative_to(simulated_run.directory.resolve())
    assert not (tmp_path / "rasters").exists()


def test_linked_projects_have_the_colour_of_every_period(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    with rasterio.open(simulated_run.rasters["rgb_after"]) as file:
        shape, transform, epsg = file.shape, file.transform, file.crs.to_epsg()
    periods = simulated_run.manifest["periods"]
    rgb = np.full((3, *shape), 40, "uint8")
    ground = [
        SimpleNamespace(period_start=p["start"], rgb=rgb, transform=transform, epsg=epsg)
        for p in periods
    ]
    root = project(simulated_run, tmp_path, rasters="link", ground=ground)
    sources = [e.findtext("datasource") or "" for e in root.iter("maplayer")]
    colour = [source for source in sources if "natural_colour" in source]
    assert len(colour) == len(periods) == 3
    assert all((tmp_path / source).is_file() for source in colour)
    assert [path.name for path in (tmp_path / "rasters").iterdir()] == ["natural_colour"]


def test_the_legend_says_when_not_every_period_is_in_it(
    simulated_run: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (map_themes, project_document, project_rasters):
        monkeypatch.setattr(module, "MOST_PERIODS", 2)
    groups = [e.get("name") for e in project(simulated_run, tmp_path).iter("layer-tree-group")]
    assert "Evidence of change by period (latest 2 of 3)" in groups


def test_without_rasters_the_chips_stay(simulated_run: RunResult, tmp_path: Path) -> None:
    root = project(simulated_run, tmp_path, rasters="none")
    kinds = [e.get("type") for e in root.iter("maplayer")]
    assert kinds.count("raster") == 1, "the basemap"
    assert len(list((tmp_path / "chips").glob("*.png"))) == len(simulated_run.sites)


def test_other_formats_have_no_rasters_to_leave_out(simulated_run: RunResult) -> None:
    with pytest.raises(SettingsError, match="has no rasters"):
        analysis.export(simulated_run.directory, format="csv", rasters="none")


def test_every_layer_has_a_renderer_a_crs_and_a_place_in_the_tree(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    root = project(simulated_run, tmp_path)
    layers = {e.findtext("id"): e for e in root.iter("maplayer")}
    tree = [e.get("id") for e in root.iterfind("./layer-tree-group//layer-tree-layer")]
    assert sorted(map(str, tree)) == sorted(map(str, layers))
    for layer in layers.values():
        drawn = "renderer-v2" if layer.get("type") == "vector" else "pipe/rasterrenderer"
        assert layer.find(drawn) is not None
        known = {"EPSG:4326", "EPSG:32647", "EPSG:3857"}
        assert layer.findtext("srs/spatialrefsys/authid") in known


def test_the_basemap_is_off(simulated_run: RunResult, tmp_path: Path) -> None:
    root = project(simulated_run, tmp_path)
    [basemap] = [e for e in root.iter("layer-tree-layer") if e.get("id") == "minewatch_basemap"]
    assert basemap.get("checked") == "Qt::Unchecked"


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
    root = project(result, tmp_path)
    settings = root.find("ProjectTimeSettings")
    assert settings is not None
    assert (settings.get("timeStep"), settings.get("timeStepUnit")) == step
    assert settings.findtext("TemporalRange/start") == "2021-11-01T00:00:00Z"
    assert settings.findtext("TemporalRange/end") == "2024-04-30T23:59:59Z"
    assert root.findtext("properties/TemporalControllerWidget/NavigationMode") == "1"


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("2020-12-01", "2021-01-01", ("2020-11-01", "2021-04-30")),
        ("2020-06-01", "2021-06-13", ("2020-11-01", "2021-04-30")),  # between seasons: the later
        ("2020-06-01", "2020-07-01", ("2020-11-01", "2021-04-30")),
        ("2019-11-01", "2023-01-01", ("2019-11-01", "2022-04-30")),
        ("2022-06-01", "2022-07-01", ("2021-11-01", "2022-04-30")),  # after the last
    ],
)
def test_what_is_seen_between_periods_counts_in_one(
    first: str, last: str, shown: tuple[str, str]
) -> None:
    assert shown_during(first, last, SEASONS) == shown


def test_no_part_of_a_site_is_shown_when_the_site_is_not(simulated_run: RunResult) -> None:
    inventory = simulated_run.inventory
    kept = inventory[
        (inventory["site_id"] != "simulated-cccc") | (inventory["period_start"] == "2022-11-01")
    ]
    layers = project_layers(
        simulated_run.with_tables(inventory=kept.reset_index(drop=True)), verdicts=None, chips={}
    )
    for name in ("pads", "pools", "tracks", "sites"):
        rows = layers[name].table
        of_site = rows[rows["site_id"] == "simulated-cccc"]
        assert set(of_site["valid_from"]) == {"2022-11-01"}
        assert set(of_site["valid_to"]) == {"2023-04-30"}


def test_ground_that_was_not_seen_has_outlines(simulated_run: RunResult) -> None:
    layer = unseen_ground(simulated_run)
    assert list(layer.table["period_start"]) == ["2021-11-01", "2022-11-01", "2023-11-01"]
    area = layer.table.to_crs(simulated_run.aoi.utm_epsg).area
    with rasterio.open(simulated_run.rasters["observed"]) as file:
        for band, outline_m2 in enumerate(area, start=1):
            assert outline_m2 == pytest.approx(100 * (file.read(band) == 0).sum(), rel=0.01)


def test_the_title_says_simulated_only_when_it_is(simulated_run: RunResult, tmp_path: Path) -> None:
    root = project(simulated_run, tmp_path)
    assert root.findtext("title") == "minewatch: Simulated valley (SIMULATED)"
    labels = [e.get("labelText") or "" for e in root.iter("LayoutItem")]
    assert any(label.startswith("SIMULATED data") for label in labels)
    real = replace(simulated_run, manifest={**simulated_run.manifest, "simulated": False})
    root = project(real, tmp_path)
    assert "SIMULATED" not in (root.findtext("title") or "")
    assert root.findtext("properties/TitleLabel/Enabled") == "false"
    labels = [e.get("labelText") or "" for e in root.iter("LayoutItem")]
    assert any("not verified on the ground" in label for label in labels)


def test_a_run_without_rasters_or_periods_still_gives_a_project(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    manifest = {**simulated_run.manifest, "periods": []}
    root = project(replace(simulated_run, rasters={}, manifest=manifest), tmp_path)
    assert len(list(root.iter("maplayer"))) == len(of_the_run()) + 1
    assert root.find("ProjectTimeSettings") is None
    assert root.find("properties/TemporalControllerWidget") is None


def test_an_expression_in_the_name_of_an_area_stays_text(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    about = {**simulated_run.manifest["aoi"], "name": "[% env('HOME') %]"}
    result = replace(simulated_run, manifest={**simulated_run.manifest, "aoi": about})
    labels = [e.get("labelText") or "" for e in project(result, tmp_path).iter("LayoutItem")]
    assert not any("[% env" in label for label in labels)


def test_years_of_months_do_not_flood_the_project() -> None:
    months = [
        {"start": f"{2015 + n // 12}-{n % 12 + 1:02}-01", "label": str(n)} for n in range(100)
    ]
    styles = period_styles(months)
    assert len(styles) == MOST_PERIODS
    assert "99" in styles


def test_every_layer_has_a_style_of_its_own_in_the_geopackage(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    project(simulated_run, tmp_path)
    with closing(sqlite3.connect(tmp_path / "minewatch.gpkg")) as base:
        styles = dict(base.execute("SELECT f_table_name, styleQML FROM layer_styles"))
        [columns] = base.execute(
            "SELECT group_concat(name) FROM pragma_table_info('inventory')"
        ).fetchone()
    assert set(styles) == of_the_run()
    for text in styles.values():
        assert "renderer-v2" in text
        assert "attributeEditorRelation" not in text, "it belongs to the project"
    assert "valid_from,valid_to" in columns


def test_people_say_what_they_say_in_every_project(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    analysis.export(simulated_run.directory, format="qgis", out=tmp_path / "out")
    with closing(sqlite3.connect(tmp_path / "out" / "minewatch.gpkg")) as base:
        rows = base.execute("SELECT site_id, verdict, note, alert FROM verdicts").fetchall()
    assert [row[0] for row in rows] == list(simulated_run.sites["site_id"])
    assert all(row[1] is None and row[3] for row in rows)


def test_colours_and_shapes_tell_states_apart() -> None:
    assert set(STATE_MARKERS) == set(STATE_COLOURS) == set(STATES)
    assert len(set(STATE_MARKERS.values())) == len(STATES), "for those who see no colours"


def test_names_of_columns_carry_their_units() -> None:
    assert alias("pool_area_m2") == "Pool area (m²)"
    assert alias("slope_deg") == "Slope (degrees)"
    assert alias("confidence") == "Confidence (0 to 1)"
    assert alias("verdict_by") == "Verdict by"


def test_the_gazetteer_says_where_each_place_is_from() -> None:
    places = read_places()
    assert len(places) == 27
    assert all(place.source for place in places)
    assert sum(place.uncertainty_km is None for place in places) == 1


def test_the_record_knows_every_file(simulated_run: RunResult, tmp_path: Path) -> None:
    written = analysis.export(simulated_run.directory, format="qgis", out=tmp_path)
    record = json.loads((tmp_path / ".minewatch-export.json").read_text())
    assert sorted(record) == sorted(p.relative_to(tmp_path).as_posix() for p in written)
    assert EXPORTERS["qgis"]


def test_a_chip_at_the_rim_of_the_picture_is_grey_beyond_it(
    simulated_run: RunResult, tmp_path: Path
) -> None:
    with rasterio.open(simulated_run.rasters["rgb_before"]) as file:
        west, south, *_ = file.bounds
        corner = gpd.GeoSeries([shapely.box(west - 20, south - 20, west + 20, south + 20)])
    sites = simulated_run.sites.head(1).to_crs(simulated_run.aoi.utm_epsg)
    moved = sites.set_geometry(corner.set_crs(sites.crs)).to_crs(4326)
    names, [path] = write_chips(
        simulated_run.with_tables(sites=moved), tmp_path,
        {"2021-11-01": simulated_run.rasters["rgb_before"]},
    )  # fmt: skip
    assert list(names.values()) == [f"chips/{path.name}"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a picture has no place on the ground
        with rasterio.open(path) as file:
            chip = file.read()
    half = CHIP_PX // 2
    assert chip.shape == (3, CHIP_PX, CHIP_PX)
    assert (chip[:, :, : half - 2] == 190).all()
    assert (chip[:, half + 2 :, :] == 190).all()
    ground = chip[:, : half - 2, half + 2 :]
    assert ((ground >= 30) & (ground <= 80)).all(), "the forest of the run"
