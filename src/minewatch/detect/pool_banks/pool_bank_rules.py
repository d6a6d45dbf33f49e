"""Every threshold of the pool-bank detector, in one place.

Each has its unit, its source and what moves when it is raised; `--rules FILE` changes them, and the
manifest of a run holds them. DOMAIN is the project's page of facts; "tuning worlds" are simulated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from minewatch.detect.pool_ranges import PoolRangeRules
from minewatch.model.rule_fields import check_order, rule

TUNED = "fitted on the simulated tuning worlds"
BY_HAND = "set by hand on the simulated tuning worlds, not calibrated"
MEASURED = "measured on the simulated tuning worlds"
POOLS = "DOMAIN §2: pools are 8-14 m across and touch, 15 m apart"
SITES = "DOMAIN §2: extent of digitised sites"


@dataclass(frozen=True, kw_only=True)
class BaselineRules:
    """A pixel's own seasonal baseline."""

    min_months: int = rule(
        6, unit="months", moves="more months are needed before a fall can be scored"
    )
    noise_floor: float = rule(
        0.03, unit="greenness", moves="calm pixels score lower", least=0.001,
        source="months are medians; stable forest scatters by 0.065 an overpass (DOMAIN §2)",
    )  # fmt: skip
    first_sd: float = rule(
        0.065, unit="greenness", moves="pixels with a short record score lower", least=0.001,
        source="scatter of stable forest (DOMAIN §2)",
    )  # fmt: skip
    first_sd_months: int = rule(
        4, unit="months", moves="a pixel's own scatter counts for less against `first_sd`"
    )
    season_months: int = rule(
        12, unit="months", moves="misses count for the scatter later: before, no season is known"
    )
    ridge: float = rule(
        0.3, unit="months", moves="the seasonal terms are drawn towards none for longer", least=0.01
    )
    huber: float = rule(
        1.5, unit="sd", moves="outliers are learnt more fully", source="Huber's weight"
    )
    most_miss: float = rule(3.0, unit="sd", moves="single misses widen the scatter more")


@dataclass(frozen=True, kw_only=True)
class RunRules:
    """When the vegetation of a pixel is gone, and when it is back."""

    confirm_overpasses: int = rule(
        3, unit="overpasses", moves="a loss is believed later",
        source="DIST-ALERT: three observations (DOMAIN §6)",
    )  # fmt: skip
    confirm_months: int = rule(
        2, unit="months", moves="those overpasses must be spread over more months"
    )
    reset_overpasses: int = rule(
        3, unit="overpasses", moves="more green overpasses are needed to end a loss"
    )
    open_days: int = rule(
        60, unit="days", moves="a loss that ended so long before a period's end still counts in it"
    )


@dataclass(frozen=True, kw_only=True)
class SeasonRules:
    """What the seasons of a pixel say."""

    min_variability_months: int = rule(
        6, unit="months", moves="more bare months are needed to speak of NIR variability"
    )
    min_year_months: int = rule(
        3, unit="months", moves="a year must be better seen to count as a year"
    )


@dataclass(frozen=True, kw_only=True)
class ShareRules:
    """Shares of vegetation, soil and water in a pixel."""

    green_none: float = rule(0.2, unit="greenness", moves="more greenness still counts as bare")
    green_full: float = rule(0.8, unit="greenness", moves="more greenness is full vegetation")
    green_unmixed: float = rule(
        0.6, unit="greenness", moves="more months are unmixed: a third of the pixel is bare at 0.6"
    )

    def __post_init__(self) -> None:
        check_order(self, "green_none", "green_full")


