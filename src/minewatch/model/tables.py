"""Column contracts: which columns a table has, what they mean, and a check at the stage door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from minewatch.errors import ContractError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

SCHEMA_VERSION = 2
"""Version of the columns of the output files; raised when one changes its name or meaning. Files
from before there was a version count as 0, and have the columns of 1. Up to 1 `pool_area_m2` was
the pools that showed in the period, without the water apart."""

Kind = Literal["text", "int", "float", "date", "list", "terms"]


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    kind: Kind
    """Kind of value; `date`: ISO day as text, `list`: list of texts, `terms`: name to number."""
    meaning: str
    """What it says about the ground, with its unit."""
    optional: bool = False
    """True when a row may have none (null)."""
    since: int = 0
    """Version of the schema that brought it: null in files of an earlier one."""


Contract = Mapping[str, Column]

ALERTS = ("candidate", "provisional", "confirmed", "rejected")
STATES = ("active", "idle", "abandoned_wet", "abandoned_dry", "revegetated", "not_observed")
FEATURE_KINDS = ("pad", "pool", "road")
_PERIOD: Contract = {
    "period_start": Column("date", "first day of the period"),
    "period_end": Column("date", "last day of the period, included"),
}
_ONSET: Contract = {
    "first_detected": Column("date", "first look that shows it"),
    "last_undisturbed": Column(
        "date", "last clear look before it; null when it was there from the start", optional=True
    ),
}
_AREAS: Contract = {
    "disturbed_area_m2": Column("float", "ground without its vegetation, m2"),
    "pad_area_m2": Column("float", "bare ground of pads and benches, m2"),
    "pool_area_m2": Column(
        "float",
        "lined pools as they are built, whatever stands in them (water, white sludge, nothing, a "
        "sheet), summed pixel fractions, m2; null where pixels are too large",
        optional=True,
    ),
    "pool_area_low_m2": Column(
        "float",
        "least pool area within its range, m2: the range comes from simulated worlds, where it "
        "holds the truth in four of five sites and periods",
        optional=True,
    ),
    "pool_area_high_m2": Column("float", "most pool area within its range, m2", optional=True),
    "pool_count_low": Column("int", "fewest pools that explain the pool area", optional=True),
    "pool_count_high": Column("int", "most pools that explain the pool area", optional=True),
}

_WATER: Contract = {
    name: Column("float", meaning, optional=True, since=2)
    for name, meaning in {
        "water_area_m2": "standing water in the pools, mean of the period, m2; null where pixels "
        "are too large",
        "water_area_low_m2": "least water area within its range, m2; as for pools",
        "water_area_high_m2": "most water area within its range, m2",
    }.items()
}

DETECTIONS: Contract = {
    **_PERIOD,
    **_ONSET,
    **_AREAS,
    "confidence": Column("float", "0..1 that this is a mine, from the evidence terms"),
    "terms": Column("terms", "named evidence terms, each 0..1"),
}
"""What `detect` finds in one period: one row per patch that may be (part of) a mine."""

FEATURES: Contract = {
    "kind": Column("text", "pad, pool or road"),
    **_ONSET,
    "last_seen": Column("date", "last look that shows it"),
    "area_m2": Column("float", "area, m2; for a pool summed fractions"),
}
"""Parts of mines through time, one row per part, without a site yet."""

CHANGES: Contract = {
    "kind": Column("text", "what it most likely is"),
    "reject_reason": Column("text", "why it is not called a mine, in words"),
    **_ONSET,
    "last_seen": Column("date", "last look that shows it"),
    "area_m2": Column("float", "area, m2"),
    "slope_deg": Column(
        "float", "mean slope, degrees; null without an elevation model", optional=True
    ),
    "aspect_deg": Column(
        "float",
        "where the slope falls to, degrees clockwise from north; null likewise",
        optional=True,
    ),
    "confidence": Column("float", "0..1 that this is a mine all the same"),
}
"""What changed but is not a mine: kept, labelled."""

TRACKS: Contract = {
    "site_id": Column("text", "stable identity of the site"),
    **_ONSET,
    "merged_from": Column("list", "ids of sites that grew into this one"),
    "split_from": Column("list", "ids of sites this one came out of"),
}
"""Sites linked through time: identity and union footprint."""

OBSERVATIONS: Contract = {
    "site_id": Column("text", "the site"),
    **_PERIOD,
    **_AREAS,
    **_WATER,
    "clear_looks": Column("int", "median number of clear looks over the footprint"),
    "observed_fraction": Column("float", "0..1 of the footprint seen clear in the period"),
    "vegetated_fraction": Column(
        "float", "0..1 of what was seen that is green; null when nothing was seen", optional=True
    ),
    "water_green": Column(
        "float",
        "green reflectance of the water in its pools, 0..1: milky when worked, dark when left; "
        "null when there is none or its colour is unknown",
        optional=True,
    ),
}
"""What was measured over each site's footprint in each period, seen or not."""

INVENTORY: Contract = {
    "aoi": Column("text", "id of the area of interest"),
    "site_id": Column("text", "stable identity of the site"),
    **_PERIOD,
    "alert": Column("text", "candidate, provisional, confirmed or rejected"),
    "state": Column(
        "text", "active, idle, abandoned_wet, abandoned_dry, revegetated or not_observed"
    ),
    **{name: Column(c.kind, c.meaning, optional=True) for name, c in _AREAS.items()},
    **_WATER,
    "new_area_m2": Column(
        "float", "disturbed ground added since the period before, m2", optional=True
    ),
    "confidence": Column("float", "0..1 that this is a mine"),
    "clear_looks": Column("int", "median number of clear looks over the site in the period"),
    "observed_fraction": Column("float", "0..1 of the site seen clear in the period"),
    **_ONSET,
    "last_activity": Column("date", "last look with new or working ground", optional=True),
    "controlling_group": Column("text", "who held the ground then, with the source", optional=True),
    "evidence": Column("list", "ids of the scenes before and after the start"),
    "merged_from": Column("list", "ids of sites that grew into this one"),
    "split_from": Column("list", "ids of sites this one came out of"),
    "alert_then": Column("text", "alert as it was at the end of the period"),
    "water_last_seen": Column("date", "last look so far with standing water", optional=True),
}
"""`inventory.geojson`: one row per site per period."""

