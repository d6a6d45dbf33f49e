"""The areas in the wheel: found by every name, whole, and honest about what they are."""

import json
from datetime import date

import pytest

from minewatch.areas import describe, list_aois, read_aoi
from minewatch.areas.bundled import DATA
from minewatch.model import ControlInterval

NAMES = [area.id for area in list_aois()]


def test_the_list_has_two_outlines_before_five_candidates():
    assert [a.status for a in list_aois()] == ["outline"] * 2 + ["candidate"] * 5


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_area_reads_without_repair_and_is_as_large_as_it_says(name):
    aoi = read_aoi(name)
    (summary,) = (a for a in list_aois() if a.id == name)
    assert (aoi.id, aoi.name) == (summary.id, summary.name)
    assert aoi.area_m2 / 1e6 == pytest.approx(summary.area_km2, rel=0.002)  # UTM against geodesic
    assert aoi.notes == ((aoi.properties["status"],) if summary.status == "candidate" else ())
    assert aoi.utm_epsg == 32647


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("Chipwe/Pangwa", "chipwe-pangwa"),
        ("PANG WAR", "chipwe-pangwa"),
        ("banwa", "chipwe-pangwa"),
        ("板瓦", None),
        ("N'Hkawng Pa", "nhkawng-pa"),
        ("အင်ခေါင်းပါ", "nhkawng-pa"),
        ("nba pa", "nba-pa"),
        ("Kanpiketi", "kanpaikti"),
    ],
)
def test_spellings_lead_to_the_area(spelling, expected):
    if expected is None:
        with pytest.raises(Exception, match="no bundled area"):
            read_aoi(spelling)
    else:
        assert read_aoi(spelling).id == expected


def test_a_file_called_like_an_area_is_reached_as_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = json.loads((DATA / "nhkawng-pa.geojson").read_text(encoding="utf-8"))
    (tmp_path / "chipwe-pangwa").write_text(json.dumps(source))
    assert read_aoi("./chipwe-pangwa").id == "nhkawng-pa"
    assert read_aoi("chipwe-pangwa").id == "chipwe-pangwa"


def test_control_of_chipwe_pangwa_is_told_in_intervals_with_a_source():
    control = read_aoi("chipwe-pangwa").control
    assert len(control) == 6
    assert control[3] == ControlInterval(
        group="KIA/KIO and allies: Chipwi town",
        start=date(2024, 9, 1),
        end=None,
        source="The Irrawaddy 2024",
        note=control[3].note,
    )
    assert 'from "2024-09 (late September)"' in control[3].note
    assert (control[5].start, control[5].end) == (None, None)
    assert all(c.source != "not stated" for c in control)


def test_the_outlines_carry_their_licence_with_them():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert "Open Database License 1.0" in readme
    assert "© OpenStreetMap contributors" in readme
    for name in ("chipwe-pangwa", "nhkawng-pa"):
        assert "OpenStreetMap contributors" in read_aoi(name).properties["geometry_licence"]


@pytest.mark.parametrize("name", NAMES)
def test_a_description_is_plain_json(name):
    facts = describe(read_aoi(name))
    assert json.loads(json.dumps(facts)) == facts
    assert facts["outline_vertices"] <= 60
