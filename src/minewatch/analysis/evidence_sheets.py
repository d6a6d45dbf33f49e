"""Evidence sheets of a finished run: one page and one PDF a site, and an index of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from minewatch import exporters
from minewatch.analysis.assessment_files import assessment_lines
from minewatch.analysis.cell_sheets import write_cell_sheets
from minewatch.analysis.month_series import months_of_sites
from minewatch.analysis.report_inputs import ground_pictures, run_evidence
from minewatch.analysis.reviewing import open_review
from minewatch.analysis.timelines import site_timeline, unknown_site
from minewatch.exporters.manifest_file import MANIFEST
from minewatch.files import write_bytes_atomic
from minewatch.model import RunResult
from minewatch.model.progress import Progress, ProgressListener, silent
from minewatch.model.run_result import source_mark
from minewatch.reports.sheets.sheet_files import part, render_html, render_index, render_pdf
from minewatch.reports.sheets.sheet_fonts import import_typst
from minewatch.reports.sheets.sheet_values import SheetInputs, SheetMaker
from minewatch.review.verdict_log import LOG
from minewatch.store.output_folder import open_result

FOLDER: Final = "evidence"
"""Folder of the sheets in that of the exports; one of each language below it."""
STAGE: Final = "writing evidence sheets"
_BESIDE: Final = (MANIFEST, LOG, "state/detections.geojson")
"""Files of a run that sheets rest on and its manifest does not name."""
_HEAD: Final = 1_000
"""Bytes of a page in which its mark stands."""
_TEMPLATES: Final = ("sheet.typ", "sheet.html.j2", "sheet.css", "index.html.j2")


def write_evidence(
    result: RunResult,
    out: Path,
    *,
    sites: Sequence[str] = (),
    language: str = "en",
    profile: str = "private",
    listener: ProgressListener = silent,
) -> list[Path]:
    """A sheet a site, as HTML and PDF, and an index with their hashes.

    Parameters
    ----------
    result
        A finished run.
    out
        Folder to write.
    sites
        Their ids; empty: all.
    language
        `en`, `my` or `zh`.
    profile
        For whom; see `reports.sheets.sheet_values.SheetMaker`.
    listener
        Hears of every sheet.

    Returns
    -------
    list of Path
        `evidence/LANGUAGE/SITE.html` and `.pdf`, `index.html` and `index.json`.

    Raises
    ------
    SettingsError
        When there is no such site or language, or what PDFs need is not installed.
    """
    desk = SheetDesk(result, language=language, profile=profile)
    wanted = desk.check_sites(sites)
    written = []
    for site, months in desk.with_months(wanted, listener):
        written += desk.write_sheet(site, months, result, out)
    return written + desk.write_index(wanted, result, out)


evidence_exporter: Final = exporters.RunExporter(
    write_run=write_evidence, write_layers=write_cell_sheets
)
"""The format: of a run a sheet a site, of a release a sheet a cell."""


def export_evidence(
    directory: str | Path,
    *,
    out: str | Path | None = None,
    sites: Sequence[str] = (),
    language: str = "en",
    profile: str = "private",
    listener: ProgressListener = silent,
) -> list[Path]:
    """Sheets of a run beside what lies in the folder; those that would be the same again are kept.

    Each sheet is whole or not there. When the work is cut, the next call goes on with the rest.

    Parameters
    ----------
    directory
        Folder of a finished run.
    out
        Folder to write; None takes `directory/export`.
    sites, language, profile, listener
        As for `write_evidence`.

    Returns
    -------
    list of Path
        The sheets asked for, and their index.

    Raises
    ------
    OutputError
        When a file lies there that minewatch did not write, or that was changed since.
    SettingsError
        As for `write_evidence`.
    """
    result = open_result(directory)
    folder = Path(out) if out else result.directory / "export"
    desk = SheetDesk(result, language=language, profile=profile)
    wanted = desk.check_sites(sites)
    record = exporters.read_record(folder)
    current = {site for site in desk.maker.site_ids if desk.is_current(site, folder, record)}
    rest = [site for site in wanted if site not in current]
    for site, months in desk.with_months(rest, listener, kept=len(wanted) - len(rest)):
        exporters.write_kept(partial(desk.write_sheet, site, months), result, folder)
    listed = sorted(current | set(wanted))
    written = [path for site in wanted for path in desk.paths(site, folder)]
    index = partial(desk.write_index, listed, read_from=folder)
    return written + exporters.write_kept(index, result, folder)


class SheetDesk:
    """Everything that the sheets of a run share, gathered once.

    Parameters
    ----------
    result
        A finished run.
    language, profile
        As for `write_evidence`.
    """

    def __init__(self, result: RunResult, *, language: str, profile: str) -> None:
        import_typst()  # missing: said before any work is done
        self.result = result
        beside = {
            name: exporters.hash_file(result.directory / name)
            for name in _BESIDE
            if (result.directory / name).is_file()
        }
        inputs = SheetInputs(
            ground=ground_pictures(result), evidence=run_evidence(result), files=beside,
            opinions=_opinions(result), estimates=assessment_lines(result),
        )  # fmt: skip
        self.maker = SheetMaker(result, inputs, language=language, profile=profile)
        made_of = [
            *sorted(beside.items()), result.manifest["version"], language, profile,
            bool(inputs.evidence.sites), [picture.period_start for picture in inputs.ground],
            [hashlib.sha256(part(name).encode()).hexdigest() for name in _TEMPLATES],
            sorted(self.maker.word.labels.items()), list(inputs.estimates),
        ]  # fmt: skip
        self.mark = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()

    def check_sites(self, sites: Sequence[str]) -> list[str]:
        """Sites in their order; all when none is named."""
        known = self.maker.site_ids
        for site in sites:
            if site not in known:
                raise unknown_site(self.result, site)
        return sorted(set(sites)) if sites else known

    def paths(self, site: str, folder: Path) -> tuple[Path, Path]:
        """Where the page and the PDF of a site lie."""
        place = folder / FOLDER / self.maker.language
        return place / f"{site}.html", place / f"{site}.pdf"

    def is_current(self, site: str, folder: Path, record: Mapping[str, Mapping[str, Any]]) -> bool:
        """Whether the sheet that lies there is whole and would be the same again."""
        for path in self.paths(site, folder):
            written = record.get(path.relative_to(folder).as_posix(), {}).get("sha256")
            if not (written and path.is_file() and exporters.hash_file(path) == written):
                return False
        with self.paths(site, folder)[0].open("rb") as file:
            return self.mark.encode() in file.read(_HEAD)

    def with_months(
        self, sites: Sequence[str], listener: ProgressListener, *, kept: int = 0
    ) -> Iterator[tuple[str, Any]]:
        """Each site with its months as they are read; without them those that have none."""
        total, done = len(sites) + kept, kept
        missing = set(sites)
        for site, months in months_of_sites(self.result, sites):
            yield site, months
            done += 1
            missing.discard(site)
            listener(Progress(STAGE, done, total, site))
        for site in sorted(missing):
            yield site, None
            done += 1
            listener(Progress(STAGE, done, total, site))

    def write_sheet(self, site: str, months: Any, result: RunResult, out: Path) -> list[Path]:
        """The two files of a site; with its first two arguments given, an exporter."""
        values = self.maker.values(site, site_timeline(result, site), months)
        html, pdf = self.paths(site, out)
        content = render_html(values, mark=self.mark, source=source_mark(result.manifest))
        write_bytes_atomic(pdf, render_pdf(values))
        write_bytes_atomic(html, content)
        return [html, pdf]

    def write_index(
        self,
        sites: Sequence[str],
        result: RunResult,
        out: Path,
        *,
        read_from: Path | None = None,
    ) -> list[Path]:
        """The list of sheets with the hash of each, for people and for programs."""
        rows, entries = [], []
        by_id = {row["site_id"]: row for row in result.read_rows("sites")}
        word = self.maker.word
        for site in sites:
            paths = self.paths(site, read_from or out)
            hashes = [(path.name, exporters.hash_file(path)) for path in paths]
            row = by_id[site]
            verdict = row.get("verdict")
            cells = [
                word(f"alert_{row['alert']}"), word(f"state_{row['state']}"),
                word(f"verdict_{verdict}") if verdict else word("no_verdict"),
                f"{row['max_disturbed_area_m2']:,.0f} m²",
            ]  # fmt: skip
            rows.append({"site": site, "cells": cells, "files": hashes})
            entries.append({"site_id": site, "sha256": dict(hashes)})
        manifest = result.manifest
        index = {
            "simulated": result.simulated, "language": self.maker.language,
            "profile": self.maker.profile, "version": manifest["version"],
            "aoi": manifest["aoi"]["id"], "rests_on": dict(self.maker.hashes()),
            "sheets": entries,
        }  # fmt: skip
        page = {
            "language": self.maker.language, "source": source_mark(manifest),
            "simulated": word("simulated") if result.simulated else "",
            "heading": word("sheet_index"), "area": result.aoi.name,
            "private": word("sheet_private"), "nothing": word("sheet_no_sites"), "rows": rows,
            "heads": [word(h) for h in ("site", "alert", "state", "verdict", "ground_most")],
        }  # fmt: skip
        place = out / FOLDER / self.maker.language
        text = json.dumps(index, indent=1, ensure_ascii=False)
        write_bytes_atomic(place / "index.json", f"{text}\n".encode())
        write_bytes_atomic(place / "index.html", render_index(page))
        return [place / "index.html", place / "index.json"]


def _opinions(result: RunResult) -> dict[str, dict[str, str]]:
    """Notes and other reviewers beside the verdicts in the tables, as the log has them."""
    return {
        place.site_id: {
            "note": place.judgement.note or "",
            "others": "; ".join(place.judgement.others),
        }
        for place in open_review(result.directory).places
        if place.site_id
    }
