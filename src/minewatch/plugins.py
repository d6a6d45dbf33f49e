"""Registries of parts by name: built in, or of another package by an entry point."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from minewatch.errors import SettingsError, unknown_name

log = logging.getLogger(__name__)

Part = TypeVar("Part")


class Registry(Mapping[str, Part], Generic[Part]):
    """Parts by name. Those of other packages are loaded when they are asked for.

    Parameters
    ----------
    kind
        What a part is, for messages.
    group
        The entry-point group of other packages.
    built_in
        The parts that come with minewatch, or `module:name` of what is brought when it is asked
        for; no other package may take their names.
    """

    def __init__(self, *, kind: str, group: str, built_in: Mapping[str, Part | str]) -> None:
        self.kind, self.group, self.built_in = kind, group, dict(built_in)

    @cached_property
    def plugins(self) -> dict[str, EntryPoint]:
        """Entry points of other packages by name, those that take a built-in name left out."""
        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=self.group):
            if point.name in self.built_in:
                log.warning(
                    "%s %s of %s is left out: the name is taken", self.kind, point.name, point.value
                )
            else:
                found[point.name] = point
        return found

    def __getitem__(self, name: str) -> Part:
        if name in self.built_in:
            return self._built_in(self.built_in[name])
        if name not in self.plugins:
            raise SettingsError(
                unknown_name(self.kind, name, list(self)),
                hint=f"other packages add theirs by the entry-point group {self.group}",
            )
        try:
            part: Part = self.plugins[name].load()
        except Exception as error:
            raise SettingsError(
                f"{self.kind} {name!r} cannot be loaded from {self.plugins[name].value}: {error}",
                hint="mend or remove the package that brings it",
            ) from error
        return part

    @staticmethod
    def _built_in(part: Part | str) -> Part:
        if not isinstance(part, str):
            return part
        module, name = part.split(":")
        brought: Part = getattr(import_module(module), name)
        return brought

    def __iter__(self) -> Iterator[str]:
        return iter([*self.built_in, *sorted(self.plugins)])

    def __len__(self) -> int:
        return len(self.built_in) + len(self.plugins)

    def __contains__(self, name: object) -> bool:
        return name in self.built_in or name in self.plugins
