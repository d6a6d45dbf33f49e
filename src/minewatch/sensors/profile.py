"""What is known of a mission, as data, and the rule from an item's metadata to its offset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from minewatch.model import (
    CORE_BANDS,
    RADAR_BANDS,
    Asset,
    Band,
    MaskValues,
    Scene,
    core_bands_of,
)
from minewatch.model.rule_fields import rule

CAME_LATER = {"came_later": True}
"""Of a field that profiles did not always have: at its default, keys are what they were."""
MASK_CLASSES = 256
"""Classes that a mask may have whose values an item states: those of 8 bits."""
_BASELINE = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})")
_MAJOR = 100  # a baseline "05.10" is compared as 5 * 100 + 10


@dataclass(frozen=True, kw_only=True)
class MaskRule:
    """Which values of the mask band are ground, and which are not."""

    bits: bool = False
    """True: the values below are bit numbers of a bit field; False: they are classes."""
    fill_bits: tuple[int, ...] = field(default=(0,), metadata=CAME_LATER)
    """Bits that say that there is no pixel; only with `bits`."""
    keep: tuple[int, ...] = ()
    """Values of clear ground or water. With `bits`: a pixel is clear when no `drop` bit is set."""
    shade: tuple[int, ...] = ()
    """Values that are clear but may be a shadow: dark ground, not trusted close to a cloud."""
    vegetation: tuple[int, ...] = ()
    """Values of clear vegetation, on which the offset is verified; none: the mask does not know
    vegetation from other clear ground."""
    drop: tuple[int, ...] = ()
    """Values that hide the ground."""
    grow: tuple[int, ...] = ()
    """Dropped values whose edges spill over, and that are grown by `grow_m`."""
    grow_m: float = 60.0
    """How far to grow, metres."""

    def as_stated(self, values: MaskValues) -> MaskRule:
        """The rule of a mask whose values its item states.

        Parameters
        ----------
        values
            What the item says.
        """
        if values.hidden_bits:
            drop = values.hidden_bits
            return replace(
                self, bits=True, fill_bits=(), keep=(), drop=drop, grow=drop * values.grows
            )
        hidden = tuple(number for number in range(MASK_CLASSES) if number not in values.clear)
        return replace(self, keep=values.clear, drop=hidden, grow=hidden * values.grows)


@dataclass(frozen=True, kw_only=True)
class ProductRule:
    """What says that an item is of the product: one sign is enough."""

    types: tuple[str, ...]
    """Product types; an item that states another one is of another product."""
    name: str
    """Part of an id, or of the name its agency gave it: a pattern of `re`."""
    levels: tuple[str, ...] = ()
    """`processing:level`, in capitals, that only this product of the spacecraft has."""
    only_assets: tuple[str, ...] = ()
    """Assets that no other product has."""

    @property
    def described(self) -> str:
        """The signs, in words."""
        assets = f", asset {' or '.join(self.only_assets)}" if self.only_assets else ""
        return f"product type {' or '.join(self.types)}, known name or collection{assets}"

    def is_named(self, name: str) -> bool:
        """Whether an id or a name is of the product."""
        return re.search(self.name, name, re.IGNORECASE) is not None


@dataclass(frozen=True, kw_only=True)
class OffsetRule:
    """When digital numbers carry an addend that must be taken off again.

    Metadata decides first (`offset_from_metadata`). Where it is not sure, both ends of the
    histogram decide against the scenes near in time (`cube.scene_offsets.decide_offsets`): an
    addend moves dark and bright pixels of every band by the same step. Haze and fog lift the dark
    end and leave the bright end of near-infrared about where it is; snow lifts what is bright and
    leaves short-wave infrared.

    Real series, below: 45 dates with clear vegetation of one place in India (2019 to 2023) and
    three of a forest in France, each against the others near in time. With 1000 added to one date,
    three in four are recognised; of uniform fogs, as white in all bands as clouds, that lift dark
    red by 800 to 1200, one in eight is taken for an addend: what is left of both ends then lies
    within these limits of the neighbours. What is not recognised is left out or noted.
    """

    offset_dn: int
    """What to add to a digital number that carries it."""
    since_baseline: str
    """First processing baseline that carries it."""
    carried_from_dn: float
    """Dark ends of scenes that carry the addend lie from here on, in every band."""
    absent_up_to_dn: float
    """A dark end up to here, in any band, cannot carry the addend."""
    ends_within_dn: float = rule(
        250.0, unit="digital numbers",
        source="a quarter of the addend; nine in ten dates of the real series lie as near to "
        "scenes near in time, at the dark ends of red and short-wave infrared",
        moves="scenes whose dark ends differ more from their neighbours are still believed to "
        "carry the addend, fog of about that thickness among them",
    )  # fmt: skip
    nir_step_from_dn: float = rule(
        750.0, unit="digital numbers",
        source="fog as white as clouds (0.6 to 0.8) lifts leaves, 0.30 to 0.35 in near-infrared, "
        "by half as much as it lifts what is dark, an addend by as much: half-way",
        moves="bright near-infrared must rise more before a raised dark end is no fog",
    )  # fmt: skip
    season_days: int = rule(
        45, unit="days",
        source="what leaves do to the bright end of near-infrared: 500 digital numbers in nine of "
        "ten dates at 45 days, 760 at 60 (real series)",
        moves="scenes further away in the year, of any year, are neighbours",
    )  # fmt: skip
    most_neighbours: int = rule(
        7, unit="1",
        source="three, five or seven separate fog from an addend about as well in the real series; "
        "of seven, three may be in fog themselves",
        moves="more scenes near in time are compared with",
    )  # fmt: skip
    least_neighbours: int = rule(
        2, unit="1", moves="more scenes must be near in time, or metadata stands", least=1
    )
    lasting_scenes: int = rule(
        5, unit="1",
        moves="more scenes must be bright at their dark end, without a darker one near in time, "
        "before that is an addend in all of them rather than a long fog",
        least=2,
    )  # fmt: skip


class OffsetDecision(NamedTuple):
    """What metadata alone says of a scene's offset."""

    offset_dn: int
    """Add this to a digital number (after nodata is set aside) before scaling."""
    source: str
    """Which metadata decided."""
    notes: tuple[str, ...]
    """What is uncertain or contradictory, in words."""
    is_certain: bool = False
    """True when no pixel can say otherwise: the product never carried what is in question."""


