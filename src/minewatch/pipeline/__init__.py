"""The only place where stages meet."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from minewatch.pipeline.parameters import Parameters

if TYPE_CHECKING:
    from minewatch.pipeline.costs import Plan, plan
    from minewatch.pipeline.differences import KINDS as DIFFERENCE_KINDS
    from minewatch.pipeline.differences import Difference, diff
    from minewatch.pipeline.history import Entry, SceneChanges, read_log
    from minewatch.pipeline.lives import area_history, site_life
    from minewatch.pipeline.outputs import open_result
    from minewatch.pipeline.reasons import explain
    from minewatch.pipeline.recipe import run, update
    from minewatch.pipeline.share import export, report

__all__ = [
    "DIFFERENCE_KINDS", "Difference", "Entry", "Parameters", "Plan", "SceneChanges",
    "area_history", "diff", "explain", "export", "open_result", "plan", "read_log", "report", "run",
    "site_life", "update",
]  # fmt: skip

_HOMES = {
    "costs": ("Plan", "plan"),
    "differences": ("Difference", "diff"),
    "history": ("Entry", "SceneChanges", "read_log"),
    "lives": ("area_history", "site_life"),
    "outputs": ("open_result",),
    "reasons": ("explain",),
    "recipe": ("run", "update"),
    "share": ("export", "report"),
}
_PLACES = {name: (home, name) for home, names in _HOMES.items() for name in names}
_PLACES["DIFFERENCE_KINDS"] = ("differences", "KINDS")


def __getattr__(name: str) -> Any:
    """Bring the stages on first use only, so that `minewatch --help` starts at once."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home, inside = _PLACES[name]
    return getattr(import_module(f"{__name__}.{home}"), inside)
