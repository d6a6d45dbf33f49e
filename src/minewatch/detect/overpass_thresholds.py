"""Thresholds of what one overpass shows, and of cloud commission: shared by all detectors.

They decide the months that are frozen, and what every detector sees of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from minewatch.model.rule_fields import rule


@dataclass(frozen=True, kw_only=True)
class OverpassRules:
    """When an overpass shows ground without its vegetation."""

    red_over_nir: float = rule(
        0.38, unit="1", moves="more red is needed before ground counts as bare",
        source="NDVI 0.45, starting value; evergreen forest has 0.06, new mines 0.7 to 1.3 "
        "(real pairs of Brazil)",
    )  # fmt: skip
    path_light_dn: int = rule(
        100, unit="reflectance x 10,000", moves="more haze over shaded forest is put up with"
    )
    cloud_dn: int = rule(
        700, unit="reflectance x 10,000", moves="bluer overpasses still count as ground",
        source="Fmask's test (doi:10.1016/j.rse.2011.10.028) with 0.08, a little stricter: only "
        "5 % of bare ground comes near it (real pairs of Brazil)",
    )  # fmt: skip
    snow_blue_dn: int = rule(
        3500, unit="reflectance x 10,000", moves="brighter ground is not taken for snow or cloud",
        source="bare ground has at most 0.22 at the 90th percentile (real pairs of Brazil)",
    )  # fmt: skip
    snow_ndsi: float = rule(
        0.4, unit="1", moves="less ground is taken for snow",
        source="doi:10.1016/0034-4257(95)00137-P",
    )  # fmt: skip
    snow_green_dn: int = rule(
        2000, unit="reflectance x 10,000", moves="darker ground is never snow"
    )


@dataclass(frozen=True, kw_only=True)
class CloudCommissionRules:
    """When ground that the mask calls cloud again and again is ground after all."""

    windows: tuple[tuple[int, int], ...] = rule(
        ((1, 2), (3, 3), (6, 4)), unit="months, overpasses",
        moves="more suspect overpasses are needed within so many months to outvote the clear ones",
    )  # fmt: skip

    @property
    def months(self) -> int:
        """Months that decide about a month: itself, and those before it."""
        return max(length for length, _ in self.windows)


OVERPASS = OverpassRules()
CLOUD_COMMISSION = CloudCommissionRules()
