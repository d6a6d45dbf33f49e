"""Every threshold of `detect_pair`, in one place, each with its unit, its source and what moves."""

from __future__ import annotations

from dataclasses import dataclass, field

from minewatch.model.rule_fields import rule

PAIRS = "real pairs of Brazil (docs/accuracy.md)"
_BY_HAND = (
    "set by hand near a logistic regression with no weight below 0 on one half of real pairs of "
    "Brazil (clearings in forest, gold mine or not: 3.1, 1.6, 1.1, 0), evened out after a look at "
    "the other half: a rank, not a chance"
)


@dataclass(frozen=True, kw_only=True)
class LossRules:
    """Which pixels lost their vegetation between two pictures."""

    green_ndvi: float = rule(0.6, unit="NDVI", moves="less ground counts as vegetated before")
    dense_ndvi: float = rule(
        0.75, unit="NDVI", moves="less ground counts as dense forest",
        source="stable evergreen forest has 0.85-0.9 (DOMAIN §2)",
    )  # fmt: skip
    greenest: float = rule(
        0.9, unit="1", moves="dense forest is measured by less of a picture: its greenest tenth"
    )
    below_greenest: float = rule(
        0.1, unit="NDVI", moves="in pictures less green than `dense_ndvi`, more is dense forest"
    )
    open_ndvi: float = rule(0.45, unit="NDVI", moves="greener ground counts as open")
    lost_fall: float = rule(
        0.25, unit="NDVI", moves="less ground is lost", source="the plain baseline (DESIGN §5)"
    )
    stripped_fall: float = rule(
        0.30, unit="NDVI", moves="less dense forest counts as stripped, so fewer sites"
    )
    stable_ndvi: float = rule(
        0.5, unit="NDVI", moves="path light is compared over greener ground, and less of it"
    )
    least_stable: int = rule(
        100, unit="pixels", moves="path light is evened out only where more ground stayed green"
    )
    stable_change: float = rule(
        0.04, unit="reflectance",
        moves="path light is compared over ground that changed more in infrared",
    )  # fmt: skip
    stable_swir22: float = rule(
        0.1, unit="reflectance", moves="path light is compared over drier ground too",
        source="dark dense vegetation, doi:10.1109/36.628795",
    )  # fmt: skip
    most_haze: float = rule(0.06, unit="reflectance", moves="more path light is evened out")
    haze_m: float = rule(100.0, unit="m", moves="haze is taken for smoother")
    least_share: float = rule(
        0.1, unit="1", moves="where less ground stayed green, the whole picture counts for more"
    )
    cloud_gain: float = rule(
        0.08, unit="reflectance", moves="fainter veils are judged with the ground below them"
    )
    min_cloud_m2: float = rule(
        1_000.0, unit="m²", moves="larger white spots are judged with the ground round them"
    )
    cloud_rim_m: float = rule(30.0, unit="m", moves="more round a cloud is taken for its rim")
    shift_m: float = rule(
        10.0, unit="m", moves="more of a rim that moved is put down to pictures that do not fit",
        source="one pixel of Sentinel-2; starting value",
    )  # fmt: skip
    join_m: float = rule(
        10.0, unit="m", moves="lost ground over wider gaps, up to twice this, is one patch"
    )


@dataclass(frozen=True, kw_only=True)
class PairFigureRules:
    """What is measured of a patch."""

    ring_m: float = rule(20.0, unit="m", moves="more round a patch counts as touching it")
    nearby_m: float = rule(
        100.0, unit="m", moves="more round a patch counts as its surroundings",
        source="the median extent of a site (DOMAIN §2)",
    )  # fmt: skip
    water_nir: float = rule(
        0.2, unit="reflectance", moves="brighter ground counts as open water before"
    )
    brightest: float = rule(
        0.9, unit="1", moves="brighter ground, and less of it, speaks for subsoil"
    )
    pool_share: float = rule(0.3, unit="1", moves="less ground counts as having water after")
    most_nearby: float = rule(
        0.75, unit="1", moves="what fewer plants round a patch lost as well counts as a season"
    )
    least_red_gain: float = rule(
        0.02, unit="reflectance", moves="less is asked whether it only became white"
    )
    most_shade: float = rule(0.5, unit="1", moves="deeper shade is divided out of the shares")
    part_share: float = rule(
        0.5, unit="1", moves="less ground counts as pad or pool", source="more of it than not"
    )


