"""What is asked of a finished run."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minewatch.analysis.differences import KINDS as DIFFERENCE_KINDS
    from minewatch.analysis.differences import Difference, diff
    from minewatch.analysis.explanations import explain
    from minewatch.analysis.sharing import export, report
    from minewatch.analysis.timelines import area_timeline, site_timeline

__all__ = [
    "DIFFERENCE_KINDS", "Difference", "area_timeline", "diff", "explain", "export", "report",
    "site_timeline",
]  # fmt: skip

_HOMES = {
    "differences": ("Difference", "diff"),
    "explanations": ("explain",),
    "sharing": ("export", "report"),
    "timelines": ("area_timeline", "site_timeline"),
}
_PLACES = {name: (home, name) for home, names in _HOMES.items() for name in names}
_PLACES["DIFFERENCE_KINDS"] = ("differences", "KINDS")


def __getattr__(name: str) -> Any:
    """Bring a module on first use only, so that the command line starts at once."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home, inside = _PLACES[name]
    return getattr(import_module(f"{__name__}.{home}"), inside)
