"""One inventory from runs of several sensors over one area, the evidence of each kept apart."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
from shapely import Geometry

import minewatch
from minewatch import exporters
from minewatch.analysis.rule_notes import EXPLAINED, other_rules_notes
from minewatch.analysis.seen_ground import seen_fraction
from minewatch.catalog import read_scene_list
from minewatch.detect import get_detection
from minewatch.errors import SettingsError
from minewatch.model import (
    FUSED_SITES,
    SCHEMA_VERSION,
    SIGHTINGS,
    WGS84,
    Contract,
    Parameters,
    RunResult,
    check_columns,
    rule_values,
)
from minewatch.sensors import get_sensor
from minewatch.sites import LinkRules, Sighting, StateRules, fuse_sightings, match_places
from minewatch.sites.sightings import AGAINST, FOUND, UNSEEN
from minewatch.store.output_folder import open_result
from minewatch.store.state_folder import StateFolder

if TYPE_CHECKING:
    from minewatch.sites import FusedSite

SITES_FILE: Final = "fused_sites.geojson"
RECORD_FILE: Final = "fusion.json"
_LINK, _STATES = LinkRules(), StateRules()
"""Distances and days that make two sites one, and what counts as seen: those of every run."""
_CLOSED: Final = ("revegetated", "not_observed")


@dataclass(frozen=True, kw_only=True)
class _Open:
    """When the ground of a site was open, as the runs that have it say; ISO days."""

    before: str | None
    """Last day on which it was not; None: it was from the start."""
    first: str
    last: str


@dataclass(frozen=True, kw_only=True, repr=False)
class Fusion:
    """Several runs as one inventory."""

    sites: gpd.GeoDataFrame
    """Contract `FUSED_SITES`, then `SIGHTINGS` of each run as `<run>_…`; WGS 84."""
    runs: Mapping[str, Mapping[str, Any]]
    """Name to what is known of the run: sensor, detector, dates, hashes."""
    simulated: bool
    """Whether any of the imagery was simulated."""
    files: tuple[Path, ...] = ()
    """What was written."""

    def __repr__(self) -> str:
        counts = self.sites["agreement"].value_counts().sort_index()
        shown = ", ".join(f"{count} {name}" for name, count in counts.items())
        title = f"{len(self.sites)} sites of {', '.join(self.runs)}"
        return f"{title}: {shown or 'none'}{' (SIMULATED)' if self.simulated else ''}"


def fuse(directory: str | Path, *others: str | Path, out: str | Path | None = None) -> Fusion:
    """One inventory from finished runs of several sensors over one area.

    Parameters
    ----------
    directory
        Folder of the leading run, best the one with the finest pixels: outlines and ids are its.
    others
        Folders of further runs.
    out
        Folder to write `fused_sites.geojson` and `fusion.json` to; None writes nothing.

    Returns
    -------
    Fusion
        One row a site that any of the runs has.

    Raises
    ------
    SettingsError
        When the runs cannot be fused: fewer than two, the same twice, other areas or zones, real
        imagery with simulated, or made by other rules than are in force.
    OutputError
        When a run is damaged, or a file lies in the way that minewatch did not write.
    """
    runs = name_runs([open_result(folder) for folder in (directory, *others)])
    check_runs(runs)
    for run in runs.values():
        _check_rules(run)
    fusion = fuse_results(runs)
    if out is None:
        return fusion
    folder = Path(out)
    if any(folder.resolve() == run.directory.resolve() for run in runs.values()):
        raise SettingsError(f"{out} is one of the runs", hint="give another folder with --out")
    lead = next(iter(runs.values()))
    files = exporters.write_kept(lambda _, to: _write(fusion, lead, to), lead, folder)
    return replace(fusion, files=tuple(files))


def name_runs(runs: Sequence[RunResult]) -> dict[str, RunResult]:
    """Runs by their sensor, as it names columns; a second one of a sensor is numbered."""
    named: dict[str, RunResult] = {}
    for run in runs:
        name = str(run.manifest["parameters"]["sensor"]).replace("-", "_")
        count = 1 + sum(known == name or known.startswith(f"{name}__") for known in named)
        named[name if count == 1 else f"{name}__{count}"] = run
    return named


def check_runs(runs: Mapping[str, RunResult]) -> None:
    """Raise when runs are not of one area and zone, or one is there twice.

    Raises
    ------
    SettingsError
        Names both folders and the mend.
    """
    lead, *others = runs.values()
    if not others:
        raise SettingsError(
            f"{lead.directory} alone cannot be fused", hint="give a second run over the same area"
        )
    marks: dict[str, Path] = {}
    for run in runs.values():
        mark = run.manifest["outputs"]["inventory.geojson"] + str(run.manifest["parameters"])
        if mark in marks:
            raise SettingsError(
                f"{run.directory} is the same run as {marks[mark]}",
                hint="give runs of different sensors",
            )
        marks[mark] = run.directory
    for run in others:
        _check_same(lead, run)


def _check_same(lead: RunResult, run: RunResult) -> None:
    of_lead, of_run = lead.manifest["aoi"], run.manifest["aoi"]
    if of_lead["sha256"] != of_run["sha256"]:
        raise SettingsError(
            f"{lead.directory} watches {of_lead['id']}, {run.directory} another area, "
            f"{of_run['id']}",
            hint=f"run the second over the area of the first: "
            f"--aoi {shlex.quote(str(lead.directory / 'state' / 'aoi.geojson'))}",
        )
    zones = lead.aoi.utm_epsg, run.aoi.utm_epsg
    if zones[0] != zones[1]:
        raise SettingsError(
            f"{lead.directory} is in EPSG:{zones[0]}, {run.directory} in EPSG:{zones[1]}",
            hint="run both anew with this minewatch, which chooses one zone for one area",
        )
    if lead.simulated != run.simulated:
        simulated, real = (lead, run) if lead.simulated else (run, lead)
        raise SettingsError(
            f"{simulated.directory} is of simulated imagery, {real.directory} is not",
            hint="fuse runs of one kind",
        )


def _check_rules(run: RunResult) -> None:
    state = StateFolder(directory=run.directory / "state")
    parameters = Parameters.from_dict(state.read_parameters())
    notes = other_rules_notes(
        run, get_detection(parameters.detector, parameters.rules),
        read_scene_list(run.directory / "scenes.json"), kinds=EXPLAINED,
    )  # fmt: skip
    if notes:
        problem, _, mend = notes[0].rpartition("; ")
        raise SettingsError(f"{run.directory} was {problem}", hint=mend)


def fuse_results(runs: Mapping[str, RunResult]) -> Fusion:
    """As `fuse`, of runs that are open, checked and named; nothing is written."""
    lead = next(iter(runs.values()))
    epsg = lead.aoi.utm_epsg
    tables = {name: run.sites.to_crs(epsg) for name, run in runs.items()}
    known = _known_sites(tables, epsg)
    rows = [
        _row(site_id, outline, matches, runs)
        for (site_id, matches), outline in zip(
            known["matches"].items(), known.geometry, strict=True
        )
    ]
    columns = list(fused_contract(list(runs)))
    outlines = known.geometry.to_crs(WGS84).to_list()
    table = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns, dtype=object), geometry=outlines, crs=WGS84
    )
    check_columns(table, FUSED_SITES, name="fused sites")
    return Fusion(
        sites=table,
        runs={name: _provenance(run, is_lead=run is lead) for name, run in runs.items()},
        simulated=any(run.simulated for run in runs.values()),
    )


def fused_contract(runs: Sequence[str]) -> Contract:
    """The columns of fused sites, those of each run by its name."""
    of_runs = {f"{run}_{name}": column for run in runs for name, column in SIGHTINGS.items()}
    return {**FUSED_SITES, **of_runs}


def _known_sites(tables: Mapping[str, gpd.GeoDataFrame], epsg: int) -> gpd.GeoDataFrame:
    """Every site of any run once, with its sites in each run in `matches`; index: its id."""
    ids: list[str] = []
    outlines: list[Geometry] = []
    matches: list[dict[str, list[str]]] = []
    for run, table in tables.items():
        known = gpd.GeoDataFrame({"site_id": ids}, geometry=outlines, crs=epsg)
        found = match_places(known, table, rules=_LINK)
        for at, name in enumerate(ids):
            if name in found:
                matches[at][run] = found[name]
        taken = {other for names in found.values() for other in names}
        for site in table[~table["site_id"].isin(taken)].itertuples():
            name = str(site.site_id)
            ids.append(name if name not in ids else f"{name}-{run}")
            outlines.append(site.geometry)
            matches.append({run: [str(site.site_id)]})
    return gpd.GeoDataFrame({"matches": matches}, geometry=outlines, crs=epsg, index=ids)


def _row(
    site_id: str,
    outline: Geometry,
    matches: Mapping[str, Sequence[str]],
    runs: Mapping[str, RunResult],
) -> dict[str, Any]:
    """One fused site, and what each run says of it."""
    lead = next(iter(runs.values()))
    ground = gpd.GeoSeries([outline], crs=lead.aoi.utm_epsg)
    of_runs = {name: _of_run(runs[name], ids) for name, ids in matches.items()}
    is_open = _open_days([(runs[name], ids) for name, ids in matches.items()])
    for name, run in runs.items():
        if name not in matches:
            of_runs[name] = _absence(run, ground, is_open)
    ordered = {name: of_runs[name] for name in runs}
    fused = fuse_sightings(
        [_sighting(name, runs[name], columns) for name, columns in ordered.items()], rules=_LINK
    )
    verdicts = {s.run: s.verdict for s in fused.sightings}
    said = {
        f"{name}_{column}": verdicts[name] if column == "verdict" else columns[column]
        for name, columns in ordered.items()
        for column in SIGHTINGS
    }
    return {**_fused_columns(fused, site_id, lead.manifest["aoi"]["id"]), **said}


def _fused_columns(fused: FusedSite, site_id: str, aoi: str) -> dict[str, Any]:
    def those(verdicts: Sequence[str]) -> list[str]:
        return [s.run for s in fused.sightings if s.verdict in verdicts]

    return {
        "aoi": aoi, "site_id": site_id, "alert": fused.alert, "alert_reason": fused.alert_reason,
        "agreement": fused.agreement, "first_detected": fused.first_detected,
        "last_undisturbed": fused.last_undisturbed, "first_detected_by": fused.first_detected_by,
        "last_undisturbed_by": fused.last_undisturbed_by, "found_by": those(FOUND),
        "against": those(AGAINST), "unseen_by": those(UNSEEN),
    }  # fmt: skip


def _sighting(name: str, run: RunResult, columns: Mapping[str, Any]) -> Sighting:
    parameters = run.manifest["parameters"]
    platforms = get_sensor(parameters["sensor"]).platforms
    return Sighting(
        run=name, pixel_m=float(run.manifest["visibility"]["pixel_m"]),
        platforms=frozenset(platforms) - {""}, verdict=columns["verdict"], alert=columns["alert"],
        first_detected=columns["first_detected"], last_undisturbed=columns["last_undisturbed"],
    )  # fmt: skip


def _of_run(run: RunResult, ids: Sequence[str]) -> dict[str, Any]:
    """What a run says of its sites at one place: of those it did not take back, if there are."""
    there = _rows(run.sites, ids)
    standing = [row for row in there if row["alert"] != "rejected"]
    counted = sorted(standing or there, key=lambda row: (row["first_detected"], row["site_id"]))
    rungs = ("rejected", "candidate", "provisional", "confirmed")
    return {
        "verdict": "found" if standing else "rejected",
        "site_ids": [row["site_id"] for row in counted],
        "alert": max((row["alert"] for row in counted), key=rungs.index),
        "confidence": max(row["confidence"] for row in counted),
        "first_detected": counted[0]["first_detected"],
        "last_undisturbed": counted[0]["last_undisturbed"],
        "change": None,
    }


def _rows(table: gpd.GeoDataFrame, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of some sites without their outlines; what is missing is None."""
    found = pd.DataFrame(table[table["site_id"].isin(ids)].drop(columns="geometry")).astype(object)
    plain = found.where(found.notna(), None)
    names = [str(name) for name in plain.columns]
    return [dict(zip(names, row, strict=True)) for row in plain.to_numpy()]


