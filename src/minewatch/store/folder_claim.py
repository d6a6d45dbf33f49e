"""How a job takes hold of its folder: a new one, or that of a run to go on with."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minewatch.errors import OutputError, StateError
from minewatch.files import output_error, remove_leftovers
from minewatch.model import AreaOfInterest, Parameters
from minewatch.model.job import SIGNED_CATALOG
from minewatch.store.output_folder import finish_interrupted
from minewatch.store.state_folder import StateFolder, locked

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}


@contextmanager
def claimed(out: Path, *, is_new: bool) -> Iterator[StateFolder]:
    """The state folder of a run, held for this process and cleared of what a killed one left.

    Parameters
    ----------
    out
        Folder of the run; made when it is new and absent.
    is_new
        Whether a run begins here; then the folder must hold nothing but a run that never began.

    Raises
    ------
    OutputError
        When the folder holds something else, cannot be written, or the disk is full.
    StateError
        When another process holds it.
    """
    state = StateFolder(directory=out / "state")
    if is_new:
        _check_unused(state)
    try:
        state.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot write to {out}: {error.strerror}", hint="give a folder you may write to"
        ) from None
    try:
        with locked(state.directory):
            if is_new:
                _check_unused(state)
            remove_leftovers(state.directory)
            finish_interrupted(state)
            yield state
    except OSError as error:
        if error.errno in _DISK:
            raise output_error(Path(error.filename or out), error) from error
        raise


def _check_unused(state: StateFolder) -> None:
    out = state.directory.parent
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out} is a file", hint="give a folder: a run leaves many files")
    is_begun = state.parameters_path.exists()
    if is_begun or any(path.name != state.directory.name for path in out.iterdir()):
        raise OutputError(
            f"{out} is not empty",
            hint="give a new folder, or --resume to go on with the run in it",
        )


def check_same(state: StateFolder, area: AreaOfInterest, parameters: Parameters) -> None:
    """Raise when the run in a folder was asked something else.

    Parameters
    ----------
    state
        The folder's.
    area, parameters
        What is asked now.
    """
    then = Parameters.from_dict(held := state.read_parameters()).as_dict(area) | held
    now = parameters.as_dict(area)
    for name in sorted(now.keys() - {SIGNED_CATALOG}):
        if then.get(name) != now[name]:
            raise StateError(
                f"{state.directory.parent} holds a run with another {name}: "
                f"{then.get(name)}, not {now[name]}",
                hint="resume with the same parameters, or give a new --out",
            )
