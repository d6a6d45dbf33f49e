"""A finished run handed on: exports and the report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from minewatch import exporters, reports, review
from minewatch.analysis.context_files import ABOUT, FOLDER, context_hashes, read_answers
from minewatch.analysis.qgis_inputs import QGIS, QGIS_FOLDERS, qgis_exporter
from minewatch.analysis.reviewing import Review, open_review
from minewatch.errors import OutputError, SettingsError, unknown_name
from minewatch.exporters.postgis.database_connection import DSN_VARIABLE
from minewatch.model import VERDICT_LAYER, LayerSet, NamedLayer
from minewatch.model.progress import ProgressListener, silent
from minewatch.model.run_result import source_mark
from minewatch.reports.languages import LANGUAGES
from minewatch.sites import total_by_period
from minewatch.store.output_folder import open_result

if TYPE_CHECKING:
    from minewatch.exporters.qgis.project_rasters import RasterChoice

EVIDENCE = "evidence"
"""The format that is written site by site."""
_PAGES = (
    "state/*", "manifest.json", f"export/{exporters.RECORD}", "report.html", "report-*.png",
    "explain/s??????????.png", "explain/s??????????.json", "releases/*", "context/alerts.json",
)  # fmt: skip
"""What a run keeps, and pages that are made again at any time."""


def export(
    directory: str | Path,
    *,
    format: str,
    out: str | Path | None = None,
    rasters: RasterChoice = "copy",
    sites: Sequence[str] = (),
    language: str | None = None,
    listener: ProgressListener = silent,
) -> list[Path]:
    """Files of a finished run in another format.

    Parameters
    ----------
    directory
        Folder of a finished run.
    format
        A name in `minewatch.exporters.EXPORTERS`.
    out
        Folder to write; None takes `directory/export`.
    rasters
        Of a QGIS project: `copy` puts its rasters beside it, `link` refers to those of the run,
        `none` leaves them out.
    sites, language
        Of evidence sheets: the sites that get one, all when empty, and `en`, `my` or `zh`.
    listener
        Hears of every evidence sheet.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    SettingsError
        When the format has no rasters to link or leave out, or is none of single sites.
    OutputError
        When a file lies there that minewatch did not write, or that was changed since.
    """
    if format == EVIDENCE:
        from minewatch.analysis.evidence_sheets import export_evidence

        return export_evidence(
            directory, out=out, sites=sites, language=language or "en", listener=listener
        )
    if sites or language:
        raise SettingsError(
            f"{format} is written of the whole run, in English",
            hint=f"--site and --lang go with --format {EVIDENCE}",
        )
    write = exporters.get_exporter(format)
    if isinstance(write, exporters.DatabaseExporter):
        raise SettingsError(
            f"format {format!r} writes to a database, not into a folder",
            hint="call export_to_database, or give --dsn on the command line",
        )
    result = open_result(directory)
    own_folders: tuple[str, ...] = ()
    if format == QGIS:
        own_folders = QGIS_FOLDERS
        write = qgis_exporter(result, rasters=rasters)
    elif rasters != "copy":
        raise SettingsError(
            f"format {format} has no rasters to leave out or to link",
            hint=f"give that with --format {QGIS} only",
        )
    folder = Path(out) if out else result.directory / "export"
    return exporters.write_kept(write, result, folder, own_folders=own_folders)


def is_database(format: str) -> bool:
    """Whether a format is written to a database instead of a folder.

    Parameters
    ----------
    format
        A name in `minewatch.exporters.EXPORTERS`.
    """
    return isinstance(exporters.get_exporter(format), exporters.DatabaseExporter)


def export_to_database(
    directory: str | Path, *, format: str = "postgis", dsn: str | None = None
) -> str:
    """Make a database hold a finished run as it is now, with what people say of its sites.

    Parameters
    ----------
    directory
        Folder of a finished run.
    format
        A name in `minewatch.exporters.EXPORTERS` that writes to a database.
    dsn
        Address of the database; None takes the variable `MINEWATCH_POSTGIS_DSN`.

    Returns
    -------
    str
        What was done, in words that show no password.

    Raises
    ------
    SettingsError
        When there is no address, or it cannot be read.
    OutputError
        When the database cannot be written: then nothing in it was changed.
    """
    exporter = exporters.get_exporter(format)
    if not isinstance(exporter, exporters.DatabaseExporter):
        raise SettingsError(f"format {format!r} writes no database", hint="leave --dsn away")
    address = find_address(dsn, format=format)
    return exporter.write_layers(_with_verdicts(open_review(directory)), address)


def find_address(dsn: str | None, *, format: str) -> str:
    """The address of a database: what was given, or the variable `MINEWATCH_POSTGIS_DSN`.

    Parameters
    ----------
    dsn
        What was given.
    format
        Named when there is none.

    Raises
    ------
    SettingsError
        When there is none.
    """
    address = dsn or os.environ.get(DSN_VARIABLE, "")
    if not address:
        raise SettingsError(
            f"format {format!r} needs the address of a database",
            hint=f"give --dsn postgresql://USER@HOST/DATABASE, or set {DSN_VARIABLE}",
        )
    return address


def _with_verdicts(known: Review) -> LayerSet:
    """The layers of a run, and one of all that people said something of."""
    layers = exporters.layers_of(known.result)
    simulated = known.result.simulated
    table = review.verdict_table(known.result.sites, known.places, simulated=simulated)
    said = table[table["found_by"].notna()].drop(columns=["simulated", *review.DETECTOR_COLUMNS])
    verdicts = NamedLayer(
        name="verdicts", title="Verdicts", contract=VERDICT_LAYER, table=said,
        note=layers.layers["sites"].note,
    )  # fmt: skip
    return replace(layers, layers={**layers.layers, "verdicts": verdicts})


def report(
    directory: str | Path, *, out: str | Path | None = None, language: str = "en"
) -> dict[str, Path]:
    """The report page of a finished run and its pictures.

    Parameters
    ----------
    directory
        Folder of a finished run.
    out
        HTML file; None takes `directory/report.html`. Pictures lie beside it.
    language
        Language that the page begins in: `en`, `my` or `zh`.

    Returns
    -------
    dict
        What each file is, to its path: `report`, `map`, `before/after`, `timeline`.

    Raises
    ------
    SettingsError
        When there is no such language.
    """
    from minewatch.analysis.assessment_files import read_assessments
    from minewatch.analysis.report_inputs import ground_pictures, months_for_page, run_evidence

    if language not in LANGUAGES:
        raise SettingsError(
            unknown_name("language", language, list(LANGUAGES)), hint="give one of them"
        )
    result = open_result(directory)
    page = Path(out) if out else result.directory / "report.html"
    totals = total_by_period(result.inventory, sees_pools=not result.why_no_pools)
    return reports.write_report(
        result, page, totals=totals, ground=ground_pictures(result), evidence=run_evidence(result),
        assessments=read_assessments(result), months=months_for_page(result), language=language,
        answers=read_answers(result),
    )  # fmt: skip


def files_of_others(directory: str | Path) -> list[str]:
    """Files in the folder of a run that minewatch did not write, or that were changed since.

    Parameters
    ----------
    directory
        Folder of a run, finished or not.

    Returns
    -------
    list of str
        Paths from there, sorted.
    """
    folder = Path(directory)
    hashes: dict[str, str] = {}
    with suppress(OutputError):  # none there, or damaged
        hashes |= exporters.read_manifest(folder)["outputs"]
    record = exporters.read_record(folder / "export")
    hashes |= {f"export/{name}": str(of.get("sha256")) for name, of in record.items()}
    hashes |= context_hashes(folder)
    names = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return sorted(
        name
        for name in names
        if not any(fnmatch(name, pattern) for pattern in _PAGES)
        and exporters.hash_file(folder / name) != hashes.get(name)
    )


def stale_products(directory: str | Path) -> list[str]:
    """Pages and pictures in the folder of a run that were made from an earlier inventory.

    Parameters
    ----------
    directory
        Folder of a finished run.

    Returns
    -------
    list of str
        Paths from there: `report.html`, files of `explain/`, `context/` and `export/`.
    """
    folder = Path(directory)
    manifest = exporters.read_manifest(folder)
    mark = source_mark(manifest)
    stale = []
    page = folder / "report.html"
    if page.exists() and mark not in page.read_text("utf-8", errors="replace")[:4000]:
        stale.append(page)
    explained = sorted((folder / "explain").glob("*.json"))
    stale += [p for p in explained if mark not in p.read_text("utf-8", errors="replace")]
    asked = sorted((folder / FOLDER).glob(f"*/{ABOUT}"))
    stale += [p for p in asked if mark not in p.read_text("utf-8", errors="replace")]
    exported = exporters.read_record(folder / "export")
    older = (name for name, of in sorted(exported.items()) if of.get("source") != mark)
    stale += [path for name in older if (path := folder / "export" / name).exists()]
    return [path.relative_to(folder).as_posix() for path in stale]
