"""Design-based estimates from a probability sample: shares, ratios, areas, and their intervals.

Arrays in, numbers out. Nothing here knows a run, a file or a class of ground.
"""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.estimates.accuracy import AccuracyTable, assess_accuracy
    from minewatch.estimates.agreement import Agreement, cohen_kappa
    from minewatch.estimates.allocation import (
        ALLOCATIONS,
        StratumGuess,
        allocate,
        expected_half_width,
        size_for_half_width,
    )
    from minewatch.estimates.binomial_limits import (
        clopper_pearson,
        hypergeometric,
        mid_p,
        wilson,
    )
    from minewatch.estimates.drawn_units import DrawnUnits
    from minewatch.estimates.estimators import Estimate, difference, ratio, share, total
    from minewatch.estimates.interpreter_mistakes import CorrectedShare, share_without_mistakes

__all__ = [
    "ALLOCATIONS",
    "AccuracyTable",
    "Agreement",
    "CorrectedShare",
    "DrawnUnits",
    "Estimate",
    "StratumGuess",
    "allocate",
    "assess_accuracy",
    "clopper_pearson",
    "cohen_kappa",
    "difference",
    "expected_half_width",
    "hypergeometric",
    "mid_p",
    "ratio",
    "share",
    "share_without_mistakes",
    "size_for_half_width",
    "total",
    "wilson",
]

__getattr__ = attach(__name__, __file__)
