"""What became of each site between two runs, or between two periods of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from minewatch.errors import SettingsError, unknown_name
from minewatch.model import INVENTORY, RunResult, typed_table
from minewatch.sites import StateRules
from minewatch.store.output_folder import open_result

if TYPE_CHECKING:
    import geopandas as gpd

KINDS: Final[Mapping[str, str]] = {
    "appeared": "not there before, where the ground was seen or the site began later",
    "grew": "more disturbed ground or more pools, by the thresholds of a growing site",
    "resumed": "quiet before, active now",
    "went_quiet": "active before, idle or abandoned now",
    "shrank": "less disturbed ground, by the threshold of a fading site",
    "vanished": "seen, and no longer a site: green again, rejected, or nothing found there",
    "merged": "goes on as part of another site",
    "unchanged": "none of these",
    "not_observed": "not seen in one of the two: nothing can be said",
}
"""Every kind of change, to what it means. A site that was not seen has not vanished."""
QUIET: Final = ("idle", "abandoned_wet", "abandoned_dry")
UNSEEN: Final = "not_observed"
_RULES = StateRules()
"""Thresholds of growth, fading and of what counts as seen: those of the states."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What became of one site."""

    site_id: str
    """Its id; the later one when both runs know it by different ids."""
    change: str
    """One of `KINDS`."""
    note: str
    """What else is to know, in words; may be empty."""
    before: Mapping[str, Any] | None
    """`state`, `alert`, `disturbed_area_m2`, `pool_area_m2` before; None when it was not known."""
    after: Mapping[str, Any] | None
    """The same after."""


def diff(
    before: str | Path,
    after: str | Path | None = None,
    *,
    from_period: str | None = None,
    to_period: str | None = None,
) -> list[Difference]:
    """What appeared, grew, went quiet or vanished between two runs, or two periods of one run.

    Parameters
    ----------
    before
        Folder of a finished run.
    after
        Folder of a later run over the same area; None compares periods of `before`.
    from_period, to_period
        Label or first day of a period; None takes the last of each run. Needed for one run.

    Returns
    -------
    list of Difference
        One a site that is not rejected on both sides, sorted by kind and id.

    Raises
    ------
    SettingsError
        When the areas differ, or there is no such period.
    """
    if after is None and (from_period is None or to_period is None):
        raise SettingsError(
            "one run alone has no difference", hint="give a second run, or --from and --to"
        )
    one = open_result(before)
    two = one if after is None else open_result(after)
    return compare_runs(one, two, from_period=from_period, to_period=to_period)


def compare_runs(
    one: RunResult,
    two: RunResult,
    *,
    from_period: str | None = None,
    to_period: str | None = None,
) -> list[Difference]:
    """As `diff`, of runs that are open."""
    areas = [run.manifest["aoi"] for run in (one, two)]
    if areas[0]["sha256"] != areas[1]["sha256"]:
        first, second = (area["id"] for area in areas)
        raise SettingsError(
            f"{one.directory} watches {first}, {two.directory} another area, {second}",
            hint="compare runs over one area",
        )
    old, new = _Side.of(one, from_period), _Side.of(two, to_period)
    names = _same_sites(old, new)
    found = [_compare_site(old, new, names.get(i, i), i) for i in new.rows.index]
    gone = [i for i in old.rows.index if i not in new.rows.index and i not in names.values()]
    found += [_compare_site(old, new, i, None) for i in gone]
    order = {kind: place for place, kind in enumerate(KINDS)}
    shown = [d for d in found if not _rejected_throughout(d)]
    return sorted(shown, key=lambda d: (order[d.change], d.site_id))


@dataclass(frozen=True, kw_only=True)
class _Side:
    """One period of one run."""

    result: RunResult
    step: int
    start: str
    rows: pd.DataFrame

    @classmethod
    def of(cls, result: RunResult, wanted: str | None) -> _Side:
        periods = result.manifest["periods"]
        step = len(periods) - 1 if wanted is None else _find_period(periods, wanted)
        start = periods[step]["start"]
        rows = [row for row in result.read_rows("inventory") if row["period_start"] == start]
        table = typed_table(rows, INVENTORY).set_index("site_id")
        return cls(result=result, step=step, start=start, rows=table)

    @property
    def outlines(self) -> gpd.GeoSeries:
        """Outlines by site, WGS 84: brings geopandas, and most differences need none."""
        inventory = self.result.inventory
        return inventory[inventory["period_start"] == self.start].set_index("site_id").geometry

    def row(self, site_id: str | None) -> dict[str, Any] | None:
        if site_id is None or site_id not in self.rows.index:
            return None
        row = self.rows.loc[site_id]
        names = ("state", "alert", "disturbed_area_m2", "pool_area_m2")
        return {n: None if pd.isna(row[n]) else row[n] for n in names}

    def saw(self, outline: Any) -> bool:
        """Whether most of a piece of ground (WGS 84) was seen in the period."""
        from minewatch.analysis.seen_ground import seen_fraction

        return seen_fraction(self.result, outline, self.step) >= _RULES.min_observed_fraction


