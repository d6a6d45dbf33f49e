"""The design of a sample: all that is needed to draw it again, to the byte."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from minewatch.errors import OutputError, SettingsError

FOLDER: Final = "review/samples"
"""Where samples lie in the folder of a run: below what no run ever touches."""
FILE: Final = "design.json"
VERSION: Final = 1
"""Version of the rules by which a frame is made and units are drawn from it."""
UNITS: Final[Mapping[str, str]] = {
    "pixel": "single pixels of the run's grid",
    "block": "blocks of 3 × 3 pixels, or of another side, labelled whole",
    "site": "sites of the inventory: for precision, not for area",
}
"""What is drawn, to what that means."""
DESIGNS: Final[Mapping[str, str]] = {
    "stratified": "at random within each stratum",
    "systematic": "at even steps through each stratum, row by row, from a random start",
    "simple": "at random over all that was seen; sorted into strata afterwards (post-strata)",
    "two-stage": "tiles at random, then pixels at random in each",
}
"""How it is drawn, to what that means."""
NOT_SEEN: Final = "not_seen"
"""Stratum of what was not seen in a period that is asked for: nothing is drawn there."""


@dataclass(frozen=True, kw_only=True)
class DesignStratum:
    """One stratum."""

    name: str
    """Its name."""
    units: int
    """Units in its frame."""
    pixels: int
    """Pixels in these units that were seen; of sites their number."""
    area_m2: float
    """Their area."""
    drawn: int
    """Units drawn."""
    expected: float
    """Share that was guessed to be what the sample was sized for, 0..1."""
    mapped: tuple[Mapping[str, float], ...] = ()
    """For each period: share of these pixels that the map gives each class."""


@dataclass(frozen=True, kw_only=True)
class SampleDesign:
    """How a sample was drawn, and from what."""

    name: str
    """Name of the sample."""
    seed: str
    """What every draw hashes."""
    unit: str
    """A key of `UNITS`."""
    design: str
    """A key of `DESIGNS`."""
    side: int
    """Side of a block or tile, pixels; 1 for pixels and sites."""
    inside: int
    """Pixels drawn in each tile of a two-stage design; else 0."""
    periods: tuple[Mapping[str, str], ...]
    """`label`, `start` and `end` of each period that is labelled."""
    target: str
    """Class that the sample was sized for."""
    allocation: str
    """How units are spread over strata."""
    ring_m: float
    """Width of the ring round sites, metres."""
    strata: tuple[DesignStratum, ...]
    """The strata that units were drawn from."""
    not_seen_m2: float
    """Area that was not seen: an outcome of its own."""
    not_seen_units: int
    """Sites that were not seen; 0 for other units."""
    half_width: float
    """Half the interval of the target that was expected, as a share of all that was seen."""
    second_share: float
    """Share of the units that a second interpreter labels too."""
    run: Mapping[str, Any]
    """`source` (hash of the inventory), `area`, `simulated`, and the grid: `epsg`, `transform`,
    `shape`, `resolution_m`."""
    codes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Value of a pixel of `frame.tif`, to its stratum and to its class in each period."""
    version: int = VERSION
    """Version of the rules of drawing."""

    @property
    def seen_m2(self) -> float:
        """Area of all strata."""
        return sum(stratum.area_m2 for stratum in self.strata)

    def as_bytes(self) -> bytes:
        """Content of `design.json`."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False)
        return f"{text}\n".encode()

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> SampleDesign:
        """A design out of what `as_bytes` wrote."""
        strata = tuple(
            DesignStratum(**{**stratum, "mapped": tuple(stratum["mapped"])})
            for stratum in raw["strata"]
        )
        return cls(**{**raw, "strata": strata, "periods": tuple(raw["periods"])})


def read_design(sample: Path) -> SampleDesign:
    """The design of a sample.

    Parameters
    ----------
    sample
        Folder of the sample.

    Raises
    ------
    SettingsError
        When there is none.
    OutputError
        When it is damaged, or of another version.
    """
    path = Path(sample) / FILE
    try:
        raw = json.loads(path.read_text("utf-8"))
    except OSError:
        raise SettingsError(
            f"{sample} holds no sample", hint="draw one: minewatch sample DIR"
        ) from None
    except ValueError as error:
        raise OutputError(f"{path} is damaged: {error}", hint="draw the sample again") from None
    if not isinstance(raw, dict) or raw.get("version") != VERSION:
        raise OutputError(
            f"{path} is a design of version {raw.get('version') if isinstance(raw, dict) else '–'}"
            f", this minewatch reads {VERSION}",
            hint="use the minewatch that drew it",
        )
    return SampleDesign.from_dict(raw)
