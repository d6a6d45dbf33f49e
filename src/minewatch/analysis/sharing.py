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
    """
    write = exporters.EXPORTERS[format]
    result = open_result(directory)
    folder = Path(out) if out else result.directory / "export"
    folder.mkdir(parents=True, exist_ok=True)
    return write(result, folder)


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
    mark, made = source_mark(manifest), (folder / "manifest.json").stat().st_mtime
    stale = []
    page = folder / "report.html"
    if page.exists() and mark not in page.read_text("utf-8", errors="replace")[:4000]:
        stale.append(page)
    explained = sorted((folder / "explain").glob("*.json"))
    stale += [p for p in explained if mark not in p.read_text("utf-8", errors="replace")]
    older = (p for p in (folder / "export").rglob("*") if p.is_file())
    stale += [path for path in sorted(older) if path.stat().st_mtime < made]
    return [path.relative_to(folder).as_posix() for path in stale]
