"""What a run is asked to do, checked once; and the job that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from minewatch.addresses import plain_address
from minewatch.errors import SettingsError
from minewatch.model.areas import AreaOfInterest
from minewatch.model.climate import (
    KACHIN,
    Climate,
    climate_of,
    expected_dry_season,
    read_dry_season,
    season_setting,
)
from minewatch.model.defaults import (
    AUTO_DEM,
    AUTO_SEASON,
    DEFAULT_CATALOG,
    DEFAULT_CHUNK_PX,
    DEFAULT_DETECTOR,
    DEFAULT_MAX_CLOUD_COVER_PCT,
    DEFAULT_PERIOD,
    DEFAULT_RESOLUTION_M,
    DEFAULT_SENSOR,
    NO_DEM,
)
from minewatch.model.detectors import Detection
from minewatch.model.grids import Grid
from minewatch.model.periods import Period, split_periods
from minewatch.model.scenes import SceneList
from minewatch.model.terrain import Terrain

SIGNED_CATALOG = "catalog_needs_signature"
"""The parameter that says so in `manifest.json`; missing where it is not."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Everything that decides the answer of a run, apart from the AOI."""

    span: Period
    """First and last day to look at."""
    catalog: str = DEFAULT_CATALOG
    """Known name, STAC API root, or static catalogue."""
    collection: str | None = None
    """Collection id; None takes the catalogue's own for the sensor."""
    sensor: str = DEFAULT_SENSOR
    """Sensor profile."""
    detector: str = DEFAULT_DETECTOR
    """Detector, by its name in `minewatch.detect.DETECTORS`."""
    rules: Mapping[str, Any] = field(default_factory=dict)
    """Thresholds that are not as shipped: nested plain values, by section."""
    dry_season: str = AUTO_SEASON
    """First and last month, `11-04`; `auto` finds it in the record of the area."""
    period: str = DEFAULT_PERIOD
    """Step in which the inventory is given."""
    resolution_m: float = DEFAULT_RESOLUTION_M
    """Pixel of the grid, metres."""
    max_cloud_cover_pct: float = DEFAULT_MAX_CLOUD_COVER_PCT
    """Scenes cloudier than this are not read, percent of the tile."""
    chunk_px: int = DEFAULT_CHUNK_PX
    """Side of a chunk, pixels; changes memory, not the answer."""
    dem: str = AUTO_DEM
    """Heights for slopes: `auto` (the catalogue's Copernicus DEM, if any), `none`, a collection id
    of the catalogue, or a file."""

    signed_catalog: bool = False
    """The address of the catalogue was longer when it was given: a signature, say, was cut off."""

    def __post_init__(self) -> None:
        split_periods(self.span, self.period)  # an unknown kind ends here
        if self.dry_season != AUTO_SEASON:
            read_dry_season(self.dry_season)
        if not 1 <= self.resolution_m <= 1000:
            raise SettingsError(
                f"--resolution {self.resolution_m} m is outside 1..1000",
                hint="pools are seen at 10 m; give metres",
            )
        if not 0 < self.max_cloud_cover_pct <= 100:
            raise SettingsError(
                f"maximum cloud cover {self.max_cloud_cover_pct} is outside 0..100",
                hint="give percent",
            )
        if not 32 <= self.chunk_px <= 8192:
            raise SettingsError(
                f"chunk of {self.chunk_px} px is outside 32..8192", hint="leave out --chunk"
            )
        if plain_address(self.dem) != self.dem:
            raise SettingsError(
                f"--dem {plain_address(self.dem)} carries a signature or a password",
                hint="give a collection id, a file on this machine, or an address without one",
            )

    def climate_before(self, aoi: AreaOfInterest) -> Climate:
        """The seasons as far as they are known before a scene is read.

        Parameters
        ----------
        aoi
            The area: its latitude says what to expect where nothing is set.
        """
        if self.dry_season == AUTO_SEASON:
            return climate_of(expected_in(aoi), source="expected at this latitude")
        source = "set with --dry-season"
        if self.dry_season == _property_of(aoi):
            said = aoi.properties.get("dry_season_source")
            source = "a property of the area" + (f": {said}" if said else "")
        return climate_of(read_dry_season(self.dry_season), source=source)

    def periods(self, climate: Climate) -> tuple[Period, ...]:
        """The periods of the inventory.

        Parameters
        ----------
        climate
            When the dry season of the area is.

        Raises
        ------
        SettingsError
            When no period lies in the span.
        """
        periods = split_periods(self.span, self.period, climate=climate)
        if periods:
            return periods
        season = f" ({climate.setting})" if self.period == DEFAULT_PERIOD else ""
        raise SettingsError(
            f"no period of {self.period!r}{season} lies in {self.span}",
            hint="widen the dates, or choose another --period or --dry-season",
        )

    def as_dict(self, aoi: AreaOfInterest) -> dict[str, Any]:
        """All parameters as plain values, for the manifest and for comparing two runs."""
        return {
            "aoi": aoi.id,
            "aoi_sha256": aoi.sha256,
            "start": self.span.start.isoformat(),
            "end": self.span.end.isoformat(),
            "period": self.period,
            "catalog": plain_address(self.catalog),
            **({SIGNED_CATALOG: True} if self.needs_signature else {}),
            "collection": self.collection,
            "sensor": self.sensor,
            "detector": self.detector,
            "rules": dict(self.rules),
            "dry_season": self.dry_season,
            "resolution_m": self.resolution_m,
            "max_cloud_cover_pct": self.max_cloud_cover_pct,
            "chunk_px": self.chunk_px,
            "dem": self.dem,
        }

    @property
    def needs_signature(self) -> bool:
        """The catalogue was given with more than scheme, host and path; that is not kept."""
        return self.signed_catalog or plain_address(self.catalog) != self.catalog

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Parameters:
        """The parameters from the values that `as_dict` gave."""
        span = Period(date.fromisoformat(values["start"]), date.fromisoformat(values["end"]))
        names = ("catalog", "collection", "sensor", "period", "resolution_m")
        more = ("max_cloud_cover_pct", "chunk_px")
        dem = values.get("dem", NO_DEM)  # runs from before there was a choice have none
        detector = values.get("detector", DEFAULT_DETECTOR)
        return cls(
            span=span,
            dem=dem,
            detector=detector,
            rules=values.get("rules", {}),
            dry_season=values.get("dry_season", AUTO_SEASON),
            signed_catalog=bool(values.get(SIGNED_CATALOG)),
            **{name: values[name] for name in (*names, *more)},
        )


