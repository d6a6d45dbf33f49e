"""From a polygon to an inventory: the only place where stages meet."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minewatch.pipeline.jobs import run, update
    from minewatch.pipeline.planning import Plan, plan

__all__ = ["Plan", "plan", "run", "update"]

_HOMES = {"Plan": "planning", "plan": "planning", "run": "jobs", "update": "jobs"}


def __getattr__(name: str) -> Any:
    """Bring the stages on first use only, so that `minewatch --help` starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