SITES: Contract = {
    "aoi": Column("text", "id of the area of interest"),
    "site_id": Column("text", "stable identity of the site"),
    **_ONSET,
    "alert": Column("text", "latest rung of the alert ladder"),
    "state": Column("text", "latest state"),
    "confidence": Column("float", "latest confidence, 0..1"),
    "last_activity": Column("date", "last look with new or working ground", optional=True),
    "max_disturbed_area_m2": Column("float", "largest disturbed area of any period, m2"),
    "max_pool_area_m2": Column(
        "float",
        "largest pool area of any period, m2; null where pixels are too large",
        optional=True,
    ),
    "merged_from": Column("list", "ids of sites that grew into this one"),
    "split_from": Column("list", "ids of sites this one came out of"),
    "water_last_seen": Column("date", "last look with standing water", optional=True),
}
"""`sites.geojson`; the history follows as columns `<period>_state`, `<period>_pool_area_m2`, …"""

FUSED_SITES: Contract = {
    "aoi": Column("text", "id of the area of interest"),
    "site_id": Column("text", "id in the first run that has the site"),
    "alert": Column("text", "candidate, provisional, confirmed or rejected, from all runs"),
    "alert_reason": Column("text", "what raised or lowered it; empty: the highest of the runs"),
    "agreement": Column(
        "text",
        "agreed: independent sensors found it about the same time; disputed: a run speaks against "
        "it, or against its date; alone: neither",
    ),
    **_ONSET,
    "first_detected_by": Column("text", "run that first_detected is from"),
    "last_undisturbed_by": Column("text", "run that last_undisturbed is from", optional=True),
    "found_by": Column("list", "runs that have a site there and did not take it back"),
    "against": Column("list", "runs that speak against it, or against its date"),
    "unseen_by": Column("list", "runs that did not see the ground while the site was open"),
}
"""`fused_sites.geojson`: one row a site of any run; then `SIGHTINGS` of each run by its name."""

SIGHTINGS: Contract = {
    "verdict": Column("text", "what the run says of the site"),
    "site_ids": Column("list", "its sites there"),
    "alert": Column("text", "highest alert of these", optional=True),
    "confidence": Column(
        "float", "highest confidence of these, on the scale of its own detector", optional=True
    ),
    "first_detected": Column("date", "first look of it that shows one of these", optional=True),
    "last_undisturbed": Column("date", "last clear look of it before that", optional=True),
    "change": Column("text", "what it calls the change there, where it has no site", optional=True),
}
"""What one run says of a site; in `fused_sites.geojson` as `<run>_verdict`, `<run>_alert`, …"""


def check_columns(
    table: pd.DataFrame, contract: Contract, *, name: str, epsg: int | None = None
) -> None:
    """Raise when a table lacks a column, holds a null where none may be, or has another CRS.

    Parameters
    ----------
    table
        Any table; extra columns are allowed.
    contract
        What it must have.
    name
        What to call it in the error.
    epsg
        CRS it must have, when it has geometry.

    Raises
    ------
    ContractError
        Names the table and the column.
    """
    missing = [c for c in contract if c not in table.columns]
    if missing:
        raise ContractError(f"{name}: column {missing[0]!r} is missing", hint=f"needs {missing}")
    for column, rule in contract.items():
        if not rule.optional and table[column].isna().any():
            row = int(table[column].isna().to_numpy().argmax())
            raise ContractError(f"{name}: {column!r} is null in row {row}, and may not be")
    if epsg is not None:
        crs = getattr(table, "crs", None)
        found = crs.to_epsg() if crs else None
        if found != epsg:
            raise ContractError(f"{name}: CRS is {found}, not EPSG:{epsg}")


def empty_table(contract: Contract, *, epsg: int) -> gpd.GeoDataFrame:
    """A table of no rows that keeps the contract."""
    import geopandas as gpd
    import pandas as pd

    columns = {name: pd.Series(dtype=_DTYPES[c.kind]) for name, c in contract.items()}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=epsg), crs=epsg)


def typed_table(rows: Sequence[Mapping[str, Any]], contract: Contract) -> pd.DataFrame:
    """A table without outlines, each column of the contract in the dtype of its kind.

    Parameters
    ----------
    rows
        Plain values, the same columns in each; None where something is missing.
    contract
        Columns that are there without rows too.

    Returns
    -------
    DataFrame
        Days are ISO text, lists are lists, optional whole numbers are `Int64` with NA, other
        missing values None or NaN.
    """
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {}
    for name in dict.fromkeys([*contract, *(rows[0] if rows else ())]):
        values = [row[name] for row in rows]
        rule = contract.get(name)
        if rule is None:
            columns[name] = pd.Series(values, dtype=object).infer_objects()
        else:
            has_gaps = rule.kind == "int" and rule.optional
            columns[name] = pd.Series(values, dtype="Int64" if has_gaps else _DTYPES[rule.kind])
    return pd.DataFrame(columns)


_DTYPES: dict[Kind, str] = {
    "text": "object", "int": "int64", "float": "float64", "date": "object", "list": "object",
    "terms": "object",
}  # fmt: skip
