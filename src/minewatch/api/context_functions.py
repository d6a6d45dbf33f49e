"""What a notebook asks of the surroundings of the mines: one function a command of `context`.

Each answer is written to `context/NAME` in the folder of the run, so that its report and its QGIS
project show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from minewatch.model.defaults import AUTO_DEM
from minewatch.runtime.progress_bars import progress_listener

if TYPE_CHECKING:
    from minewatch.api.functions import AnyRun
    from minewatch.model import ContextAnswer, RunResult


def downstream(
    run: AnyRun,
    *,
    dem: str | Path = AUTO_DEM,
    catalog: str | None = None,
    beyond_km: float = 20.0,
    rivers: str | Path | None = None,
    places: Mapping[str, str | Path] | None = None,
    reach_m: float = 250.0,
    river_km2: float = 5.0,
    draws: int = 20,
    seed: int = 1,
    out: str | Path | None = None,
) -> ContextAnswer:
    """The rivers and places below the sites, period by period, as ranges.

    Parameters
    ----------
    run
        A run, or its folder.
    dem, catalog, beyond_km
        Heights: a file, a folder of files, a collection, or `auto`; where a collection is searched;
        how far beyond the area.
    rivers
        Layer of rivers, named by its column `name`.
    places
        Kind of place (`village`, `intake`, …) to its layer.
    reach_m, river_km2
        How near a place must be to a path; from which catchment on a stream is a river.
    draws, seed
        How often the heights are disturbed, and the seed of it.
    out
        Folder to write; None takes `context/downstream` in that of the run.

    Returns
    -------
    ContextAnswer
        Tables and layers, and the sentences that must stand beside them.
    """
    from minewatch import analysis

    result = _result(run)
    with progress_listener() as listener:
        answer = analysis.downstream(
            result, dem=str(dem), catalog=catalog, beyond_km=beyond_km,
            rivers=None if rivers is None else Path(rivers),
            places={kind: Path(path) for kind, path in (places or {}).items()},
            reach_m=reach_m, river_km2=river_km2, draws=draws, seed=seed, listener=listener,
        )  # fmt: skip
    return _written(answer, result, out)


def slopes(
    run: AnyRun,
    *,
    dem: str | Path = AUTO_DEM,
    catalog: str | None = None,
    out: str | Path | None = None,
) -> ContextAnswer:
    """Slopes under the sites, slides beside them, and a screen of where to look first.

    Parameters
    ----------
    run
        A run, or its folder.
    dem, catalog
        Heights, as `downstream` takes them.
    out
        Folder to write; None takes `context/slopes` in that of the run.
    """
    from minewatch import analysis

    result = _result(run)
    return _written(analysis.slopes(result, dem=str(dem), catalog=catalog), result, out)


def control(
    run: AnyRun,
    *,
    claims: str | Path | None = None,
    area: str | None = None,
    events: str | Path | None = None,
    months: int = 12,
    placebo_months: int = 12,
    out: str | Path | None = None,
) -> ContextAnswer:
    """Who may have held the ground of what was seen, and counts beside stated events.

    Parameters
    ----------
    run
        A run, or its folder.
    claims, area, events
        Layer of claims; a bundled area whose intervals to take; CSV of events. None takes those of
        the area of the run, and the bundled events.
    months, placebo_months
        How long before and after an event is counted, and how much earlier its placebo is.
    out
        Folder to write; None takes `context/control` in that of the run.
    """
    from minewatch import analysis

    result = _result(run)
    answer = analysis.control(
        result, claims=None if claims is None else Path(claims), area=area,
        events=None if events is None else Path(events), months=months,
        placebo_months=placebo_months,
    )  # fmt: skip
    return _written(answer, result, out)


def absence(run: AnyRun, *, out: str | Path | None = None) -> ContextAnswer:
    """How sure one can be that nothing is there: what was seen, and what would have been found.

    Parameters
    ----------
    run
        A run, or its folder.
    out
        Folder to write; None takes `context/absence` in that of the run.
    """
    from minewatch import analysis

    result = _result(run)
    return _written(analysis.absence(result), result, out)


def trade(
    run: AnyRun, *, figures: str | Path | None = None, out: str | Path | None = None
) -> ContextAnswer:
    """Published trade figures with their bases, compared only where alike, and beside activity.

    Parameters
    ----------
    run
        A run, or its folder.
    figures
        CSV of figures of your own.
    out
        Folder to write; None takes `context/trade` in that of the run.
    """
    from minewatch import analysis

    result = _result(run)
    given = None if figures is None else Path(figures)
    return _written(analysis.trade(result, figures=given), result, out)


def people(
    run: AnyRun, layers: Mapping[str, str | Path], *, out: str | Path | None = None
) -> ContextAnswer:
    """Distances and overlaps between sites and layers of your own.

    Parameters
    ----------
    run
        A run, or its folder.
    layers
        Kind (`village`, `farmland`, `camp`, …) to its layer.
    out
        Folder to write; None takes `context/people` in that of the run.
    """
    from minewatch import analysis

    result = _result(run)
    answer = analysis.people(result, layers={kind: Path(path) for kind, path in layers.items()})
    return _written(answer, result, out)


def _result(run: AnyRun) -> RunResult:
    from minewatch.api.run_view import Run
    from minewatch.store import open_result

    return run.result if isinstance(run, Run) else open_result(Path(run))


def _written(answer: ContextAnswer, result: RunResult, out: str | Path | None) -> ContextAnswer:
    from dataclasses import replace

    from minewatch.analysis import write_answer

    files = write_answer(answer, result, None if out is None else Path(out))
    return replace(answer, files=tuple(files))
