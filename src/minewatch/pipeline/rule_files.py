"""Thresholds that a user replaces, from a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minewatch.detect import get_detection, get_detector
from minewatch.errors import SettingsError


def checked_rules(given: str | Path | Mapping[str, Any] | None, *, detector: str) -> dict[str, Any]:
    """Nested plain values of a TOML file, known to be thresholds of a detector.

    Parameters
    ----------
    given
        As for `read_rules`.
    detector
        The detector's name.

    Raises
    ------
    SettingsError
        When the detector, the file or one of its values cannot be used; names the file.
    """
    get_detector(detector)
    rules = read_rules(given)
    try:
        get_detection(detector, rules)
    except SettingsError as error:
        where = "" if given is None or isinstance(given, Mapping) else f"--rules {given}: "
        raise SettingsError(f"{where}{error.problem}", hint=error.hint) from None
    return rules


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
