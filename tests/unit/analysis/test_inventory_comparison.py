"""A run beside an inventory that others made: matched, missed, extra, and what cannot be said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from minewatch import cli
from minewatch.analysis import OUTCOMES, compare, inventory_comparison, set_verdict
from minewatch.errors import OutputError, SettingsError
from minewatch.model import RunResult

A, B, C = "simulated-aaaa", "simulated-bbbb", "simulated-cccc"
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
EPSG, WEST, SOUTH = 32647, 700_000, 2_830_000


def layer(path: Path, places: list[tuple[float, float]], **columns: object) -> Path:
    """Points at metres from the corner of the simulated area."""
    points = [shapely.Point(WEST + x, SOUTH + y) for x, y in places]
    gpd.GeoDataFrame(dict(columns), geometry=points, crs=EPSG).to_crs(4326).to_file(path)
    return path


@pytest.fixture
def seen_run(write_simulated_run: Callable[[Path], RunResult], tmp_path: Path) -> RunResult:
    return write_simulated_run(tmp_path / "run")


def outcomes(found: gpd.GeoDataFrame) -> dict[str, set[tuple[str | None, str | None]]]:
    rows = found.astype(object).where(found.notna(), None).to_dict("records")
    return {
        name: {(r["site_id"], r["other_id"]) for r in rows if r["outcome"] == name}
        for name in OUTCOMES
    }


def test_places_are_matched_missed_extra_or_outside(seen_run: RunResult, tmp_path: Path) -> None:
    inside_a, near_b, nowhere, far = (430, 530), (1300, 1340), (1000, 100), (9000, 9000)
    path = layer(
        tmp_path / "other.gpkg", [inside_a, near_b, nowhere, far], name=["a", "b", "n", "f"]
    )
    found = compare(seen_run.directory, path, id_column="name")
    by = outcomes(found.table)
    assert by["matched"] == {(A, "a"), (B, "b")}
    assert by["extra"] == {(C, None)}
    assert by["missed"] | by["not_observed"] == {(None, "n")}
    assert by["outside"] == {(None, "f")}
    assert sum(found.counts.values()) == len(found.table) == 5
    distance = found.table.set_index("other_id")["distance_m"]
    assert distance["a"] == 0
    assert distance["b"] == pytest.approx(60, abs=1)
    assert found.table["simulated"].all()
    closer = compare(seen_run.directory, path, id_column="name", distance_m=50)
    assert closer.counts["matched"] == 1


@pytest.mark.parametrize(("seen", "expected"), [(0, "not_observed"), (1, "missed")])
def test_ground_that_was_not_seen_is_not_missed(
    seen_run: RunResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seen: int,
    expected: str,
) -> None:
    raster = tmp_path / "observed.tif"
    with rasterio.open(seen_run.rasters["observed"]) as file:
        profile, values = file.profile, file.read()
    with rasterio.open(raster, "w", **profile) as file:
        file.write(np.full_like(values, seen))
    given = replace(seen_run, rasters={**seen_run.rasters, "observed": raster})
    monkeypatch.setattr(inventory_comparison, "open_result", lambda _: given)
    path = layer(tmp_path / "other.gpkg", [(1000, 100)])
    assert compare(seen_run.directory, path).counts[expected] == 1


def test_pairs_are_one_to_one_and_the_nearest_comes_first(
    seen_run: RunResult, tmp_path: Path
) -> None:
    path = layer(tmp_path / "two.gpkg", [(390, 530), (430, 530)], name=["beside", "inside"])
    by = outcomes(compare(seen_run.directory, path, id_column="name").table)
    assert by["matched"] == {(A, "inside")}
    assert (None, "beside") in by["missed"] | by["not_observed"]


def test_a_period_and_dates_decide_what_is_compared(seen_run: RunResult, tmp_path: Path) -> None:
    path = layer(
        tmp_path / "dated.gpkg", [(430, 530), (1330, 1430)], seen=["2021-12-01", "2024-01-01"]
    )
    found = compare(seen_run.directory, path, period="2021/22 dry season", date_column="seen")
    by = outcomes(found.table)
    assert by["matched"] == {(A, "1")}
    assert by["later"] == {(None, "2")}
    late = found.table.set_index("site_id")["days_later"]
    assert late[A] == 44
    assert compare(seen_run.directory, path, date_column="seen").counts["matched"] == 2


def test_the_opinion_of_people_can_be_counted(seen_run: RunResult, tmp_path: Path) -> None:
    path = layer(tmp_path / "one.gpkg", [(430, 530)])
    set_verdict(seen_run.directory, A, "not_mine", reason="swidden", time=NOON)
    assert compare(seen_run.directory, path).counts["matched"] == 1
    found = compare(seen_run.directory, path, counted="people")
    assert found.counts["matched"] == 0
    assert any("people" in note for note in found.notes)


def test_polygons_and_a_run_without_sites_are_compared_too(
    empty_run: RunResult, seen_run: RunResult, tmp_path: Path
) -> None:
    path = tmp_path / "polygons.geojson"
    seen_run.sites[["site_id", "geometry"]].to_file(path)
    found = compare(seen_run.directory, path, distance_m=0, id_column="site_id")
    assert found.counts["matched"] == 3
    none = compare(empty_run.directory, path)
    assert none.counts["missed"] + none.counts["not_observed"] == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"date_column": "day"}, "known: name"),
        ({"date_column": "name"}, "no day"),
        ({"id_column": "id"}, "known: name"),
        ({"layer": "mines"}, "known: other"),
        ({"period": "1999"}, "2021/22 dry season"),
        ({"distance_m": -1}, "-1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_known_names(
    seen_run: RunResult, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    path = layer(tmp_path / "other.gpkg", [(430, 530)], name=["x"])
    with pytest.raises(SettingsError, match=words) as caught:
        compare(seen_run.directory, path, **changes)  # type: ignore[arg-type]
    assert caught.value.hint


def test_a_file_that_is_no_layer_is_refused(seen_run: RunResult, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(SettingsError, match=r"letter\.txt"):
        compare(seen_run.directory, tmp_path / "letter.txt")


def test_the_command_writes_a_table_and_a_layer_over_nobodys_file(
    seen_run: RunResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = layer(tmp_path / "hand.gpkg", [(430, 530)])
    words = ["compare", str(seen_run.directory), str(path)]
    cli_ended(words)
    shown = capsys.readouterr().out
    assert "1 matched" in shown
    assert "2 extra" in shown
    written = seen_run.directory / "export" / "compare-hand.geojson"
    assert len(json.loads(written.read_text())["features"]) == 3
    gpkg = tmp_path / "out" / "compare.gpkg"
    cli_ended([*words, "--json", "--out", str(gpkg)])
    assert json.loads(capsys.readouterr().out)["counts"]["matched"] == 1
    assert len(gpd.read_file(gpkg, layer="compare")) == 3
    written.write_text("by hand")
    with pytest.raises(OutputError):
        cli.app(args=words, standalone_mode=False)


def cli_ended(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert not caught.value.code
