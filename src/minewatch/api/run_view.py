"""A finished run in a notebook: its tables with real dates, its pixels, its pictures, its map."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minewatch.api.tables_html import summary_lines, summary_table
from minewatch.errors import SettingsError, unknown_name
from minewatch.model import RunResult

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes

    from minewatch.api.offline_map import OfflineMap
    from minewatch.reports import Explanation

log = logging.getLogger(__name__)

DATES = (
    "period_start", "period_end", "first_detected", "last_undisturbed", "last_activity",
    "last_seen", "water_last_seen",
)  # fmt: skip
"""How names of columns that hold days end: texts in the files, real dates here."""


@dataclass(frozen=True, repr=False)
class Run:
    """A finished run, opened from its folder.

    Tables are GeoDataFrames in WGS 84 with real dates; lists of ids are lists. The columns:
    `docs/data-dictionary.md`. A table is read when it is first asked for.
    """

    result: RunResult
    """The run as exporters and reports read it."""

    @property
    def directory(self) -> Path:
        """Where it lies."""
        return self.result.directory

    @property
    def simulated(self) -> bool:
        """Whether the imagery was made by `minewatch.synthetic`."""
        return self.result.simulated

    @property
    def manifest(self) -> Mapping[str, Any]:
        """`manifest.json`: parameters, versions, rules, failures, warnings."""
        return self.result.manifest

    @property
    def warnings(self) -> list[str]:
        """What to know before quoting a figure."""
        return list(self.manifest["warnings"])

    @cached_property
    def inventory(self) -> gpd.GeoDataFrame:
        """One row a site and period."""
        return with_dates(self.result.inventory)

    @cached_property
    def sites(self) -> gpd.GeoDataFrame:
        """One row a site."""
        return with_dates(self.result.sites)

    @cached_property
    def features(self) -> gpd.GeoDataFrame:
        """Pads, pools and roads of sites."""
        return with_dates(self.result.features)

    @cached_property
    def changes(self) -> gpd.GeoDataFrame:
        """What changed and is no mine, labelled."""
        return with_dates(self.result.changes)

    def site(self, site_id: str) -> Site:
        """One site.

        Raises
        ------
        SettingsError
            When there is none of this id; the hint names the nearest.
        """
        from minewatch.analysis.timelines import unknown_site

        if site_id not in set(self.result.sites["site_id"]):
            raise unknown_site(self.result, site_id)
        return Site(self, site_id)

    def timeline(self) -> pd.DataFrame:
        """Sites and ground of the area, a row a period, as intervals: `sites.total_by_period`."""
        from minewatch.analysis import area_timeline

        table: pd.DataFrame = with_dates(area_timeline(self.result))
        return table

    def months(self, where: str | Sequence[float]) -> xr.Dataset:
        """The frozen months round a site, or in a box: medians and counts of every month.

        Parameters
        ----------
        where
            Id of a site, or (west, south, east, north) in degrees.

        Returns
        -------
        xarray.Dataset
            Dims (time, y, x), uint16 reflectance x 10,000, 0: not seen, with its CRS. Read when a
            value is asked for, a layer at a time.

        Raises
        ------
        SettingsError
            When there is no such site, or the box lies outside the area.
        """
        from minewatch.analysis.month_cubes import open_months

        return open_months(self.result, where)

    def raster(self, name: str) -> xr.DataArray:
        """A raster of the run, opened by rioxarray: dims (band, y, x), a band a period.

        Raises
        ------
        SettingsError
            When there is none of this name; lists the known ones.
        """
        import rioxarray

        if name not in self.result.rasters:
            raise SettingsError(
                unknown_name("raster", name, list(self.result.rasters)), hint="give one of these"
            )
        opened: Any = rioxarray.open_rasterio(self.result.rasters[name])
        return opened  # type: ignore[no-any-return]

    def plot(self, *, period: str | None = None, ax: Axes | None = None) -> Axes:
        """The sites of a period over the ground, coloured by state.

        Parameters
        ----------
        period
            Label or first day; None takes the last.
        ax
            Where to draw; None makes a figure.
        """
        from minewatch.api.plots import plot_run

        return plot_run(self.result, self._period(period), ax=ax)

    def explore(self) -> OfflineMap:
        """An interactive map of sites by period that needs no network.

        Raises
        ------
        SettingsError
            When the package with MapLibre is not installed.
        """
        from minewatch.api.plots import explore_run

        return explore_run(self.result)

    def _period(self, wanted: str | None) -> Mapping[str, Any]:
        periods: Sequence[Mapping[str, Any]] = self.manifest["periods"]
        if wanted is None:
            return periods[-1]
        for period in periods:
            if wanted in (period["label"], period["start"]):
                return period
        known = [period["label"] for period in periods]
        raise SettingsError(unknown_name("period", wanted, known), hint="give one of these")

    def _summary(self) -> dict[str, Any]:
        manifest = self.manifest
        rows, parameters = manifest["rows"], manifest["parameters"]
        last = manifest["periods"][-1] if manifest["periods"] else None
        summary: dict[str, Any] = {
            "area": f"{manifest['aoi']['name']}, {manifest['aoi']['area_km2']:,.1f} km²",
            "dates": f"{parameters['start']} to {parameters['end']}, by {parameters['period']}",
            "imagery": f"{manifest['scenes']['count']} scenes, {parameters['sensor']}",
            "found": f"{rows['sites']} sites, {rows['changes']} changes that are not mines, "
            "as detected",
            "people say": verdict_words(manifest),
        }
        if last:
            summary["seen"] = (
                f"{100 * last['observed_fraction']:.0f} % of the area in {last['label']}"
            )
        if self.result.why_no_pools:
            summary["pools"] = f"unknown: {self.result.why_no_pools}"
        if manifest["failures"]:
            summary["failed reads"] = len(manifest["failures"])
        summary["folder"] = str(self.directory)
        return summary

    def __repr__(self) -> str:
        return summary_lines("minewatch run", self._summary(), simulated=self.simulated)

    def _repr_html_(self) -> str:
        return summary_table("minewatch run", self._summary(), simulated=self.simulated)


@dataclass(frozen=True, repr=False)
class Site:
    """One site of a run."""

    run: Run
    """The run."""
    id: str
    """Its id."""

    @cached_property
    def row(self) -> pd.Series:
        """Its row of `Run.sites`."""
        sites = self.run.sites
        row: pd.Series = sites[sites["site_id"] == self.id].iloc[0]
        return row

    def timeline(self) -> pd.DataFrame:
        """Its periods: state, ground and pools as ranges, how much was seen."""
        from minewatch.analysis import site_timeline

        table: pd.DataFrame = with_dates(site_timeline(self.run.result, self.id))
        return table

    @cached_property
    def explanation(self) -> Explanation:
        """All that speaks for and against it."""
        from minewatch.analysis.explanations import gather_explanation

        explanation = gather_explanation(self.run.result, self.id)
        for note in explanation.notes:
            log.warning("%s: %s", self.run.directory, note)
        return explanation

    def evidence(self) -> pd.DataFrame:
        """Evidence terms of its strongest detection: `value` 0..1, `weight`, `meaning`."""
        import pandas as pd

        known = self.explanation
        rows = {
            name: (value, known.weights.get(name), known.meanings.get(name))
            for name, value in known.best.items()
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "weight", "meaning"])

    def alternatives(self) -> pd.DataFrame:
        """What it could be instead: `kind`, `plausibility` 0..1, `reason`.

        Plausibility is NaN where pixels of this size cannot separate them from a mine.
        """
        import pandas as pd

        rows = [(a.kind, a.plausibility, a.reason) for a in self.explanation.alternatives]
        table = pd.DataFrame(rows, columns=["kind", "plausibility", "reason"])
        return table.astype({"plausibility": "float64"})

    def months(self) -> xr.Dataset:
        """The frozen months round it: `Run.months`."""
        return self.run.months(self.id)

    def chips(self) -> dict[str, Any]:
        """Natural colour of the ground round it: label of the period to array (y, x, colour)."""
        return {chip.picture.label: chip.picture.rgb for chip in self.explanation.chips}

    def plot(self) -> Any:
        """Chips of every period, evidence, and the pixels month by month; a PNG to show."""
        from IPython.display import Image

        from minewatch.reports import explain_picture

        picture: Any = Image
        return picture(explain_picture(self.explanation))

    def _summary(self) -> dict[str, Any]:
        row = self.row
        before = row["last_undisturbed"]
        began = f"after {before:%Y-%m-%d}" if before == before else "before the archive"
        return {
            "alert": row["alert"], "people say": str(row["verdict"] or "nothing yet"),
            "state": str(row["state"]).replace("_", " "),
            "began": f"{began}, first seen {row['first_detected']:%Y-%m-%d}",
            "ground": f"{row['max_disturbed_area_m2']:,.0f} m² at most",
            "confidence": f"{row['confidence']:.2f}",
        }  # fmt: skip

    def __repr__(self) -> str:
        return summary_lines(f"site {self.id}", self._summary(), simulated=self.run.simulated)

    def _repr_html_(self) -> str:
        return summary_table(f"site {self.id}", self._summary(), simulated=self.run.simulated)


def verdict_words(manifest: Mapping[str, Any]) -> str:
    """How many verdicts of people there are, in words; they change no other figure.

    Examples
    --------
    >>> verdict_words({}), verdict_words({"review": {"verdicts": {"mine": 2, "not_mine": 1}}})
    ('nothing yet', '2 mine, 1 not mine')
    """
    verdicts = manifest.get("review", {}).get("verdicts", {})
    return ", ".join(f"{n} {v.replace('_', ' ')}" for v, n in verdicts.items()) or "nothing yet"


def with_dates(table: Any) -> Any:
    """A table whose days are real dates; those that are unknown are NaT."""
    import pandas as pd

    found = [name for name in table if str(name).endswith(DATES)]
    return table.assign(**{name: pd.to_datetime(table[name]) for name in found})