class Line(NamedTuple):
    """Reflectance of one sensor to that of another: `slope * reflectance + intercept`."""

    slope: float
    """Factor."""
    intercept: float
    """Addend, reflectance."""


UNCHANGED = Line(1.0, 0.0)
"""The line of the sensor that others are brought to."""


@dataclass(frozen=True, kw_only=True)
class SensorProfile:
    """One mission and product: data only."""

    name: str
    """Our name."""
    title: str
    """Name for people."""
    collections: Mapping[str, str]
    """Known catalogue to the collection id to search there; several, with commas between."""
    other_collections: tuple[str, ...] = ()
    """More collection ids that hold the same product."""
    platforms: tuple[str, ...]
    """How names of its spacecraft or constellation begin: lower case, hyphens."""
    wrong_products: tuple[str, ...] = ()
    """Product types of the same spacecraft that are something else."""
    product: ProductRule | None = None
    """What says that an item is of this product; None: its spacecraft is enough."""
    assets: Mapping[Band, tuple[str, ...]]
    """Band to asset names in every dialect, the best first."""
    common_names: Mapping[Band, tuple[str, ...]]
    """Band to names in `eo:bands`, for dialects with other asset names."""
    native_pixel_m: Mapping[Band, float]
    """Pixel of each band, metres."""
    mask: MaskRule
    """Rule of the mask band."""
    scale: float
    """Reflectance per digital number."""
    constant_offset_dn: int = 0
    """Addend to every digital number of the product, whatever the baseline."""
    offset: OffsetRule | None = None
    """Addend that depends on the processing, or None."""
    to_reference: Mapping[str, Mapping[Band, Line]] = field(
        default_factory=dict, metadata=CAME_LATER
    )
    """How the name of a spacecraft begins, to the line that brings each of its bands to what the
    newest sensor of the mission would see; a spacecraft that is not here needs none."""
    latitudes: tuple[float, float]
    """South and north end of what is imaged, degrees: an area beyond is refused by the search."""
    first_day: date
    """First day of the archive anywhere: a search that ends before it is refused."""
    attribution: str
    """What its licence asks to be said of anything made with it."""
    parts: tuple[SensorProfile, ...] = ()
    """Profiles of the products that are taken together, on one scale and with one mask: an item is
    of one of them, which says where its bands are. Empty: it is one product."""
    is_stated_by_items: bool = False
    """Whether scale, offset, pixel and mask values are what each item states: what stands here is
    only what holds where an item is silent."""

    @property
    def core_pixel_m(self) -> float:
        """Native pixel of the bands that every judgement needs, metres: the coarsest of them."""
        return max(self.native_pixel_m[band] for band in self.core_bands)

    @property
    def core_bands(self) -> tuple[Band, ...]:
        """Bands that a pixel must have to be seen."""
        return core_bands_of(self.assets)

    @property
    def is_radar(self) -> bool:
        """Whether it sees by its own waves: through clouds, with speckle, from one side."""
        return self.core_bands == RADAR_BANDS

    def core_pixel_m_of(self, scenes: Iterable[Scene]) -> float:
        """Pixel of the core bands of scenes, metres: the coarsest that any of them has."""
        if not self.is_stated_by_items:
            return self.core_pixel_m
        stated = [scene.assets[b].pixel_m for scene in scenes for b in CORE_BANDS]
        return max((pixel for pixel in stated if pixel), default=self.core_pixel_m)

    def mask_of(self, scene: Scene) -> MaskRule:
        """The rule of the mask of a scene: what its item states, else the sensor's own."""
        mask = scene.assets.get("mask")
        return self.mask.as_stated(mask.mask_values) if mask and mask.mask_values else self.mask

    def line_of(self, scene: Scene, band: Band) -> Line:
        """What brings a band of a scene to the newest sensor of the mission."""
        craft = re.sub(r"[ _]", "-", scene.platform.lower())
        lines = (lines for start, lines in self.to_reference.items() if craft.startswith(start))
        return next(lines, {}).get(band, UNCHANGED)

    def scale_of(self, scene: Scene) -> float:
        """Reflectance per digital number of a scene."""
        stated = scene.assets["red"].scale if self.is_stated_by_items else None
        return stated or self.scale

    @property
    def known_collections(self) -> frozenset[str]:
        """Every collection id that holds this product."""
        own = {c for joined in self.collections.values() for c in joined.split(",")}
        of_parts = (part.known_collections for part in self.parts)
        return frozenset(own).union(self.other_collections, *of_parts)

    def offset_from_metadata(self, scene: Scene) -> OffsetDecision:
        """What this scene's metadata says of its offset; see `offset_from_metadata`."""
        return offset_from_metadata(scene, self)