@dataclass(frozen=True, kw_only=True)
class PairKindRules:
    """What a patch most likely is, the first that fits from the top."""

    snow_green: float = rule(0.25, unit="reflectance", moves="less is called snow")
    snow_ndsi: float = rule(
        0.4, unit="1", moves="less is called snow", source="doi:10.1016/0034-4257(95)00137-P"
    )
    whitening: float = rule(
        0.8, unit="1", moves="less is called a rest of cloud",
        source="gain of blue against red: new mines 0.57, one in a hundred above 0.82; clouds "
        f"0.85 to 1.2; {PAIRS}",
    )  # fmt: skip
    white_green: float = rule(1.25, unit="1", moves="greener patches are called rests of cloud")
    hidden: float = rule(0.3, unit="1", moves="less is called a rest of cloud")
    shadow_nir: float = rule(0.5, unit="1", moves="more is called shadow")
    shadow_red: float = rule(0.045, unit="reflectance", moves="more is called shadow")
    channel: float = rule(0.12, unit="1", moves="less is called a river bar or a flood")
    channel_nearby: float = rule(0.3, unit="1", moves="less is called a river bar or a flood")
    widest_bar_m: float = rule(
        80.0, unit="m", moves="wider patches beside water are called bars and floods"
    )
    flood_share: float = rule(0.5, unit="1", moves="fewer of these are floods, more are bars")
    min_kernel_m2: float = rule(
        400.0, unit="m²", moves="more is put down to pictures that do not fit"
    )
    min_kernel_pixels: int = rule(
        4,
        unit="pixels",
        moves="more is put down to pictures that do not fit, where pixels are large",
    )
    widest_strip_m: float = rule(
        40.0, unit="m", moves="more is called a road",
        source="roads, fire breaks and power lines with their verges; starting value",
    )  # fmt: skip
    strip_elongation: float = rule(8.0, unit="1", moves="less is called a road")
    road_unevenness: float = rule(
        0.23, unit="1", moves="more uneven strips are called roads",
        source="spread of NIR after over before, by its mean: roads and mown strips 0.07-0.19, a "
        f"stream dug up in pits 0.27; {PAIRS} and a forest of France",
    )  # fmt: skip
    min_site_m2: float = rule(
        1_000.0, unit="m²", moves="small sites are other clearings, and small patches are left out",
        source="the smallest that counts (DESIGN §5)",
    )  # fmt: skip
    min_site_pixels: int = rule(
        9, unit="pixels",
        moves="small sites are other clearings, where pixels are large",
        source="fewer are noise and cloud edges; starting value",
    )  # fmt: skip
    season_fall: float = rule(
        0.33, unit="NDVI", moves="deeper falls of NDVI are put down to a season",
        source="the median of patches: green pastures that dried 0.28-0.31, new mines 0.32 and "
        f"more; {PAIRS}",
    )  # fmt: skip
    season_nearby: float = rule(
        0.1, unit="NDVI", moves="less is put down to a season",
        source="what three quarters of the plants round a patch lost: pastures that dried "
        f"0.11-0.17, new mines below 0.05 but for one whose forest is gone altogether; {PAIRS}",
    )  # fmt: skip
    least_growth: float = rule(
        0.2, unit="1", moves="more is called the rim of ground that was open before"
    )


@dataclass(frozen=True, kw_only=True)
class PairConfidenceRules:
    """How sure it is that a clearing is a mine: ramps, and log-odds of each when it is 1."""

    bias: float = rule(
        -3.2, unit="log-odds", moves="every site is surer", source=f"fitted on {PAIRS}, not Kachin"
    )
    dense: float = rule(2.5, unit="log-odds", moves="dense forest counts more", source=_BY_HAND)
    bright: float = rule(1.5, unit="log-odds", moves="bright subsoil counts more", source=_BY_HAND)
    pools: float = rule(1.5, unit="log-odds", moves="water counts more", source=_BY_HAND)
    new: float = rule(0.5, unit="log-odds", moves="growth counts more", source=_BY_HAND)
    dense_ndvi: tuple[float, float] = rule((0.65, 0.85), unit="NDVI", moves="denser forest counts")
    bright_red: tuple[float, float] = rule(
        (0.12, 0.30), unit="reflectance", moves="brighter ground is needed"
    )
    pool_m2: tuple[float, float] = rule((0.0, 1_000.0), unit="m²", moves="more water is needed")
    growth: tuple[float, float] = rule((0.05, 0.5), unit="1", moves="more growth is needed")
    most_of_others: float = rule(
        0.1, unit="1", moves="what is called something else may be surer a mine all the same"
    )


@dataclass(frozen=True, kw_only=True)
class PairRules:
    """All of them."""

    loss: LossRules = field(default_factory=LossRules)
    """Which pixels lost their vegetation."""
    figures: PairFigureRules = field(default_factory=PairFigureRules)
    """What is measured of a patch."""
    kinds: PairKindRules = field(default_factory=PairKindRules)
    """What a patch most likely is."""
    confidence: PairConfidenceRules = field(default_factory=PairConfidenceRules)
    """How sure it is that a clearing is a mine."""


PAIR_RULES = PairRules()
"""The thresholds as they are shipped."""
