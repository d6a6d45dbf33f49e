"""`minewatch demo`: the whole job on a simulated archive, without a network."""

from __future__ import annotations

import hashlib
import shlex
import shutil
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from minewatch.cli import terminal
from minewatch.cli.job_commands import close
from minewatch.cli.options import Debug, Json, Quiet
from minewatch.errors import OutputError
from minewatch.model.progress import ProgressListener

if TYPE_CHECKING:
    from minewatch.model import RunResult
    from minewatch.synthetic import Archive, WorldSpec

PRESET = "demo"
_MARK = "complete.txt"


def demo(
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.")] = Path("demo"),
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """The whole job on a simulated archive, without any network.

    Example: minewatch demo --out demo
    """
    from minewatch import analysis, pipeline, synthetic
    from minewatch.runtime.process_tuning import tune_process

    spec = synthetic.PRESETS[PRESET]
    if out.exists() and (not out.is_dir() or any(not _is_ours(p) for p in out.iterdir())):
        raise OutputError(f"{out} holds other files than a demo", hint="give --out another folder")
    set_aside = make_room(out / "run")
    with terminal.progress(quiet=quiet or json) as listener:
        tune_process()
        archive = open_archive(out / "archive", spec, listener=listener)
        result = pipeline.run(
            archive.aoi, start=spec.start, end=spec.end, out=out / "run",
            catalog=str(archive.catalog), listener=listener,
        )  # fmt: skip
    run = result.directory
    pages = {"inventory": run / "inventory.geojson", **analysis.report(run)}
    if set_aside and not quiet:
        terminal.note(f"the earlier run holds files of yours: it lies in {set_aside} now")
    if not (quiet or json):
        for name, path in pages.items():
            terminal.line(f"{name:<13} {path}")
        terminal.line("")
    try:
        close(result, json=json, quiet=quiet)
    finally:
        if not (quiet or json):
            _show_what_to_do(result, pages["report"])


def _show_what_to_do(result: RunResult, page: Path) -> None:
    """The three last lines: where to look, how to go on, what to read."""
    where = shlex.quote(str(result.directory))
    ids = sorted(row["site_id"] for row in result.read_rows("sites"))
    terminal.line("")
    terminal.line(f"look:   open {page} in a browser")
    command = terminal.command()
    terminal.line(f"go on:  {command} explain {where} {ids[0] if ids else 'SITE'}")
    terminal.line(f"learn:  docs/tutorial.md of the repository; {command} COMMAND --help")


def make_room(folder: Path) -> Path | None:
    """Remove an earlier run, or move it aside when somebody put files into it.

    Parameters
    ----------
    folder
        Where a new run is to begin.

    Returns
    -------
    Path or None
        Where the earlier run lies now; None when it was removed, or there was none.
    """
    from minewatch import analysis

    if not folder.exists():
        return None
    if not analysis.files_of_others(folder):
        shutil.rmtree(folder)
        return None
    number = next(n for n in count(1) if not folder.with_name(f"{folder.name}-{n}").exists())
    return folder.rename(folder.with_name(f"{folder.name}-{number}"))


def _is_ours(path: Path) -> bool:
    return path.name in {"archive", "run"} or path.name.startswith("run-")


def open_archive(folder: Path, spec: WorldSpec, *, listener: ProgressListener) -> Archive:
    """The simulated archive of a spec: the one that lies there when it is whole, or a new one.

    Parameters
    ----------
    folder
        Where it belongs; another or half-written archive there is removed.
    spec
        The world.
    listener
        Hears of the simulation.
    """
    from minewatch import synthetic

    mark, key = folder / _MARK, f"{spec}\n{_source_hash(synthetic)}\n"
    if mark.exists() and mark.read_text("utf-8") == key:
        return synthetic.Archive(directory=folder, spec=spec)
    shutil.rmtree(folder, ignore_errors=True)
    archive = synthetic.write_archive(folder, spec, listener=listener)
    synthetic.write_elevation(archive)
    mark.write_text(key, "utf-8")
    return archive


def _source_hash(package: ModuleType) -> str:
    """Hash of the source of a package: an archive that other code drew is drawn anew."""
    folder = Path(str(package.__file__)).parent
    return hashlib.sha256(b"".join(p.read_bytes() for p in sorted(folder.glob("*.py")))).hexdigest()
