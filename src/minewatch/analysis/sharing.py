"""A finished run handed on: exports and the report."""

from __future__ import annotations

from pathlib import Path

from minewatch import exporters, reports
from minewatch.errors import SettingsError, unknown_name
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
    if format not in exporters.EXPORTERS:
        raise SettingsError(unknown_name("format", format, list(exporters.EXPORTERS)))
    result = open_result(directory)
    folder = Path(out) if out else result.directory / "export"
    folder.mkdir(parents=True, exist_ok=True)
    return exporters.EXPORTERS[format](result, folder)


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
    return reports.write_report(result, page)