def _find_period(periods: list[Mapping[str, Any]], wanted: str) -> int:
    named = [step for step, p in enumerate(periods) if wanted in (p["label"], p["start"])]
    begins = [step for step, p in enumerate(periods) if p["label"].startswith(wanted)]
    for found in (named, begins):
        if len(found) == 1:
            return found[0]
    raise SettingsError(
        unknown_name("period", wanted, [p["label"] for p in periods]),
        hint="give a label, its beginning, or the first day of a period",
    )


def _same_sites(old: _Side, new: _Side) -> dict[str, str]:
    """Sites that overlap but bear other ids, later id to earlier: one to one, largest first."""
    fresh = new.rows.index[~new.rows.index.isin(old.rows.index)]
    gone = old.rows.index[~old.rows.index.isin(new.rows.index)]
    if fresh.empty or gone.empty:
        return {}
    epsg = new.result.aoi.utm_epsg
    later, earlier = new.outlines[fresh].to_crs(epsg), old.outlines[gone].to_crs(epsg)
    left, right = later.sindex.query(earlier, predicate="intersects")[::-1]
    pairs = pd.DataFrame({"new": fresh[left], "old": gone[right]})
    shared = later.iloc[left].intersection(earlier.iloc[right], align=False)
    pairs["shared"] = shared.area.to_numpy()
    pairs = pairs.sort_values(["shared", "new", "old"], ascending=[False, True, True])
    names: dict[str, str] = {}
    for pair in pairs.itertuples():
        if pair.new not in names and pair.old not in names.values():
            names[str(pair.new)] = str(pair.old)
    return names


def _compare_site(old: _Side, new: _Side, old_id: str, new_id: str | None) -> Difference:
    before, after = old.row(old_id), new.row(new_id)
    change, note = _judge(old, new, before, after, old_id, new_id)
    if new_id is not None and before is not None and new_id != old_id:
        note = "; ".join(filter(None, [f"bore the id {old_id} before", note]))
    if bool(old.result.why_no_pools) != bool(new.result.why_no_pools) and before and after:
        note = "; ".join(filter(None, [note, "its pools cannot be compared"]))
    return Difference(
        site_id=new_id or old_id, change=change, note=note, before=before, after=after
    )


def _judge(
    old: _Side,
    new: _Side,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    old_id: str,
    new_id: str | None,
) -> tuple[str, str]:
    """Kind of change, and a note."""
    if after is None:
        heirs = [i for i, ids in new.rows["merged_from"].items() if old_id in ids]
        if heirs:
            return "merged", f"into {heirs[0]}"
        if new.saw(old.outlines[old_id]):
            return "vanished", "nothing is found there now"
        return UNSEEN, "its ground was not seen"
    if after["alert"] == "rejected":
        is_known = before is not None and before["alert"] != "rejected"
        return ("vanished", "rejected now") if is_known else ("unchanged", "rejected")
    if after["state"] == UNSEEN:
        return UNSEEN, "its ground was not seen"
    if before is None or before["alert"] == "rejected":
        return _judge_newcomer(old, new, new_id)
    if before["state"] == UNSEEN:
        return UNSEEN, "its ground was not seen before"
    return _compare(before, after)


def _judge_newcomer(old: _Side, new: _Side, new_id: str | None) -> tuple[str, str]:
    """A site that was not in the inventory before: new, or only unseen until now."""
    row = new.rows.loc[new_id]
    began_later = row["first_detected"] > old.result.manifest["periods"][old.step]["end"]
    proven = row["last_undisturbed"] is not None and began_later
    if proven or old.saw(new.outlines[new_id]):
        return "appeared", f"first seen {row['first_detected']}"
    return UNSEEN, "its ground was not seen before"


def _compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, str]:
    if after["state"] == "revegetated":
        is_news = before["state"] != "revegetated"
        return ("vanished", "green again") if is_news else ("unchanged", "green")
    if before["state"] == "active" and after["state"] in QUIET:
        return "went_quiet", after["state"].replace("_", " ")
    if before["state"] != "active" and after["state"] == "active":
        return "resumed", ""
    ground = _area(before, "disturbed_area_m2"), _area(after, "disturbed_area_m2")
    pools = _area(before, "pool_area_m2"), _area(after, "pool_area_m2")
    if _more(*ground, _RULES.grown_m2, _RULES.grown_share):
        return "grew", ""
    is_known = before["pool_area_m2"] is not None and after["pool_area_m2"] is not None
    if is_known and _more(*pools, _RULES.pool_grown_m2, _RULES.pool_grown_share):
        return "grew", "its pools"
    if ground[1] <= _RULES.faded * ground[0] and ground[0] > 0:
        return "shrank", ""
    return "unchanged", ""


def _area(side: Mapping[str, Any], name: str) -> float:
    return float(side[name] or 0)


def _more(before: float, after: float, least_m2: float, least_share: float) -> bool:
    return after - before >= least_m2 and after >= (1 + least_share) * before


def _rejected_throughout(difference: Difference) -> bool:
    sides = [s for s in (difference.before, difference.after) if s is not None]
    return all(side["alert"] == "rejected" for side in sides)
