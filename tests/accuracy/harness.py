"""Worlds made once, run again when the code changes, on two processes."""

from __future__ import annotations

import ast
import hashlib
import json
import multiprocessing
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import minewatch
from minewatch import pipeline, synthetic
from minewatch.exporters import open_result
from minewatch.model import DEFAULT_DETECTOR, RunResult

SOURCE = Path(minewatch.__file__).parent
DEFAULT_CACHE = Path("~/.cache/minewatch/accuracy").expanduser()
PROCESSES = 2
_SIMULATOR = ("synthetic",)
_BLIND = {
    "synthetic/__init__.py", "synthetic/scoring.py", "synthetic/truth.py",
    "synthetic/recall_tables.py",
    "synthetic/dem_archive.py", "synthetic/river_terrain.py",
}  # fmt: skip
"""Modules that read truth or write heights: they make no pixel of a scene."""
_MONTHS = (
    "catalog", "cube", "sensors", "areas", "model/scenes.py", "model/cubes.py", "model/grids.py",
    "model/job.py", "detect/overpass_rules.py", "detect/overpass_thresholds.py",
    "pipeline/month_reading.py", "pipeline/scene_survey.py", "store/month_files.py",
    "store/state_folder.py",
)  # fmt: skip
"""Whatever decides the frozen months of a run; a change elsewhere need not read imagery again."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A world and the run over it."""

    spec: synthetic.WorldSpec
    """What the world was made from."""
    archive: synthetic.Archive
    """Its archive."""
    result: RunResult
    """The finished run."""
    detector: str = DEFAULT_DETECTOR
    """Who judged it."""
    own_truth: synthetic.Truth | None = None
    """Truth of a world that another simulator drew; None: it lies in the archive."""

    @property
    def truth(self) -> synthetic.Truth:
        """What is true of the world."""
        return self.own_truth or synthetic.read_truth(self.archive.truth)


def run_worlds(
    worlds: Sequence[synthetic.WorldSpec],
    *,
    detector: str = DEFAULT_DETECTOR,
    cache: Path = DEFAULT_CACHE,
    processes: int = PROCESSES,
    on_done: Callable[[str], None] = lambda _: None,
) -> list[Ran]:
    """Every world with a run of the code as it is now.

    A world is written only once for equal simulator code and spec. A run is kept while the code is
    the same, and repeated from its frozen months while only what comes after them has changed.

    Parameters
    ----------
    worlds
        Their specs.
    detector
        Who judges them.
    cache
        Folder for archives and runs, some 150 MB a world.
    processes
        Worlds worked on at a time.
    on_done
        Called with the name of each world that is done.
    """
    cache.mkdir(parents=True, exist_ok=True)
    if processes == 1:
        for spec in worlds:
            _make(spec, detector, cache)
            on_done(spec.name)
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            waiting = {pool.submit(_make, spec, detector, cache): spec.name for spec in worlds}
            for future in as_completed(waiting):
                future.result()
                on_done(waiting[future])
    return [_open(spec, detector, cache) for spec in worlds]


def current_commit() -> str:
    """Commit of the code that runs, with `-dirty` when its sources were changed since."""
    here = {"cwd": SOURCE, "capture_output": True, "text": True, "check": True}
    head = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], **here).stdout.strip()
    changed = subprocess.run(["git", "status", "--porcelain", "--", "."], **here).stdout.strip()
    return f"{head}-dirty" if changed else head


def _folders(spec: synthetic.WorldSpec, detector: str, cache: Path) -> tuple[Path, Path]:
    runs = "runs" if detector == DEFAULT_DETECTOR else f"runs-{detector}"
    return cache / "archives" / spec.name, cache / runs / spec.name


def _open(spec: synthetic.WorldSpec, detector: str, cache: Path) -> Ran:
    archive, out = _folders(spec, detector, cache)
    return Ran(
        spec=spec,
        archive=synthetic.Archive(directory=archive, spec=spec),
        result=open_result(out, verify=False),
        detector=detector,
    )


def _make(spec: synthetic.WorldSpec, detector: str, cache: Path) -> None:
    """Bring the archive and the run of one world up to date."""
    folder, out = _folders(spec, detector, cache)
    world = _digest(_SIMULATOR, repr(spec))
    if _stamp(folder).get("world") != world:
        shutil.rmtree(folder, ignore_errors=True)
        synthetic.write_elevation(synthetic.write_archive(folder, spec))
        _write_stamp(folder, {"world": world})
    archive = synthetic.Archive(directory=folder, spec=spec)
    keys = {"months": _digest(_MONTHS, world), "code": _digest(("",), world)}
    before = _stamp(out)
    if before == keys:
        return
    if before.get("months") != keys["months"]:
        shutil.rmtree(out, ignore_errors=True)
    _stamp_path(out).unlink(missing_ok=True)
    pipeline.run(
        archive.aoi, start=spec.start, end=spec.end, catalog=str(archive.catalog), out=out,
        detector=detector, workers=1, resume=True,
    )  # fmt: skip
    _write_stamp(out, keys)


def _digest(parts: Iterable[str], more: str) -> str:
    """Hash of source files under the given parts of the package, and of a text."""
    hashed = hashlib.sha256(more.encode())
    for path in sorted(p for part in parts for p in _sources(SOURCE / part)):
        name = path.relative_to(SOURCE).as_posix()
        if name not in _BLIND:
            hashed.update(f"{name}\0{_meaning(path.read_text('utf-8'))}".encode())
    return hashed.hexdigest()


def _meaning(source: str) -> str:
    """Source code without comments, layout and docstrings: what it does."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [s for s in body if not _is_text(s)]
    return ast.dump(tree)


def _is_text(statement: ast.AST) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _sources(path: Path) -> Iterable[Path]:
    return [path] if path.is_file() else path.rglob("*.py")


def _stamp_path(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.stamp.json")


def _stamp(folder: Path) -> Mapping[str, str]:
    """What a folder was made from; empty when it was never finished."""
    path = _stamp_path(folder)
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def _write_stamp(folder: Path, keys: Mapping[str, str]) -> None:
    _stamp_path(folder).write_text(json.dumps(keys), encoding="utf-8")
