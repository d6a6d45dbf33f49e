"""Thresholds as data: each with its unit, its source and what moves when it does.

A set of rules is a frozen dataclass whose fields are made by `rule`, or hold other such sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

from minewatch.errors import SettingsError

Rules = TypeVar("Rules")
STARTING_VALUE = "starting value, never fitted"
"""Source of a threshold for which there is no evidence."""


def rule(value: Any, *, unit: str, moves: str, source: str = STARTING_VALUE) -> Any:
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
    """
    return field(default=value, metadata={"unit": unit, "source": source, "moves": moves})


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
        plain = list(value) if isinstance(value, tuple) else value
        values[one.name] = rule_values(value) if is_set else plain
    return values


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
        For a name that there is not, or a value of another kind; names it.
    """
    known = {one.name: getattr(rules, one.name) for one in fields(rules)}  # type: ignore[arg-type]
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
            changes[name] = _checked(place, value, before)
    return replace(rules, **changes)  # type: ignore[type-var]


def _checked(place: str, value: Any, before: Any) -> Any:
    """A threshold of the same kind as the one it replaces."""
    if isinstance(before, tuple):
        if not isinstance(value, list | tuple) or len(value) != len(before):
            raise SettingsError(
                f"{place} is {value!r}", hint=f"give {len(before)} values, such as {list(before)}"
            )
        return tuple(_checked(place, v, b) for v, b in zip(value, before, strict=True))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = isinstance(before, int) and not isinstance(before, bool)
    if isinstance(before, int | float) and not isinstance(before, bool):
        if not is_number or value != value or (whole and value != int(value)):
            kind = "a whole number" if whole else "a number"
            raise SettingsError(f"{place} is {value!r}", hint=f"give {kind}, such as {before}")
        return int(value) if whole else float(value)
    if type(value) is not type(before):
        raise SettingsError(f"{place} is {value!r}", hint=f"give a value such as {before!r}")
    return value
