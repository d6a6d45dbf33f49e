"""What people say of a finished run: verdicts in and out, and the tables that show them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from minewatch import exporters, review
from minewatch.analysis.timelines import unknown_site
from minewatch.errors import SettingsError, StateError
from minewatch.exporters.geojson_rows import MEMBER
from minewatch.exporters.manifest_file import MANIFEST
from minewatch.model import SCHEMA_VERSION, RunResult
from minewatch.review.import_plan import Prefer, hand_id
from minewatch.review.verdict_log import NOTE
from minewatch.store.output_folder import finish_interrupted, open_result, put_in_place
from minewatch.store.state_folder import StateFolder, locked

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

NEW: Final = "new"
"""What stands instead of an id for a place that a person draws."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """A finished run beside what people say of it."""

    result: RunResult
    """The run."""
    places: tuple[review.Whereabouts, ...]
    """Every judgement, and where it stands."""
    entries: tuple[review.VerdictEntry, ...] = ()
    """The log."""
    notes: tuple[str, ...] = ()
    """Lines of the log that cannot be read."""

    @property
    def seen_until(self) -> str:
        """Last day that the inventory looks at."""
        return str(self.result.manifest["periods"][-1]["end"])


def open_review(directory: str | Path) -> Review:
    """What people say of a finished run: read from the log, whatever its tables show."""
    return review_of(open_result(directory, verify=False))


def set_verdict(
    directory: str | Path,
    site: str,
    verdict: str | None,
    *,
    time: datetime,
    reason: str | None = None,
    note: str | None = None,
    reviewer: str | None = None,
    outline: str | Path | None = None,
) -> tuple[review.VerdictEntry, str]:
    """Add what a person says of one site to the log, and show it in the tables of the run.

    Parameters
    ----------
    directory
        Folder of a finished run.
    site
        Id of a site, or of what was drawn by hand; `new` with an outline draws something new.
    verdict
        `mine`, `not_mine`, `unsure`, or `withdrawn`, which takes back what was said; None gives
        only an outline or a note.
    time
        When it is said.
    reason
        With `not_mine`: which kind of change it is.
    note, reviewer
        Free words, and who says it.
    outline
        Vector file with the outline as it should be; all its polygons together.

    Returns
    -------
    entry
        What was added.
    note
        Why the tables do not show it yet; empty when they do.

    Raises
    ------
    SettingsError
        When there is no such site, verdict or reason, or nothing is said.
    OutputError
        When the log cannot be written; it is then as it was.
    """
    review.check_verdict(verdict, reason)
    known = open_review(directory)
    drawn = None if outline is None else _read_outline(Path(outline))
    if verdict is None and drawn is None and not note:
        raise SettingsError("nothing is said", hint="give a verdict, --outline or --note")
    entry = review.VerdictEntry(
        **subject_of(known, site, drawn), verdict=verdict, reason=reason, note=note,
        reviewer=reviewer, time=review.moment_text(time), seen_until=known.seen_until,
    )  # fmt: skip
    review.append_verdicts(known.result.directory, [entry])
    return entry, show_verdicts(directory)


def import_verdicts(
    directory: str | Path,
    file: str | Path,
    *,
    time: datetime,
    reviewer: str | None = None,
    prefer: Prefer | None = None,
) -> tuple[review.ImportPlan, str]:
    """Take verdicts, notes and outlines from a file that people edited.

    Parameters
    ----------
    directory
        Folder of a finished run.
    file
        GeoPackage, GeoJSON or CSV: `minewatch.review.read_edited_file`.
    time
        When it is taken.
    reviewer
        Who edited it, for rows that do not say.
    prefer
        Who is right in a conflict; None writes neither and lists them.

    Returns
    -------
    plan
        What was added to the log, and what was not. When nothing was left behind, an export may
        replace the file, and keeps a copy of it.
    note
        Why the tables do not show it yet; empty when they do.
    """
    path = Path(file)
    digest = exporters.hash_file(path) if path.is_file() else ""
    read = review.read_edited_file(path)
    known = open_review(directory)
    result = known.result
    plan = review.plan_import(
        read, result.sites, known.places, known.entries, epsg=result.aoi.utm_epsg,
        seen_until=known.seen_until,
        reviewer=reviewer, time=review.moment_text(time), source=path.name, prefer=prefer,
    )  # fmt: skip
    review.append_verdicts(result.directory, plan.entries)
    if plan.is_whole:
        exporters.mark_imported(path, digest)
    return plan, show_verdicts(directory) if plan.entries else ""


def export_verdicts(directory: str | Path, file: str | Path) -> Path:
    """Write every site with its verdict into one file, .gpkg, .geojson or .csv, to be edited.

    Raises
    ------
    SettingsError
        When the suffix is none of these.
    OutputError
        When a file lies there that minewatch did not write, or that was changed since.
    """
    path = Path(file)
    review.check_suffix(path)
    known = open_review(directory)
    table = review.verdict_table(known.result.sites, known.places, simulated=known.result.simulated)
    return write_layer(table, path, known.result, layer="verdicts")


def write_layer(table: Any, path: Path, result: RunResult, *, layer: str) -> Path:
    """Write a table of a run where a person wants it, over nothing that somebody else made.

    Parameters
    ----------
    table
        GeoDataFrame, WGS 84.
    path
        .gpkg, .geojson or .csv, not among the outputs of the run.
    result
        The run that it is of.
    layer
        Name of the layer in a GeoPackage.

    Raises
    ------
    OutputError
        When a file lies there that minewatch did not write, or that was changed since.
    """
    if path.resolve().parent == result.directory.resolve():
        raise SettingsError(
            f"{path} would lie among the outputs of the run",
            hint=f"give a file in another folder, such as {path.parent / 'export' / path.name}",
        )

    def write(result: RunResult, out: Path) -> list[Path]:
        out.mkdir(parents=True, exist_ok=True)
        return [review.write_table_file(table, out / path.name, layer=layer)]

    return exporters.write_kept(write, result, path.parent)[0]


def show_verdicts(directory: str | Path) -> str:
    """Make the tables of a finished run show what the log says.

    Parameters
    ----------
    directory
        Folder of a finished run.

    Returns
    -------
    str
        Why they do not show it yet, in words; empty when they do. The log is kept whatever comes:
        the next verdict or `update` shows it.
    """
    state = StateFolder(directory=Path(directory) / "state")
    try:
        with locked(state.directory):
            finish_interrupted(state)
            _write_tables(state)
    except StateError as error:
        return f"kept, but not shown in the tables yet: {error.problem}"
    return ""


def _write_tables(state: StateFolder) -> None:
    out = state.directory.parent
    result = exporters.open_result(out, verify=False)
    said = review.read_verdicts(out)
    tables = {name: layer.table(result) for name, layer in exporters.LAYERS.items()}
    reviewed = review.add_verdicts(tables, said.entries, epsg=result.aoi.utm_epsg)
    staged = state.directory / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    paths = []
    for name, layer in exporters.LAYERS.items():
        member = _member(out / layer.filename)
        path = staged / layer.filename
        exporters.write_geojson(reviewed.tables[name], path, layer.contract, member=member)
        paths.append(path)
    before: Mapping[str, Any] = result.manifest
    manifest = {name: value for name, value in before.items() if name != "review"}
    kept = [w for w in before["warnings"] if not w.startswith(NOTE)]
    manifest |= {
        "schema_version": SCHEMA_VERSION,
        "warnings": [*kept, *reviewed.warnings(), *said.notes],
        "outputs": {**before["outputs"], **exporters.hash_outputs(staged, paths)},
        **reviewed.manifest_entry(),
    }
    exporters.write_manifest(manifest, staged / MANIFEST)
    put_in_place(state, staged)


def _member(path: Path) -> dict[str, Any]:
    """What a table of a run says of itself, in the version of the columns that is written now."""
    member = json.loads(path.read_text("utf-8")).get(MEMBER) or {}
    return {**member, "schema_version": SCHEMA_VERSION}


def review_of(result: RunResult, entries: Sequence[review.VerdictEntry] | None = None) -> Review:
    """A run that is open already beside what people say of it by now.

    Parameters
    ----------
    result
        The run.
    entries
        What counts of the log, in order; None: all that is in it now.
    """
    notes: tuple[str, ...] = ()
    if entries is None:
        said = review.read_verdicts(result.directory)
        entries, notes = said.entries, said.notes
    places: tuple[review.Whereabouts, ...] = ()
    if entries:
        tables = {name: layer.table(result) for name, layer in exporters.LAYERS.items()}
        places = review.add_verdicts(tables, entries, epsg=result.aoi.utm_epsg).places
    return Review(result=result, places=places, entries=tuple(entries), notes=notes)


def subject_of(known: Review, site: str, drawn: BaseGeometry | None) -> dict[str, Any]:
    """What an entry is about, as fields of `VerdictEntry`.

    Parameters
    ----------
    known
        A run and what is said of it.
    site
        Id of a site or of a place that a person drew; `new` for one that is drawn now.
    drawn
        Its outline as it should be, WGS 84.
    """
    if site == NEW:
        if drawn is None:
            raise SettingsError("a new site has no outline", hint="draw it: give --outline FILE")
        return {"subject": hand_id(), "site_id": None, "outline": drawn}
    sites = known.result.sites
    row = sites[sites["site_id"] == site]
    about = [p for p in known.places if p.site_id == site]
    if len(row):
        found = row.iloc[0]
        return {
            "subject": about[0].judgement.subject if about else site, "site_id": site,
            "outline": found.geometry, "corrected": drawn,
            "first_detected": found["first_detected"],
        }  # fmt: skip
    for place in known.places:
        judgement = place.judgement
        if place.site_id is None and site in (judgement.subject, *judgement.site_ids):
            return {
                "subject": judgement.subject, "site_id": None,
                "outline": judgement.place, "corrected": drawn,
            }  # fmt: skip
    raise unknown_site(known.result, site)


def _read_outline(path: Path) -> BaseGeometry:
    import shapely

    from minewatch.areas.vector_files import read_features

    features, _ = read_features(path)
    return shapely.union_all([shapely.make_valid(p) for f in features for p in f.polygons])