def baseline_number(baseline: str) -> int | None:
    """A processing baseline as a number that sorts: `05.10` is 510; None when it is not one.

    Examples
    --------
    >>> baseline_number("05.10"), baseline_number("02.07"), baseline_number("")
    (510, 207, None)
    """
    found = _BASELINE.fullmatch(baseline)
    return int(found[1]) * _MAJOR + int(found[2]) if found else None


def offset_from_metadata(scene: Scene, profile: SensorProfile) -> OffsetDecision:
    """What metadata alone says must be added to a scene's digital numbers.

    Decided per scene and never by its date, in this order:

    1. The catalogue says that it has removed the offset: nothing to add, whatever `raster:bands`
       still states (applying it twice is the classic bug).
    2. The baseline is older than the offset: nothing to add. This alone is certain, where the item
       states nothing else: all the others are wrong for some items of some catalogue.
    3. The item states scale and offset for its bands: what it states.
    4. The baseline carries the offset: the rule's addend.
    5. Nothing says: nothing to add, and a note, so that the pixels must decide.

    Parameters
    ----------
    scene
        Baseline, catalogue flag and stated offsets.
    profile
        The sensor's rule.

    Returns
    -------
    OffsetDecision
        Addend in digital numbers, its source, what is uncertain, and whether it is certain.
    """
    rule = profile.offset
    if profile.is_stated_by_items:
        offset = scene.assets["red"].offset or 0.0
        addend = round(offset / profile.scale_of(scene))
        return OffsetDecision(addend, "offset of the item", (), is_certain=True)
    if rule is None:
        return OffsetDecision(profile.constant_offset_dn, "product", (), is_certain=True)
    baseline = baseline_number(scene.baseline)
    first = baseline_number(rule.since_baseline) or 0
    stated = stated_offsets_dn(scene.assets, scale=profile.scale)
    notes: tuple[str, ...] = ()
    if scene.boa_offset_applied:
        return OffsetDecision(0, "flag: offset removed by the catalogue", ())
    if baseline is not None and baseline < first:
        notes = _contradiction(stated, 0, scene)
        return OffsetDecision(0, f"baseline {scene.baseline}", notes, is_certain=not notes)
    notes = ()
    if scene.boa_offset_applied is False:
        notes = ("the catalogue says the offset is still in the pixels: wrong for some items",)
    if len(stated) == 1 and stated <= {0, rule.offset_dn}:
        notes += _contradiction(stated, rule.offset_dn if baseline is not None else None, scene)
        return OffsetDecision(min(stated), "raster:offset of the item", notes)
    if baseline is not None:
        notes += _contradiction(stated, rule.offset_dn, scene)
        return OffsetDecision(rule.offset_dn, f"baseline {scene.baseline}", notes)
    return OffsetDecision(0, "nothing in the metadata", ("no baseline, no flag, no stated offset",))


def stated_offsets_dn(assets: Mapping[Band, Asset], *, scale: float) -> set[int]:
    """Offsets that the reflectance bands state, in digital numbers; empty when none does."""
    return {
        round(asset.offset / (asset.scale or scale))
        for band, asset in assets.items()
        if band != "mask" and asset.offset is not None
    }


def _contradiction(stated: set[int], expected: int | None, scene: Scene) -> tuple[str, ...]:
    if expected is None or not stated or stated == {expected}:
        return ()
    listed = ", ".join(str(dn) for dn in sorted(stated))
    return (
        f"the item states an offset of {listed} DN, baseline {scene.baseline} means {expected}",
    )
