"""What a simulated world is made of: one frozen value, and presets for the usual questions."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, get_args

import numpy as np

from minewatch.errors import SettingsError, unknown_name
from minewatch.model import CORE_BANDS, KACHIN, REFLECTANCE_BANDS, Band, Climate, climate_of

Dialect = Literal["earth-search", "planetary-computer"]
Hemisphere = Literal["north", "south"]
Surroundings = Literal["slope", "isolated", "river", "road", "village", "slide"]
"""What a mine lies at: `slope` is forest as the neighbours leave it, `isolated` is far from all."""

PIXEL_M = 10.0
CELL_M = 2.0
"""Cells in which the ground is drawn before a sensor sees it."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a world lies: open water, so that no simulated mine can be mistaken for a place."""

    epsg: int
    """UTM zone."""
    origin_xy: tuple[float, float]
    """Upper left corner, metres."""
    tile: str
    """UTM zone, latitude band and column of its tiles: a column letter that the zone does not
    have, so no real tile."""
    sun_latitude: float
    """Latitude over which the sun stands, degrees: that of north-east Kachin, or its mirror."""


PLACES: Final[Mapping[Hemisphere, Place]] = MappingProxyType(
    {
        "north": Place(
            epsg=32647, origin_xy=(250_020.0, 1_330_020.0), tile="47PS", sun_latitude=25.5
        ),
        "south": Place(
            epsg=32747, origin_xy=(250_020.0, 7_788_020.0), tile="47KS", sun_latitude=-25.5
        ),
    }
)
"""Andaman Sea, and the Indian Ocean 20 degrees south of the equator."""


