"""minewatch: watch rare-earth mines from space.

`import minewatch as mw`, then `mw.run(...)`: each function is one command of the command line.
"""

from typing import TYPE_CHECKING, Any

from minewatch.lazy import attach

if TYPE_CHECKING:
    from minewatch.api.context_functions import (
        absence,
        control,
        downstream,
        people,
        slopes,
        trade,
    )
    from minewatch.api.functions import (
        aoi,
        aois,
        assess,
        check_publication,
        compare,
        diff,
        explain,
        export,
        export_to_database,
        export_verdicts,
        fuse,
        import_verdicts,
        open_run,
        plan,
        report,
        run,
        sample,
        search,
        set_verdict,
        update,
        verdicts,
    )
    from minewatch.api.run_view import Run, Site
    from minewatch.api.wrappers import Area, Plan, Scenes
    from minewatch.detect import detect_pair

    __version__: str

__all__ = [
    "Area",
    "Plan",
    "Run",
    "Scenes",
    "Site",
    "absence",
    "aoi",
    "aois",
    "assess",
    "check_publication",
    "compare",
    "control",
    "detect_pair",
    "diff",
    "downstream",
    "explain",
    "export",
    "export_to_database",
    "export_verdicts",
    "fuse",
    "import_verdicts",
    "open_run",
    "people",
    "plan",
    "report",
    "run",
    "sample",
    "search",
    "set_verdict",
    "slopes",
    "trade",
    "update",
    "verdicts",
]

_bring = attach(__name__, __file__)


def __getattr__(name: str) -> Any:
    """Bring a public name on first use, so that `import minewatch` costs next to nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("minewatch")
    return _bring(name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
