"""A finished run given away: generalised layers in any format, the public page, and the check."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from minewatch import areas, exporters, publishing, sensors
from minewatch.analysis.sharing import find_address
from minewatch.errors import (
    MinewatchError,
    OutputError,
    PublicationError,
    SettingsError,
    unknown_name,
)
from minewatch.files import output_error, write_bytes_atomic
from minewatch.model import LayerSet, Period, RunResult
from minewatch.model.run_result import source_mark
from minewatch.publishing.frames import GRID_CRS
from minewatch.publishing.leak_check import LeakCheck
from minewatch.publishing.leak_index import Leak, index_run
from minewatch.publishing.leak_places import AllowedPlaces, places_of
from minewatch.publishing.profiles import SCHEME
from minewatch.publishing.release_page import render_release
from minewatch.store.output_folder import open_result

PAGE: Final = "release.html"
ABOUT: Final = "release.json"
"""What every release says of itself, beside its files."""
DATABASE_ROWS: Final = "rows of a database"
"""What stands in the ledger for the files of a release in a database."""


@dataclass(frozen=True, kw_only=True)
class ReleaseChoices:
    """What may be chosen of a release; the rest is its profile's."""

    profile: str
    """`partner` or `public`."""
    grid_km: int | None = None
    """Cell of the grid, km; None: the profile's own."""
    townships: Path | None = None
    """File of districts to count by instead."""
    ledger: Path | None = None
    """Folder of the ledger; None: `releases/` in the run's folder."""
    with_totals: bool = True
    """Also say how many sites there are in all cells."""
    licence: str = ""
    """Under which it is given, in words that every file repeats; empty: none is given."""


def publish_layers(
    directory: str | Path, *, format: str, choices: ReleaseChoices, out: str | Path | None = None
) -> list[Path]:
    """Generalised layers of a finished run in one format, entered into the ledger.

    Parameters
    ----------
    directory
        Folder of a finished run.
    format
        A format that takes layers.
    choices
        Profile, grid, ledger.
    out
        Folder to write; None takes a new one beside the ledger's entry.

    Returns
    -------
    list of Path
        The files, and `release.json`.

    Raises
    ------
    PublicationError
        When the format shows more than layers, or the release would give away too much.
    SettingsError
        When profile or grid are unknown, or nothing is old enough.
    """
    write = exporters.get_exporter(format)
    if isinstance(write, exporters.DatabaseExporter):
        raise SettingsError(
            f"format {format!r} writes to a database, not into a folder",
            hint="call publish_to_database, or give --dsn on the command line",
        )
    write_layers = getattr(write, "write_layers", None)
    if write_layers is None:
        raise PublicationError(
            f"the format {format!r} takes a run and no generalised layers: it is for yourself only",
            hint="give --format gpkg (opens in QGIS), geojson or another format of minewatch",
        )
    return _publish(Path(directory), write_layers, choices, format=format, out=out)


def publish_to_database(
    directory: str | Path, *, format: str = "postgis", choices: ReleaseChoices, dsn: str | None
) -> str:
    """A release in a database that holds nothing else, entered into the ledger.

    Parameters
    ----------
    directory, choices
        As for `publish_layers`.
    format
        A format that writes to a database.
    dsn
        Address of the database; None takes the variable `MINEWATCH_POSTGIS_DSN`.

    Returns
    -------
    str
        What was done, in words that show no password.

    Raises
    ------
    PublicationError
        When the release would give away too much, or the format takes no generalised layers.
    OutputError
        When the database cannot be written, or holds runs or another profile: nothing is entered.
    """
    write = exporters.get_exporter(format)
    if not isinstance(write, exporters.DatabaseExporter) or write.write_release is None:
        raise PublicationError(
            f"the format {format!r} writes no releases to a database", hint="give --format postgis"
        )
    made = _make(Path(directory), choices)

    def enter() -> None:
        made.enter({DATABASE_ROWS: _digest_of_rows(made.layers)}, format=format)

    return write.write_release(made.layers, find_address(dsn, format=format), enter)


