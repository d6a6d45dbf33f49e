"""Thresholds that a user replaces, from a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minewatch.errors import SettingsError


def read_rules(given: str | Path | Mapping[str, Any] | None) -> dict[str, Any]:
    """Nested plain values of a TOML file; names and values are checked where they are used.

    Parameters
    ----------
    given
        The file, or the values themselves; None: nothing is replaced.

    Raises
    ------
    SettingsError
        When the file cannot be read or is no TOML.
    """
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return dict(given)
    path = Path(given)
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"--rules {path} cannot be read: {error}", hint="give a TOML file, see docs/rules.md"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"--rules {path} is no TOML: {error}",
            hint="write sections in brackets and `name = value` below, see docs/rules.md",
        ) from None
