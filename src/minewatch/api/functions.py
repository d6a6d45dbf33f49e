"""What a notebook calls: one function a job."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from minewatch.api.run_view import Run, with_dates
from minewatch.api.wrappers import Area, Plan, Scenes
from minewatch.model.defaults import (
    AUTO_DEM,
    AUTO_SEASON,
    DEFAULT_CACHE_GIB,
    DEFAULT_CATALOG,
    DEFAULT_CHUNK_PX,
    DEFAULT_DETECTOR,
    DEFAULT_MAX_CLOUD_COVER_PCT,
    DEFAULT_PERIOD,
    DEFAULT_RESOLUTION_M,
    DEFAULT_SENSOR,
)
from minewatch.runtime.progress_bars import progress_listener

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from minewatch.analysis import Assessment, DrawnSample, Fusion, ReleaseChoices
    from minewatch.model import AreaOfInterest, SceneList
    from minewatch.review import ImportPlan

log = logging.getLogger(__name__)

AnyRun = Run | str | Path
"""A run, or the folder of one."""


def aoi(name: str | Path | AreaOfInterest) -> Area:
    """An area of interest: a bundled one by name, or a polygon file, repaired and checked.

    Parameters
    ----------
    name
        Bundled name (`aois()` lists them) or a polygon file.

    Raises
    ------
    AoiError
        When there is none, or it cannot be used; says why and what to do.
    """
    from minewatch import areas
    from minewatch.model import AreaOfInterest

    return Area.of(name if isinstance(name, AreaOfInterest) else areas.read_aoi(name))


def aois() -> pd.DataFrame:
    """The bundled areas: `id`, `name`, `area_km2`, `status` (outline or candidate), `note`."""
    import pandas as pd

    from minewatch import areas

    names = ("id", "name", "area_km2", "status", "note")
    return pd.DataFrame([{n: getattr(a, n) for n in names} for a in areas.list_aois()])


def search(
    aoi: str | Path | AreaOfInterest,
    *,
    start: str | date,
    end: str | date,
    catalog: str = DEFAULT_CATALOG,
    collection: str | None = None,
    sensor: str = DEFAULT_SENSOR,
    max_cloud_cover_pct: float = DEFAULT_MAX_CLOUD_COVER_PCT,
    progress: bool | None = None,
) -> Scenes:
    """The scenes that saw an area, re-checked and without duplicates; no pixel is fetched.

    Parameters
    ----------
    aoi
        Bundled name, polygon file, or area.
    start, end
        First and last day, UTC, both included; a month or a year is its first day, or its last.
    catalog, collection, sensor, max_cloud_cover_pct
        As in `run`.
    progress
        Draw progress; None draws it in a notebook and in a terminal.

    Raises
    ------
    NoScenesError
        When the search ran well and found nothing.
    """
    from minewatch import catalog as catalogs
    from minewatch.model import Period, parse_day

    area = _area(aoi)
    span = Period(parse_day(start, name="start"), parse_day(end, end=True, name="end"))
    with progress_listener(progress) as listener:
        found = catalogs.find_scenes(
            area, span, catalog=catalogs.canonical_catalog(catalog), collection=collection,
            sensor=sensor, max_cloud_cover_pct=max_cloud_cover_pct, listener=listener,
        )  # fmt: skip
    return Scenes.of(found, span)


def plan(
    aoi: str | Path | AreaOfInterest,
    *,
    start: str | date | None = None,
    end: str | date | None = None,
    catalog: str = DEFAULT_CATALOG,
    collection: str | None = None,
    sensor: str = DEFAULT_SENSOR,
    resolution_m: float = DEFAULT_RESOLUTION_M,
    max_cloud_cover_pct: float = DEFAULT_MAX_CLOUD_COVER_PCT,
    chunk_px: int = DEFAULT_CHUNK_PX,
    period: str = DEFAULT_PERIOD,
    dry_season: str = AUTO_SEASON,
    scenes: str | Path | SceneList | None = None,
    workers: int | None = None,
    max_memory_gib: float | None = None,
    progress: bool | None = None,
) -> Plan:
    """What `run` with the same arguments would read, in bytes, memory and time: an estimate.

    Parameters
    ----------
    aoi, start, end, catalog, collection, sensor, resolution_m
        As in `run`. With `scenes` the days may be left out.
    max_cloud_cover_pct, chunk_px, period, dry_season, workers, max_memory_gib
        As in `run`.
    scenes
        A frozen `scenes.json`, or what `search` found; no network is needed then.
    progress
        As in `search`.

    Returns
    -------
    Plan
        Scenes, bytes, requests, memory and seconds; it shows itself.
    """
    from minewatch import pipeline
    from minewatch.catalog import canonical_catalog

    with progress_listener(progress) as listener:
        found = pipeline.plan(
            _area(aoi), start=start, end=end, catalog=canonical_catalog(catalog),
            collection=collection, sensor=sensor, resolution_m=resolution_m,
            max_cloud_cover_pct=max_cloud_cover_pct, chunk_px=chunk_px, period=period,
            dry_season=dry_season, scenes=scenes, workers=workers, max_memory_gib=max_memory_gib,
            listener=listener,
        )  # fmt: skip
    return Plan.of(found)


def run(
    aoi: str | Path | AreaOfInterest,
    *,
    start: str | date,
    end: str | date,
    out: str | Path,
    catalog: str = DEFAULT_CATALOG,
    collection: str | None = None,
    sensor: str = DEFAULT_SENSOR,
    detector: str = DEFAULT_DETECTOR,
    rules: str | Path | Mapping[str, Any] | None = None,
    dry_season: str = AUTO_SEASON,
    period: str = DEFAULT_PERIOD,
    resolution_m: float = DEFAULT_RESOLUTION_M,
    max_cloud_cover_pct: float = DEFAULT_MAX_CLOUD_COVER_PCT,
    chunk_px: int = DEFAULT_CHUNK_PX,
    dem: str = AUTO_DEM,
    scenes: str | Path | SceneList | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    max_memory_gib: float | None = None,
    cache: str | Path | None = None,
    cache_gib: float = DEFAULT_CACHE_GIB,
    resume: bool = False,
    progress: bool | None = None,
) -> Run:
    """An inventory of mine sites over time, from a polygon. Everything is `minewatch run`.

    Parameters
    ----------
    aoi
        Bundled name, polygon file, or area.
    start, end
        First and last day to look at, UTC, both included; a month or a year is its first day, or
        its last.
    out
        Folder to write; new or empty, unless `resume`.
    catalog
        Known name, STAC API root, address of a static `catalog.json`, or a folder of GeoTIFFs with
        a mapping file.
    collection
        Collection id; None takes the catalogue's own for the sensor.
    sensor
        Sensor profile.
    detector
        Who judges the months: a name in `docs/detectors.md`, or of a plug-in.
    rules
        Thresholds to replace: a TOML file, or nested plain values; None takes them as shipped.
    dry_season
        First and last month of the dry season, `11-04`; `auto` takes the property `dry_season` of
        the area, or finds it in the area's record.
    period
        Step of the inventory: `dry-season`, `quarter`, `month`, `year`, or `custom:` and a list.
    resolution_m
        Pixel of the grid, metres. Pools are seen at 10 m only.
    max_cloud_cover_pct
        Scenes cloudier than this are not read.
    chunk_px
        Side of a chunk, pixels. Sets the memory, never the answer.
    dem
        Heights, from which slopes sharpen what is said of changes: `auto` takes Copernicus DEM
        where the catalogue of the scenes has it, `none` nothing; else a collection id of that
        catalogue, or a file.
    scenes
        A frozen `scenes.json` to use instead of searching.
    scheduler
        Address of a Dask scheduler; None works in threads on this machine.
    workers
        Threads; None takes one a core, or as many as fit into the memory.
    max_memory_gib
        Most memory of the process, GiB, or an error; None aims at 3. Workers of a cluster are
        not counted. Changes no answer.
    cache
        Folder that keeps blocks of remote files for later runs, compressed as they came; several
        runs may share it. None keeps nothing. Files that GDAL must read are not kept.
    cache_gib
        Most GiB in it; blocks not used for longest give way.
    resume
        Go on with a run that was cut, reading only what is missing; what other rules made is read
        or scored again.
    progress
        Draw progress; None draws it in a notebook and in a terminal.

    Returns
    -------
    Run
        The finished run. `Run.warnings` is to be read before a figure is quoted.

    Raises
    ------
    MinewatchError
        With the problem and the mend. `NoScenesError` when the search finds nothing.
    """
    from minewatch import pipeline

    with progress_listener(progress) as listener:
        result = pipeline.run(
            aoi, start=start, end=end, out=out, catalog=catalog, collection=collection,
            sensor=sensor, detector=detector, rules=rules, dry_season=dry_season, period=period,
            resolution_m=resolution_m, max_cloud_cover_pct=max_cloud_cover_pct, chunk_px=chunk_px,
            dem=dem, scenes=scenes, scheduler=scheduler, workers=workers,
            max_memory_gib=max_memory_gib, cache=cache, cache_gib=cache_gib, resume=resume,
            listener=listener,
        )  # fmt: skip
    return Run(result)


def update(
    run: AnyRun,
    *,
    end: str | date | None = None,
    period: str | None = None,
    catalog: str | None = None,
    scenes: str | Path | SceneList | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    max_memory_gib: float | None = None,
    cache: str | Path | None = None,
    cache_gib: float = DEFAULT_CACHE_GIB,
    progress: bool | None = None,
) -> Run:
    """A run carried on to a later day: only months with new, changed or failed scenes are read.

    Parameters
    ----------
    run
        A run, or its folder.
    end
        New last day; None takes the last day of the run, or with `period` searches for nothing.
    period
        New step of the inventory; alone, it reads no imagery.
    catalog
        Where to search from now on; None searches where the run did. A run from a signed address
        needs it: signatures are not kept.
    scenes, scheduler, workers, max_memory_gib, cache, cache_gib, progress
        As in `run`.
    """
    from minewatch import pipeline
    from minewatch.exporters import read_manifest

    folder = _folder(run)
    last = end
    if end is None and (period is None or catalog is not None):
        last = str(read_manifest(folder)["parameters"]["end"])
    with progress_listener(progress) as listener:
        result = pipeline.update(
            folder, end=last, period=period, catalog=catalog, scenes=scenes, scheduler=scheduler,
            workers=workers, max_memory_gib=max_memory_gib, cache=cache, cache_gib=cache_gib,
            listener=listener,
        )  # fmt: skip
    return Run(result)


def open_run(directory: str | Path) -> Run:
    """A finished run, opened from its folder; every file is checked against the manifest.

    Parameters
    ----------
    directory
        The folder.

    Raises
    ------
    OutputError
        When there is none, or a file of it is missing or damaged.
    """
    from minewatch.store import open_result

    return Run(open_result(directory))


def explain(run: AnyRun, site_id: str, *, out: str | Path | None = None) -> dict[str, Path]:
    """Why a site is in the inventory, as a picture and as figures: the files written.

    Parameters
    ----------
    run
        A run, or its folder.
    site_id
        A site of it.
    out
        Folder to write; None takes `explain/` in the run's.
    """
    from minewatch import analysis

    return analysis.explain(_folder(run), site_id, out=out)[1]


def diff(
    before: AnyRun,
    after: AnyRun | None = None,
    *,
    from_period: str | None = None,
    to_period: str | None = None,
) -> pd.DataFrame:
    """What appeared, grew, went quiet or vanished between two runs, or two periods of one.

    Parameters
    ----------
    before, after
        Runs or their folders; `after` None compares periods of `before`.
    from_period, to_period
        Label or first day of a period; None takes the last of each run.

    Returns
    -------
    pandas.DataFrame
        One row a site: `site_id`, `change`, `note`, and state, alert, ground and pools as
        `before_…` and `after_…`.
    """
    import pandas as pd

    from minewatch import analysis

    two = None if after is None else _folder(after)
    found = analysis.diff(_folder(before), two, from_period=from_period, to_period=to_period)
    rows = []
    for difference in found:
        sides = {"before": difference.before or {}, "after": difference.after or {}}
        values = {f"{side}_{n}": v for side, of in sides.items() for n, v in of.items()}
        known = {"site_id": difference.site_id, "change": difference.change}
        rows.append({**known, "note": difference.note, **values})
    return pd.DataFrame(rows)


def fuse(run: AnyRun, *others: AnyRun, out: str | Path | None = None) -> Fusion:
    """One inventory from runs of several sensors over one area, the evidence of each kept apart.

    Parameters
    ----------
    run
        The leading run or its folder, best the one with the finest pixels.
    *others
        Further runs.
    out
        Folder to write `fused_sites.geojson` and `fusion.json` to; None writes nothing.

    Returns
    -------
    Fusion
        `sites`, one row a site that any run has, with real dates; `runs`, where they come from.

    Raises
    ------
    SettingsError
        When the runs cannot be fused; says why and what to do.
    """
    from minewatch import analysis

    fusion = analysis.fuse(_folder(run), *map(_folder, others), out=out)
    return replace(fusion, sites=with_dates(fusion.sites))


def export(
    run: AnyRun,
    *,
    format: str,
    profile: str = "private",
    grid_km: int | None = None,
    townships: str | Path | None = None,
    ledger: str | Path | None = None,
    with_totals: bool = True,
    licence: str = "",
    out: str | Path | None = None,
    sites: Sequence[str] = (),
    language: str | None = None,
) -> list[Path]:
    """Files of a run in another format, one of `minewatch.exporters.EXPORTERS`.

    Parameters
    ----------
    run
        A run, or its folder.
    format
        Name of the format.
    profile
        `private`: exact. `partner` and `public`: generalised layers, entered into the ledger.
    grid_km, townships, ledger, with_totals, licence
        Of a release: cell of its grid, or a file of districts; folder of the ledger; whether it
        says how many sites there are in all cells; its licence in words.
    out
        Folder to write; None takes `export/` in the run's, or a new one in the ledger.
    sites, language
        Of evidence sheets: the sites that get one, all when empty, and `en`, `my` or `zh`.
    """
    from minewatch import analysis

    choices = _release_choices(profile, grid_km, townships, ledger, with_totals, licence)
    if choices is not None:
        return analysis.publish_layers(_folder(run), format=format, choices=choices, out=out)
    return analysis.export(_folder(run), format=format, out=out, sites=sites, language=language)


def export_to_database(
    run: AnyRun,
    *,
    format: str = "postgis",
    dsn: str | None = None,
    profile: str = "private",
    grid_km: int | None = None,
    townships: str | Path | None = None,
    ledger: str | Path | None = None,
    with_totals: bool = True,
    licence: str = "",
) -> str:
    """Make a database hold a run, or a release of it, as it is now; gives what was done, in words.

    Parameters
    ----------
    run
        A run, or its folder.
    format
        Name of a format that is a database.
    dsn
        Address of the database; None takes the variable `MINEWATCH_POSTGIS_DSN`.
    profile, grid_km, townships, ledger, with_totals, licence
        As in `export`: a release goes into a database that holds nothing else.
    """
    from minewatch import analysis

    choices = _release_choices(profile, grid_km, townships, ledger, with_totals, licence)
    if choices is not None:
        return analysis.publish_to_database(_folder(run), format=format, choices=choices, dsn=dsn)
    return analysis.export_to_database(_folder(run), format=format, dsn=dsn)


def report(
    run: AnyRun,
    *,
    profile: str = "private",
    grid_km: int | None = None,
    townships: str | Path | None = None,
    ledger: str | Path | None = None,
    with_totals: bool = True,
    licence: str = "",
    out: str | Path | None = None,
    language: str = "en",
) -> dict[str, Path]:
    """The report page of a run and its pictures: what each file is, to its path.

    Parameters
    ----------
    run
        A run, or its folder.
    profile, grid_km, townships, ledger, with_totals, licence
        As in `export`: with another profile than `private` the page of a release.
    out
        HTML file; None takes `report.html` in the run's folder. Of a release: a folder.
    language
        Language that the page begins in: `en`, `my` or `zh`.
    """
    from minewatch import analysis

    choices = _release_choices(profile, grid_km, townships, ledger, with_totals, licence)
    if choices is not None:
        page, about = analysis.publish_page(_folder(run), choices=choices, out=out)
        return {"report": page, "about": about}
    return analysis.report(_folder(run), out=out, language=language)


def check_publication(
    files: Sequence[str | Path],
    run: AnyRun,
    *,
    profile: str = "public",
    ledger: str | Path | None = None,
    townships: str | Path | None = None,
    allow_pictures: bool = False,
    dsn: str | None = None,
) -> pd.DataFrame:
    """What files would give away of a private run: a row a leak; none when they may be published.

    Parameters
    ----------
    files
        Files of any format, and folders of them.
    run
        The run that is private, or its folder.
    profile
        `public` or `partner`.
    ledger
        Also ask whether each file is a release of this ledger.
    townships
        Districts whose outlines may be in the files.
    allow_pictures
        A person looked at the pictures: only what is written in them is checked.
    dsn
        Also read a database, as somebody who logs in with this address.

    Returns
    -------
    DataFrame
        `file`, `kind`, `where`, `what`.
    """
    import pandas as pd

    from minewatch import analysis

    found = analysis.check_files(
        [Path(file) for file in files], _folder(run), profile=profile,
        ledger=Path(ledger) if ledger else None, townships=Path(townships) if townships else None,
        allow_pictures=allow_pictures, dsn=dsn,
    )  # fmt: skip
    rows = [
        (str(p), leak.kind, leak.where, leak.what) for p, leaks in found.items() for leak in leaks
    ]
    return pd.DataFrame(rows, columns=["file", "kind", "where", "what"])


def _release_choices(
    profile: str,
    grid_km: int | None,
    townships: str | Path | None,
    ledger: str | Path | None,
    with_totals: bool,
    licence: str,
) -> ReleaseChoices | None:
    if profile == "private":
        return None
    from minewatch.analysis import ReleaseChoices

    return ReleaseChoices(
        profile=profile, grid_km=grid_km, townships=Path(townships) if townships else None,
        ledger=Path(ledger) if ledger else None, with_totals=with_totals,
        licence=licence,
    )  # fmt: skip


def set_verdict(
    run: AnyRun,
    site: str,
    verdict: str | None,
    *,
    reason: str | None = None,
    note: str | None = None,
    reviewer: str | None = None,
    outline: str | Path | None = None,
) -> str:
    """Say what one site is; open the run again to see it in its tables.

    Parameters
    ----------
    run
        A run, or its folder.
    site
        Id of a site; `new` with an outline draws one.
    verdict
        `mine`, `not_mine`, `unsure`, or `withdrawn`; None gives only an outline or a note.
    reason
        With `not_mine`: a kind of change.
    note, reviewer
        Free words, and who says it.
    outline
        Vector file with the outline as it should be.

    Returns
    -------
    str
        The id to speak of the place by.
    """
    from minewatch import analysis

    entry, hint = analysis.set_verdict(
        _folder(run), site, verdict, time=datetime.now(UTC), reason=reason, note=note,
        reviewer=reviewer, outline=outline,
    )  # fmt: skip
    if hint:
        log.warning("%s", hint)
    return entry.subject


def verdicts(run: AnyRun) -> gpd.GeoDataFrame:
    """Every site with what people say of it, and what they judged that is no site.

    Parameters
    ----------
    run
        A run, or its folder.
    """
    from minewatch import analysis, review

    known = analysis.open_review(_folder(run))
    return review.verdict_table(known.result.sites, known.places, simulated=known.result.simulated)


def import_verdicts(
    run: AnyRun,
    file: str | Path,
    *,
    reviewer: str | None = None,
    prefer: Literal["file", "log"] | None = None,
) -> ImportPlan:
    """Take verdicts, notes and outlines from a file that people edited.

    Parameters
    ----------
    run
        A run, or its folder.
    file
        GeoPackage, GeoJSON or CSV.
    reviewer
        Who edited it, for rows that do not say.
    prefer
        Who is right in a conflict; None writes neither.

    Returns
    -------
    ImportPlan
        `entries` that were added, `conflicts` and `left_out` that were not.
    """
    from minewatch import analysis

    plan, hint = analysis.import_verdicts(
        _folder(run), file, time=datetime.now(UTC), reviewer=reviewer, prefer=prefer
    )
    if hint:
        log.warning("%s", hint)
    return plan


def export_verdicts(run: AnyRun, file: str | Path) -> Path:
    """Write every site with its verdict into one file, to be edited.

    Parameters
    ----------
    run
        A run, or its folder.
    file
        `.gpkg`, `.geojson` or `.csv`.
    """
    from minewatch import analysis

    return analysis.export_verdicts(_folder(run), file)


def sample(run: AnyRun, **options: Any) -> DrawnSample:
    """Draw a probability sample of a run, for people to label.

    Parameters
    ----------
    run
        A run, or its folder.
    **options
        As the command `minewatch sample` has them: `name`, `size` or `half_width`, `unit`,
        `design`, `periods`, `target`, `allocation`, `least`, `take`, `expect`, `ring_m`,
        `block_px`, `tile_px`, `inside`, `second_share`, `seed`, `out`, `only_plan`.

    Raises
    ------
    SettingsError
        When no such sample can be drawn.
    OutputError
        When another sample lies there.
    """
    from minewatch.analysis import draw_sample

    return draw_sample(_folder(run), **options)


def assess(
    run: AnyRun,
    sample: str | Path = "sample",
    *,
    labels: Sequence[str | Path] = (),
    interpreter: str | None = None,
    largest: float = 1.0,
) -> Assessment:
    """Accuracy and area with 95 % intervals, from a sample that people labelled; writes the files.

    Parameters
    ----------
    run
        A run, or its folder.
    sample
        Name of a sample of it, or its folder.
    labels
        Files of labels beside the log of the sample.
    interpreter
        Count only this one; None counts all.
    largest
        The most of a block that mines can cover, 0..1: an assumption; 1 makes none.

    Raises
    ------
    SettingsError
        When there is no such sample, or no label of it.
    """
    from minewatch.analysis import assess as job
    from minewatch.analysis import write_assessment
    from minewatch.store import open_result

    found = job(_folder(run), sample, labels=labels, interpreter=interpreter, largest=largest)
    write_assessment(open_result(_folder(run), verify=False), found)
    return found


def compare(
    run: AnyRun,
    other: str | Path,
    *,
    distance_m: float = 100.0,
    period: str | None = None,
    date_column: str | None = None,
    id_column: str | None = None,
    layer: str | None = None,
    counted: Literal["detector", "people"] = "detector",
) -> gpd.GeoDataFrame:
    """What a run and another layer both have, what the run missed, what it has more.

    Parameters
    ----------
    run
        A run, or its folder.
    other
        Vector file of points or polygons.
    distance_m
        Two outlines at most this far apart may be one place, metres.
    period
        Label or first day: only sites that had begun by its end; None takes all periods.
    date_column, id_column
        Columns of the other layer: the day on which a place was known, and its name.
    layer
        Layer of the file; None takes the first with outlines.
    counted
        Whose opinion says what is a site: `detector` or `people`.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a place, with `outcome`.
    """
    from minewatch import analysis

    return analysis.compare(
        _folder(run), other, distance_m=distance_m, period=period, date_column=date_column,
        id_column=id_column, layer=layer, counted=counted,
    ).table  # fmt: skip


def _area(given: str | Path | AreaOfInterest) -> AreaOfInterest:
    return aoi(given)


def _folder(run: AnyRun) -> Path:
    return run.directory if isinstance(run, Run) else Path(run)
