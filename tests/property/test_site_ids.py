"""Ids of sites follow from the outline of the area, not from its names or its file format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely

from minewatch.areas import read_aoi
from minewatch.sites.identity import make_id

RING = [(98.3, 25.6), (98.4, 25.6), (98.41, 25.7), (98.3, 25.69), (98.3, 25.6)]
KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark id="other"><name>Other</name>'
    "<Polygon><outerBoundaryIs><LinearRing><coordinates>{}</coordinates></LinearRing>"
    "</outerBoundaryIs></Polygon></Placemark></Document></kml>"
)


def geojson(**properties: str) -> str:
    return json.dumps(
        {"type": "FeatureCollection", "features": [{
            "type": "Feature", "properties": properties,
            "geometry": shapely.geometry.mapping(shapely.Polygon(RING))}]}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.kml", KML.format(" ".join(f"{x},{y},0" for x, y in RING))),
        ("renamed.geojson", geojson(id="another", name="Another")),
        ("nameless.geojson", geojson()),
    ],
)
def test_one_outline_gives_one_id_whatever_its_file_and_names(
    tmp_path: Path, name: str, text: str
) -> None:
    ids = set()
    for file, content in (("area.geojson", geojson(id="area", name="Area")), (name, text)):
        (tmp_path / file).write_text(content, "utf-8")
        area = read_aoi(tmp_path / file)
        anchor = (240_000.0, 2_850_000.0)
        ids.add(make_id(area.sha256, area.utm_epsg, anchor, cell_m=70, taken=()))
    assert len(ids) == 1
