"""Progress as events: a bar, a log line or nothing is only a listener."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """One step of long work."""

    stage: str
    """What is being done, in a word or two."""
    done: int
    """Steps finished."""
    total: int
    """Steps in all."""
    detail: str = ""
    """What was just finished."""
    bytes_read: int = 0
    """Bytes fetched so far in this stage."""


ProgressListener = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """A listener that says nothing."""
