"""Areas, scenes and plans as a notebook shows them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from minewatch.api.tables_html import summary_lines, summary_table
from minewatch.model import AreaOfInterest, Period, SceneList
from minewatch.pipeline import planning

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from minewatch.api.offline_map import OfflineMap


@dataclass(frozen=True, kw_only=True, repr=False)
class Area(AreaOfInterest):
    """An area of interest that shows itself."""

    @classmethod
    def of(cls, area: AreaOfInterest) -> Area:
        """The same area."""
        return area if isinstance(area, cls) else cls(**_values(area))

    @property
    def area_km2(self) -> float:
        """Area on the ellipsoid, km²."""
        from minewatch.areas.area_description import geodesic_km2

        return geodesic_km2(self)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """The outline in metres."""
        from minewatch.api.plots import plot_area

        return plot_area(self, ax=ax)

    def explore(self) -> OfflineMap:
        """The outline on an interactive map that needs no network."""
        from minewatch.api.plots import explore_area

        return explore_area(self)

    def _summary(self) -> dict[str, Any]:
        centre = self.geometry.centroid
        summary: dict[str, Any] = {
            "size": f"{self.area_km2:,.1f} km²", "UTM zone": f"EPSG:{self.utm_epsg}",
            "centre": f"{centre.y:.4f} N, {centre.x:.4f} E",
        }  # fmt: skip
        if self.control:
            held = self.control[-1]
            summary["held by, last known"] = f"{held.group} ({held.source})"
        if self.notes:
            summary["notes"] = "; ".join(self.notes)
        return summary

    def __repr__(self) -> str:
        return summary_lines(f"{self.name} ({self.id})", self._summary())

    def _repr_html_(self) -> str:
        return summary_table(f"{self.name} ({self.id})", self._summary())


@dataclass(frozen=True, kw_only=True, repr=False)
class Scenes(SceneList):
    """A frozen list of scenes that shows itself."""

    span: Period
    """The days that were searched."""

    @classmethod
    def of(cls, scenes: SceneList, span: Period) -> Scenes:
        """The same scenes."""
        return cls(**_values(scenes), span=span)

    def table(self) -> pd.DataFrame:
        """One row a scene: `id`, `day`, `tile`, `platform`, `baseline`, `cloud_cover_pct`."""
        import pandas as pd

        names = ("id", "tile", "platform", "baseline", "cloud_cover_pct")
        rows = [{n: getattr(s, n) for n in names} | {"day": s.acquired.date()} for s in self]
        return pd.DataFrame(rows).assign(day=lambda t: pd.to_datetime(t["day"]))

    def months(self) -> pd.DataFrame:
        """Usable overpasses, month by month, as `minewatch scenes` shows them."""
        from minewatch.catalog import summarise_overpasses

        return summarise_overpasses(self, self.span)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Cloud cover of every scene through time."""
        from matplotlib import pyplot

        axes = ax if ax is not None else pyplot.subplots(figsize=(9, 3))[1]
        table = self.table()
        axes.scatter(table["day"], table["cloud_cover_pct"], s=12, color="#0072b2")
        axes.set_ylabel("cloud cover of the tile, %")
        axes.set_title(f"{len(self)} scenes in {self.collection}", fontsize="medium")
        return axes

    def _summary(self) -> dict[str, Any]:
        days = sorted(scene.day for scene in self.scenes)
        summary: dict[str, Any] = {"catalogue": self.catalog, "collection": self.collection}
        if days:
            summary["days"] = f"{days[0]} to {days[-1]}"
        summary["bands"] = ", ".join(self.bands)
        summary["left out"] = f"{len(self.dropped)} (in .dropped, with the reason)"
        if self.notes:
            summary["notes"] = "; ".join(self.notes)
        return summary

    def __repr__(self) -> str:
        return summary_lines(f"{len(self)} scenes", self._summary())

    def _repr_html_(self) -> str:
        return summary_table(f"{len(self)} scenes", self._summary())


@dataclass(frozen=True, kw_only=True, repr=False)
class Plan(planning.Plan):
    """A plan that shows itself."""

    @classmethod
    def of(cls, plan: planning.Plan) -> Plan:
        """The same plan."""
        return cls(**_values(plan))

    def _summary(self) -> dict[str, Any]:
        cost, gib = self.estimate, self.memory.peak_bytes / 2**30
        return {
            "area": f"{self.aoi}, {self.area_km2:,.0f} km²",
            "scenes": f"{self.scenes:,} in {self.overpasses:,} overpasses",
            "to read": f"{cost.bytes / 1e9:,.1f} GB in {cost.requests:,} requests",
            "memory": f"{gib:.1f} GiB at the peak, {self.memory.workers} threads",
            "time": f"{cost.seconds / 60:,.0f} min on a line of 80 Mbit/s",
        }

    def __repr__(self) -> str:
        return summary_lines("plan: an estimate, nothing was fetched", self._summary())

    def _repr_html_(self) -> str:
        return summary_table("plan: an estimate, nothing was fetched", self._summary())


def _values(noun: Any) -> dict[str, Any]:
    """The fields of a noun, as they are."""
    return {one.name: getattr(noun, one.name) for one in fields(noun)}
