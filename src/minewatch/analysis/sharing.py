"""A finished run handed on: exports and the report."""

from __future__ import annotations

from pathlib import Path

from minewatch import exporters, reports
from minewatch.model.run_result import source_mark
from minewatch.sites import total_by_period
from minewatch.store.output_folder import open_result


def export(directory: str | Path, *, format: str, out: str | Path | None = None) -> list[Path]:
    """Files of a finished run in another format.

    Parameters
    ----------
    directory
        Folder of a finished run.
    format
        A name in `minewatch.exporters.EXPORTERS`.
    out
        Folder to write; None takes `directory/export`.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OutputError
        When a file lies there that minewatch did not write, or that was changed since.
    """
    write = exporters.EXPORTERS[format]
    result = open_result(directory)
    folder = Path(out) if out else result.directory / "export"
    return exporters.write_kept(write, result, folder)


def report(directory: str | Path, *, out: str | Path | None = None) -> dict[str, Path]:
    """The report page of a finished run and its pictures.

    Parameters
    ----------
    directory
        Folder of a finished run.
    out
        HTML file; None takes `directory/report.html`. Pictures lie beside it.

    Returns
    -------
    dict
        What each file is, to its path: `report`, `map`, `before/after`.
    """
    result = open_result(directory)
    page = Path(out) if out else result.directory / "report.html"
    return reports.write_report(result, page, totals=total_by_period(result.inventory))


def stale_products(directory: str | Path) -> list[str]:
    """Pages and pictures in the folder of a run that were made from an earlier inventory.

    Parameters
    ----------
    directory
        Folder of a finished run.

    Returns
    -------
    list of str
        Paths from there, sorted: `report.html`, files of `explain/` and `export/`.
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
    exported = exporters.read_record(folder / "export")
    older = (name for name, of in sorted(exported.items()) if of.get("source") != mark)
    stale += [path for name in older if (path := folder / "export" / name).exists()]
    return [path.relative_to(folder).as_posix() for path in stale]
