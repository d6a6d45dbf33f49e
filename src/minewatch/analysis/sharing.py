"""A finished run handed on: exports and the report."""

from __future__ import annotations

from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

from minewatch import exporters, reports
from minewatch.errors import OutputError
from minewatch.model.run_result import source_mark
from minewatch.sites import total_by_period
from minewatch.store.output_folder import open_result

_PAGES = (
    "state/*", "manifest.json", f"export/{exporters.RECORD}", "report.html", "report-*.png",
    "explain/s??????????.png", "explain/s??????????.json", "context/alerts.json",
)  # fmt: skip
"""What a run keeps, and pages that are made again at any time."""


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
        What each file is, to its path: `report`, `map`, `before/after`, `timeline`.
    """
    from minewatch.analysis.report_inputs import ground_pictures, run_evidence

    result = open_result(directory)
    page = Path(out) if out else result.directory / "report.html"
    totals = total_by_period(result.inventory, sees_pools=not result.why_no_pools)
    return reports.write_report(
        result, page, totals=totals, ground=ground_pictures(result), evidence=run_evidence(result)
    )


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
