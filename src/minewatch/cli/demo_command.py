"""`minewatch demo`: the whole job on a simulated archive, without a network."""

from __future__ import annotations

import hashlib
import shutil
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
    """The whole job on a simulated archive: no network, no real place, under two minutes.

    Example: minewatch demo --out demo
    """
    from minewatch import analysis, pipeline, synthetic
    from minewatch.runtime.process_tuning import tune_process

    spec = synthetic.PRESETS[PRESET]
    ours = {"archive", "run"}
    if out.exists() and (not out.is_dir() or {p.name for p in out.iterdir()} - ours):
        raise OutputError(f"{out} holds other files than a demo", hint="give --out another folder")
    with terminal.progress(quiet=quiet or json) as listener:
        tune_process()
        archive = open_archive(out / "archive", spec, listener=listener)
        shutil.rmtree(out / "run", ignore_errors=True)
        result = pipeline.run(
            archive.aoi, start=spec.start, end=spec.end, out=out / "run",
            catalog=str(archive.catalog), listener=listener,
        )  # fmt: skip
    pages = {"inventory": result.directory / "inventory.geojson", **analysis.report(out / "run")}
    if not (quiet or json):
        for name, path in pages.items():
            terminal.line(f"{name:<13} {path}")
        terminal.line("")
    close(result, json=json, quiet=quiet)


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
