"""The only place where stages meet."""

from minewatch.pipeline.parameters import Parameters
from minewatch.pipeline.plan import Plan, plan
from minewatch.pipeline.run import run, update
from minewatch.pipeline.share import export, report

__all__ = ["Parameters", "Plan", "export", "plan", "report", "run", "update"]
