"""Labels in and out, and one reference out of several interpreters."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from minewatch.errors import SettingsError
from minewatch.samples import LabelEntry, append_labels, merge_labels, read_label_log, read_labels

PERIOD = "2022-11-01"


def entry(unit: str = "u0001", label: str = "pool", who: str = "a", **more: object) -> LabelEntry:
    return LabelEntry(unit=unit, period=PERIOD, interpreter=who, label=label, **more)  # type: ignore[arg-type]


def test_the_log_gives_back_what_was_appended(tmp_path: Path) -> None:
    first = entry(note="old bank", confidence="low", site_area_m2=900.0, begun="older")
    append_labels(tmp_path, [first])
    append_labels(tmp_path, [entry(label="pad", third=True)])
    assert read_label_log(tmp_path).entries == (first, entry(label="pad", third=True))


def test_a_line_that_was_cut_costs_no_other(tmp_path: Path) -> None:
    append_labels(tmp_path, [entry()])
    with (tmp_path / "labels.jsonl").open("ab") as log:
        log.write(b'{"unit":"u00')
    append_labels(tmp_path, [entry(unit="u0002")])
    read = read_label_log(tmp_path)
    assert [e.unit for e in read.entries] == ["u0001", "u0002"]
    assert "line 2 of labels.jsonl is not counted" in read.notes[0]


def test_labels_come_out_of_a_csv_and_rows_without_one_wait(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        "unit,period,interpreter,label,third,site_area_m2\n"
        f"u0001,{PERIOD},a,pool,,800\nu0002,{PERIOD},,,,\nu0003,{PERIOD},a,pond,,\n"
        f"u0004,{PERIOD},b,other,1,\n"
    )
    read = read_labels(path)
    assert read.entries == (
        entry(site_area_m2=800.0), entry("u0004", "other", "b", third=True)
    )  # fmt: skip
    assert "row 3" in read.notes[0]
    assert "'pond'" in read.notes[0]


def test_labels_come_out_of_a_geopackage_edited_in_qgis(tmp_path: Path) -> None:
    path = tmp_path / "labels.gpkg"
    table = {
        "unit": ["u0001", "u0002"], "period": [PERIOD] * 2, "interpreter": ["a", None],
        "label": ["pad", None], "third": [0, None],
    }  # fmt: skip
    where = [shapely.box(96, 12, 96.1, 12.1)] * 2
    gpd.GeoDataFrame(table, geometry=where, crs=4326).to_file(path, layer="labels")
    assert read_labels(path).entries == (entry(label="pad"),)


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(SettingsError, match="no columns unit, period and label"):
        read_labels(path)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"label": "pond"}, "pond"), ({"label": "pool=x"}, "counts no pixels"),
        ({"confidence": "sure"}, "sure"), ({"begun": "1999"}, "1999"),
        ({"site_area_m2": -1.0}, "-1"),
    ],
)  # fmt: skip
def test_what_is_no_label_is_refused_by_name(more: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        entry(**more)  # type: ignore[arg-type]


def test_a_later_label_of_the_same_interpreter_replaces_the_earlier() -> None:
    found = merge_labels([entry(), entry(label="pad")])
    assert [e.label for e in found.labels["u0001", PERIOD]] == ["pad"]
    assert found.disputed == ()


def test_two_who_differ_count_by_halves_until_a_third_look_decides() -> None:
    both = [entry(), entry(label="other", who="b")]
    found = merge_labels(both)
    assert [e.label for e in found.labels["u0001", PERIOD]] == ["pool", "other"]
    assert found.disputed == (("u0001", PERIOD),)
    assert found.pairs == {("a", "b"): (("u0001", "pool", "other"),)}
    decided = merge_labels([*both, entry(label="other", who="c", third=True)])
    assert [e.label for e in decided.labels["u0001", PERIOD]] == ["other"]
    assert (decided.disputed, decided.third) == ((), 1)


def test_a_third_look_of_one_of_the_two_is_no_look_of_its_own() -> None:
    def say(who: str, label: str, *, third: bool = False) -> LabelEntry:
        return LabelEntry(unit="u1", period="p", interpreter=who, label=label, third=third)

    two = [say("a", "pool"), say("b", "other")]
    key = ("u1", "p")
    assert len(merge_labels([*two, say("c", "pool", third=True)]).looks[key]) == 3
    assert len(merge_labels([*two, say("a", "pool", third=True)]).looks[key]) == 2


def test_one_interpreter_can_be_asked_alone() -> None:
    found = merge_labels([entry(), entry(label="other", who="b")], interpreter="b")
    assert found.interpreters == ("b",)
    assert found.disputed == ()