@dataclass(frozen=True, kw_only=True)
class WorldSpec:
    """Everything that decides a simulated archive: equal specs give equal bytes."""

    name: str = "mines"
    """Short name, part of the collection's title."""
    seed: int = 1
    """Seed of every random draw."""
    size_px: int = 512
    """Edge of the square world in 10 m pixels; even."""
    start: date = date(2019, 1, 1)
    """First day of the archive."""
    end: date = date(2023, 12, 31)
    """Last day of the archive, included."""
    revisit_days: int = 5
    """Days between two passes."""
    dialect: Dialect = "earth-search"
    """Whose item layout and offset habits are copied."""
    bands: tuple[Band, ...] = REFLECTANCE_BANDS
    """Reflectance bands that get a file; SCL always does."""
    tiles: int = 1
    """MGRS-like tiles, side by side from west to east."""
    tile_overlap_px: int = 60
    """Overlap of neighbouring tiles, 10 m pixels."""
    mines: int = 12
    """Mining sites; fewer are drawn when the ground is full."""
    preexisting: float = 0.25
    """Share of the mines that began before the archive."""
    swidden_per_km2_year: float = 0.25
    """New swidden plots per km2 and year."""
    landslides_per_km2_year: float = 0.05
    """New landslides per km2 and year, as far as there is steep ground."""
    clearings_per_km2_year: float = 0.03
    """New clearings that are neither mine nor swidden, per km2 and year."""
    quarries: int = 1
    """Quarries without pools."""
    villages: int = 1
    """Villages with paddies, fish ponds and roads."""
    river: bool = True
    """Whether a river with moving bars crosses the world."""
    steepness_deg: float = 16.0
    """Mean slope."""
    base_altitude_m: float = 1300.0
    """Altitude of the valley; snow falls above 2,500 m in December to March."""
    cloudiness: float = 1.0
    """Multiplies the cloud cover of every season; 0: never a cloud."""
    missed_cloud: float = 0.03
    """Share of the clear ground under thin cloud that SCL misses [DOMAIN 2]."""
    wrong_scl: float = 1.0
    """How often SCL errs on bright pads, dark pools and shadow; 0: never, 1: as real scenes do."""
    haze: float = 1.0
    """Multiplies haze and sensor noise; 1 gives the NDVI scatter of real stacks [DOMAIN 2]."""
    jitter_px: float = 0.3
    """Standard deviation of the misplacement of a scene, pixels; one in 20 is a pixel off."""
    partial_swaths: float = 0.12
    """Share of scenes that a swath edge cuts."""
    offset_flag_errors: float = 0.0
    """Share of scenes from baseline 04.00 on whose offset flag contradicts their pixels."""
    duplicates: float = 0.0
    """Share of scenes that the catalogue holds twice, as two processings."""
    spectra_variation: float = 1.0
    """How far the materials of this world stray from the published medians."""
    pool_scale: float = 1.0
    """Multiplies the size and the spacing of pools; 1: 8-14 m across [DOMAIN 2]."""
    hemisphere: Hemisphere = "north"
    """Side of the equator: decides the UTM zone and where the sun stands."""
    season_shift_months: int = 0
    """Months by which sky, plants, fields, rains and river come later in the year than in Kachin;
    6 is what one expects south of the equator. Snow follows the sun."""
    scatter: float = 1.0
    """Multiplies the distance of a site's banks from its middle; keep it at `pool_scale` or more,
    or banks overlap."""
    kind: str = ""
    """Kind of world, over which figures are averaged; empty: it is of no kind."""
    surroundings: tuple[Surroundings, ...] = ()
    """What the mines lie at, by turns; empty: slopes away from the river."""
    older_in_every_state: bool = False
    """Whether mines older than the archive stand at its beginning by turns at work, left with
    water, left dry and overgrown; otherwise nearly all of them are at work."""
    mixed_pools: float = 0.0
    """Share of the banks whose pools differ in shape, size and colours."""
    deciduous: float = 0.0
    """0: few leafless stands and none all bare; 1: most slopes lose their leaves, each stand and
    each year at a time of its own."""
    colour_shift: float = 0.0
    """Largest relative shift of the soils, the waters and the plants of this world; 0.2: 20 %."""
    fog: float = 0.0
    """Share of the mornings of November to February with valley fog that no mask sees."""
    smoke: float = 0.0
    """Share of the scenes of February to April under smoke that no mask sees."""
    most_cloud_pct: float = 100.0
    """Scenes under more cloud are left out of the catalogue."""

    def __post_init__(self) -> None:
        if self.size_px < 64 or self.size_px % 2:
            raise SettingsError(
                f"size_px is {self.size_px}", hint="give an even number of 64 or more"
            )
        if self.end < self.start:
            raise SettingsError(
                f"the archive ends ({self.end}) before it starts ({self.start})",
                hint="swap start and end",
            )
        if self.dialect not in get_args(Dialect):
            raise SettingsError(
                unknown_name("dialect", self.dialect, list(get_args(Dialect))),
                hint="give one of these",
            )
        if self.hemisphere not in PLACES or not 0 <= self.season_shift_months < 12:
            raise SettingsError(
                f"hemisphere is {self.hemisphere!r}, season_shift_months "
                f"{self.season_shift_months}",
                hint="give north or south, and 0 to 11 months",
            )
        strange = set(self.surroundings) - set(get_args(Surroundings))
        if strange:
            raise SettingsError(
                unknown_name("surroundings", min(strange), list(get_args(Surroundings))),
                hint="give some of these",
            )
        if self.tiles < 1 or self.revisit_days < 1:
            raise SettingsError(
                f"tiles is {self.tiles}, revisit_days {self.revisit_days}",
                hint="both must be at least 1",
            )

    @property
    def extent_m(self) -> float:
        """Edge of the world in metres."""
        return self.size_px * PIXEL_M

    @property
    def area_km2(self) -> float:
        """Area of the world in square kilometres."""
        return (self.extent_m / 1000) ** 2

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(west, south, east, north), metres, in the UTM zone of `place`."""
        west, north = self.place.origin_xy
        return west, north - self.extent_m, west + self.extent_m, north

    @property
    def place(self) -> Place:
        """Where it lies."""
        return PLACES[self.hemisphere]

    @property
    def climate(self) -> Climate:
        """Its true seasons."""
        first, last = KACHIN.dry_season
        shift = self.season_shift_months
        moved = ((first - 1 + shift) % 12 + 1, (last - 1 + shift) % 12 + 1)
        return climate_of(moved, source="simulated")

    def season_day(self, year: int, month: int, day: int) -> date:
        """The day of this world that is to its seasons what a day of the calendar is to Kachin's.

        Parameters
        ----------
        year, month, day
            A day in Kachin.

        Examples
        --------
        >>> str(PRESETS["south"].season_day(2021, 10, 10))
        '2022-04-10'
        """
        if not self.season_shift_months:
            return date(year, month, day)
        index = year * 12 + month - 1 + self.season_shift_months
        return date(index // 12, index % 12 + 1, min(day, 28))

    def kachin_day_of_year(self, day_of_year: float) -> float:
        """The day of the year on which plants in Kachin stand as here on a day."""
        return day_of_year - self.season_shift_months * 365.25 / 12

    @property
    def has_detailed_truth(self) -> bool:
        """Whether its truth says of each mine what it lies at and how it stood at the start.

        Worlds without such mines keep the truth that they always had, to the byte.
        """
        return bool(self.surroundings) or self.older_in_every_state

    @property
    def years(self) -> float:
        """Length of the archive in years."""
        return ((self.end - self.start).days + 1) / 365.25

    def random(self, *purpose: str | int) -> np.random.Generator:
        """A stream of random numbers of its own for one purpose, whatever was drawn before."""
        key = zlib.crc32("/".join(map(str, purpose)).encode())
        return np.random.default_rng([self.seed, key])


_MINES = WorldSpec()
_NO_MINES = replace(_MINES, name="none", mines=0)

PRESETS: Mapping[str, WorldSpec] = MappingProxyType(
    {
        "mines": _MINES,
        "none": _NO_MINES,
        "steep": replace(
            _MINES, name="steep", steepness_deg=28.0, base_altitude_m=1900.0, river=False,
            villages=0, landslides_per_km2_year=0.3, jitter_px=0.4,
        ),
        "swidden": replace(_MINES, name="swidden", swidden_per_km2_year=1.5, villages=2),
        "river": replace(_MINES, name="river", mines=8, steepness_deg=12.0, villages=2),
        "dense": replace(_MINES, name="dense", mines=40),
        "wet": replace(_MINES, name="wet", cloudiness=1.5, missed_cloud=0.06),
        "south": replace(_MINES, name="south", hemisphere="south", season_shift_months=6),
        "no-swir": replace(_MINES, name="no-swir", bands=CORE_BANDS),
        "demo": replace(
            _MINES, name="demo", size_px=256, mines=5, revisit_days=10, swidden_per_km2_year=0.3,
            start=date(2019, 11, 1), end=date(2023, 10, 31),
        ),
        "notebook": replace(
            _MINES, name="notebook", size_px=160, mines=4, revisit_days=10,
            swidden_per_km2_year=0.3, start=date(2019, 11, 1), end=date(2022, 4, 30),
        ),
    }
)  # fmt: skip
"""Worlds by name; vary one with `dataclasses.replace(PRESETS["mines"], seed=7)`."""


def get_preset(name: str) -> WorldSpec:
    """The preset of that name.

    Raises
    ------
    SettingsError
        Lists the known names.
    """
    if name not in PRESETS:
        raise SettingsError(unknown_name("preset", name, list(PRESETS)), hint="give one of these")
    return PRESETS[name]
