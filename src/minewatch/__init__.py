"""minewatch: watch rare-earth mines from space.

`run`, `update` and `plan` are what the command line calls.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minewatch.areas import read_aoi
    from minewatch.detect import detect_pair
    from minewatch.pipeline import plan, run, update
    from minewatch.store import open_result

__version__ = version("minewatch")
__all__ = ["detect_pair", "open_result", "plan", "read_aoi", "run", "update"]

_HOMES = {
    "detect_pair": "minewatch.detect",
    "open_result": "minewatch.store",
    "plan": "minewatch.pipeline",
    "read_aoi": "minewatch.areas",
    "run": "minewatch.pipeline",
    "update": "minewatch.pipeline",
}


def __getattr__(name: str) -> Any:
    """Bring a public function on first use, so that `minewatch --help` starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"module 'minewatch' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
