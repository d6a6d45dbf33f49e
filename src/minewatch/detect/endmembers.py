"""Endmembers: the reflectance of pure ground, as data with sources.

Spectra are surface reflectance 0..1 in the six bands that the detector uses. Those marked [C] are
medians of real Sentinel-2 pixels in new gold mines of Brazil (DOMAIN §2); no spectrum measured in
Kachin was available, so those marked [D] are starting values by analogy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from minewatch.errors import ContractError
from minewatch.model import REFLECTANCE_BANDS, Band

Group = Literal["vegetation", "soil", "water", "white", "shade"]
Spectrum = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Endmember:
    """One kind of pure ground."""

    name: str
    """Short name."""
    group: Group
    """What its share of a pixel is reported as."""
    spectrum: Spectrum
    """Reflectance 0..1 in the order of `REFLECTANCE_BANDS`."""
    source: str
    """Where the numbers come from."""


@dataclass(frozen=True, kw_only=True)
class Library:
    """The endmembers that pixels are unmixed against, and how far each band is trusted.

    Water and white ground must earn their place: they are admitted to a pixel only when they
    lower its misfit by `water_gain`, because noise over shaded forest would otherwise turn into
    a few per cent of water everywhere.
    """

    endmembers: tuple[Endmember, ...]
    """Kinds of ground, 2 to 10; names are unique and at most one is of group `shade`."""
    sigma: Mapping[Band, float]
    """Misfit expected in each band (noise and variety of real ground), reflectance."""
    water_gain: float
    """Fall of the misfit, in squared `sigma` summed over bands, that admits water and white."""

    def __post_init__(self) -> None:
        names = [e.name for e in self.endmembers]
        shades = [e.name for e in self.endmembers if e.group == "shade"]
        if len(set(names)) < len(names) or len(shades) > 1 or not 2 <= len(names) <= 10:
            raise ContractError(
                f"spectral library {names} has {len(shades)} endmembers of group 'shade'",
                hint="give 2 to 10 endmembers with unique names, no more than one of them shade",
            )

    def __hash__(self) -> int:
        return hash((self.endmembers, tuple(sorted(self.sigma.items())), self.water_gain))

    @property
    def groups(self) -> tuple[Group, ...]:
        """Groups that occur, in the order of their first endmember."""
        return tuple(dict.fromkeys(e.group for e in self.endmembers))

    def reflectance(self, band: Band) -> tuple[float, ...]:
        """Reflectance of every endmember in one band."""
        column = REFLECTANCE_BANDS.index(band)
        return tuple(e.spectrum[column] for e in self.endmembers)


FOREST = Endmember(
    name="forest",
    group="vegetation",
    spectrum=(0.022, 0.050, 0.025, 0.400, 0.209, 0.085),
    source="[C] evergreen forest .016 .036 .018 .286 .149 .061, scaled to its sunlit side",
)
REGROWTH = Endmember(
    name="regrowth",
    group="vegetation",
    spectrum=(0.035, 0.080, 0.050, 0.380, 0.250, 0.120),
    source="[D] grass and young leaves: brighter in visible and SWIR than forest",
)
DRY_VEGETATION = Endmember(
    name="dry_vegetation",
    group="vegetation",
    spectrum=(0.055, 0.085, 0.105, 0.240, 0.310, 0.200),
    source="[D] straw, slash and leaf litter: red above green, SWIR above NIR",
)
BRIGHT_SOIL = Endmember(
    name="bright_soil",
    group="soil",
    spectrum=(0.200, 0.285, 0.345, 0.440, 0.470, 0.320),
    source="[C] bare ground .142 .202 .244 .322 .340 .222, scaled towards its brightest tenth",
)
LATERITE = Endmember(
    name="laterite",
    group="soil",
    spectrum=(0.055, 0.090, 0.160, 0.240, 0.330, 0.260),
    source="[D] red laterite, darker in blue than Brazil's pads (DOMAIN §2)",
)
LEACH_WATER = Endmember(
    name="leach_water",
    group="water",
    spectrum=(0.130, 0.190, 0.160, 0.080, 0.020, 0.015),
    source="[D] milky blue-green pool; visible from [C] 10-90 % of mixed pools, .054-.179 in blue",
)
TURBID_WATER = Endmember(
    name="turbid_water",
    group="water",
    spectrum=(0.085, 0.145, 0.165, 0.085, 0.020, 0.010),
    source="[C] pool pixels .095 .155 .133 .100, with the SWIR of open water [D]",
)
WHITE = Endmember(
    name="white",
    group="white",
    spectrum=(0.480, 0.520, 0.530, 0.500, 0.200, 0.150),
    source="[D] wet precipitate; also snow, cloud and metal roofs when SWIR is missing",
)
SHADE = Endmember(
    name="shade",
    group="shade",
    spectrum=(0.010, 0.010, 0.006, 0.010, 0.005, 0.003),
    source="[D] unlit ground, clear or dark water and black sheeting: one spectrum to 10 m bands",
)
DARK_WATER = Endmember(
    name="dark_water",
    group="water",
    spectrum=(0.030, 0.036, 0.024, 0.014, 0.006, 0.004),
    source="[D] clear, idle or sheeted pool; only for ground known to be lit, else it is shade",
)
SNOW = Endmember(
    name="snow",
    group="white",
    spectrum=(0.850, 0.850, 0.840, 0.760, 0.120, 0.100),
    source="[D] clean snow; not in the default library",
)
BURN = Endmember(
    name="burn",
    group="soil",
    spectrum=(0.030, 0.036, 0.042, 0.070, 0.130, 0.140),
    source="[D] char and ash; not in the default library, separated from shade by SWIR alone",
)

DEFAULT_LIBRARY = Library(
    endmembers=(
        FOREST, REGROWTH, DRY_VEGETATION, LATERITE, BRIGHT_SOIL, LEACH_WATER, TURBID_WATER, WHITE,
        SHADE,
    ),
    sigma={
        "blue": 0.006, "green": 0.006, "red": 0.007, "nir": 0.025, "swir16": 0.060, "swir22": 0.060,
    },
    water_gain=5.0,
)  # fmt: skip
"""What `unmix.fractions` uses.

SWIR counts little because its 20 m pixels mix pool and pad. `sigma` and `water_gain` were chosen
on real pixels of Brazil [C]: after shade is divided out, 0.8 % of evergreen forest and 2-5 % of
bare ground show more than a tenth of water, and half a pixel of real water shows as half of what
a whole one does.
"""
