"""Tables for spreadsheets hold text and numbers, and no formulas."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from minewatch.exporters import EXPORTERS
from minewatch.model import RunResult


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_is_a_formula_to_a_spreadsheet_is_written_as_text(
    simulated_run: RunResult, tmp_path: Path, sign: str
) -> None:
    formula = f'{sign}HYPERLINK("https://h","see")'

    def read_table(name: str):
        table = simulated_run.read_table(name).copy()
        if name == "inventory":
            table["controlling_group"] = formula
            table["new_area_m2"] = -1.5
        return table

    EXPORTERS["csv"](replace(simulated_run, read_table=read_table), tmp_path)
    with (tmp_path / "inventory.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["controlling_group"] for row in rows} == {f"'{formula}"}
    assert {float(row["new_area_m2"]) for row in rows} == {-1.5}
    assert rows[0]["aoi"] == "simulated-valley"
