"""Values that decide a result and are no detector's rules: constants, sensor profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from importlib import import_module
from typing import Any

from minewatch.sensors import get_sensor

_NAMING = frozenset({
    "title", "collections", "other_collections", "platforms", "wrong_products", "product",
    "assets", "common_names", "attribution", "parts", "is_stated_by_items",
})  # fmt: skip
"""Fields of a sensor profile that find scenes or name them: they decide no pixel of a scene."""


def module_constants(module: str) -> dict[str, Any]:
    """Constants of a module that are plain values, or made of such.

    Parameters
    ----------
    module
        Its name below `minewatch`.

    Returns
    -------
    dict
        Name to value, as JSON holds it. Tables of functions and the like are left out: for them
        the version stands.
    """
    found = {}
    for name, value in sorted(vars(import_module(f"minewatch.{module}")).items()):
        if name.isupper():
            try:
                found[f"{module}.{name}"] = _plain(value)
            except TypeError:
                continue
    return found


def sensor_values(name: str) -> dict[str, Any]:
    """What a sensor profile decides of the pixels of a scene: mask, scale, offset, pixel sizes.

    Parameters
    ----------
    name
        In `minewatch.sensors.SENSORS`.
    """
    profile = get_sensor(name)
    plain = _plain(profile, leaving_out=_NAMING)
    return {f"{name}.{field}": value for field, value in plain.items()}


def _is_default(field: Field[Any], value: object) -> bool:
    made = field.default_factory
    return value == (field.default if made is MISSING else made())


def _plain(value: object, *, leaving_out: frozenset[str] = frozenset()) -> Any:
    """A value as JSON can hold it.

    Raises
    ------
    TypeError
        When it is made of something that has no plain value.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        held = ((field, getattr(value, field.name)) for field in fields(value))
        return {
            field.name: _plain(one)
            for field, one in held
            if field.name not in leaving_out
            and not (field.metadata.get("came_later") and _is_default(field, one))
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in value}
    if isinstance(value, set | frozenset):
        return sorted(map(_plain, value), key=str)
    if isinstance(value, list | tuple | range):
        return [_plain(entry) for entry in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):  # a number of numpy
        return value.item()
    raise TypeError(f"{value!r} has no plain value")
