"""The only place where stages meet."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from minewatch.pipeline.parameters import Parameters

if TYPE_CHECKING:
    from minewatch.pipeline.costs import Plan, plan
    from minewatch.pipeline.reasons import explain
    from minewatch.pipeline.recipe import run, update
    from minewatch.pipeline.share import export, report

__all__ = ["Parameters", "Plan", "explain", "export", "plan", "report", "run", "update"]

_HOMES = {
    "Plan": "costs", "plan": "costs", "run": "recipe", "update": "recipe", "export": "share",
    "report": "share", "explain": "reasons",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Bring the stages on first use only, so that `minewatch --help` starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