def _open_days(found: Sequence[tuple[RunResult, Sequence[str]]]) -> _Open:
    rows = []
    for run, ids in found:
        there = _rows(run.inventory, ids)
        rows += [row for row in there if row["alert"] != "rejected"] or there
    earliest = min(rows, key=lambda row: str(row["first_detected"]))
    first = str(earliest["first_detected"])
    last = [str(row["period_end"]) for row in rows if row["state"] not in _CLOSED]
    return _Open(before=earliest["last_undisturbed"], first=first, last=max([*last, first]))


def _absence(run: RunResult, ground: gpd.GeoSeries, is_open: _Open) -> dict[str, Any]:
    """What a run without a site at a place says of it."""
    unknown = dict.fromkeys(SIGHTINGS) | {"site_ids": []}
    if change := _change_there(run, ground, is_open):
        return {**unknown, "verdict": "other_change", "change": change}
    begun = is_open.before is not None and is_open.before >= run.manifest["parameters"]["start"]
    if run.why_no_pools and not begun:
        return {**unknown, "verdict": "older"}
    outline = ground.to_crs(WGS84).iloc[0]
    seen = [
        seen_fraction(run, outline, step)
        for step, period in enumerate(run.manifest["periods"])
        if is_open.first <= period["start"] <= is_open.last
    ]
    if not seen:
        return {**unknown, "verdict": "not_watched"}
    is_seen = max(seen) >= _STATES.min_observed_fraction
    return {**unknown, "verdict": "seen_not_found" if is_seen else "not_seen"}


