"""A finished run given away: generalised layers in any format, the public page, and the check."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from minewatch import areas, exporters, publishing, sensors
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
from minewatch.publishing.release_page import frame_words, how_words, render_release
from minewatch.store.output_folder import open_result

PAGE: Final = "release.html"
ABOUT: Final = "release.json"
"""What every release says of itself, beside its files."""


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
    if not isinstance(write, exporters.LayerExporter) or write.needs_sites:
        raise PublicationError(
            f"the format {format!r} shows more of a run than layers, and is for yourself only",
            hint="give --format gpkg (opens in QGIS), geojson or another format of layers",
        )
    return _publish(Path(directory), write.write_layers, choices, format=format, out=out)


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


def _publish(
    directory: Path,
    write: Callable[[LayerSet, Path], list[Path]] | None,
    choices: ReleaseChoices,
    *,
    format: str,
    out: str | Path | None,
) -> list[Path]:
    result = open_result(directory)
    ledger = choices.ledger or result.directory / publishing.LEDGER_FOLDER
    entries = publishing.read_ledger(ledger)
    release = _release(result, choices, entries)
    publishing.check_release(release, entries)
    layers = publishing.release_layers(
        release, simulated=result.simulated, attribution=_attribution(result),
        note=publishing.note_of(release),
    )  # fmt: skip
    number = len(entries) + 1
    folder = Path(out) if out else ledger / f"{number:04d}-{choices.profile}-{format}"
    try:
        ledger.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".release-", dir=ledger))
    except OSError as error:
        raise output_error(ledger, error) from error
    try:
        if write is None:
            write_bytes_atomic(staged / PAGE, render_release(release, layers).encode())
        else:
            write(layers, staged)
        about = json.dumps(_about(result, release), indent=1, sort_keys=True, ensure_ascii=False)
        write_bytes_atomic(staged / ABOUT, f"{about}\n".encode())
        names = sorted(p.relative_to(staged) for p in staged.rglob("*") if p.is_file())
        _check_free(folder, names)
        hashes = {name.as_posix(): exporters.hash_file(staged / name) for name in names}
        publishing.add_entry(
            ledger, release, files=hashes, format=format, source=source_mark(result.manifest),
            entries=entries,
        )  # fmt: skip
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
) -> dict[Path, list[Leak]]:
    """Every leak of a private inventory in some files; none are left when they may be given away.

    Parameters
    ----------
    paths
        Files of any format.
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

    Returns
    -------
    dict
        Leaks by file, in the order given.
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
    found = {}
    for path in paths:
        is_release = path.is_file() and exporters.hash_file(path) in known
        found[path] = check.check(path, is_release=is_release)
        if ledger is not None and not is_release:
            what = f"no {profile} release holds this file as it is"
            found[path].append(Leak(kind="not in the ledger", where=path.name, what=what))
    return found


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


def _about(result: RunResult, release: publishing.Release) -> dict[str, Any]:
    """What may be known of the run and of the release."""
    profile = release.profile
    return {
        "title": f"{'SIMULATED: ' if result.simulated else ''}mining sites, generalised",
        "simulated": result.simulated,
        "profile": profile.name,
        "frame": release.frame.name,
        "grid_crs": GRID_CRS if release.frame.cell_m else None,
        "frame_words": frame_words(release),
        "least_sites": profile.least_sites,
        "least_operators": profile.least_operators,
        "delay_months": profile.delay_months,
        "class_scheme": SCHEME,
        "periods": [publishing.season_name(period) for period in release.periods],
        "how": how_words(profile),
        "note": publishing.note_of(release),
        "attribution": _attribution(result),
        "minewatch": result.manifest["version"],
    }


def _check_free(folder: Path, names: Sequence[Path]) -> None:
    for name in names:
        if (folder / name).exists():
            raise OutputError(
                f"{folder / name} is there already, and no release is replaced",
                hint="give another folder with --out",
            )
