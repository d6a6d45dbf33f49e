"""The ledger: what it keeps, and which releases it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from tests.release_world import AREA, Site, draw_sites, write_world

from minewatch import analysis
from minewatch.analysis import ReleaseChoices
from minewatch.errors import OutputError, PublicationError
from minewatch.exporters import hash_file
from minewatch.publishing import grid_frame, read_ledger
from minewatch.publishing.frames import GRID_CRS
from minewatch.publishing.ground_pieces import lay_over

SITES = draw_sites(5, 50, seasons=3)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_world(tmp_path / "run", SITES, seasons=3).directory


def publish(run: Path, **choices: object) -> list[Path]:
    given = ReleaseChoices(**{"profile": "public", **choices})  # type: ignore[arg-type]
    return analysis.publish_layers(run, format="csv", choices=given)


def test_a_release_is_entered_with_the_hashes_of_its_files(run: Path) -> None:
    files = publish(run)
    (entry,) = read_ledger(run / "releases")
    assert entry.files == {path.name: hash_file(path) for path in files}
    assert entry.content["frame"] == "grid-10km"
    assert entry.content["shown"]
    assert entry.content["totals"]


def test_entries_are_added_and_never_changed(run: Path) -> None:
    publish(run)
    before = (run / "releases" / "0001.json").read_bytes()
    publish(run)
    assert (run / "releases" / "0001.json").read_bytes() == before
    assert [entry.number for entry in read_ledger(run / "releases")] == [1, 2]


def test_a_ledger_that_was_changed_is_refused(run: Path) -> None:
    publish(run)
    publish(run)
    first = run / "releases" / "0001.json"
    first.write_text(first.read_text().replace('"public"', '"partner"'))
    with pytest.raises(OutputError, match=r"0002\.json"):
        publish(run)


def test_a_ledger_without_its_first_entry_is_refused(run: Path) -> None:
    publish(run)
    publish(run)
    (run / "releases" / "0001.json").unlink()
    with pytest.raises(OutputError, match="damaged"):
        publish(run)


def test_another_grid_over_the_same_ground_is_refused(run: Path) -> None:
    publish(run)
    with pytest.raises(PublicationError, match=r"grid-10km.*grid-5km") as caught:
        publish(run, grid_km=5)
    assert "--grid" in caught.value.hint
    assert len(read_ledger(run / "releases")) == 1


def test_districts_over_the_ground_of_a_grid_are_refused(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "districts.geojson"
    gpd.GeoDataFrame({"name": ["All"]}, geometry=[AREA], crs=4326).to_file(path)
    publish(run)
    with pytest.raises(PublicationError, match="townships-"):
        publish(run, townships=path)


def test_another_edge_through_the_same_cell_is_refused(run: Path, tmp_path: Path) -> None:
    west, south, east, north = AREA.bounds
    other = write_world(tmp_path / "o", SITES, seasons=3,
                        area=shapely.box(west, south, east - 0.02, north))  # fmt: skip
    ledger = tmp_path / "ledger"
    publish(run, ledger=ledger)
    with pytest.raises(PublicationError, match="another part"):
        publish(other.directory, ledger=ledger)


def test_other_periods_over_the_same_months_are_refused(run: Path, tmp_path: Path) -> None:
    publish(run, ledger=tmp_path / "ledger")
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["periods"][0] |= {"start": "2018-10-01", "end": "2019-03-31", "label": "a half"}
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(PublicationError, match="date sites more finely"):
        publish(run, ledger=tmp_path / "ledger")


def test_classes_of_another_scheme_are_refused(run: Path) -> None:
    publish(run)
    path = run / "releases" / "0001.json"
    path.write_text(path.read_text().replace('"scheme":1', '"scheme":0'))
    with pytest.raises(PublicationError, match="scheme 0"):
        publish(run)


def test_a_later_update_may_be_released_after_the_first(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    for seasons in (2, 3):
        run = write_world(tmp_path / str(seasons), SITES, seasons=seasons)
        publish(run.directory, ledger=ledger)
    assert len(read_ledger(ledger)) == 2


def test_a_partner_has_a_grid_of_its_own_over_the_same_ground(run: Path) -> None:
    publish(run, profile="partner")
    publish(run)
    assert [entry.profile for entry in read_ledger(run / "releases")] == ["partner", "public"]


def quarters(*counts: int) -> list[Site]:
    """So many sites in each of the four cells of 5 km of one of 10 km."""
    frame = grid_frame(AREA, cell_km=10, least_ground_km2=25)
    west, south, *_ = next(r for r in frame.regions if r.cover == "whole").outline.bounds
    sites = []
    for quarter, count in enumerate(counts):
        x, y = west + 2500 + 5000 * (quarter % 2), south + 2500 + 5000 * (quarter // 2)
        points = gpd.GeoSeries([shapely.Point(x + 20 * n, y) for n in range(count)], crs=GRID_CRS)
        for n, point in enumerate(points.to_crs(4326)):
            sites.append(
                replace(SITES[0], site_id=f"s{quarter}{n}", lon=point.x, lat=point.y, since=0)
            )
    return sites


GRIDS = {"public": 10, "partner": 5}
FOUND_TOGETHER = (10, 5, 5, 1)
"""21-50 by ten kilometres, 6-10 and 3-5 and 3-5 by five: one or two are left in the fourth."""


@pytest.mark.parametrize("order", [("public", "partner"), ("partner", "public")])
def test_a_later_profile_hides_what_both_together_would_give_away(
    order: tuple[str, str], tmp_path: Path
) -> None:
    run = write_world(tmp_path / "run", quarters(*FOUND_TOGETHER), seasons=1).directory
    shown = {}
    for profile in order:
        alone = tmp_path / f"alone-{profile}"
        asked = {"profile": profile, "with_totals": False, "grid_km": GRIDS[profile]}
        publish(run, **asked, ledger=alone)
        publish(run, **asked)
        both = read_ledger(run / "releases")[-1].content["shown"]
        shown[profile] = (len(read_ledger(alone)[0].content["shown"]), len(both))
    assert shown["public"][0] == 1
    assert shown["partner"][0] == 3
    assert shown[order[0]][1] == shown[order[0]][0]
    assert shown[order[1]][1] == shown[order[1]][0] - 1


def test_what_hiding_cannot_mend_is_refused_by_both_profiles_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_world(tmp_path / "run", quarters(*FOUND_TOGETHER), seasons=1).directory
    publish(run, with_totals=False)
    monkeypatch.setattr("minewatch.publishing.releases.read_jointly", lambda *_, **__: None)
    with pytest.raises(PublicationError, match=r"release 1 \(public\).*5km-") as caught:
        publish(run, profile="partner", with_totals=False, grid_km=5)
    assert caught.value.hint
    assert len(read_ledger(run / "releases")) == 1


def test_districts_and_the_cells_of_a_partner_are_cut_into_pieces(tmp_path: Path) -> None:
    run = write_world(tmp_path / "run", quarters(*FOUND_TOGETHER), seasons=1).directory
    path = tmp_path / "districts.geojson"
    west, south, east, north = AREA.bounds
    halves = [shapely.box(west, south, 95.405, north), shapely.box(95.405, south, east, north)]
    gpd.GeoDataFrame({"name": ["West", "East"]}, geometry=halves, crs=4326).to_file(path)
    publish(run, townships=path, with_totals=False)
    publish(run, profile="partner", with_totals=False)
    public, partner = read_ledger(run / "releases")
    assert set(public.grounds) == {"East", "West"}
    fine, coarse = lay_over(partner.grounds, public.grounds)
    cut = [name for name, pieces in fine.items() if len(pieces) == 2]
    assert len(cut) > 40  # the border runs through a column of cells
    assert {f"{name} in West" for name in cut} <= set(coarse["West"])
    assert "rest of East" in coarse["East"]


def test_other_periods_for_another_profile_are_refused_too(run: Path, tmp_path: Path) -> None:
    publish(run, ledger=tmp_path / "ledger")
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["periods"][0] |= {"start": "2018-10-01", "end": "2019-03-31", "label": "a half"}
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(PublicationError, match="date sites more finely"):
        publish(run, ledger=tmp_path / "ledger", profile="partner")


def test_no_file_is_replaced(run: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "cells.csv").write_text("mine")
    with pytest.raises(OutputError, match=r"cells\.csv is there already"):
        analysis.publish_layers(
            run, format="csv", choices=ReleaseChoices(profile="public"), out=tmp_path / "out"
        )
    assert (tmp_path / "out" / "cells.csv").read_text() == "mine"
    assert read_ledger(run / "releases") == []


def test_the_delay_counts_from_the_last_image_not_from_what_was_asked(tmp_path: Path) -> None:
    run = write_world(tmp_path / "run", SITES, seasons=3, last_day=date(2021, 6, 1)).directory
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["parameters"]["end"] = "2099-01-01"
    (run / "manifest.json").write_text(json.dumps(manifest))
    publish(run)
    (entry,) = read_ledger(run / "releases")
    assert entry.content["periods"] == ["2018-11/2019-04", "2019-11/2020-04"]
