"""Verdicts of people on a finished run: set, shown, found again, taken from files, given out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import affinity

from minewatch import exporters
from minewatch.analysis import (
    area_timeline,
    diff,
    export,
    export_verdicts,
    import_verdicts,
    open_review,
    set_verdict,
    show_verdicts,
)
from minewatch.errors import OutputError, SettingsError
from minewatch.model import RunResult
from minewatch.review import LOG, read_verdicts
from minewatch.store import open_result
from minewatch.store.state_folder import locked

A, B, C = "simulated-aaaa", "simulated-bbbb", "simulated-cccc"
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]) -> Path:
    return write_simulated_run(tmp_path / "run").directory


def rename_sites(folder: Path, ids: dict[str, str], **changes: Any) -> None:
    """Write the run anew as another detector might: other ids, other values."""
    result = open_result(folder)
    for name in ("inventory", "sites", "features"):
        table = exporters.LAYERS[name].table(result).replace({"site_id": ids})
        given = {c: v for c, v in changes.items() if c in table}
        exporters.write_geojson(
            table.assign(**given), folder / f"{name}.geojson", exporters.LAYERS[name].contract
        )
    _seal(folder, result)


def drop_site(folder: Path, site_id: str) -> None:
    """Write the run anew without one site."""
    result = open_result(folder)
    for name in ("inventory", "sites", "features"):
        table = exporters.LAYERS[name].table(result)
        exporters.write_geojson(
            table[table["site_id"] != site_id], folder / f"{name}.geojson",
            exporters.LAYERS[name].contract,
        )  # fmt: skip
    _seal(folder, result)


def _seal(folder: Path, result: RunResult) -> None:
    hashes = exporters.hash_outputs(folder, [folder / n for n in result.manifest["outputs"]])
    exporters.write_manifest({**result.manifest, "outputs": hashes}, folder / "manifest.json")


def verdicts(folder: Path, name: str = "sites") -> dict[str, Any]:
    rows = open_result(folder).read_rows(name)
    return {row["site_id"]: row["verdict"] for row in rows}


def test_a_verdict_stands_beside_the_opinion_of_the_detector_in_every_table(folder: Path) -> None:
    before = {r["site_id"]: r for r in open_result(folder).read_rows("sites")}
    _, note = set_verdict(
        folder, A, "not_mine", reason="swidden", reviewer="Kai", note="burnt", time=NOON
    )
    assert note == ""
    for name in ("inventory", "sites", "features"):
        for row in open_result(folder).read_rows(name):
            said = [row[c] for c in ("verdict", "verdict_reason", "verdict_by", "verdict_at")]
            is_it = row["site_id"] == A
            assert said == (
                ["not_mine", "swidden", "Kai", "2026-11-28T12:00:00Z"] if is_it else [None] * 4
            )
    after = {r["site_id"]: r for r in open_result(folder).read_rows("sites")}
    columns = [c for c in before[A] if not c.startswith("verdict")]
    assert all(after[i][c] == before[i][c] for i in (A, B, C) for c in columns)
    entry = open_result(folder).manifest["review"]
    assert entry["verdicts"] == {"not_mine": 1}
    assert "detector" in entry["counted"]


def test_showing_verdicts_where_there_are_none_changes_no_byte_of_a_table(folder: Path) -> None:
    show_verdicts(folder)
    before = {path.name: path.read_bytes() for path in folder.glob("*.geojson")}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert show_verdicts(folder) == ""
    assert {path.name: path.read_bytes() for path in folder.glob("*.geojson")} == before
    assert json.loads((folder / "manifest.json").read_text()) == manifest
    assert "review" not in manifest


def test_the_latest_word_counts_and_a_withdrawn_one_is_gone_but_stays_in_the_log(
    folder: Path,
) -> None:
    set_verdict(folder, A, "mine", time=NOON, reviewer="Kai")
    set_verdict(folder, A, "unsure", time=LATER, reviewer="Nan")
    (place,) = open_review(folder).places
    assert (place.judgement.verdict, place.judgement.others) == ("unsure", ("Kai: mine",))
    set_verdict(folder, A, "withdrawn", time=LATER)
    assert verdicts(folder) == {A: None, B: None, C: None}
    assert open_review(folder).places == ()
    assert len(read_verdicts(folder).entries) == 3


def test_a_verdict_follows_its_place_when_all_ids_change(folder: Path) -> None:
    set_verdict(folder, A, "mine", time=NOON)
    set_verdict(folder, C, "not_mine", reason="swidden", time=NOON)
    rename_sites(folder, {A: "s-new-a", B: "s-new-b", C: "s-new-c"})
    show_verdicts(folder)
    assert verdicts(folder) == {"s-new-a": "mine", "s-new-b": None, "s-new-c": "not_mine"}
    assert {p.way for p in open_review(folder).places} == {"place"}
    set_verdict(folder, "s-new-a", "unsure", time=LATER)
    assert len(open_review(folder).places) == 2, "one place has one verdict, whatever its ids"


def test_an_id_that_lies_elsewhere_is_another_place(folder: Path) -> None:
    set_verdict(folder, A, "mine", time=NOON)
    rename_sites(folder, {A: B, B: A})
    show_verdicts(folder)
    assert verdicts(folder) == {B: "mine", A: None, C: None}


def test_what_began_after_the_look_was_not_judged_but_is_named(folder: Path) -> None:
    set_verdict(folder, A, "not_mine", reason="swidden", time=NOON)
    rename_sites(folder, {A: "s-later"}, first_detected="2025-02-01")
    show_verdicts(folder)
    assert verdicts(folder)["s-later"] is None
    (place,) = open_review(folder).places
    assert "2025-02-01" in place.note


def test_the_rejection_of_a_large_clearing_does_not_hide_a_small_mine_within_it(
    folder: Path,
) -> None:
    outline = open_review(folder).result.sites.set_index("site_id").geometry[A]
    large = affinity.scale(outline, 5, 5)
    file = folder.parent / "large.geojson"
    gpd.GeoDataFrame(geometry=[large], crs=4326).to_file(file)
    set_verdict(folder, "new", "not_mine", reason="swidden", outline=file, time=NOON)
    assert verdicts(folder)[A] is None
    set_verdict(folder, "new", "mine", outline=file, time=NOON)
    assert verdicts(folder)[A] == "mine", "what people call a mine may be found in part"


def test_a_mine_that_is_no_site_any_more_is_named_in_the_manifest_and_the_list(
    folder: Path,
) -> None:
    set_verdict(folder, A, "mine", time=NOON)
    set_verdict(folder, B, "not_mine", reason="road", time=NOON)
    for site_id in (A, B):
        drop_site(folder, site_id)
    show_verdicts(folder)
    manifest = open_result(folder).manifest
    named = [w for w in manifest["warnings"] if w.startswith("review: ")]
    assert len(named) == 1
    assert A in named[0]
    assert B not in named[0]
    assert {e["id"] for e in manifest["review"]["without_site"]} == {A, B}
    assert [p.judgement.subject for p in open_review(folder).places if p.is_lost] == [A]
    set_verdict(folder, A, "withdrawn", time=LATER)
    assert not any(w.startswith("review: ") for w in open_result(folder).manifest["warnings"])


def test_a_mine_that_is_among_the_changes_now_is_shown_there(folder: Path) -> None:
    set_verdict(folder, A, "mine", time=NOON)
    result = open_review(folder).result
    changes = result.changes.copy()
    outline = result.sites.set_index("site_id").geometry[A]
    changes.geometry = [outline, *changes.geometry[1:]]
    exporters.write_geojson(
        changes, folder / "changes.geojson", exporters.LAYERS["changes"].contract
    )
    _seal(folder, open_result(folder, verify=False))
    drop_site(folder, A)
    show_verdicts(folder)
    said = {r["kind"]: r["verdict"] for r in open_result(folder).read_rows("changes")}
    kind = changes["kind"].iloc[0]
    assert said[kind] == "mine"
    assert kind in open_review(folder).places[0].note


def test_a_verdict_is_kept_while_another_process_writes_the_run(folder: Path) -> None:
    with locked(folder / "state"):
        _, note = set_verdict(folder, A, "mine", time=NOON)
    assert "kept" in note
    assert verdicts(folder)[A] is None
    set_verdict(folder, B, "mine", time=NOON)
    assert verdicts(folder) == {A: "mine", B: "mine", C: None}


@pytest.mark.parametrize(
    ("site", "verdict", "words"),
    [("simulated-aaax", "mine", "no site"), ("new", "mine", "outline"), (A, None, "nothing")],
)
def test_what_cannot_be_said_is_refused_with_the_mend(
    folder: Path, site: str, verdict: str | None, words: str
) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        set_verdict(folder, site, verdict, time=NOON)
    assert caught.value.hint
    assert not (folder / LOG).exists()


def edit(path: Path, layer: str, change: Callable[[gpd.GeoDataFrame], Any]) -> None:
    """Change one layer of a GeoPackage as a person in QGIS would; the others stay."""
    table = gpd.read_file(path, layer=layer)
    change(table)
    table.to_file(path, layer=layer, driver="GPKG")


def test_verdicts_and_outlines_edited_in_a_geopackage_arrive(folder: Path) -> None:
    set_verdict(folder, B, "mine", time=NOON, reviewer="Kai")
    export(folder, format="gpkg")
    path = folder / "export" / "minewatch.gpkg"

    def change(table: gpd.GeoDataFrame) -> None:
        at = table.set_index("site_id").index.get_loc
        table.loc[at(A), ["verdict", "verdict_reason"]] = ["Not mine", "landslide"]
        table.loc[at(B), "verdict"] = "unsure"
        table.geometry = [
            g.buffer(0.0002) if s == C else g
            for s, g in zip(table["site_id"], table.geometry, strict=True)
        ]

    edit(path, "sites", change)
    plan, _ = import_verdicts(folder, path, reviewer="Nan", time=LATER)
    assert plan.is_whole, (plan.conflicts, plan.left_out)
    assert verdicts(folder) == {A: "not_mine", B: "unsure", C: None}
    by_id = {e.subject: e for e in plan.entries}
    assert {e.reviewer for e in plan.entries} == {"Nan"}
    assert by_id[C].corrected is not None
    assert by_id[A].corrected is None
    assert by_id[B].corrected is None
    again, _ = import_verdicts(folder, path, reviewer="Nan", time=LATER)
    assert again.entries == ()


def test_a_conflict_is_listed_and_nothing_of_it_is_written_unless_asked(folder: Path) -> None:
    path = export_verdicts(folder, folder.parent / "verdicts.csv")
    set_verdict(folder, A, "mine", time=NOON, reviewer="Kai")
    table = pd.read_csv(path, dtype=object)
    table.loc[table["site_id"] == A, ["verdict", "verdict_reason"]] = ["not_mine", "road"]
    table.loc[table["site_id"] == B, "verdict"] = "mine"
    table.loc[table["site_id"] == C, "verdict"] = "perhaps"
    table.to_csv(path, index=False)
    plan, _ = import_verdicts(folder, path, reviewer="Nan", time=LATER)
    assert len(plan.conflicts) == 1
    assert all(word in plan.conflicts[0] for word in (A, "not_mine", "mine", "Kai"))
    assert len(plan.left_out) == 1
    assert "perhaps" in plan.left_out[0]
    assert verdicts(folder) == {A: "mine", B: "mine", C: None}
    import_verdicts(folder, path, reviewer="Nan", time=LATER, prefer="log")
    assert verdicts(folder)[A] == "mine"
    import_verdicts(folder, path, reviewer="Nan", time=LATER, prefer="file")
    assert verdicts(folder)[A] == "not_mine"


def test_a_row_that_only_repeats_an_older_verdict_is_no_conflict(folder: Path) -> None:
    set_verdict(folder, A, "mine", time=NOON)
    path = export_verdicts(folder, folder.parent / "verdicts.csv")
    set_verdict(folder, A, "unsure", time=LATER)
    plan, _ = import_verdicts(folder, path, time=LATER)
    assert (plan.conflicts, plan.entries) == ((), ())
    assert verdicts(folder)[A] == "unsure"


def test_two_rows_of_a_file_that_disagree_are_a_conflict(folder: Path) -> None:
    path = folder.parent / "two.csv"
    path.write_text(f"site_id,verdict\n{A},mine\n{A},unsure\n{B},mine\n")
    plan, _ = import_verdicts(folder, path, time=NOON)
    assert len(plan.conflicts) == 1
    assert verdicts(folder) == {A: None, B: "mine", C: None}


def test_a_foreign_file_is_matched_by_place_and_draws_what_is_new(folder: Path) -> None:
    sites = open_review(folder).result.sites.set_index("site_id").geometry
    empty = affinity.translate(sites[A], 0.005, 0)
    path = folder.parent / "drawn.geojson"
    table = gpd.GeoDataFrame(
        {"verdict": ["mine", None, "mine"]},
        geometry=[sites[B], empty, shapely.Point(10.0, 10.0)], crs=4326,
    )  # fmt: skip
    table.to_file(path)
    plan, _ = import_verdicts(folder, path, time=NOON)
    assert len(plan.left_out) == 1
    assert "row 3" in plan.left_out[0]
    assert verdicts(folder)[B] == "mine"
    drawn = [p for p in open_review(folder).places if p.judgement.is_drawn]
    assert [p.judgement.verdict for p in drawn] == ["mine"]
    assert drawn[0].site_id is None
    again, _ = import_verdicts(folder, path, time=LATER)
    assert again.entries == ()
    set_verdict(folder, drawn[0].judgement.subject, "withdrawn", time=LATER)
    assert all(not p.judgement.is_drawn for p in open_review(folder).places)


def test_points_of_a_table_are_matched_within_fifty_metres(folder: Path) -> None:
    inside = open_review(folder).result.sites.set_index("site_id").geometry[A].centroid
    path = folder.parent / "points.csv"
    far = inside.x + 0.01
    path.write_text(f"lon,lat,verdict\n{inside.x},{inside.y},mine\n{far},{inside.y},mine\n")
    plan, _ = import_verdicts(folder, path, time=NOON)
    assert [e.subject for e in plan.entries] == [A]
    assert len(plan.left_out) == 1


def test_an_outline_of_an_earlier_inventory_is_no_correction(folder: Path) -> None:
    export(folder, format="gpkg")
    path = folder / "export" / "minewatch.gpkg"
    edit(path, "sites", lambda t: t.__setattr__("geometry", [g.buffer(2e-4) for g in t.geometry]))
    rename_sites(folder, {}, max_disturbed_area_m2=99_999.0)
    plan, _ = import_verdicts(folder, path, time=NOON)
    assert plan.entries == ()
    assert len(plan.left_out) == 3
    assert "earlier" in plan.left_out[0]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".csv"])
def test_what_is_exported_and_not_edited_imports_as_nothing(folder: Path, suffix: str) -> None:
    set_verdict(folder, A, "not_mine", reason="road", note="a road, “wide”", time=NOON)
    path = export_verdicts(folder, folder.parent / f"verdicts{suffix}")
    plan, _ = import_verdicts(folder, path, time=LATER)
    assert (plan.entries, plan.conflicts, plan.left_out) == ((), (), ())
    assert plan.unchanged == 3


def test_verdicts_go_to_another_run_by_their_place(
    folder: Path, write_simulated_run: Callable[[Path], RunResult], tmp_path: Path
) -> None:
    set_verdict(folder, A, "mine", time=NOON, reviewer="Kai")
    set_verdict(folder, C, "not_mine", reason="paddy", time=NOON, reviewer="Kai")
    path = export_verdicts(folder, tmp_path / "verdicts.geojson")
    other = write_simulated_run(tmp_path / "other").directory
    rename_sites(other, {A: "s-a", B: "s-b", C: "s-c"})
    import_verdicts(other, path, time=LATER)
    assert verdicts(other) == {"s-a": "mine", "s-b": None, "s-c": "not_mine"}
    assert {e.reviewer for e in read_verdicts(other).entries} == {"Kai"}


@pytest.mark.parametrize("name", ["notes.txt", "verdicts.gpkg"])
def test_a_file_that_is_none_of_verdicts_is_refused_with_the_mend(folder: Path, name: str) -> None:
    path = folder.parent / name
    path.write_text("dear reader")
    with pytest.raises(SettingsError, match=name) as caught:
        import_verdicts(folder, path, time=NOON)
    assert caught.value.hint


def test_an_export_over_edits_is_refused_until_they_are_imported_and_then_keeps_a_copy(
    folder: Path,
) -> None:
    export(folder, format="gpkg")
    path = folder / "export" / "minewatch.gpkg"
    edit(path, "sites", lambda t: t.__setitem__("verdict", "mine"))
    edited = path.read_bytes()
    with pytest.raises(OutputError, match=r"minewatch\.gpkg") as caught:
        export(folder, format="gpkg")
    assert f"minewatch review import {folder} {path}" in caught.value.hint
    import_verdicts(folder, path, time=NOON)
    export(folder, format="gpkg")
    assert set(gpd.read_file(path, layer="sites")["verdict"]) == {"mine"}
    (copy,) = path.parent.glob("minewatch.imported-*.gpkg")
    assert copy.read_bytes() == edited
    edit(path, "sites", lambda t: t.__setitem__("verdict", "unsure"))
    with pytest.raises(OutputError, match="was changed"):
        export(folder, format="gpkg")


def test_a_file_of_which_something_was_left_behind_is_still_not_replaced(folder: Path) -> None:
    path = export_verdicts(folder, folder / "export" / "verdicts.csv")
    path.write_text(f"site_id,verdict\n{A},perhaps\n")
    import_verdicts(folder, path, time=NOON)
    with pytest.raises(OutputError, match=r"verdicts\.csv"):
        export_verdicts(folder, path)


@pytest.mark.parametrize("name", ["verdicts.txt", "verdicts"])
def test_an_unknown_suffix_lists_the_known_ones(folder: Path, name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        export_verdicts(folder, folder.parent / name)
    assert ".gpkg" in caught.value.hint


def test_totals_say_whose_opinion_they_count(folder: Path) -> None:
    set_verdict(folder, A, "not_mine", reason="swidden", time=NOON)
    set_verdict(folder, C, "mine", time=NOON)
    result = open_result(folder)
    detected = area_timeline(result).iloc[-1]
    judged = area_timeline(result, counted="people").iloc[-1]
    assert (detected["sites_low"], detected["sites_high"]) == (2, 3)
    assert (judged["sites_low"], judged["sites_high"]) == (2, 2)
    assert detected["disturbed_area_m2_low"] == 7600 + 5000
    assert judged["disturbed_area_m2_low"] == 5000 + 200
    with pytest.raises(SettingsError, match="known: detector, people"):
        area_timeline(result, counted="nobody")  # type: ignore[arg-type]


def test_a_rejected_site_does_not_come_back_as_new(
    folder: Path, write_simulated_run: Callable[[Path], RunResult], tmp_path: Path
) -> None:
    later = write_simulated_run(tmp_path / "later").directory
    drop_site(folder, A)
    assert {d.site_id: d.change for d in diff(folder, later)}[A] == "appeared"
    set_verdict(later, A, "not_mine", reason="swidden", time=NOON)
    found = {d.site_id: d for d in diff(folder, later)}[A]
    assert found.change == "no_mine"
    assert "detected: appeared" in found.note


def test_a_mine_that_vanished_is_named_as_one(
    folder: Path, write_simulated_run: Callable[[Path], RunResult], tmp_path: Path
) -> None:
    later = write_simulated_run(tmp_path / "later").directory
    drop_site(later, B)
    set_verdict(folder, B, "mine", time=NOON)
    found = {d.site_id: d for d in diff(folder, later)}[B]
    assert found.change == "vanished"
    assert "people call it a mine" in found.note
