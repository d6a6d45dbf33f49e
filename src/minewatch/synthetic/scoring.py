"""How an inventory agrees with the truth of a simulated world: the rule of DESIGN section 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from minewatch.errors import ContractError
from minewatch.synthetic.recall_tables import (
    ADDED,
    BEGUN,
    POOL_CLASSES,
    SIZE_CLASSES_HA,
    recall_by_class,
    recall_by_group,
    share,
    with_what_sites_are,
)
from minewatch.synthetic.truth import Truth

GROWTH_M = 50.0
"""Footprints are grown by this before they are overlapped [DESIGN 5]."""
COUNTS_AFTER_DAYS = 60
"""A true site counts from this long after its start [DESIGN 5]."""
ABANDONED_AFTER_DAYS = 365
"""The state is judged from a year after work stopped [DESIGN 5]."""
ISOLATED_M = 400.0
"""A found site is isolated when the next one is further away: the median distance between mines
[DOMAIN 2]."""
_UNSCORED_ALERTS = ("candidate", "rejected")


@dataclass(frozen=True, kw_only=True)
class Score:
    """The verdict. A share is NaN when there was nothing to judge."""

    seasons: pd.DataFrame
    """Per dry season: `true_sites`, `hits`, `misses`, `false`, `duplicates`, `precision`,
    `recall`, `f1`; index `period_end`."""
    precision: float
    """Hits among hits and false sites, all seasons."""
    recall: float
    """Hits among true sites, all seasons."""
    f1: float
    """Harmonic mean of the two."""
    recall_by_size: pd.DataFrame
    """`true_sites`, `hits`, `recall` by disturbed area, hectares."""
    recall_by_pools: pd.DataFrame
    """`true_sites`, `hits`, `recall` by number of pools."""
    recall_by_begin: pd.DataFrame
    """The same of sites `older` than the archive and of those begun `within`; `open_sites`,
    `open_hits` and `open_recall` leave out seasons in which less than 0.1 ha was still open."""
    recall_by_state: pd.DataFrame
    """The same by the true state of each season, `older` and `within` apart."""
    recall_by_surroundings: pd.DataFrame
    """The same by what the sites lie at; empty where the truth does not say."""
    precision_isolated: float
    """Hits among found sites without another found site within `ISOLATED_M` in that season."""
    found_isolated: int
    """How many found sites that is of."""
    false_per_km2_season: float
    """False sites per km2 and season."""
    false_by_confuser: pd.DataFrame
    """`false` and `per_km2_season` by the kind of confuser they lie on; `none`: on nothing."""
    area_ratio: float
    """Summed disturbed area of the hits over the true one."""
    pool_area_ratio: float
    """Summed pool area of the hits over the true one."""
    pool_count_share: float
    """Share of hits with pools whose count range holds the true count."""
    water_area_ratio: float
    """Summed standing water of the hits over the true one, mean of the season; NaN where the truth
    or the inventory does not say."""
    window_share: float
    """Share of found sites begun in the archive whose window holds the true start."""
    lag_days: float
    """Median days from the true start to `first_detected`, same sites."""
    lag_usable_days: float
    """The same in days of usable overpasses: clear overpasses in between times the revisit."""
    abandoned_share: float
    """Share of hits a year or more after work stopped whose abandoned state is right."""
    matches: pd.DataFrame
    """Every true site that counted in a season with its match: `site_id` (found; None: missed)."""

    def __str__(self) -> str:
        summary = [
            f"F1 {self.f1:.3f}  precision {self.precision:.3f}  recall {self.recall:.3f}"
            f"  false/km2/season {self.false_per_km2_season:.4f}  (simulated)",
            f"recall older {self.recall_of('older'):.3f}  begun within"
            f" {self.recall_of('within'):.3f}  precision of {self.found_isolated} isolated sites"
            f" {self.precision_isolated:.3f}",
            f"area ratio {self.area_ratio:.2f}  pool area ratio {self.pool_area_ratio:.2f}"
            f"  pool count in range {self.pool_count_share:.2f}",
            f"window holds start {self.window_share:.2f}  lag {self.lag_days:.0f} d"
            f" ({self.lag_usable_days:.0f} d of usable overpasses)"
            f"  abandoned state right {self.abandoned_share:.2f}",
        ]
        tables = (
            self.seasons, self.recall_by_begin, self.recall_by_state, self.recall_by_surroundings,
            self.recall_by_size, self.recall_by_pools, self.false_by_confuser,
        )  # fmt: skip
        return "\n".join([*summary, *(t.round(3).to_string() for t in tables if len(t))])

    def recall_of(self, begun: str, *, is_open: bool = False) -> float:
        """Recall of sites that are `older` than the archive or begun `within` it.

        Parameters
        ----------
        begun
            `older` or `within`.
        is_open
            Only seasons in which 0.1 ha of the site were not yet overgrown.
        """
        return float(self.recall_by_begin["open_recall" if is_open else "recall"].loc[begun])


def score_inventory(
    inventory: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, truth: Truth,
    *, periods: Sequence[str] | None = None,
) -> Score:  # fmt: skip
    """Score an inventory against the truth.

    Per dry season, rows whose alert is not `candidate` or `rejected` and whose state is not
    `not_observed` are matched one to one with true sites by overlap of footprints grown by 50 m.
    A true site counts from 60 days after its start and 0.1 ha of disturbed ground, and goes on
    counting after it is abandoned. A further detection that touches a true site (also one too
    young or small to count) is a duplicate, neither hit nor false.

    Parameters
    ----------
    inventory
        `inventory.geojson` by dry season: contract `INVENTORY`.
    sites
        `sites.geojson`: dates are taken from here.
    truth
        Of the world the inventory was made from.
    periods
        `period_end` of the seasons to score; None: all of the truth.

    Raises
    ------
    ContractError
        When the inventory's periods are none of the truth's dry seasons.
    """
    strange = sorted(set(inventory["period_end"]) - set(truth.periods))
    if strange:
        raise ContractError(
            f"the inventory has a period that ends {strange[0]}, the truth has none",
            hint="score a run made with --period dry-season over the archive's own dates"
            " and seasons",
        )
    seasons = list(periods or truth.periods)
    found = inventory.to_crs(truth.sites.crs).reset_index(drop=True)
    is_scored = ~found["alert"].isin(_UNSCORED_ALERTS) & (found["state"] != "not_observed")
    found = found[is_scored]
    results = [_match_season(found[found["period_end"] == end], end, truth) for end in seasons]
    counted = pd.concat([r.counted for r in results]) if results else pd.DataFrame()
    false = pd.concat([r.false for r in results]) if results else pd.DataFrame(columns=["kind"])
    return _summarise(seasons, results, counted, false, found, sites, truth)


@dataclass(frozen=True)
class _Season:
    counted: pd.DataFrame
    """True sites that count, with the row of their match in `row` (-1: missed)."""
    false: pd.DataFrame
    """`period_end` and confuser `kind` of each false site."""
    duplicates: int
    isolated_hits: int
    """Matched sites without another scored site near them."""
    isolated_false: int
    """False sites without another scored site near them."""


def counts_from(site: pd.Series) -> str | None:
    """ISO day from which a true site counts; None: it never gets large enough."""
    if pd.isna(site["disturbed_0_1_ha"]):
        return None
    later = pd.Timestamp(site["start"]) + pd.Timedelta(days=COUNTS_AFTER_DAYS)
    return max(str(later.date()), str(site["disturbed_0_1_ha"]))


def _match_season(found: gpd.GeoDataFrame, end: str, truth: Truth) -> _Season:
    last = min(end, truth.end)
    since = [counts_from(row) for _, row in truth.sites.iterrows()]
    is_counting = np.array([s is not None and s <= last for s in since], dtype=bool)
    counting = truth.sites[is_counting]
    overlap = _overlap(counting, found)
    pairs = [(i, j) for i, j in zip(*linear_sum_assignment(-overlap), strict=True) if overlap[i, j]]
    rows = dict(pairs)
    season = truth.seasons[truth.seasons["period_end"] == end].set_index("site_id")
    counted = season.loc[counting["id"]].reset_index()
    counted["row"] = [found.index[rows[i]] if i in rows else -1 for i in range(len(counting))]
    spare = found.drop(index=[found.index[j] for j in rows.values()])
    touches = _overlap(truth.sites, spare).any(axis=0)
    alone = _is_isolated(found)
    false = pd.DataFrame(
        {
            "period_end": end,
            "kind": [_lies_on(g, truth.confusers) for g in spare.geometry[~touches]],
        }
    )
    return _Season(
        counted=counted, false=false, duplicates=int(touches.sum()),
        isolated_hits=int(alone.loc[[found.index[j] for j in rows.values()]].sum()),
        isolated_false=int(alone.loc[spare.index[~touches]].sum()),
    )  # fmt: skip


def _is_isolated(found: gpd.GeoDataFrame) -> pd.Series:
    """Whether no other found site of the season lies within `ISOLATED_M`."""
    near = [int((found.geometry.distance(g) <= ISOLATED_M).sum()) for g in found.geometry]
    return pd.Series(near, index=found.index, dtype=int) <= 1


def _overlap(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> np.ndarray:
    """Overlap of the grown footprints, m2, dims (a, b)."""
    grown_a, grown_b = a.geometry.buffer(GROWTH_M), b.geometry.buffer(GROWTH_M)
    return np.array([grown_b.intersection(g).area for g in grown_a]).reshape(len(a), len(b))


def _lies_on(shape: object, confusers: gpd.GeoDataFrame) -> str:
    """Kind of the confuser under a footprint, else of one within 50 m, else `none`."""
    outline = gpd.GeoSeries([shape], crs=confusers.crs)
    for tried in (outline.iloc[0], outline.buffer(GROWTH_M).iloc[0]):
        shared = confusers.geometry.intersection(tried).area
        if len(shared) and shared.max() > 0:
            return str(confusers["kind"].iloc[int(shared.to_numpy().argmax())])
    return "none"


def _summarise(
    seasons: list[str], results: list[_Season], counted: pd.DataFrame, false: pd.DataFrame,
    found: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, truth: Truth,
) -> Score:  # fmt: skip
    table = pd.DataFrame(
        [_season_row(r) for r in results], index=pd.Index(seasons, name="period_end")
    )
    hits = counted[counted["row"] >= 0] if len(counted) else counted
    found_rows = found.loc[hits["row"]] if len(hits) else found.iloc[:0]
    total = len(hits), len(false), len(counted)
    precision, recall = share(total[0], total[0] + total[1]), share(total[0], total[2])
    counted = with_what_sites_are(counted, truth)
    alone = sum(r.isolated_hits for r in results), sum(r.isolated_false for r in results)
    exposure = truth.area_km2 * max(len(seasons), 1)
    dates = _dates(hits, found_rows, sites, truth)
    by_kind = false["kind"].value_counts().rename("false").to_frame().sort_index()
    by_kind["per_km2_season"] = by_kind["false"] / exposure
    matches = counted.drop(columns=["row", *ADDED]) if len(counted) else pd.DataFrame()
    if len(counted):
        matches["found_id"] = [found["site_id"].get(r) for r in counted["row"]]
    return Score(
        seasons=table, precision=precision, recall=recall,
        f1=share(2 * total[0], 2 * total[0] + total[1] + total[2] - total[0]),
        recall_by_size=recall_by_class(counted, "disturbed_area_m2", SIZE_CLASSES_HA, 1e4, "ha"),
        recall_by_pools=recall_by_class(counted, "pool_count", POOL_CLASSES, 1, "pools"),
        recall_by_begin=recall_by_group(counted, "begun", BEGUN),
        recall_by_state=recall_by_group(counted, "begun_state"),
        recall_by_surroundings=recall_by_group(counted, "surroundings"),
        precision_isolated=share(alone[0], sum(alone)), found_isolated=sum(alone),
        water_area_ratio=_ratio(found_rows, hits, "water_area_m2"),
        false_per_km2_season=len(false) / exposure, false_by_confuser=by_kind,
        area_ratio=_ratio(found_rows, hits, "disturbed_area_m2"),
        pool_area_ratio=_ratio(found_rows, hits, "pool_area_m2"),
        pool_count_share=_pool_count_share(found_rows, hits),
        window_share=_mean(dates["holds"]), lag_days=_median(dates["lag"]),
        lag_usable_days=_median(dates["usable"]),
        abandoned_share=_abandoned_share(found_rows, hits, truth), matches=matches,
    )  # fmt: skip


def _season_row(result: _Season) -> dict[str, float]:
    true, hits = len(result.counted), int((result.counted["row"] >= 0).sum())
    false = len(result.false)
    return {
        "true_sites": true, "hits": hits, "misses": true - hits, "false": false,
        "duplicates": result.duplicates, "precision": share(hits, hits + false),
        "recall": share(hits, true), "f1": share(2 * hits, hits + false + true),
    }  # fmt: skip


def _dates(
    hits: pd.DataFrame, found_rows: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, truth: Truth
) -> pd.DataFrame:
    """Window and lag of each found site that began in the archive, by its first match."""
    columns = ["holds", "lag", "usable"]
    if not len(hits):
        return pd.DataFrame(columns=columns, dtype=float)
    pairs = pd.DataFrame(
        {"true": hits["site_id"].to_numpy(), "found": found_rows["site_id"].to_numpy()}
    )
    found_sites = sites.set_index("site_id")
    starts = truth.sites.set_index("id")["start"]
    rows = []
    for pair in pairs.drop_duplicates("true").itertuples():
        start, row = starts[pair.true], found_sites.loc[pair.found]
        if start < truth.start:
            continue
        first, before = row["first_detected"], row["last_undisturbed"]
        holds = pd.notna(before) and before <= start <= first
        lag = (pd.Timestamp(first) - pd.Timestamp(start)).days
        overpasses = truth.clear_days[truth.clear_days["site_id"] == pair.true]["date"]
        between = (
            overpasses[(overpasses >= start) & (overpasses < first)].nunique()
            if len(overpasses)
            else np.nan
        )
        rows.append((float(holds), float(lag), between * truth.revisit_days))
    return pd.DataFrame(rows, columns=columns, dtype=float)


def _abandoned_share(found_rows: gpd.GeoDataFrame, hits: pd.DataFrame, truth: Truth) -> float:
    if not len(hits):
        return float("nan")
    ended = pd.to_datetime(hits["site_id"].map(truth.sites.set_index("id")["ended"]))
    long_ago = pd.to_datetime(hits["period_end"]) - ended >= pd.Timedelta(days=ABANDONED_AFTER_DAYS)
    judged = (long_ago & hits["state"].str.startswith("abandoned")).to_numpy()
    right = hits["state"].to_numpy()[judged] == found_rows["state"].to_numpy()[judged]
    return _mean(pd.Series(right, dtype=float))


def _pool_count_share(found_rows: gpd.GeoDataFrame, hits: pd.DataFrame) -> float:
    true = hits["pool_count"].to_numpy() if len(hits) else np.array([])
    low, high = (found_rows[c].to_numpy() for c in ("pool_count_low", "pool_count_high"))
    inside = ((low <= true) & (true <= high))[true > 0]
    return _mean(pd.Series(inside, dtype=float))


def _ratio(found_rows: pd.DataFrame, hits: pd.DataFrame, column: str) -> float:
    if not len(hits) or column not in hits or column not in found_rows:
        return float("nan")
    # rows of which either does not say are left out of both sums
    true, said = hits[column].to_numpy(float), found_rows[column].to_numpy(float)
    both = ~np.isnan(true) & ~np.isnan(said)
    return share(said[both].sum(), true[both].sum())


def _mean(values: pd.Series) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _median(values: pd.Series) -> float:
    return float(values.median()) if len(values) else float("nan")