def publish_page(
    directory: str | Path, *, choices: ReleaseChoices, out: str | Path | None = None
) -> list[Path]:
    """The page of a release: tables and drawings by cell, entered into the ledger.

    Parameters
    ----------
    directory, choices, out
        As for `publish_layers`.

    Returns
    -------
    list of Path
        `release.html` and `release.json`.
    """
    return _publish(Path(directory), None, choices, format="page", out=out)


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A release that may be given away, and where that is entered."""

    result: RunResult
    release: publishing.Release
    layers: LayerSet
    ledger: Path
    entries: Sequence[Any]
    about: dict[str, str]

    def enter(self, files: Mapping[str, str], *, format: str) -> None:
        """Write it into the ledger: before anybody has it."""
        publishing.add_entry(
            self.ledger, self.release, files=files, format=format,
            source=source_mark(self.result.manifest), entries=self.entries,
        )  # fmt: skip


def _make(directory: Path, choices: ReleaseChoices) -> _Made:
    result = open_result(directory)
    ledger = choices.ledger or result.directory / publishing.LEDGER_FOLDER
    entries = publishing.read_ledger(ledger)
    release = _release(result, choices, entries)
    publishing.check_release(release, entries)
    about = publishing.about_release(release, licence=choices.licence)
    layers = publishing.release_layers(
        release, simulated=result.simulated, attribution=_attribution(result), about=about
    )
    return _Made(
        result=result, release=release, layers=layers, ledger=ledger, entries=entries, about=about
    )


def _digest_of_rows(layers: LayerSet) -> str:
    """Hash of everything that a database is given."""
    digest = hashlib.sha256(json.dumps(dict(layers.about), sort_keys=True).encode())
    for name, layer in layers.layers.items():
        digest.update(f"{name}\n{layer.table.to_json(drop_id=True)}\n".encode())
    return digest.hexdigest()


def _publish(
    directory: Path,
    write: Callable[[LayerSet, Path], list[Path]] | None,
    choices: ReleaseChoices,
    *,
    format: str,
    out: str | Path | None,
) -> list[Path]:
    made = _make(directory, choices)
    ledger, layers = made.ledger, made.layers
    number = len(made.entries) + 1
    folder = Path(out) if out else ledger / f"{number:04d}-{choices.profile}-{format}"
    try:
        ledger.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".release-", dir=ledger))
    except OSError as error:
        raise output_error(ledger, error) from error
    try:
        if write is None:
            write_bytes_atomic(staged / PAGE, render_release(made.release, layers).encode())
        else:
            write(layers, staged)
        about = json.dumps(_about(made), indent=1, sort_keys=True, ensure_ascii=False)
        write_bytes_atomic(staged / ABOUT, f"{about}\n".encode())
        names = sorted(p.relative_to(staged) for p in staged.rglob("*") if p.is_file())
        _check_free(folder, names)
        hashes = {name.as_posix(): exporters.hash_file(staged / name) for name in names}
        made.enter(hashes, format=format)
        last = layers.last_day  # the time of a file says nothing of when it was made
        moment = datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp()
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.utime(staged / name, (moment, moment))
            shutil.move(staged / name, folder / name)
    except OSError as error:
        raise output_error(folder, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return [folder / name for name in names]


def check_files(
    paths: Sequence[Path],
    run: str | Path,
    *,
    profile: str = "public",
    ledger: Path | None = None,
    townships: Path | None = None,
    allow_pictures: bool = False,
    dsn: str | None = None,
) -> dict[Path | str, list[Leak]]:
    """Every leak of a private inventory in some files; none are left when they may be given away.

    Parameters
    ----------
    paths
        Files of any format, and folders of them: every file in them is read.
    run
        Folder of the finished run that is private.
    profile
        Whose grid the files may name, and how many sites a cell must hold.
    ledger
        Also ask whether each file is a release of this ledger, as it was written.
    townships
        Districts whose outlines may be in the files.
    allow_pictures
        A person looked at the pictures: only what is written in them is checked.
    dsn
        Also read a database, as somebody who logs in with this address.

    Returns
    -------
    dict
        Leaks by file, in the order given; of a database by its address without the password.
    """
    if profile not in publishing.PROFILES:
        raise SettingsError(
            unknown_name("profile", profile, list(publishing.PROFILES)), hint="give one"
        )
    rules, result = publishing.PROFILES[profile], open_result(run)
    places = (
        places_of(publishing.read_townships(townships).values()) if townships else places_of([])
    )
    check = LeakCheck(
        index=index_run(result, public_areas={area.id for area in areas.list_aois()}),
        allowed=AllowedPlaces(step_m=500.0 * min(rules.grids_km), districts=places),
        least_sites=rules.least_sites,
        allow_pictures=allow_pictures,
    )
    entries = publishing.read_ledger(ledger) if ledger else []
    known = {digest for e in entries if e.profile == profile for digest in e.files.values()}
    found: dict[Path | str, list[Leak]] = {}
    for path in _files_of(paths):
        is_release = path.is_file() and exporters.hash_file(path) in known
        found[path] = check.check(path, is_release=is_release)
        if ledger is not None and not is_release:
            what = f"no {profile} release holds this file as it is"
            found[path].append(Leak(kind="not in the ledger", where=path.name, what=what))
    if dsn is not None:
        from minewatch.analysis.database_check import check_database

        shown, leaks = check_database(dsn, check)
        found[shown] = leaks
    return found


def _files_of(paths: Sequence[Path]) -> list[Path]:
    """Files, and those of folders however deep, hidden ones too; each once."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if not p.is_dir()) if path.is_dir() else [path]
        if path.is_dir() and not inside:
            raise OutputError(f"{path} holds no file to check", hint="give the folder of a release")
        found |= dict.fromkeys(inside)
    return list(found)


