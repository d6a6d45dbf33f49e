"""Vector tiles drawn by MapLibre in a real Chromium: what the map finds in them is the run.

The tiles are taken out of the file by the reader of the PMTiles project, and decoded by MapLibre:
neither is what wrote them. The library is the one that the package `maplibre` carries.
"""

from __future__ import annotations

import base64
import gzip
import json
from importlib import resources
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from pmtiles.reader import MmapSource, all_tiles
from tests.real.chromium import chromium, watch

from minewatch.exporters import EXPORTERS
from minewatch.model import RunResult

pytestmark = pytest.mark.real
PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>body{{margin:0}}#map{{height:500px}}</style>
<div id="map"></div><script>{library}</script><script>
const tiles = {tiles};
maplibregl.addProtocol("held", async request => {{
  const text = tiles[request.url.replace("held://", "")];
  if (!text) return {{data: new ArrayBuffer(0)}};
  return {{data: Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer}};
}});
const map = new maplibregl.Map({{container: "map", center: {centre}, zoom: {zoom},
  canvasContextAttributes: {{preserveDrawingBuffer: true}}, fadeDuration: 0,
  style: {{version: 8,
    sources: {{t: {{type: "vector", tiles: ["held://{{z}}/{{x}}/{{y}}"], maxzoom: 12}}}},
    layers: [{{id: "back", type: "background", paint: {{"background-color": "#ffffff"}}}},
      {{id: "sites", type: "fill", source: "t", "source-layer": "sites",
        paint: {{"fill-color": "#ff0000"}}}},
      {{id: "points", type: "circle", source: "t", "source-layer": "site_points", maxzoom: 8,
        paint: {{"circle-color": "#0000ff", "circle-radius": 6}}}}]}}}});
map.once("idle", () => document.body.dataset.ready = "yes");
</script>"""


@pytest.fixture(scope="module")
def tiles(simulated_run: RunResult, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    (path,) = EXPORTERS["pmtiles"](simulated_run, tmp_path_factory.mktemp("tiles"))
    with path.open("rb") as file:
        found = list(all_tiles(MmapSource(file)))
    return {"/".join(map(str, place)): gzip.decompress(tile) for place, tile in found}


def drawn(run: RunResult, tiles: dict[str, bytes], folder: Path, *, zoom: float) -> dict[str, Any]:
    """What a map of the middle of the sites holds and shows at a zoom."""
    library = resources.files("maplibre").joinpath("srcjs/maplibre-gl.js").read_text("utf-8")
    west, south, east, north = run.sites.geometry.to_crs(4326).total_bounds.tolist()
    page = folder / "map.html"
    page.write_text(
        PAGE.format(
            library=library, zoom=zoom, centre=json.dumps([(west + east) / 2, (south + north) / 2]),
            tiles=json.dumps({name: base64.b64encode(of).decode() for name, of in tiles.items()}),
        ),
        "utf-8",
    )  # fmt: skip
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 700, "height": 500})
        seen = watch(tab)
        tab.goto(page.as_uri())
        tab.wait_for_selector("body[data-ready]", state="attached", timeout=60_000)
        held = tab.evaluate(
            """() => Object.fromEntries(["sites", "inventory", "site_points"].map(layer => [layer,
                 map.querySourceFeatures("t", {sourceLayer: layer}).map(f => f.properties)]))"""
        )
        tab.screenshot(path=str(folder / "map.png"))
    assert seen.troubles == []
    assert [url for url in seen.requests if not url.startswith("held:")] == []
    return dict(held)


def colours(folder: Path) -> np.ndarray:
    return np.round(matplotlib.image.imread(folder / "map.png")[..., :3] * 255)


def test_near_by_the_map_holds_every_site_with_its_values(
    simulated_run: RunResult, tiles: dict[str, bytes], tmp_path: Path
) -> None:
    held = drawn(simulated_run, tiles, tmp_path, zoom=11)
    known = {row["site_id"]: row for row in simulated_run.read_rows("sites")}
    assert {row["site_id"] for row in held["sites"]} == set(known)
    for row in held["sites"]:
        of = known[row["site_id"]]
        assert row["alert"] == of["alert"]
        assert row["max_disturbed_area_m2"] == pytest.approx(of["max_disturbed_area_m2"])
        assert row["simulated"] is True
    rows = {(row["site_id"], row["period_start"]) for row in held["inventory"]}
    table = simulated_run.inventory
    assert rows == set(zip(table["site_id"], table["period_start"].astype(str), strict=True))
    assert (colours(tmp_path) == [255, 0, 0]).all(axis=2).sum() > 20


def test_from_far_away_the_map_shows_points_and_no_outline(
    simulated_run: RunResult, tiles: dict[str, bytes], tmp_path: Path
) -> None:
    held = drawn(simulated_run, tiles, tmp_path, zoom=5)
    assert held["sites"] == []
    assert {row["site_id"] for row in held["site_points"]} == set(simulated_run.sites["site_id"])
    assert (colours(tmp_path) == [0, 0, 255]).all(axis=2).sum() > 50
