"""Layers of made-up sites, as many and as odd as wanted. Nothing in them is a real place."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from minewatch.exporters import LAYERS
from minewatch.model import AREA, STATES, Column, Contract, LayerSet, NamedLayer

ODD_TEXTS = (
    "ချီဖွေ", "稀土矿 ⛏", "Zürich ‘quoted’ \"twice\"", "<script>alert('x')</script> & $[name]",
    "two\nlines; comma, tab", "' OR 1=1 --", "", "null",
)  # fmt: skip
PERIODS = (("2021-11-01", "2022-04-30"), ("2022-11-01", "2023-04-30"))
WEST, SOUTH, STEP = 96.7, 24.0, 0.004


def many_layers(sites: int, *, odd: bool = False) -> LayerSet:
    """A run of so many sites in two periods.

    Parameters
    ----------
    sites
        How many.
    odd
        With texts that break careless writers, nulls wherever they may be, outlines of several
        parts and with holes, and columns beyond the contracts.
    """
    outlines = _outlines(sites, odd=odd)
    ids = [f"s{number:06d}" for number in range(sites)]
    inventory = _table("inventory", len(PERIODS) * sites, odd=odd)
    inventory["site_id"] = np.repeat(ids, len(PERIODS))
    for column, at in (("period_start", 0), ("period_end", 1)):
        inventory[column] = [period[at] for period in PERIODS] * sites
    inventory["state"] = [STATES[n % len(STATES)] for n in range(len(inventory))]
    inventory["alert"] = ["confirmed", "rejected"] * sites
    table = _table("sites", sites, odd=odd)
    table["site_id"], table["alert"] = ids, "provisional"
    table["2021_22_dry_season_state"] = ["active" if n % 2 else None for n in range(sites)]
    features = _table("features", sites, odd=odd)
    features["site_id"], features["kind"] = ids, "pool"
    changes = _table("changes", sites, odd=odd)
    changes["kind"] = "swidden"
    tables = {
        "inventory": (inventory, np.repeat(outlines, len(PERIODS))),
        "sites": (table, outlines),
        "features": (features, outlines),
        "changes": (changes, outlines),
    }
    layers = {
        name: NamedLayer(
            name=name, title=LAYERS[name].title, contract=LAYERS[name].contract,
            table=gpd.GeoDataFrame(rows, geometry=list(shapes), crs=4326),
        )
        for name, (rows, shapes) in tables.items()
    }  # fmt: skip
    box = shapely.box(WEST - 0.1, SOUTH - 0.1, WEST + 0.5, SOUTH + 0.5)
    row = {"id": ["simulated-many"], "name": [ODD_TEXTS[0] if odd else "Simulated many"]}
    area = gpd.GeoDataFrame(row, geometry=[box], crs=4326)
    return LayerSet(
        layers=layers,
        area=NamedLayer(name="aoi", title="Area of interest", contract=AREA, table=area),
        name=row["name"][0],
        simulated=True,
        attribution="made for the tests",
        last_day=date(2023, 4, 30),
        source="",
        run="simulated-many",
    )


def _table(name: str, count: int, *, odd: bool) -> pd.DataFrame:
    contract: Contract = LAYERS[name].contract
    columns = {
        column: [_value(rule, column, row, odd=odd) for row in range(count)]
        for column, rule in contract.items()
    }
    table = pd.DataFrame(columns)
    if odd:
        table["beyond"] = [ODD_TEXTS[n % len(ODD_TEXTS)] for n in range(count)]
        table["measured"] = [n / 3 if n % 2 else None for n in range(count)]
    return table


def _value(rule: Column, column: str, row: int, *, odd: bool) -> object:
    if odd and rule.optional and row % 2 == 0:
        return None
    seed = row + len(column)
    if rule.kind == "date":
        return f"20{10 + seed % 14}-0{1 + seed % 9}-1{seed % 9}"
    if rule.kind == "int":
        return seed % 40
    if rule.kind == "float":
        return seed % 8 / 8 if column == "confidence" else seed / 8
    if rule.kind == "list":
        return [ODD_TEXTS[seed % len(ODD_TEXTS)], "SIM_1"][: seed % 3] if odd else ["SIM_1"]
    return ODD_TEXTS[seed % len(ODD_TEXTS)] if odd else f"simulated {column}"


def _outlines(count: int, *, odd: bool) -> np.ndarray:
    wide = max(int(np.sqrt(count)), 1)
    at = np.arange(count)
    west, south = WEST + STEP * (at % wide), SOUTH + STEP * (at // wide)
    boxes = shapely.box(west, south, west + STEP / 2, south + STEP / 2)
    if odd:
        holes = shapely.box(west + STEP / 8, south + STEP / 8, west + STEP / 4, south + STEP / 4)
        more = shapely.box(west + STEP * 0.6, south, west + STEP * 0.7, south + STEP / 8)
        boxes[::3] = shapely.union(shapely.difference(boxes, holes), more)[::3]
    return shapely.set_precision(boxes, 1e-7)