def _release(
    result: RunResult, choices: ReleaseChoices, entries: Sequence[Any]
) -> publishing.Release:
    if choices.profile not in publishing.PROFILES:
        known = [publishing.PRIVATE, *publishing.PROFILES]
        raise SettingsError(unknown_name("profile", choices.profile, known), hint="give one")
    profile = publishing.PROFILES[choices.profile]
    frame = _frame(result, profile, choices)
    periods = publishing.periods_to_release(
        [_period(entry) for entry in result.manifest["periods"]],
        profile=profile,
        last_day=last_image_day(result),
    )
    return publishing.make_release(
        publishing.count_sites(result.inventory, frame, periods),
        profile=profile, frame=frame, periods=periods, with_totals=choices.with_totals,
        keep_hidden=publishing.hidden_before(entries, profile.name),
        before=[entry.spoken() for entry in entries],
    )  # fmt: skip


def _frame(
    result: RunResult, profile: publishing.Profile, choices: ReleaseChoices
) -> publishing.Frame:
    area, least = result.aoi.geometry, profile.least_ground_km2
    if choices.townships is not None:
        if choices.grid_km is not None or profile.name != "public":
            raise SettingsError(
                "townships are for the public profile, and instead of a grid",
                hint="leave out --grid, and give --profile public",
            )
        outlines = publishing.read_townships(choices.townships)
        return publishing.township_frame(outlines, area, least_ground_km2=least)
    cell = choices.grid_km or profile.grids_km[0]
    if cell not in profile.grids_km:
        sizes = " or ".join(map(str, profile.grids_km))
        raise SettingsError(
            f"a grid of {cell} km is none of the {profile.name} profile", hint=f"give {sizes}"
        )
    frame = publishing.grid_frame(area, cell_km=cell, least_ground_km2=least)
    if not frame.regions:
        raise PublicationError(
            f"the area of {result.aoi.area_m2 / 1e6:.1f} km² covers no cell of {cell} km far "
            f"enough ({least:g} km²): nothing of it can be shown by that grid",
            hint="watch a wider area, or count by district (--townships FILE)",
        )
    return frame


def last_image_day(result: RunResult) -> date:
    """The last day that a scene of a run shows, or that was asked for when that is earlier."""
    asked = str(result.manifest["parameters"]["end"])
    days = [str(scene["day"]) for scene in result.manifest["facts"]]
    return date.fromisoformat(min(asked, max(days, default=asked)))


def _period(entry: dict[str, Any]) -> Period:
    start, end = (date.fromisoformat(entry[key]) for key in ("start", "end"))
    return Period(start, end, is_dry_season="dry season" in str(entry.get("label", "")))


def _attribution(result: RunResult) -> str:
    """Whose imagery it is made of; of the outline of the area only where everybody has it."""
    known = {area.id for area in areas.list_aois()}
    entry, names = result.manifest["aoi"], []
    if result.simulated:
        return "simulated imagery, no real place"
    with suppress(MinewatchError, KeyError):
        names.append(sensors.get_sensor(result.manifest["parameters"]["sensor"]).attribution)
    if entry["id"] in known:
        names.append(str(entry.get("attribution", "")))
    return "; ".join(name for name in names if name)


def _about(made: _Made) -> dict[str, Any]:
    """What may be known of the run and of the release."""
    result, release = made.result, made.release
    profile = release.profile
    return {
        "title": f"{'SIMULATED: ' if result.simulated else ''}mining sites, generalised",
        "simulated": result.simulated,
        "grid_crs": GRID_CRS if release.frame.cell_m else None,
        "least_sites": profile.least_sites,
        "least_operators": profile.least_operators,
        "delay_months": profile.delay_months,
        "class_scheme": SCHEME,
        "periods": [publishing.season_name(period) for period in release.periods],
        "attribution": made.layers.attribution,
        "minewatch": result.manifest["version"],
        **made.about,
    }


def _check_free(folder: Path, names: Sequence[Path]) -> None:
    for name in names:
        if (folder / name).exists():
            raise OutputError(
                f"{folder / name} is there already, and no release is replaced",
                hint="give another folder with --out",
            )
