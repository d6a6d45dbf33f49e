"""What is kept in the folder of a run between one job and the next."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minewatch.store.job_log import Entry, SceneChanges, read_log
    from minewatch.store.output_folder import open_result

__all__ = ["Entry", "SceneChanges", "open_result", "read_log"]

_HOMES = {
    "Entry": "job_log", "SceneChanges": "job_log", "read_log": "job_log",
    "open_result": "output_folder",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Bring a module on first use only."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
