"""The root of every error: what is wrong, and what to try next."""

from __future__ import annotations


class MinewatchError(Exception):
    """An error a user can act on.

    Parameters
    ----------
    problem
        What is wrong, holding the offending value.
    hint
        The next thing to try. May be empty.
    """

    exit_code = 1

    def __init__(self, problem: str, *, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.problem}\n{self.hint}" if self.hint else self.problem


class AoiError(MinewatchError):
    """An area of interest that cannot be used."""


class CatalogError(MinewatchError):
    """A catalogue that cannot be read, or an answer that cannot be trusted."""


class NoScenesError(MinewatchError):
    """The search ran well and found nothing usable."""

    exit_code = 3


class ReadError(MinewatchError):
    """Pixels that could not be read after all retries."""


class PixelKindError(ReadError):
    """Pixels of a kind that is not read, whoever asks how often."""


class ContractError(MinewatchError):
    """A cube or table that does not have what the next stage needs."""


class OutputError(MinewatchError):
    """An output directory or file that cannot be written or read back."""


class PublicationError(MinewatchError):
    """A release that would give away what its profile hides."""


class StateError(OutputError):
    """State on disk that is damaged, locked, or of another version or run."""


class SettingsError(MinewatchError):
    """A parameter that makes no sense, alone or with the others."""

    exit_code = 2


class StoppedError(MinewatchError):
    """Work stopped by the user."""

    exit_code = 130


def unknown_name(kind: str, name: str, known: list[str]) -> str:
    """Problem text for a name that is not in a registry, listing the known ones.

    Examples
    --------
    >>> unknown_name("sensor", "spot", ["sentinel-2"])
    "unknown sensor 'spot'; known: sentinel-2"
    """
    return f"unknown {kind} {name!r}; known: {', '.join(sorted(known))}"
