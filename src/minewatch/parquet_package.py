"""Parquet is read and written by pyarrow, which most people do not need: it is an extra."""

from __future__ import annotations

from importlib.util import find_spec

from minewatch.errors import SettingsError


def check_parquet(what: str) -> None:
    """Refuse what needs pyarrow where that is not installed.

    Parameters
    ----------
    what
        What was asked for, as the subject of a sentence.

    Raises
    ------
    SettingsError
        It is not installed.
    """
    if find_spec("pyarrow") is None:
        raise SettingsError(
            f"{what} needs the package pyarrow, which is not installed",
            hint="pip install 'minewatch[parquet]' (171 MB)",
        )
