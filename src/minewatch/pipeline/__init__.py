"""From a polygon to an inventory: the only place where stages meet."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.pipeline.jobs import run, update
    from minewatch.pipeline.machine_checks import Check, check_machine
    from minewatch.pipeline.planning import Plan, plan

__all__ = ["Check", "Plan", "check_machine", "plan", "run", "update"]

__getattr__ = attach(__name__, __file__)
