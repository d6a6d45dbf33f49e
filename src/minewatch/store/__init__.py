"""What is kept in the folder of a run between one job and the next."""

from typing import TYPE_CHECKING

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.store.job_log import Entry, SceneChanges, read_log
    from minewatch.store.output_folder import open_result

__all__ = ["Entry", "SceneChanges", "open_result", "read_log"]

__getattr__ = attach(__name__, __file__)
