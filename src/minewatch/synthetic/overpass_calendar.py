"""The calendar of an archive: who passed when, and what each product says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from minewatch.synthetic.spec import WorldSpec

OFFSET_SINCE = date(2022, 1, 25)
"""First day of baseline 04.00, from which products carry +1000 [DOMAIN 4]."""

_KEPT_SHARE = 0.04
"""Share of Earth Search's items that keep the offset and rightly say so [D]."""


@dataclass(frozen=True, kw_only=True)
class Overpass:
    """One pass over the world, as one processing of it."""

    index: int
    """Counts the passes; two processings of a pass share it."""
    sequence: int
    """0, or 1 for a second processing of the same pass."""
    acquired: datetime
    """Sensing time, UTC."""
    platform: str
    """`S2A` or `S2B`."""
    orbit: int
    """Absolute orbit number."""
    relative_orbit: int
    """Relative orbit."""
    baseline: str
    """Processing baseline."""
    offset_dn: int
    """What the pixels really carry: 0 or 1000."""
    flag_applied: bool
    """`earthsearch:boa_offset_applied`, which may be wrong."""
    shift_px: tuple[float, float]
    """True misplacement (east, south), pixels."""
    swath: tuple[float, float] | None
    """Where the swath ends at the top and bottom edge, share of the width; None: everywhere."""
    swath_west: bool
    """True when the part west of the edge is seen."""

    @property
    def day(self) -> date:
        """UTC day."""
        return self.acquired.date()

    @property
    def day_of_year(self) -> int:
        """1..366."""
        return self.acquired.timetuple().tm_yday

    @property
    def product_offset(self) -> bool:
        """True when the baseline is one whose products carry +1000."""
        return float(self.baseline) >= 4

    @property
    def datatake(self) -> str:
        """`s2:datatake_id`."""
        return f"G{self.platform}_{self.acquired:%Y%m%dT%H%M%S}_{self.orbit:06d}_N{self.baseline}"


def plan_overpasses(spec: WorldSpec) -> tuple[Overpass, ...]:
    """All overpasses of an archive, in order of time."""
    overpasses = []
    count = ((spec.end - spec.start).days) // spec.revisit_days + 1
    for index in range(count):
        first = _plan_overpass(spec, index, sequence=0)
        overpasses.append(first)
        if spec.random("duplicate", index).random() < spec.duplicates:
            overpasses.append(_plan_overpass(spec, index, sequence=1))
    return tuple(overpasses)


def _plan_overpass(spec: WorldSpec, index: int, *, sequence: int) -> Overpass:
    rng = spec.random("look", index)
    day = spec.start + timedelta(days=index * spec.revisit_days)
    acquired = datetime(day.year, day.month, day.day, 4, 7, int(rng.integers(0, 60)), tzinfo=UTC)
    sigma = spec.jitter_px * (3.0 if rng.random() < 0.05 else 1.0)
    east, south = (float(v) for v in rng.normal(0, sigma / 2**0.5, 2))
    swath = None
    if rng.random() < spec.partial_swaths:
        top = float(rng.uniform(0.1, 0.9))
        swath = (top, top - 0.2)
    swath_west = bool(rng.random() < 0.5)
    baseline = _baseline(day, rng.random(), sequence)
    offset, flag = _offset(spec, baseline, rng.random(3))
    number = int((day - date(2015, 6, 23)).days * 14.3)
    return Overpass(
        index=index, sequence=sequence, acquired=acquired, platform=("S2A", "S2B")[index % 2],
        orbit=number, relative_orbit=104, baseline=baseline, offset_dn=offset, flag_applied=flag,
        shift_px=(east, south), swath=swath, swath_west=swath_west,
    )  # fmt: skip


def _baseline(day: date, luck: float, sequence: int) -> str:
    """A baseline that the day and the processing may have."""
    if day < OFFSET_SINCE:
        return "05.00" if sequence or luck < 0.3 else ("02.14" if day.year < 2021 else "03.01")
    if day.year < 2023:
        return "05.10" if sequence else "04.00"
    return "05.11" if sequence else ("05.09" if day < date(2023, 12, 13) else "05.10")


def _offset(spec: WorldSpec, baseline: str, luck: np.ndarray) -> tuple[int, bool]:
    """What the pixels carry, and what Earth Search's flag says of its removal."""
    if float(baseline) < 4:
        return 0, False
    if spec.dialect == "planetary-computer":
        return 1000, False
    is_wrong = bool(luck[0] < spec.offset_flag_errors)
    is_kept = bool(luck[1] < (0.5 if is_wrong else _KEPT_SHARE))
    return (1000 if is_kept else 0), is_kept == is_wrong