def _change_there(run: RunResult, ground: gpd.GeoSeries, is_open: _Open) -> str | None:
    """Kind of the change that a run has over most of a site, or inside it, while it was open."""
    changes = run.changes
    begun, seen = changes["first_detected"], changes["last_seen"]
    changes = changes[(seen >= is_open.first) & (begun <= is_open.last)]
    if changes.empty:
        return None
    outlines = changes.geometry.to_crs(ground.crs)
    shared = outlines.intersection(ground.iloc[0]).area
    is_there = shared >= _LINK.same_ground * outlines.area.clip(upper=ground.area.iloc[0])
    return str(changes.loc[shared[is_there].idxmax(), "kind"]) if is_there.any() else None


def _provenance(run: RunResult, *, is_lead: bool) -> dict[str, Any]:
    """Where the rows of a run come from: what was asked, of which scenes, by which rules."""
    manifest, parameters = run.manifest, run.manifest["parameters"]
    names = ("sensor", "detector", "start", "end", "period", "resolution_m")
    return {
        "is_lead": is_lead,
        **{name: parameters.get(name) for name in names},
        "pixel_m": manifest["visibility"]["pixel_m"],
        "why_no_pools": run.why_no_pools,
        "version": manifest["version"],
        "rule_versions": dict(manifest["rule_versions"]),
        "scenes_sha256": manifest["scenes"]["sha256"],
        "manifest_sha256": exporters.hash_file(run.directory / "manifest.json"),
        "inventory_sha256": manifest["outputs"]["inventory.geojson"],
        "sites_sha256": manifest["outputs"]["sites.geojson"],
        "attribution": manifest["aoi"]["attribution"],
        "failures": len(manifest["failures"]),
        "warnings": list(manifest["warnings"]),
    }


def _write(fusion: Fusion, lead: RunResult, folder: Path) -> list[Path]:
    said = {
        "simulated": fusion.simulated,
        "attribution": "; ".join(dict.fromkeys(run["attribution"] for run in fusion.runs.values())),
        "schema_version": SCHEMA_VERSION,
    }
    sites = exporters.write_geojson(
        fusion.sites, folder / SITES_FILE, fused_contract(list(fusion.runs)), member=said
    )
    counts = fusion.sites["agreement"].value_counts().to_dict()
    record = {
        "version": minewatch.__version__,
        "schema_version": SCHEMA_VERSION,
        "simulated": fusion.simulated,
        "aoi": dict(lead.manifest["aoi"]),
        "runs": {name: dict(run) for name, run in fusion.runs.items()},
        "rules": {"link": rule_values(_LINK), "states": asdict(_STATES)},
        "rows": {"sites": len(fusion.sites), **counts},
        "outputs": exporters.hash_outputs(folder, [sites]),
    }
    return [sites, exporters.write_manifest(record, folder / RECORD_FILE)]
