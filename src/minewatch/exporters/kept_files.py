"""Exports written so that no file of somebody else is lost: what lies there is looked at first."""

from __future__ import annotations

import json
import shlex
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from minewatch.errors import OutputError
from minewatch.exporters.manifest_file import hash_file
from minewatch.files import output_error, write_bytes_atomic
from minewatch.model import Exporter, RunResult
from minewatch.model.run_result import source_mark

RECORD: Final = ".minewatch-export.json"
"""What minewatch wrote in a folder: name of a file to its SHA-256 and to the inventory it shows."""

EDITED: Final = (".gpkg", ".geojson", ".csv")
"""Suffixes of exports that people edit verdicts and outlines in."""


def write_kept(
    write: Exporter, result: RunResult, folder: Path, *, own_folders: Sequence[str] = ()
) -> list[Path]:
    """Files of an export; a file that somebody else made or changed is never replaced.

    They are written beside the folder first and moved into it when all may be replaced. A changed
    file whose verdicts were taken in (`mark_imported`) is kept as a copy beside the new one.

    Parameters
    ----------
    write
        The exporter.
    result
        A finished run.
    folder
        Where the files go; made when missing.
    own_folders
        Folders in it that hold what this exporter writes and nothing else: what it wrote there
        before and does not write any more is removed, unless somebody changed it.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OutputError
        Names the file that minewatch did not write, or that was changed since. Nothing is replaced.
    """
    if folder.resolve() == result.directory.resolve():
        return write(result, folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        staged = Path(tempfile.mkdtemp(prefix=".export-", dir=folder.resolve().parent))
    except OSError as error:
        raise output_error(folder.parent, error) from None
    try:
        names = [path.relative_to(staged) for path in write(result, staged)]
        record = dict(read_record(folder))
        hashes = {name: hash_file(staged / name) for name in names}
        for name, digest in hashes.items():
            _check_own(folder / name, record.get(name.as_posix(), {}), digest, run=result.directory)
        for name, digest in hashes.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            _keep_copy(folder / name, record.get(name.as_posix(), {}))
            (staged / name).replace(folder / name)
            record[name.as_posix()] = {"sha256": digest, "source": source_mark(result.manifest)}
        before = [n for n in record if PurePosixPath(n).parent.as_posix() in own_folders]
        for old in before:
            if Path(old) not in hashes and _remove_own(folder / old, record[old]):
                del record[old]
        write_bytes_atomic(folder / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return [folder / name for name in names]


def read_record(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """What minewatch wrote in a folder: name to `sha256` and `source`; empty without a record.

    Parameters
    ----------
    folder
        A folder of exports.
    """
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def mark_imported(path: Path, digest: str) -> None:
    """Note that what people changed in an export was taken in: the next export may replace it.

    Parameters
    ----------
    path
        The file; one that minewatch did not write is left alone by exports all the same.
    digest
        Its SHA-256 when it was read.
    """
    record = {name: dict(of) for name, of in read_record(path.parent).items()}
    if path.name in record:
        record[path.name]["imported_sha256"] = digest
        content = json.dumps(record, indent=1, sort_keys=True).encode()
        write_bytes_atomic(path.parent / RECORD, content)


def _check_own(path: Path, written: Mapping[str, Any], new: str, *, run: Path) -> None:
    if not path.exists():
        return
    found = hash_file(path)
    if found not in (written.get("sha256"), written.get("imported_sha256"), new):
        why = "was changed since minewatch wrote it" if written else "was not written by minewatch"
        first = ""
        if written and path.suffix in EDITED:
            words = shlex.join(["minewatch", "review", "import", str(run), str(path)])
            first = f"take its verdicts and outlines in with `{words}`; or "
        raise OutputError(
            f"{path} {why}, and is not replaced",
            hint=f"{first}move it away or give it another name, or export to another folder "
            "(--out)",
        )


def _remove_own(path: Path, written: Mapping[str, Any]) -> bool:
    """Remove a file that lies there as minewatch wrote it; whether nothing of it is left."""
    if path.is_file() and hash_file(path) == written.get("sha256"):
        path.unlink()
    return not path.exists()


def _keep_copy(path: Path, written: Mapping[str, Any]) -> None:
    """Move a file that was changed and taken in out of the way of the one that replaces it."""
    digest = written.get("imported_sha256")
    if digest and digest != written["sha256"] and path.exists() and hash_file(path) == digest:
        path.replace(path.with_name(f"{path.stem}.imported-{digest[:8]}{path.suffix}"))