def choose_dry_season(asked: str, aoi: AreaOfInterest) -> str:
    """The dry season as asked, else as the area's file has it, else `auto`.

    Parameters
    ----------
    asked
        `MM-MM` or `auto`.
    aoi
        The area.

    Raises
    ------
    SettingsError
        When either is no span of months.
    """
    if asked != AUTO_SEASON:
        return season_setting(read_dry_season(asked))
    return _property_of(aoi) or AUTO_SEASON


def expected_in(aoi: AreaOfInterest) -> tuple[int, int]:
    """First and last month of the dry season to be expected at the latitude of an area."""
    return expected_dry_season(float(aoi.geometry.centroid.y))


def _property_of(aoi: AreaOfInterest) -> str | None:
    """The property `dry_season` of an area's file, as `--dry-season` takes it; None: it has none.

    Raises
    ------
    SettingsError
        When it is no span of months.
    """
    value = aoi.properties.get("dry_season")
    is_set = value is not None and str(value).strip()
    return season_setting(read_dry_season(str(value))) if is_set else None


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run or update, built once: what every step of it is handed."""

    area: AreaOfInterest
    """Where to look."""
    parameters: Parameters
    """What was asked."""
    scenes: SceneList
    """The frozen scenes."""
    grid: Grid
    """The pixels."""
    periods: tuple[Period, ...]
    """The periods of the inventory, in order of time."""
    terrain: Terrain
    """How the ground slopes, where that is known."""
    detection: Detection
    """Who judges the months, by which rules."""
    native_pixel_m: float
    """Pixel of the sensor's core bands, metres."""
    climate: Climate = KACHIN
    """When the dry season, the rains and the field season are."""

    @property
    def pixel_m(self) -> float:
        """The coarser of the grid's pixel and the sensor's own: decides what can be seen."""
        return max(self.grid.resolution_m, self.native_pixel_m)

    @property
    def span(self) -> Period:
        """First and last day to look at."""
        return self.parameters.span
