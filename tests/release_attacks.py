"""Attacks on releases, and what each got: `python -m tests.release_attacks --write PAGE`.

Every attack works on files alone, as anybody has them, with programs of its own: bounds come from
integer programming over what the tables say, not from the audit that protected them. It is even
given which hidden cells were hidden only to protect others, which no reader knows. Beside each
stands the same attack on the same inventory without the protection, which must succeed.
"""

from __future__ import annotations

import argparse
import io
import re
import sqlite3
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise, product
from pathlib import Path
from typing import Final
from unittest import mock

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import shapely
from matplotlib.figure import Figure
from pypdf import PdfReader
from pyproj import Transformer
from scipy.optimize import LinearConstraint, milp
from tests.release_world import AREA, SEASONS, Site, draw_sites, write_world

from minewatch import analysis
from minewatch.analysis import ReleaseChoices
from minewatch.errors import PublicationError
from minewatch.exporters import EXPORTERS
from minewatch.model import RunResult
from minewatch.publishing import Span, read_ledger, release_ledger, releases

LEAST = 3
BEGIN, END = "<!-- attacks -->", "<!-- /attacks -->"
SEEDS = (11, 12, 13)


@dataclass(frozen=True)
class Row:
    """One attack."""

    name: str
    tried: str
    got: int
    of: str
    """What `got` counts."""
    bare: int
    """The same without the protection."""

    def __str__(self) -> str:
        return f"| {self.name} | {self.tried} | {self.got} {self.of} | {self.bare} |"


@dataclass(frozen=True)
class Said:
    """What one release says, read from its files."""

    cells: pd.DataFrame
    totals: pd.DataFrame
    hidden: dict[tuple[str, str], int | None]
    """By first month and cell: most sites that it can have; None: no limit."""


def read_files(folder: Path, number: int) -> Said:
    """The tables of a release, and what the attacker is given on top."""
    here = next(folder.glob(f"{number:04d}-*"))
    entry = read_ledger(folder)[number - 1]
    hidden = {(p[:7], r): high for p, r, (_, high) in entry.content["hidden"]}
    totals = pd.read_csv(here / "totals.csv") if entry.content["totals"] else pd.DataFrame()
    return Said(cells=pd.read_csv(here / "cells.csv"), totals=totals, hidden=hidden)


def found_by_equations(said: Sequence[Said]) -> set[tuple[str, str]]:
    """First month and cell, or `rest`, of what surely holds one or two sites."""
    found = set()
    of_cells = {month for of in said for month in of.cells["first_month"]}
    months = sorted(of_cells | {month for of in said for month, _ in of.hidden})
    for month in months:
        found |= {(month, name) for name in _of_month(said, month)}
    return found


def _of_month(said: Sequence[Said], month: str) -> Iterator[str]:
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    sums: list[tuple[list[str], list[str], float, float]] = []
    for of in said:
        rows = of.cells[of.cells["first_month"] == month]
        spans = {r.cell: (r.sites_low, r.sites_high) for r in rows.itertuples()}
        hidden_now = {c: h for (m, c), h in of.hidden.items() if m == month}
        spans |= {c: (0, np.inf if h is None else h) for c, h in hidden_now.items()}
        for cell, (least, most) in spans.items():
            low[cell] = max(low.get(cell, 0), least)
            high[cell] = min(high.get(cell, np.inf), np.inf if pd.isna(most) else most)
        if len(of.totals):
            for row in of.totals[of.totals["first_month"] == month].itertuples():
                most = np.inf if pd.isna(row.sites_high) else row.sites_high
                hidden = [c for (m, c) in of.hidden if m == month]
                sums.append((list(spans), hidden, row.sites_low, most))
    cells = sorted(low)
    if any(low[c] > high[c] for c in cells):  # the inventory was revised: the newest is believed
        if len(said) > 1:
            yield from _of_month(said[1:], month)
        return
    at = {cell: n for n, cell in enumerate(cells)}
    rows = np.zeros((len(sums), len(cells)))
    for n, (parts, _, _, _) in enumerate(sums):
        rows[n, [at[c] for c in parts]] = 1
    constraints = LinearConstraint(rows, [s[2] for s in sums], [s[3] for s in sums]) if sums else ()

    def extreme(cost: np.ndarray) -> float:
        bounds = ([low[c] for c in cells], [high[c] for c in cells])
        solved = milp(cost, integrality=np.ones(len(cells)), bounds=bounds, constraints=constraints)
        return float("nan") if solved.status == 2 else -np.inf if solved.fun is None else solved.fun

    wanted = {c: [c] for c in cells if low[c] < LEAST}
    for n, (_, hidden, _, _) in enumerate(sums):
        wanted[f"rest {n}"] = hidden
        for k, (_, other, _, _) in enumerate(sums):
            wanted[f"rest {n} without {k}"] = sorted(set(hidden) - set(other))
    for name, parts in wanted.items():
        cost = np.zeros(len(cells))
        cost[[at[c] for c in parts]] = 1
        if not parts or np.isnan(least := extreme(cost)):
            continue
        if least >= 1 - 1e-6 and -extreme(-cost) < LEAST - 1e-6:
            yield name


