"""Registries of parts by name: built in, or of another package by an entry point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from minewatch.errors import SettingsError, unknown_name

Part = TypeVar("Part")


class Registry(Mapping[str, Part], Generic[Part]):
    """Parts by name. Those of other packages are loaded when they are asked for.

    The names are those of the built-in parts and of the plug-ins, loaded or not: a plug-in that is
    broken is an error for whoever asks for it, and for nobody else.

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
    def _points(self) -> dict[str, list[EntryPoint]]:
        """All entry points of the group by name; looked up once, and only when needed."""
        found: dict[str, list[EntryPoint]] = {}
        for point in entry_points(group=self.group):
            same = found.setdefault(point.name, [])
            if point.value not in {other.value for other in same}:  # a path listed twice
                same.append(point)
        return found

    @property
    def plugins(self) -> dict[str, EntryPoint]:
        """Entry points of other packages by name, those that `refused` lists left out."""
        return {
            name: points[0] for name, points in self._points.items() if name not in self.refused
        }

    @property
    def refused(self) -> dict[str, str]:
        """Names that no plug-in may have, to the reason: taken, or claimed twice."""
        reasons = {}
        for name, points in self._points.items():
            values = ", ".join(sorted(point.value for point in points))
            if name in self.built_in:
                reasons[name] = f"{values}: the name is taken by a {self.kind} of minewatch"
            elif len(points) > 1:
                reasons[name] = f"{values}: more than one package brings it"
        return reasons

    def problems(self) -> dict[str, str]:
        """Names of plug-ins that cannot be used, to the reason; all others are loaded for it."""
        found = dict(self.refused)
        for name in self.plugins:
            try:
                self[name]
            except SettingsError as error:
                found[name] = error.problem
        return found

    def __getitem__(self, name: str) -> Part:
        if name in self.built_in:
            return self._built_in(self.built_in[name])
        if name in self.refused:
            raise SettingsError(
                f"{self.kind} {name!r} is refused: {self.refused[name]}",
                hint="remove all but one of these packages",
            )
        if name not in self.plugins:
            raise SettingsError(unknown_name(self.kind, name, list(self)), hint=self._hint())
        try:
            part: Part = self.plugins[name].load()
        except Exception as error:  # whatever another package does at its import
            raise SettingsError(
                f"{self.kind} {name!r} cannot be loaded from {self.plugins[name].value}: "
                f"{type(error).__name__}: {error}",
                hint="mend or remove the package that brings it",
            ) from error
        return part

    def _hint(self) -> str:
        refused = "; ".join(f"{name} is refused ({why})" for name, why in self.refused.items())
        words = f"other packages add theirs by the entry-point group {self.group}"
        return f"{words}; {refused}" if refused else words

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