@dataclass(frozen=True, kw_only=True)
class WaterRules:
    """Dark and milky water, and banks of pools against rivers."""

    window_m: float = rule(
        90.0, unit="m", moves="a pixel is compared with wider surroundings",
        source="wider than a bank of pools, narrower than a slope; starting value",
    )  # fmt: skip
    land_quantile: float = rule(
        0.75, unit="1", moves="brighter surroundings stand for land without water"
    )
    water_nir: float = rule(
        0.045, unit="reflectance", moves="a smaller deficit makes a whole pixel of water",
        source="0.03 idle or sheeted, 0.07 milky; starting value",
    )  # fmt: skip
    least_land_nir: float = rule(
        0.10, unit="reflectance", moves="more deep shade is left undecided"
    )
    least_seen: float = rule(
        0.25, unit="1", moves="more of the surroundings must be seen to decide"
    )
    dark_bias_pct: int = rule(
        8, unit="%", moves="a larger deficit is taken for that of forest",
        source=f"median of forest, {MEASURED}",
    )  # fmt: skip
    milky_per_dark: int = rule(
        2, unit="1", moves="milky water is believed in brighter pixels: roofs and grey rock too"
    )
    milky_ndwi: int = rule(
        10, unit="0.01", moves="milky water on new ground must differ more from it in colour",
        source=f"white sludge lies some 35 above bare soil (simulated colours); {BY_HAND}",
    )  # fmt: skip
    milky_plain_quantile: float = rule(
        0.3, unit="1", moves="milky water on new ground is compared with wetter ground"
    )
    milky_plants_pct: int = rule(
        45, unit="%", moves="greener ground counts as bare when milky water is looked for"
    )
    seed_pct: int = rule(
        25, unit="%", moves="fewer pixels may begin a mine",
        source="a third of the smallest pool in one pixel of 10 m (DOMAIN §2)",
    )  # fmt: skip
    broad_m: tuple[float, float] = rule(
        (50.0, 70.0), unit="m", moves="broader water may still be a bank of pools",
        source=f"three rows of pools, and five ({POOLS})",
    )  # fmt: skip
    near_m: float = rule(10.0, unit="m", moves="small shares count further from a large one")
    channel_extent_m: float = rule(
        400.0, unit="m", moves="longer water may still be a mine",
        source=f"90 % of sites are at most 291 m across ({SITES}), a third more for gaps",
    )  # fmt: skip
    channel_touch_m: float = rule(20.0, unit="m", moves="waters further apart are one water")
    channel_gap_m: float = rule(60.0, unit="m", moves="waters further apart are one channel")
    channel_wet_share: float = rule(0.05, unit="1", moves="fewer hidden bars join channels")
    channel_hidden_m: float = rule(
        300.0, unit="m", moves="longer bars that are taken for cloud join waters"
    )
    channel_flow_share: float = rule(
        0.6, unit="1", moves="more of a river's course must be water or hidden"
    )
    channel_ndwi: int = rule(
        -20, unit="0.01", moves="a course must look wetter: shaded roads and slides are dark, too",
        source="rivers from -13 up, other dark ways up to -29 on simulated worlds; starting value",
    )  # fmt: skip
    channel_widening: float = rule(
        1.1, unit="1", moves="a river may widen more along its course", least=1.0
    )
    channel_depth_px: int = rule(
        4, unit="pixels", moves="a course keeps nearer to the middle of wide rivers",
        source="decision 37: deeper water is as good as the middle",
    )  # fmt: skip
    channel_margin_m: float = rule(10.0, unit="m", moves="more ground is a river's bank")
    channel_old_pct: int = rule(50, unit="%", moves="less water is old enough to be a channel")
    channel_seasonal_pct: int = rule(40, unit="%", moves="less water is seasonal enough for one")
    hidden_share: float = rule(0.35, unit="1", moves="pixels seen more often count as hidden bars")