def exact(count: int, least: int) -> Span:
    """The number itself, where a cell may be shown at all."""
    return Span(count, count) if count >= least else Span(0, least - 1)


def found_by_differences(said: Sequence[Said]) -> set[tuple[str, str]]:
    """Month and cell in which surely one or two sites came, since a season or a release before."""
    spans = [_spans(of) for of in said]
    steps = []
    for one, two in pairwise(spans):
        steps += [(one[key], two[key], key) for key in one.keys() & two.keys()]
    for of in spans:
        for one, two in pairwise(sorted({month for month, _ in of})):
            keys = [(cell, (two, cell)) for month, cell in of if month == one]
            steps += [(of[one, cell], of[key], key) for cell, key in keys if key in of]
    return {
        key
        for before, after, key in steps
        if after[0] - before[1] >= 1 and after[1] - before[0] < LEAST
    }


def _spans(of: Said) -> dict[tuple[str, str], tuple[float, float]]:
    found = {key: (0.0, np.inf if high is None else float(high)) for key, high in of.hidden.items()}
    for row in of.cells.itertuples():
        high = np.inf if pd.isna(row.sites_high) else row.sites_high
        found[row.first_month, row.cell] = (row.sites_low, high)
    return found


@contextmanager
def unprotected() -> Iterator[None]:
    """A publisher who leaves small cells out, gives exact numbers, and keeps no ledger."""
    with (
        mock.patch.object(releases, "count_class", exact),
        mock.patch.object(releases, "audit", return_value=[]),
        mock.patch.object(release_ledger, "audit", return_value=[]),
        mock.patch.object(release_ledger, "_check_frame"),
    ):
        yield


@dataclass
class Publisher:
    """Somebody who publishes one run after the other into one ledger."""

    folder: Path
    refused: int = 0

    def publish(self, run: RunResult, **choices: object) -> None:
        given = {"profile": "public", "ledger": self.folder, **choices}
        try:
            analysis.publish_layers(run.directory, format="csv", choices=ReleaseChoices(**given))
        except PublicationError:
            self.refused += 1

    def said(self) -> list[Said]:
        return [read_files(self.folder, n + 1) for n in range(len(read_ledger(self.folder)))]


def both(work: Path, name: str, runs: Sequence[RunResult]) -> tuple[Publisher, Publisher]:
    """The same runs published with and without protection."""
    safe, bare = Publisher(work / f"{name}-safe"), Publisher(work / f"{name}-bare")
    for run in runs:
        safe.publish(run)
        with unprotected():
            bare.publish(run)
    return safe, bare


def overlay(work: Path, sites: dict[int, list[Site]]) -> Row:
    """The partner's cells subtracted from the public ones, by a reader who has both releases.

    In every other world the newest season is the partner's alone: the delays differ.
    """
    west, south, east, north = AREA.bounds
    area = shapely.box(west, south, (west + east) / 2, (south + north) / 2)
    got, bare_got, tried = 0, 0, 0
    for number, seed in enumerate(sites):
        many = draw_sites(seed, 240, spread=0.008)
        last = SEASONS[-1].end + timedelta(days=10 if number % 2 else 185)
        run = write_world(work / f"both-{seed}", many, area=area, last_day=last)
        for order in (("public", "partner"), ("partner", "public")):
            safe = Publisher(work / f"both-{seed}-{order[0]}")
            for profile in order:
                safe.publish(run, profile=profile)
            assert not safe.refused
            said = dict(zip(order, safe.said(), strict=True))
            tried += len(_spans(said["public"]))
            got += len(found_in_rests(**said))
        bare = {profile: Publisher(work / f"both-{seed}-bare-{profile}") for profile in order}
        with unprotected():
            for profile, publisher in bare.items():
                publisher.publish(run, profile=profile)
        alone = {profile: publisher.said()[0] for profile, publisher in bare.items()}
        bare_got += len(found_in_rests(**alone))
    name = "public and partner releases, also of different delay, laid over each other"
    return Row(name, f"{tried} public cells and seasons", got, "found", bare_got)


