"""Scenes: what a satellite saw in one pass over one tile, and the frozen list of them."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Band = Literal["blue", "green", "red", "nir", "swir16", "swir22", "vv", "vh", "mask"]
REFLECTANCE_BANDS: tuple[Band, ...] = ("blue", "green", "red", "nir", "swir16", "swir22")
CORE_BANDS: tuple[Band, ...] = ("blue", "green", "red", "nir")
RADAR_BANDS: tuple[Band, ...] = ("vv", "vh")
"""Backscatter, in the digital numbers of `minewatch.model.radar`."""
REFLECTANCE_SCALE = 10_000
"""Harmonised pixels are reflectance times this, as uint16, with 0 for "not seen"."""


def core_bands_of(bands: Container[str]) -> tuple[Band, ...]:
    """The bands that a pixel must have to be seen: those of radar, or of reflectance.

    Parameters
    ----------
    bands
        What there is; of an archive of radar no band of reflectance.

    Examples
    --------
    >>> core_bands_of({"vh", "vv", "mask"}), core_bands_of({"red", "nir"})
    (('vv', 'vh'), ('blue', 'green', 'red', 'nir'))
    """
    return RADAR_BANDS if "vh" in bands and "red" not in bands else CORE_BANDS


@dataclass(frozen=True, kw_only=True)
class MaskValues:
    """Which values of one mask file are ground, where the item says it and not the sensor."""

    clear: tuple[int, ...] = ()
    """Values of clear ground; with none, all are clear but those that hide it."""
    hidden_bits: tuple[int, ...] = ()
    """Numbers of bits that hide the ground, where the file is a bit field."""
    grows: bool = True
    """Whether what is hidden spreads over its margin, as clouds do."""


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One band of a scene, and the file that holds it."""

    href: str
    """Canonical address, unsigned, absolute."""
    index: int = 1
    """Which band of the file it is, counted from 1."""
    epsg: int | None = None
    """CRS of its pixels, None when the item does not say."""
    shape: tuple[int, int] | None = None
    """Rows, columns."""
    transform: tuple[float, ...] | None = None
    """First six numbers of the affine transform (a, b, c, d, e, f)."""
    nodata: float | None = None
    """Value of "no pixel" in the file."""
    scale: float | None = None
    """Multiplier the item states for its digital numbers."""
    offset: float | None = None
    """Addend the item states, in reflectance."""
    file_bytes: int | None = None
    """Size of the file, None when the item does not say."""
    pixel_m: float | None = None
    """Pixel on the ground, metres, None when the item does not say."""
    mask_values: MaskValues | None = None
    """Of a mask: what its values mean; None: what the sensor says."""

    @property
    def deciding(self) -> list[Any]:
        """What decides its pixels besides the sensor, as plain values."""
        return [self.href, self.scale, self.offset, self.nodata, *self.only_stated]

    @property
    def only_stated(self) -> list[Any]:
        """What no sensor can know of its pixels: empty for a file of one band of a known sensor."""
        index: list[Any] = [self.index] if self.index != 1 else []
        return index + ([asdict(self.mask_values)] if self.mask_values else [])


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One STAC item, reduced to what the stages need."""

    id: str
    """The catalogue's item id."""
    collection: str
    """The catalogue's collection id."""
    sensor: str
    """Name of the sensor profile in `minewatch.sensors`."""
    acquired: datetime
    """Sensing time, UTC, timezone-aware."""
    footprint: BaseGeometry
    """Outline of the valid data, WGS 84."""
    assets: Mapping[Band, Asset]
    """Bands that the item has, by our names."""
    tile: str = ""
    """MGRS tile (`47RMJ`), WRS path/row, or relative orbit of a radar; empty when unknown."""
    datatake: str = ""
    """Identifier shared by all tiles of one pass, free of baseline."""
    platform: str = ""
    """Spacecraft, as the item names it."""
    baseline: str = ""
    """Processing baseline (`05.10`); empty when unknown."""
    cloud_cover_pct: float | None = None
    """Cloud cover of the whole tile by the item."""
    boa_offset_applied: bool | None = None
    """What the catalogue says of the -1000 offset being removed from pixels; None when silent."""
    made: str = ""
    """When it was processed, as digits that sort; empty when the item does not say."""
    item: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The STAC item itself, hrefs canonical, no token."""

    @property
    def day(self) -> date:
        """UTC day of acquisition."""
        return self.acquired.astimezone(UTC).date()

    @property
    def overpass(self) -> str:
        """Key of the pass: scenes that share it are one overpass, cut into tiles."""
        return f"{self.day.isoformat()} {self.datatake or self.platform}"

    @cached_property
    def key(self) -> str:
        """Hash of its files and of the processing they came from.

        A scene that is processed anew under its old id and addresses has another key.
        """
        files = [[band, *self.assets[band].deciding] for band in sorted(self.assets)]
        values = [self.id, [self.baseline, self.made, self.boa_offset_applied], files]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()


Overpass = tuple[Scene, ...]
"""The scenes of one pass of a satellite, cut into tiles: by tile, then id."""


def group_overpasses(scenes: Iterable[Scene]) -> list[Overpass]:
    """Scenes by overpass, in order of time, whatever order they come in."""
    overpasses: dict[str, list[Scene]] = defaultdict(list)
    for scene in scenes:
        overpasses[scene.overpass].append(scene)
    return sorted(
        (tuple(sorted(tiles, key=lambda s: (s.tile, s.id))) for tiles in overpasses.values()),
        key=lambda tiles: (min(s.acquired for s in tiles), tiles[0].overpass),
    )


@dataclass(frozen=True, kw_only=True)
class SceneList:
    """The frozen answer of one search: sorted by time, tile and id, without duplicates."""

    scenes: tuple[Scene, ...]
    """The scenes kept."""
    catalog: str
    """Name or address of the catalogue, without any token."""
    collection: str
    """Collection searched."""
    dropped: Mapping[str, str] = field(default_factory=dict)
    """Item id to the reason it was left out (duplicate, broken, outside, too cloudy)."""
    notes: tuple[str, ...] = ()
    """Warnings about the catalogue and its answers, in words."""

    def __iter__(self) -> Iterator[Scene]:
        return iter(self.scenes)

    def __len__(self) -> int:
        return len(self.scenes)

    @property
    def bands(self) -> tuple[Band, ...]:
        """Bands that at least one scene has, without masks, in spectral order."""
        present = {band for scene in self.scenes for band in scene.assets}
        return tuple(b for b in (*REFLECTANCE_BANDS, *RADAR_BANDS) if b in present)

    @property
    def sha256(self) -> str:
        """Hash of the ids and band addresses, and of what items alone say of their pixels."""
        rows = [
            [s.id, sorted([b, a.href, *a.only_stated] for b, a in s.assets.items())]
            for s in self.scenes
        ]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class SceneQuality:
    """What is found once a scene, on a coarse overview, before any chunk is read."""

    scene_id: str
    """The scene."""
    scale: float
    """Reflectance per digital number."""
    offset_dn: int
    """Added to a digital number before scaling: 0 or -1000 for Sentinel-2."""
    offset_source: str
    """Which metadata decided it, or `pixels` when the pixels overruled it."""
    offset_reason: str = ""
    """How it was decided, in words."""
    offset_is_open: bool = False
    """True when the pixels do not bear metadata out and do not refute it: metadata was kept."""
    left_out: str = ""
    """Why the scene is not read, in words; empty: it is."""
    offset_metadata_dn: int
    """What metadata alone would have decided."""
    dark_vegetation_dn: float | None
    """Low percentile of red over clear vegetation, raw; None: too little seen."""
    ends_dn: Mapping[Band, tuple[float, float]] = field(default_factory=dict)
    """Dark and bright end of bands over clear vegetation: low and high percentile, raw digital
    numbers. A band without enough of it, or that the scene lacks, is not here."""
    unread: tuple[Band, ...] = ()
    """Bands whose ends could not be read: they are tried again by the next job."""
    clear_fraction: float
    """Share of the AOI that the mask calls clear, 0..1."""
    shift_xy_m: tuple[float, float] = (0.0, 0.0)
    """Whole pixels (east, north) of the misplacement, metres; subtracted on reading."""
    misplaced_xy_m: tuple[float, float] = (0.0, 0.0)
    """Misplacement (east, north) measured against the reference, to a part of a pixel, metres."""
    notes: tuple[str, ...] = ()
    """What is uncertain, in words."""


REPLACED: Final = "was replaced"
"""So begins the reason of a read that failed because its file is another than before."""


@dataclass(frozen=True, order=True, kw_only=True)
class ReadFailure:
    """A read that failed after its retries: that ground was not observed."""

    scene_id: str
    """The scene."""
    band: str
    """The band."""
    chunk: str
    """Name of the chunk, or `*` for the whole scene."""
    reason: str
    """The error in words, with secrets removed."""

    @property
    def is_of_replaced_file(self) -> bool:
        """Other parts of the file may be of an earlier version: all of its scene is read anew."""
        return f": {REPLACED}" in self.reason
