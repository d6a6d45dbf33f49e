"""What is to be thought of each place after all that was said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from minewatch.model.verdicts import WITHDRAWN
from minewatch.review.verdict_entries import VerdictEntry


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The entries of one subject, taken together: the latest word counts."""

    subject: str
    """What it is about."""
    site_ids: tuple[str, ...]
    """Ids that the site bore when it was spoken of, the latest first; none when it was drawn."""
    verdict: str | None
    """`mine`, `not_mine` or `unsure`; None when only an outline or a note was given."""
    reason: str | None
    """A kind of change, with `not_mine`."""
    reviewer: str | None
    """Who gave the verdict that counts."""
    time: str
    """When."""
    note: str | None
    """The latest note."""
    outline: BaseGeometry
    """Where the place was when it was last spoken of, WGS 84."""
    corrected: BaseGeometry | None
    """The outline as people say it should be, WGS 84."""
    seen_until: str
    """Last day of the latest inventory that a person looked at."""
    others: tuple[str, ...]
    """What other reviewers said last, where it is not the verdict that counts: `name: verdict`."""

    @property
    def place(self) -> BaseGeometry:
        """Where it is: the corrected outline, else the one it had."""
        return self.outline if self.corrected is None else self.corrected

    @property
    def is_drawn(self) -> bool:
        """Whether a person drew it, and no inventory ever had it."""
        return not self.site_ids

    @property
    def words(self) -> str:
        """The verdict in words."""
        said = (self.verdict or "no verdict").replace("_", " ")
        return f"{said} ({self.reason})" if self.reason else said


def judge(entries: Sequence[VerdictEntry]) -> list[Judgement]:
    """One judgement a subject, in the order in which subjects were first spoken of.

    Parameters
    ----------
    entries
        The log, in order.

    Returns
    -------
    list of Judgement
        Without subjects whose verdict was withdrawn and not given anew.
    """
    return [_together(said) for said in standing_entries(entries).values() if said]


def standing_entries(entries: Sequence[VerdictEntry]) -> dict[str, list[VerdictEntry]]:
    """Of each subject what was said and not taken back, in order; empty when all of it was.

    Parameters
    ----------
    entries
        The log, in order.
    """
    subjects: dict[str, list[VerdictEntry]] = {}
    for entry in entries:
        said = subjects.setdefault(entry.subject, [])
        if entry.verdict != WITHDRAWN:
            said.append(entry)
        elif entry.takes_back is None:
            said.clear()
        else:
            taken = (entry.reviewer, entry.takes_back)
            said[:] = [e for e in said if (e.reviewer, e.time) != taken]
    return subjects


def last_words(said: Sequence[VerdictEntry]) -> dict[str | None, VerdictEntry]:
    """The last verdict of each reviewer.

    Parameters
    ----------
    said
        What stands of one subject, in order.
    """
    return {e.reviewer: e for e in said if e.verdict is not None}


def _together(said: list[VerdictEntry]) -> Judgement:
    newest = said[::-1]
    counts = next((e for e in newest if e.verdict is not None), newest[0])
    return Judgement(
        subject=counts.subject,
        site_ids=tuple(dict.fromkeys(e.site_id for e in newest if e.site_id is not None)),
        verdict=counts.verdict,
        reason=counts.reason,
        reviewer=counts.reviewer,
        time=counts.time,
        note=next((e.note for e in newest if e.note), None),
        outline=newest[0].outline,
        corrected=next((e.corrected for e in newest if e.corrected is not None), None),
        seen_until=max(e.seen_until for e in said),
        others=tuple(
            f"{name or 'unnamed'}: {e.verdict}"
            for name, e in last_words(said).items()
            if (e.verdict, e.reason) != (counts.verdict, counts.reason)
        ),
    )