def found_in_rests(public: Said, partner: Said) -> set[tuple[str, str]]:
    """Season and public cell of which, without the partner's cells in it, one or two are left.

    Also what came there since the season before, what is left in a season that only the partner
    has (what was known stays), and what one total leaves of the other.
    """
    fine, coarse = _spans(partner), _spans(public)
    inside: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for month, cell in fine:
        inside.setdefault((month, _public_cell(cell)), []).append((month, cell))
    shown = {(row.first_month, row.cell) for row in partner.cells.itertuples()}
    rests: dict[tuple[str, str], tuple[float, float]] = {}
    for key, (low, high) in coarse.items():
        parts = inside.get(key, [])
        of_shown = [fine[part] for part in parts if part in shown]
        hidden = [fine[part][1] for part in parts if part not in shown]
        most = sum(hidden) if len(parts) == 100 else np.inf  # else the edge lies in it
        least = low - sum(span[1] for span in of_shown)
        rests[key] = (max(0, least), min(most, high - sum(span[0] for span in of_shown)))
    found = {key for key, (low, high) in rests.items() if low >= 1 and high < LEAST}
    for one, two in pairwise(sorted({month for month, _ in rests})):
        for month, cell in rests:
            if month == one and (two, cell) in rests:
                before, after = rests[one, cell], rests[two, cell]
                same = {c for m, c in shown if m == one} == {c for m, c in shown if m == two}
                if same and after[0] - before[1] >= 1 and after[1] - before[0] < LEAST:
                    found.add((two, cell))
    newer = {month for month, _ in fine} - {month for month, _ in coarse}
    for (month, cell), parts in inside.items():
        before = [m for m, c in rests if c == cell and m < month]
        if month in newer and before and len(parts) == 100:
            least = rests[max(before), cell][0]
            if least >= 1 and sum(fine[p][1] for p in parts if p not in shown) < LEAST:
                found.add((month, cell))
    return found | {(month, "all") for month in _small_rest_of_totals(public, partner)}


def _small_rest_of_totals(public: Said, partner: Said) -> Iterator[str]:
    """Seasons in which the total of one profile is surely one or two more than the other's."""
    if not len(public.totals) or not len(partner.totals):
        return
    both = public.totals.merge(partner.totals, on="first_month").fillna(np.inf)
    for row in both.itertuples():
        for low, high in (
            (row.sites_low_x - row.sites_high_y, row.sites_high_x - row.sites_low_y),
            (row.sites_low_y - row.sites_high_x, row.sites_high_y - row.sites_low_x),
        ):
            if low >= 1 and high < LEAST:
                yield row.first_month