@dataclass(frozen=True, kw_only=True)
class PatchRules:
    """How lost ground is cut into patches, and what is measured of them."""

    lost_pct: int = rule(50, unit="%", moves="more overpasses must be bare for a pixel to be lost")
    min_patch_m2: float = rule(
        400.0, unit="m²", moves="small mines and changes are left out: pools are 50-200 m² each"
    )
    reach_m: float = rule(
        70.0, unit="m", moves="ground further from a pool is still of the same mine",
        source=f"half the median extent of a site, 102 m, and two pixels ({SITES})",
    )  # fmt: skip
    narrow_m: float = rule(
        30.0, unit="m", moves="wider strips are cut from mines, and may be their roads",
        source="roads are 1 to 3 pixels of 10 m wide (DOMAIN §3)",
    )  # fmt: skip
    turning_pct: int = rule(
        50, unit="%", moves="ground that is green and bare by turns is part of a mine in more years"
    )
    turning_plants_pct: int = rule(
        45, unit="%", moves="ground that turns green in other years is part of a mine in more",
        source="of such ground 4 to 10 % of wood, 12 to 19 % of fields and 42 to 86 % of mines "
        f"have fewer plants; {MEASURED}",
    )  # fmt: skip
    beside_m: float = rule(
        10.0, unit="m", moves="strips are kept as part of a mine further from its pools"
    )
    margin_m: float = rule(10.0, unit="m", moves="changes must lie further from a mine")
    road_gap_m: float = rule(20.0, unit="m", moves="roads further from a mine belong to it")
    plain_quantile: float = rule(
        0.3, unit="1", moves="a larger deficit counts as that of plain ground"
    )
    pool_share: float = rule(
        0.6, unit="1", moves="fewer pixels stand for the pools of a patch: of the largest share"
    )
    old_pct: int = rule(50, unit="%", moves="less ground counts as open from the start")
    own_pct: int = rule(
        40, unit="%", moves="ground that was open more often at first still dates a patch",
        source=f"roads and slides beside mines; {BY_HAND}",
    )  # fmt: skip
    early_share: float = rule(0.2, unit="1", moves="a patch begins later")
    early_m2: float = rule(300.0, unit="m²", moves="a patch begins later, when it is small")
    new_share: float = rule(
        0.3, unit="1",
        moves="more of a patch must be new for the patch to be new, and for that to date it",
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ConfidenceRules:
    """Log-odds that each evidence term adds to the confidence when it is 1."""

    bias: float = rule(-26.75, unit="log-odds", moves="every patch is likelier", source=BY_HAND)
    spots: float = rule(1.0, unit="log-odds", moves="spots of water count for more", source=TUNED)
    ndwi: float = rule(
        5.0, unit="log-odds", moves="the colour of water counts for more", source=TUNED
    )
    agree: float = rule(
        1.5,
        unit="log-odds",
        moves="NDWI in step with the NIR deficit counts for more",
        source=TUNED,
    )
    not_plain: float = rule(
        1.0, unit="log-odds", moves="dark or grey ground counts against more", source=BY_HAND
    )
    bare: float = rule(
        5.0, unit="log-odds", moves="bare soil counts for more",
        source=BY_HAND,
    )  # fmt: skip
    alive: float = rule(
        3.5, unit="log-odds", moves="what never changes is doubted more", source=BY_HAND
    )
    lasting: float = rule(2.75, unit="log-odds", moves="swidden is doubted more", source=TUNED)
    compact: float = rule(
        4.75, unit="log-odds", moves="slides and roads are doubted more", source=TUNED
    )
    not_seasonal: float = rule(2.75, unit="log-odds", moves="fields are doubted more", source=TUNED)
    land: float = rule(4.0, unit="log-odds", moves="fish ponds are doubted more", source=BY_HAND)


@dataclass(frozen=True, kw_only=True)
class TermRules:
    """Ramps of the evidence terms: 0 up to the first value, 1 from the second."""

    spots_pct: tuple[int, int] = rule((15, 50), unit="%", moves="clearer spots are needed")
    ndwi_turn: tuple[int, int] = rule((3, 18), unit="0.01", moves="bluer spots are needed")
    agreement: tuple[float, float] = rule(
        (0.2, 0.8), unit="1", moves="NDWI and NIR deficit must agree more"
    )
    plain_pct: tuple[int, int] = rule((10, 40), unit="%", moves="darker ground is put up with")
    bare_pct: tuple[int, int] = rule(
        (25, 45), unit="%", moves="more bare soil is needed between the pools",
        source="likely mines have 38 % and more in 19 of 20 seasons, ponds in 1 of 20; "
        f"{MEASURED}",
    )  # fmt: skip
    variability: tuple[int, int] = rule(
        (12, 28), unit="0.01", moves="pools must be filled and drained more to be alive"
    )
    unknown_variability: float = rule(
        0.3, unit="1", moves="patches too young to vary are believed more"
    )
    lasting_days: tuple[int, int] = rule((120, 300), unit="days", moves="must stay bare longer")
    out_of_season: float = rule(
        0.8, unit="1", moves="ground opened when no field is cut is believed more"
    )
    elongation: tuple[float, float] = rule(
        (1.8, 3.5), unit="1", moves="longer shapes are still compact"
    )
    drawn_out_m: tuple[float, float] = rule(
        (60, 120), unit="m", moves="longer shapes may be drawn out"
    )
    longest_row_m: tuple[float, float] = rule(
        (150, 200), unit="m", moves="longer rows are readily taken for pools",
        source=f"10 to 13 pools ({POOLS}); sites have 8 in the median",
    )  # fmt: skip
    row_agreement: tuple[float, float] = rule(
        (0.6, 0.8), unit="1", moves="long rows must agree more in NDWI and NIR deficit",
        source=f"mines 0.82 in the median, slides at most 0.73; {MEASURED}",
    )  # fmt: skip
    seasonal_pct: tuple[int, int] = rule(
        (30, 70), unit="%", moves="ground that greens in more years is still no field"
    )
    least_water_pct: tuple[int, int] = rule(
        (4, 12), unit="%", moves="old ground must hold more water to show plainly what it is"
    )
    water_share_pct: tuple[int, int] = rule((50, 70), unit="%", moves="patches may hold more water")


@dataclass(frozen=True, kw_only=True)
class PeriodRules:
    """What the other periods say of a patch."""

    same_place: float = rule(
        0.3, unit="1", moves="patches of two periods must overlap more to be one place"
    )
    begun_days: int = rule(
        400, unit="days", moves="ground opened longer ago is carried back from the next period",
        source="a year and the last weeks of the rains; starting value",
    )  # fmt: skip
    bare_plants_pct: int = rule(
        45, unit="%", moves="greener ground takes over what later seasons say of it",
        source="as `turning_plants_pct`",
    )  # fmt: skip
    likely: float = rule(0.5, unit="1", moves="fewer patches count as likelier a mine than not")
    keep_confidence: float = rule(
        0.3, unit="1", moves="more patches are listed as changes, not as detections"
    )


@dataclass(frozen=True, kw_only=True)
class ChangeRules:
    """What a change that is no mine most likely is; the predicates: `change_rules`."""

    water_share: float = rule(
        0.35, unit="1", moves="less is called a body of water",
        source="burnt ground and wet soil look like up to a third of it; starting value",
    )  # fmt: skip
    brief_days: int = rule(
        120, unit="days", moves="more is called swidden",
        source="a burnt field greens in weeks, a slide stays bare for years; starting value",
    )  # fmt: skip
    every_year_pct: int = rule(45, unit="%", moves="less is called a field")
    new_share: float = rule(0.3, unit="1", moves="less counts as new")
    dry_before_pct: int = rule(4, unit="%", moves="more water counts as a flood")
    in_channel_pct: int = rule(50, unit="%", moves="less ground along rivers is called a river bar")
    channel_elongation: float = rule(4.0, unit="1", moves="less water is a channel")
    channel_m2: float = rule(50_000.0, unit="m²", moves="less water is a channel")
    road_width_m: float = rule(22.0, unit="m", moves="more is called a road")
    road_elongation: float = rule(3.0, unit="1", moves="less is called a road")
    long_road_elongation: float = rule(5.0, unit="1", moves="less of any width is called a road")
    slide_elongation: float = rule(
        2.6, unit="1", moves="less is called a landslide where slopes are unknown"
    )
    longest_slide_m: float = rule(
        1500.0, unit="m", moves="longer bare ground is still a landslide",
        source="ground of 5 km that was called one slide was a river; starting value",
    )  # fmt: skip
    downhill_elongation: float = rule(
        2.0, unit="1", moves="less is called a landslide where slopes are known"
    )
    steep_deg: float = rule(
        22.0, unit="degrees", moves="less is called a landslide",
        source="slides start above 25-30 degrees (DOMAIN §3); heights of 30 m flatten slopes",
    )  # fmt: skip
    downhill: float = rule(
        0.9, unit="cosine", moves="slides must run closer to the line of fall",
        source="within 25 degrees; starting value",
    )  # fmt: skip
    old_pct: int = rule(50, unit="%", moves="less is called a village")


_BY_EYE = "set by eye on three simulated worlds at 20 m (seeds 31 to 33): docs/sensors.md"


@dataclass(frozen=True, kw_only=True)
class ClearingRules:
    """Clearings, where pixels are too large for pools."""

    min_m2: float = rule(
        1_500.0, unit="m²", moves="smaller clearings are left out",
        source="sites have 0.1 ha cleared and more (DOMAIN §2); starting value",
    )  # fmt: skip
    min_pixels: int = rule(
        3, unit="effective pixels", moves="smaller clearings are left out: they have no shape"
    )
    bare_pct: tuple[int, int] = rule(
        (15, 35), unit="%", moves="more of a clearing must be bare soil", source=_BY_EYE
    )
    variability: tuple[int, int] = rule(
        (12, 20), unit="0.01", source=_BY_EYE,
        moves="brightness must swing more: yards and quarries keep theirs, worked ground does not",
    )  # fmt: skip
    unknown_variability: float = rule(
        0.3, unit="1", moves="clearings too young to have shown any swing are likelier"
    )
    lasting_days: tuple[int, int] = rule(
        (300, 450), unit="days", source=_BY_EYE,
        moves="clearings must stay bare longer: swidden is green after one monsoon",
    )  # fmt: skip
    elongation: tuple[float, float] = rule(
        (1.8, 2.6), unit="1", moves="longer shapes count", source=_BY_EYE
    )
    seasonal_pct: tuple[int, int] = rule(
        (30, 42), unit="%", moves="ground that greens in more years counts", source=_BY_EYE
    )
    bias: float = rule(-15.5, unit="log-odds", moves="everything is likelier", source=_BY_EYE)
    bare_weight: float = rule(3.0, unit="log-odds", moves="bare soil counts more", source=_BY_EYE)
    alive_weight: float = rule(5.0, unit="log-odds", moves="the swing counts more", source=_BY_EYE)
    lasting_weight: float = rule(5.0, unit="log-odds", moves="lasting counts more", source=_BY_EYE)
    compact_weight: float = rule(3.0, unit="log-odds", moves="shape counts more", source=_BY_EYE)
    not_seasonal_weight: float = rule(
        3.0, unit="log-odds", moves="staying bare counts more", source=_BY_EYE
    )
    most_confidence: float = rule(
        0.7, unit="1", moves="clearings are likelier mines: without pools nothing proves it"
    )


_SIMULATED = "by hand; ratios on the simulated tuning worlds move by 0.05 when it moves by a tenth"


@dataclass(frozen=True, kw_only=True)
class FillRules:
    """Water and lined pools of a site against its own plain ground."""

    plain_quantile: float = rule(
        0.3, unit="1", moves="bluer ground is first taken as plain: more pixels hold no pool",
        source="median of the ground beside pools that fill two fifths of a site; set on the "
        "simulated tuning worlds",
    )  # fmt: skip
    pool_share: float = rule(
        0.15, unit="1", moves="more pixels hold no pool: bluer ground counts as plain, less water",
        source="set on the simulated tuning worlds",
    )  # fmt: skip
    plants: tuple[float, float] = rule(
        (0.045, 0.25), unit="reflectance", moves="green and near-infrared of plants",
        source=f"forest of the dry season; {_SIMULATED}",
    )  # fmt: skip
    soil: tuple[float, float] = rule(
        (0.13, 0.27), unit="reflectance", moves="green and near-infrared of bare soil",
        source=f"laterite and pads (DOMAIN §2); {_SIMULATED}",
    )  # fmt: skip
    water: tuple[float, float] = rule(
        (0.13, 0.06), unit="reflectance", moves="green and near-infrared of pools",
        source=f"between idle and milky pools (DOMAIN §2); {_SIMULATED}",
    )  # fmt: skip
    most_water: float = rule(
        0.9, unit="1", moves="wetter pixels still say something of the land round them"
    )
    shaded_water: float = rule(
        0.4, unit="1", moves="water in shade is taken for brighter: it fills more of its pixels",
        source="share of the near-infrared of the land: water is darker in shade, too; by hand",
    )  # fmt: skip
    least_land_nir: float = rule(
        0.06, unit="reflectance", moves="more sites in deep shade are without water"
    )
    empty_periods: int = rule(
        2, unit="periods", moves="pools that show nothing count as built for longer", least=1,
        source="a drained pool is filled again within two dry seasons or left to grass; starting "
        "value",
    )  # fmt: skip
    empty_share: float = rule(
        0.1, unit="1", moves="more water is needed for pools to be in use: of the most that showed"
    )


@dataclass(frozen=True, kw_only=True)
class MeasureRules:
    """Figures of a site in a period."""

    green_pct: int = rule(50, unit="%", moves="fewer pixels count as green")
    dry_ndwi: int = rule(
        3, unit="0.01", moves="sites must look wetter to have any water",
        source="three of four dry seasons lie below on the simulated tuning worlds",
    )  # fmt: skip
    wet_ndwi: int = rule(
        8, unit="0.01", moves="sites must look wetter to have all of it",
        source="19 of 20 seasons with water lie above 9 on the simulated tuning worlds",
    )  # fmt: skip
    lost_min_pct: int = rule(20, unit="%", moves="less lost vegetation is summed")
    ring_m: float = rule(10.0, unit="m", moves="mixed pixels further from a site are summed")

    def __post_init__(self) -> None:
        check_order(self, "dry_ndwi", "wet_ndwi")


@dataclass(frozen=True, kw_only=True)
class PoolBankRules:
    """All of them."""

    baseline: BaselineRules = field(default_factory=BaselineRules)
    """A pixel's own seasonal baseline."""
    runs: RunRules = field(default_factory=RunRules)
    """When vegetation is gone, and when it is back."""
    seasons: SeasonRules = field(default_factory=SeasonRules)
    """What the seasons of a pixel say."""
    shares: ShareRules = field(default_factory=ShareRules)
    """Shares of vegetation, soil and water."""
    water: WaterRules = field(default_factory=WaterRules)
    """Dark and milky water, banks and rivers."""
    patches: PatchRules = field(default_factory=PatchRules)
    """How lost ground is cut and measured."""
    ranges: PoolRangeRules = field(default_factory=PoolRangeRules)
    """Ranges of pool areas and counts."""
    terms: TermRules = field(default_factory=TermRules)
    """Ramps of the evidence terms."""
    confidence: ConfidenceRules = field(default_factory=ConfidenceRules)
    """Weights of the evidence terms."""
    periods: PeriodRules = field(default_factory=PeriodRules)
    """What the other periods say."""
    changes: ChangeRules = field(default_factory=ChangeRules)
    """What is no mine."""
    clearings: ClearingRules = field(default_factory=ClearingRules)
    """Clearings, where pixels are too large for pools."""
    measures: MeasureRules = field(default_factory=MeasureRules)
    """Figures of sites."""
    fill: FillRules = field(default_factory=FillRules)
    """Water and lined pools of sites."""


DEFAULT = PoolBankRules()
"""The thresholds as they are shipped."""
