"""Thresholds as data: each with its unit, its source and what moves when it does.

A set of rules is a frozen dataclass whose fields are made by `rule`, or hold other such sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, fields, is_dataclass, replace
from difflib import get_close_matches
from itertools import pairwise
from math import inf, isfinite
from typing import Any, Final, NamedTuple, TypeVar

from minewatch.errors import SettingsError

Rules = TypeVar("Rules")
STARTING_VALUE = "starting value, never fitted"
"""Source of a threshold for which there is no evidence."""
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "%": (0, 100),
    **dict.fromkeys(("greenness", "NDVI", "NDWI", "cosine"), (-1, 1)),
    "degrees": (0, 90),
    "months, overpasses": (1, inf),
    "reflectance": (0, 2),
    "reflectance x 10,000": (0, 65_535),
    **dict.fromkeys(("1", "m", "m²", "ha", "days", "months", "overpasses", "periods"), (0, inf)),
    **dict.fromkeys(("sd", "pixels", "effective pixels", "clear looks"), (0, inf)),
}
"""Unit to the least and the most that a threshold of it can be; any other unit: any number."""


def rule(
    value: Any,
    *,
    unit: str,
    moves: str,
    source: str = STARTING_VALUE,
    least: float | None = None,
) -> Any:
    """A field of a set of rules.

    Parameters
    ----------
    value
        The threshold: a number, or a tuple of numbers.
    unit
        Its unit; `1` for a share or a count.
    moves
        What moves when it is raised, in words.
    source
        Where it comes from.
    least
        The least that it can be, where that is more than `RANGES` says: what is divided by it.
    """
    about = {"unit": unit, "source": source, "moves": moves, "least": least}
    return field(default=value, metadata=about)


class RuleRow(NamedTuple):
    """One threshold, described."""

    name: str
    """Its place: `section.field`."""
    value: Any
    """The threshold."""
    unit: str
    """Its unit."""
    source: str
    """Where it comes from."""
    moves: str
    """What moves when it is raised."""


def describe_rules(rules: Any, *, prefix: str = "") -> Iterator[RuleRow]:
    """Every threshold of a set of rules, in order."""
    for one in fields(rules):
        value, name = getattr(rules, one.name), f"{prefix}{one.name}"
        if is_dataclass(value):
            yield from describe_rules(value, prefix=f"{name}.")
        else:
            about = one.metadata
            yield RuleRow(
                name, value, about.get("unit", ""), about.get("source", ""), about.get("moves", "")
            )


def rule_values(rules: Any) -> dict[str, Any]:
    """The thresholds as plain nested values, as a manifest or a key holds them."""
    values: dict[str, Any] = {}
    for one in fields(rules):
        value = getattr(rules, one.name)
        is_set = is_dataclass(value) and not isinstance(value, type)
        values[one.name] = rule_values(value) if is_set else _plain(value)
    return values


def _plain(value: Any) -> Any:
    """A threshold as JSON holds it: lists for tuples, in tuples, too."""
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def with_overrides(rules: Rules, overrides: Mapping[str, Any], *, prefix: str = "") -> Rules:
    """A set of rules with some thresholds replaced.

    Parameters
    ----------
    rules
        The rules to start from.
    overrides
        Nested plain values, as a TOML file holds them; lists for tuples.
    prefix
        Where `rules` stands among others, for messages.

    Raises
    ------
    SettingsError
        For a name that there is not, or a value of another kind or out of its range; names it.
    """
    known = {one.name: getattr(rules, one.name) for one in fields(rules)}  # type: ignore[arg-type]
    about = {one.name: one.metadata for one in fields(rules)}  # type: ignore[arg-type]
    changes: dict[str, Any] = {}
    for name, value in overrides.items():
        place = f"{prefix}{name}"
        if name not in known:
            near = get_close_matches(str(name), known, n=3, cutoff=0.4) or sorted(known)
            raise SettingsError(
                f"there is no rule {place!r}", hint=f"known here: {', '.join(near)}"
            )
        before = known[name]
        if is_dataclass(before):
            if not isinstance(value, Mapping):
                raise SettingsError(
                    f"{place} is a group of rules, not {value!r}", hint=f"write [{place}] above"
                )
            changes[name] = with_overrides(before, value, prefix=f"{place}.")
        else:
            changes[name] = _checked(place, value, before, about[name])
    try:
        return replace(rules, **changes)  # type: ignore[type-var]
    except SettingsError as error:  # from `check_order`, which does not know where it stands
        raise SettingsError(f"{prefix}{error.problem}", hint=error.hint) from None


def check_order(rules: Any, low: str, high: str) -> None:
    """Raise when one threshold of a set is not below another one.

    Raises
    ------
    SettingsError
        Names both.
    """
    values = getattr(rules, low), getattr(rules, high)
    if not values[0] < values[1]:
        raise SettingsError(
            f"{low} is {values[0]} and {high} is {values[1]}", hint=f"{low} must be below {high}"
        )


def _checked(place: str, value: Any, before: Any, about: Mapping[str, Any]) -> Any:
    """A threshold of the same kind as the one it replaces, within the range of its unit."""
    if isinstance(before, tuple):
        if not isinstance(value, list | tuple) or len(value) != len(before):
            raise SettingsError(
                f"{place} is {value!r}", hint=f"give {len(before)} values, such as {list(before)}"
            )
        both = zip(value, before, strict=True)
        values = tuple(_checked(place, one, as_shipped, about) for one, as_shipped in both)
        if _is_ascending(before) and not _is_ascending(values):
            raise SettingsError(
                f"{place} is {value!r}", hint=f"each must be more than the one before: {before}"
            )
        return values
    if isinstance(before, bool) or not isinstance(before, int | float):
        if type(value) is not type(before):
            raise SettingsError(f"{place} is {value!r}", hint=f"give a value such as {before!r}")
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = isinstance(before, int)
    if not is_number or not isfinite(value) or (whole and value != int(value)):
        kind = "a whole number" if whole else "a number"
        raise SettingsError(f"{place} is {value!r}", hint=f"give {kind}, such as {before}")
    unit = about.get("unit", "")
    low, high = RANGES.get(unit, (-inf, inf))
    low = low if about.get("least") is None else about["least"]
    if not low <= value <= high:
        within = f"from {low:g} to {high:g}" if high < inf else f"of at least {low:g}"
        raise SettingsError(
            f"{place} is {value!r} (unit: {unit})", hint=f"give a number {within}, such as {before}"
        )
    return int(value) if whole else float(value)


def _is_ascending(values: tuple[Any, ...]) -> bool:
    """Whether there are several plain numbers, each more than the one before."""
    are_numbers = len(values) > 1 and all(isinstance(v, int | float) for v in values)
    return are_numbers and all(low < high for low, high in pairwise(values))