def _public_cell(cell: str) -> str:
    """The cell of 10 km that one of 1 km lies in."""
    east, north = (int(of) // 10 for of in re.findall(r"\d{5}", cell))
    return f"10km-E{east:05d}N{north:05d}"


def _secrets_in(files: Sequence[Path], run: RunResult) -> int:
    """Ids, days and corners of the boxes of sites, in any byte, text or number of files."""
    sites, scenes = set(run.sites["site_id"]), {s["scene_id"] for s in run.manifest["facts"]}
    days = {str(day) for day in run.inventory["first_detected"]}
    west, south, east, north = shapely.bounds(run.sites.geometry.array).T
    corners = {f"{v:.5f}" for v in np.concatenate([west, south, east, north])}
    ends = {f"{v:.5f}" for v in run.aoi.geometry.bounds}
    found = 0
    for path in files:
        texts = [_text_of(path)]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                texts += [archive.read(n).decode("utf-8", "replace") for n in archive.namelist()]
        if path.suffix == ".gpkg":
            found += _places_in(path, run)
        for text in texts:
            numbers = {f"{float(v):.5f}" for v in re.findall(r"\d{1,3}\.\d+", text)}
            found += sum(word in text for word in sites | scenes)
            found += len(set(re.findall(r"\d{4}-\d{2}-\d{2}", text)) & days)
            found += len(numbers & (corners | ends))
    return found


def _text_of(path: Path) -> str:
    if path.suffix != ".pdf":
        return path.read_text("utf-8", errors="replace")
    reader = PdfReader(path)
    about = [str(reader.metadata), str(reader.xmp_metadata and reader.xmp_metadata.stream)]
    return "\n".join([*about, *(page.extract_text() for page in reader.pages)])


def formats(work: Path, run: RunResult) -> list[Row]:
    """Projects, catalogues and models of a release, and of the run by the same exporter."""
    rows = []
    for name, words in {
        "qgis": "QGIS project: XML, styles, extents, leftovers of its GeoPackage",
        "stac": "STAC: boxes, times, links",
        "smart": "SMART: outlines, days, ids of models",
    }.items():
        choices = ReleaseChoices(profile="public", ledger=work / f"of-{name}")
        files = analysis.publish_layers(run.directory, format=name, choices=choices)
        private = EXPORTERS[name](run, work / f"private-{name}")
        bare = _secrets_in(private, run)
        rows.append(Row(words, f"{len(files)} files", _secrets_in(files, run), "found", bare))
    return rows


def sheets(work: Path, run: RunResult) -> Row:
    """Letters and metadata of PDFs and pages; a PDF as programs write it has a moment in it."""
    choices = ReleaseChoices(profile="public", ledger=work / "sheets")
    files = analysis.publish_layers(run.directory, format="evidence", choices=choices)
    got = _secrets_in(files, run)
    for path in files:
        if path.suffix == ".pdf":
            about = PdfReader(path).metadata or {}
            got += sum(name in about for name in ("/CreationDate", "/ModDate", "/Author"))
            got += sum(len(page.images) for page in PdfReader(path).pages)
    figure = Figure()
    figure.savefig(work / "planted.pdf")
    planted = PdfReader(work / "planted.pdf").metadata or {}
    return Row(
        "sheets: letters and metadata of PDFs, pages",
        f"{len(files)} files",
        got,
        "found",
        int("/CreationDate" in planted),
    )


DATABASE: Final = "PostGIS: rows, catalogues, their counts, order, other databases"


def database(work: Path) -> Row:
    """What a reader of a database of releases finds, and one of a database with private runs.

    Needs a server that libpq's variables lead to.
    """
    run = write_world(work / "run", draw_sites(SEEDS[0], 60))
    choices = ReleaseChoices(profile="public", ledger=work / "ledger")
    got, tables = {}, {}
    for name, writes in {
        "attack_safe": lambda dsn: analysis.publish_to_database(
            run.directory, choices=choices, dsn=dsn
        ),
        "attack_bare": lambda dsn: analysis.export_to_database(run.directory, dsn=dsn),
    }.items():
        with psycopg.connect("", autocommit=True) as base:
            base.execute(f"CREATE DATABASE {name}")
            base.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
        writes(f"dbname={name}")
        with psycopg.connect(f"dbname={name}", autocommit=True) as base:
            base.execute("ANALYZE")  # as servers do by themselves
            base.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
            base.execute(f"GRANT CONNECT ON DATABASE {name} TO {name}")
            base.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
            if name == "attack_safe":
                base.execute(f"GRANT minewatch_release_reader TO {name}")
        got[name], tables[name] = _found_in_database(name, run)
        with psycopg.connect("", autocommit=True) as base:
            base.execute(f"DROP DATABASE {name} WITH (FORCE)")
            base.execute(f"DROP ROLE {name}")
    tried = f"{tables['attack_safe']} tables, every row and count"
    return Row(DATABASE, tried, got["attack_safe"], "found", got["attack_bare"])


def _found_in_database(name: str, run: RunResult) -> tuple[int, int]:
    """Numbers of private rows, ids, days and corners that a reader finds; how many tables it sees.

    A reader without any right to private tables: their numbers of rows stand in the catalogue.
    """
    counts = {len(run.inventory), len(run.sites)}
    with psycopg.connect(f"dbname={name} user={name} password=x") as base:
        seen = base.execute(
            "SELECT n.nspname, c.relname, c.reltuples::int, has_schema_privilege(n.oid, 'usage')"
            " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE n.nspname LIKE 'minewatch%' AND c.relkind = 'r'"
        ).fetchall()
        found = sum(rows in counts for _, _, rows, _ in seen)
        text = [str(base.execute("SELECT * FROM pg_description").fetchall())]
        for schema, table, _, readable in seen:
            if readable:
                rows = base.execute(f"SELECT *, ctid FROM {schema}.{table}").fetchall()
                text.append(str(rows))
                keys = [row[2:4] for row in rows] if table == "cells" else []
                found += keys != sorted(keys)
        others = base.execute(
            "SELECT count(*) FROM pg_database WHERE datname LIKE 'attack%%' AND datname <> %s"
            " AND has_database_privilege(oid, 'connect')", [name]
        ).fetchone()  # fmt: skip
        found += others[0] if others else 0
    words = {*run.sites["site_id"], *(str(day) for day in run.inventory["first_detected"])}
    return found + sum(word in part for word in words for part in text), len(seen)


def small_cells(work: Path, runs: dict[int, RunResult]) -> Row:
    tried, got = 0, 0
    for seed, run in runs.items():
        safe = Publisher(work / f"small-{seed}")
        safe.publish(run)
        for row in safe.said()[0].cells.itertuples():
            tried += 1
            got += row.sites_low < LEAST
    counts = sum(_true_small(run) for run in runs.values())
    return Row(
        "small cells, read off the table",
        f"{tried} shown cells and seasons",
        got,
        "below k",
        counts,
    )


def _true_small(run: RunResult) -> int:
    from minewatch.publishing import count_sites, grid_frame

    frame = grid_frame(run.aoi.geometry, cell_km=10, least_ground_km2=25)
    counts = count_sites(run.inventory, frame, SEASONS)
    return sum(1 <= count.sites < LEAST for count in counts.values())


def margins(work: Path, sites: dict[int, list[Site]]) -> Row:
    """Small areas, of four cells each, every one with a ledger of its own."""
    west, south, east, north = AREA.bounds
    lons, lats = grid_lines(west, east, axis=0), grid_lines(south, north, axis=1)
    got, bare_got, tried = 0, 0, 0
    for seed, all_of in sites.items():
        for n, (i, k) in enumerate(product((0, len(lons) - 3), (0, len(lats) - 3))):
            area = shapely.box(lons[i], lats[k], lons[i + 2], lats[k + 2])
            run = write_world(work / f"margins-{seed}-{n}", all_of, area=area)
            safe, bare = both(work, f"margins-{seed}-{n}", [run])
            tried += sum(len(of.hidden) for of in safe.said())
            got += len(found_by_equations(safe.said()))
            bare_got += len(found_by_equations(bare.said()))
    name = "equations over cells and totals of one release"
    return Row(name, f"{tried} hidden cells and seasons", got, "found", bare_got)


def updates(work: Path, sites: dict[int, list[Site]]) -> Row:
    got, bare_got, refused, made = 0, 0, 0, 0
    for seed, all_of in sites.items():
        runs = []
        for seasons in (3, 4, 5, 6):
            known = [
                s for n, s in enumerate(all_of) if (n * 7 + seasons) % 9
            ]  # found later, or lost
            run = write_world(work / f"update-{seed}-{seasons}", known, seasons=seasons)
            runs.append(run)
        safe, bare = both(work, f"updates-{seed}", runs)
        refused, made = refused + safe.refused, made + len(runs)
        got += len(found_by_equations(safe.said()) | found_by_differences(safe.said()))
        bare_got += len(found_by_equations(bare.said()) | found_by_differences(bare.said()))
    return Row(
        "successive updates, overlaid",
        f"{made} releases, {refused} refused",
        got,
        "found",
        bare_got,
    )


def grid_lines(low: float, high: float, *, axis: int) -> list[float]:
    """Longitudes (axis 0) or latitudes (1) between two where cells of the grid meet."""
    metres = Transformer.from_crs(4326, 6933, always_xy=True)
    along = (1.0, 0.0) if axis == 0 else (0.0, 1.0)

    def move(value: float, way: str) -> float:
        point = (value * along[0], value * along[1])
        return float(metres.transform(*point, direction=way)[axis])

    first, last = (move(value, "FORWARD") / 1e4 for value in (low, high))
    lines = range(int(np.ceil(first)), int(last) + 1)
    back = [move(1e4 * n, "INVERSE") for n in lines]
    return [float(value) for value in back]


def sub_areas(work: Path, sites: dict[int, list[Site]]) -> Row:
    west, south, east, north = AREA.bounds
    got, bare_got, refused, made = 0, 0, 0, 0
    lines = grid_lines(west, east, axis=0)[1:-1]
    for seed, all_of in sites.items():
        areas = [AREA, *(shapely.box(west, south, line, north) for line in lines)]
        areas += [shapely.box(line, south, east, north) for line in lines]
        areas += [shapely.box(west, south, east - 0.03, north)]  # through the middle of cells
        runs = [write_world(work / f"sub-{seed}-{n}", all_of, area=a) for n, a in enumerate(areas)]
        safe, bare = both(work, f"sub-{seed}", runs)
        refused, made = refused + safe.refused, made + len(runs)
        got += len(found_by_equations(safe.said()))
        bare_got += len(found_by_equations(bare.said()))
    return Row(
        "totals of sub-areas and of their unions, subtracted",
        f"{made} releases, {refused} refused",
        got,
        "found",
        bare_got,
    )


def moved_grid(work: Path, sites: dict[int, list[Site]]) -> Row:
    """Cells of shifted areas that lie across each other; a grid tied to the area has them."""
    outlines, tied = [], []
    for n in range(6):
        area = shapely.affinity.translate(AREA, 0.013 * n, -0.007 * n)
        run = write_world(work / f"moved-{n}", sites[SEEDS[0]], area=area)
        folder = work / f"moved-ledger-{n}"
        analysis.publish_layers(
            run.directory,
            format="geojson",
            choices=ReleaseChoices(profile="public", ledger=folder, with_totals=False),
        )
        table = gpd.read_file(next(folder.glob("0001-*")) / "cells.geojson")
        outlines += list(table.to_crs(6933).geometry)
        x, y = area.bounds[:2]
        tied += [
            shapely.box(x + 0.1 * i, y + 0.1 * k, x + 0.1 * i + 0.1, y + 0.1 * k + 0.1)
            for i in range(4)
            for k in range(4)
        ]
    return Row(
        "the grid moved by another area",
        "6 areas, each with a ledger of its own",
        _crossings(outlines, 1.0),
        "cells that cut each other",
        _crossings(tied, 1e-9),
    )


def _crossings(outlines: Sequence[shapely.Geometry], least: float) -> int:
    grid = 1.0 if least >= 1 else least / 10
    rounded = {shapely.to_wkb(shapely.set_precision(shape, grid)) for shape in outlines}
    unique = shapely.from_wkb(sorted(rounded))
    pairs = shapely.STRtree(unique).query(unique, predicate="overlaps")
    return int((pairs[0] < pairs[1]).sum())


def other_frames(work: Path, run: RunResult) -> Row:
    """Another cell size, and districts, over the same ground."""
    path = work / "districts.geojson"
    west, south, east, north = AREA.bounds
    middle = west + 0.17
    halves = [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]
    gpd.GeoDataFrame({"name": ["West", "East"]}, geometry=halves, crs=4326).to_file(path)
    safe, bare = Publisher(work / "frames-safe"), Publisher(work / "frames-bare")
    for choices in ({}, {"grid_km": 5}, {"townships": path}):
        safe.publish(run, **choices)
        with unprotected():
            bare.publish(run, **choices)
    return Row(
        "another grid, and districts, over the same ground",
        f"2 more frames, {safe.refused} refused",
        len(safe.said()) - 1,
        "frames laid over the first",
        len(bare.said()) - 1,
    )


def by_area(work: Path, runs: dict[int, RunResult]) -> Row:
    """Cells whose class of ground says how large their largest site is, within its own class."""
    from minewatch.publishing import count_sites, grid_frame
    from minewatch.publishing.profiles import ground_class

    tried, got, bare = 0, 0, 0
    for seed, run in runs.items():
        safe = Publisher(work / f"area-{seed}")
        safe.publish(run)
        frame = grid_frame(run.aoi.geometry, cell_km=10, least_ground_km2=25)
        counts = count_sites(run.inventory, frame, SEASONS)
        known = {(f"{p.start:%Y-%m}", region): count for (p, region), count in counts.items()}
        for row in safe.said()[0].cells.itertuples():
            count = known[row.first_month, row.cell]
            pinned = count.ground_m2 > 0 and count.largest_m2 > 0.8 * count.ground_m2
            tried += 1
            got += pinned and row.ground_ha != "not shown"
            bare += pinned and bool(ground_class(count.ground_m2))
    return Row(
        "joined by the class of ground",
        f"{tried} shown cells and seasons",
        got,
        "that give away one site",
        bare,
    )


def by_date(work: Path, run: RunResult, private: Path) -> Row:
    """Days at which sites were seen, in any file of a release."""
    days = {str(site) for site in run.inventory["first_detected"]}
    folder = work / "dates"
    for name in ("csv", "geojson"):
        choices = ReleaseChoices(profile="public", ledger=folder)
        analysis.publish_layers(run.directory, format=name, choices=choices)
    files = [p for p in folder.rglob("*") if p.is_file() and p.parent != folder]
    got = sum(len(_days(path) & days) for path in files)
    return Row(
        "joined by date",
        f"{len(files)} files, {len(days)} days",
        got,
        "days found",
        len(_days(private) & days),
    )


def _days(path: Path) -> set[str]:
    return set(re.findall(r"\d{4}-\d{2}-\d{2}", path.read_text("utf-8", errors="replace")))


def insides(work: Path, run: RunResult) -> Row:
    """Numbers of private outlines in any byte of a GeoPackage: rows, index, free pages."""
    choices = ReleaseChoices(profile="public", ledger=work / "gpkg")
    released = analysis.publish_layers(run.directory, format="gpkg", choices=choices)[0]
    (private,) = EXPORTERS["gpkg"](run, work / "private")
    base = sqlite3.connect(private)
    base.execute("PRAGMA secure_delete = OFF")
    names = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        base.execute(f'DROP TRIGGER "{name}"')
    for name in ("inventory", "sites", "features", "changes", "aoi"):
        base.execute(f'DELETE FROM "{name}"')  # as one deletes rows before passing a file on
    base.commit()
    base.close()
    return Row(
        "GeoPackage: rows, R-tree, free pages",
        f"{released.stat().st_size // 1024} KiB, every byte",
        _places_in(released, run),
        "places found",
        _places_in(private, run),
    )


def _places_in(path: Path, run: RunResult) -> int:
    """Corners of the boxes of sites, as doubles and as floats of the index, anywhere in a file."""
    content = path.read_bytes()
    corners = {tuple(b) for b in shapely.bounds(run.sites.geometry.array).tolist()}
    return sum(
        np.array([west, south], "<f8").tobytes() in content
        or np.array([west, east, south, north], "<f8").tobytes() in content
        or any(_floats(west, how) + _floats(east, not how) in content for how in (True, False))
        for west, south, east, north in corners
    )


def _floats(value: float, down: bool) -> bytes:
    near = np.float32(value)
    if down and near > value:
        near = np.nextafter(near, np.float32(-np.inf))
    if not down and near < value:
        near = np.nextafter(near, np.float32(np.inf))
    return np.array([near], ">f4").tobytes()


def order(work: Path, sites: list[Site]) -> Row:
    """Whether the order or the ids of sites change a byte of a file."""
    contents: list[dict[str, set[bytes]]] = []
    for shuffle in (False, True):
        many = sorted(sites, key=lambda s: s.lon if shuffle else s.site_id)
        if shuffle:
            many = [Site(**{**vars(s), "site_id": f"s{n:010x}"}) for n, s in enumerate(many)]
        run = write_world(work / f"order-{shuffle}", many)
        contents.append({})
        for name in ("csv", "geojson", "gpkg", "flatgeobuf", "kml"):
            choices = ReleaseChoices(profile="public", ledger=work / f"order-ledger-{shuffle}")
            written = analysis.publish_layers(run.directory, format=name, choices=choices)
            contents[-1] |= {f"{name}/{p.name}": p.read_bytes() for p in written}
        contents[-1]["private"] = (run.directory / "inventory.geojson").read_bytes()
    one, two = contents
    changed = sum(one[name] != two[name] for name in one if name != "private")
    return Row(
        "order of rows, ids that are hashes",
        f"{len(one) - 1} files of shuffled sites",
        changed,
        "files that differ",
        int(one["private"] != two["private"]),
    )


def metadata(work: Path, run: RunResult) -> Row:
    """Times and names in files: of the system, of zip members, and planted in PNG and PDF."""
    folder = work / "times"
    choices = ReleaseChoices(profile="public", ledger=folder)
    files = analysis.publish_layers(run.directory, format="kml", choices=choices)
    files += analysis.publish_page(run.directory, choices=choices)
    got = sum(
        abs(path.stat().st_mtime - (run.directory / "manifest.json").stat().st_mtime) < 1e6
        for path in files
    )
    for path in files:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                got += sum(entry.date_time[0] > 1980 for entry in archive.infolist())
    pictures = (b"\x89PNG", b"%PDF", b"JFIF")
    got += sum(magic in path.read_bytes() for path in files for magic in pictures)
    bare = io.BytesIO()
    with zipfile.ZipFile(bare, "w") as archive:
        archive.write(run.directory / "manifest.json", "manifest.json")
    with zipfile.ZipFile(bare) as archive:
        planted = sum(entry.date_time[0] > 1980 for entry in archive.infolist())
    return Row(
        "times of files and of zip members, PNG and PDF metadata",
        f"{len(files)} files",
        got,
        "times, pictures or PDFs",
        planted,
    )


def too_new(work: Path, sites: list[Site]) -> Row:
    """Seasons that are shown before the delay is over, with an end that was asked far ahead."""
    got, tried, bare = 0, 0, 0
    for days in range(0, 400, 40):
        last = SEASONS[3].end + timedelta(days=days)
        run = write_world(work / f"new-{days}", sites, seasons=4, last_day=last)
        folder = work / f"new-ledger-{days}"
        choices = ReleaseChoices(profile="public", ledger=folder)
        analysis.publish_layers(run.directory, format="csv", choices=choices)
        months = {m for of in [read_files(folder, 1)] for m in of.cells["last_month"]}
        for month in months:
            tried += 1
            got += _months_between(month, last) < 6
        bare += sum(_months_between(f"{p.end:%Y-%m}", last) < 6 for p in SEASONS[:4])
    return Row("seasons newer than the delay", f"{tried} seasons of 10 runs", got, "too new", bare)


def _months_between(month: str, last: date) -> int:
    whole = last.year * 12 + last.month - (0 if (last + timedelta(days=1)).day == 1 else 1)
    return whole - (int(month[:4]) * 12 + int(month[5:7]))


def attack(work: Path) -> list[Row]:
    """Every attack, in the order of the page."""
    sites = {seed: draw_sites(seed, 60) for seed in SEEDS}
    runs = {seed: write_world(work / f"run-{seed}", all_of) for seed, all_of in sites.items()}
    first = runs[SEEDS[0]]
    return [
        small_cells(work, runs),
        margins(work, sites),
        updates(work, sites),
        sub_areas(work, sites),
        moved_grid(work, sites),
        other_frames(work, first),
        by_area(work, runs),
        by_date(work, first, first.directory / "inventory.geojson"),
        too_new(work, sites[SEEDS[0]]),
        insides(work, first),
        order(work, sites[SEEDS[0]]),
        metadata(work, first),
        overlay(work, sites),
        *formats(work, first),
        sheets(work, first),
    ]


def table(rows: Sequence[Row], *, of_database: str = "") -> str:
    """The table of the page; the row of the database is measured where there is a server."""
    head = "| attack | tried | got | without the protection |\n| --- | --- | --- | --- |"
    last = [of_database] if of_database else []
    return "\n".join([BEGIN, head, *map(str, rows), *last, END])


def database_row(page: str) -> str:
    """The row of the database in a page; empty when there is none."""
    return next((line for line in page.splitlines() if line.startswith(f"| {DATABASE} |")), "")


def main() -> None:
    """Print the table, or write it into a page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", type=Path)
    page = parser.parse_args().write
    with tempfile.TemporaryDirectory() as folder:
        rows = attack(Path(folder))
    old = "" if page is None else page.read_text("utf-8")
    text = table(rows, of_database=database_row(old))
    if page is None:
        sys.stdout.write(f"{text}\n")
        return
    before, after = old.split(BEGIN)[0], old.split(END)[1]
    page.write_text(before + text + after, "utf-8")


if __name__ == "__main__":
    main()
