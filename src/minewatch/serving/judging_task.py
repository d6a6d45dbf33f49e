"""What a server of a page for judging must be given: the seam between HTTP and what is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from minewatch.errors import MinewatchError


class TakenBackError(MinewatchError):
    """What is to be taken back does not stand any more."""


@dataclass(frozen=True, kw_only=True)
class JudgingPage:
    """The page, made once when the server starts."""

    html: str
    """The page."""
    policy: str
    """Content-Security-Policy that it is sent with."""


class JudgingTask(Protocol):
    """Units that people judge one after the other, and where their answers are kept.

    A unit has an id, an outline and pictures of every period; `minewatch.reports.Unit`,
    `unit_values` and `render_judging_page` make the page of any list of them. Methods are called
    by several threads at once, and by several servers on one folder.
    """

    def page(self) -> JudgingPage:
        """The page."""
        ...

    def state(self) -> Mapping[str, Any]:
        """What is said so far, for the page.

        `units`: id to `verdict`, `reason`, `note`, `by`, `at`, `own`, `corrected`, `others`;
        `drawn`; `progress`: `own`, `all` (None: not to be known), `count`; `last`: what undo takes
        back; `notes`.
        """
        ...

    def say(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep one answer, safe on the disk when this returns, and give the state after it.

        Raises
        ------
        MinewatchError
            When it makes no sense or cannot be kept; nothing is kept then.
        """
        ...

    def undo(self, which: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take one answer back by another entry, and give the state after it.

        Raises
        ------
        TakenBackError
            When that answer does not stand any more.
        """
        ...

    def close(self) -> str:
        """Finish what is still to be written; what a person must know of it, or nothing."""
        ...
