"""What a person says of a place: one entry of the log, and a line of JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from minewatch.errors import SettingsError, unknown_name
from minewatch.model import CHANGE_KINDS
from minewatch.model.verdicts import NOT_MINE, VERDICTS

LOG_VERSION: Final = 1
"""Version of the lines of the log."""
DECIMALS: Final = 7
"""Of coordinates, degrees: a centimetre."""


@dataclass(frozen=True, kw_only=True)
class VerdictEntry:
    """One line of the log: what one person said of one place at one time."""

    subject: str
    """What it is about: the id that the place bore when it was first spoken of; it never changes,
    whatever ids the place bears in later inventories."""
    site_id: str | None
    """Id of the site in the inventory that the person looked at; None when there was no site."""
    verdict: str | None
    """One of `VERDICTS`; None when only an outline or a note is given."""
    reason: str | None = None
    """What it is instead of a mine: one of `CHANGE_KINDS`; only with `not_mine`."""
    note: str | None = None
    """Free words."""
    reviewer: str | None = None
    """Who says so."""
    time: str
    """When, UTC, ISO 8601 to the second."""
    outline: BaseGeometry
    """Where the place is, WGS 84: the site's outline then, or what was drawn by hand."""
    corrected: BaseGeometry | None = None
    """The outline as it should be, WGS 84."""
    first_detected: str | None = None
    """First look that showed the site, as the inventory had it then."""
    seen_until: str
    """Last day of the inventory that the person looked at: of what began later nothing was said."""
    source: str = "review set"
    """How it came: a command, or the name of the file it was read from."""
    takes_back: str | None = None
    """With `withdrawn`: the time of the one entry of the same reviewer that it takes back, what
    stood before it counts again; None takes back all that anybody said."""

    def as_line(self) -> str:
        """The entry as a line of JSON, without its line end."""
        undoes = {} if self.takes_back is None else {"takes_back": self.takes_back}
        return json.dumps(
            {
                "version": LOG_VERSION,
                "time": self.time,
                "reviewer": self.reviewer,
                "verdict": self.verdict,
                "reason": self.reason,
                "note": self.note,
                "subject": self.subject,
                "site_id": self.site_id,
                "first_detected": self.first_detected,
                "seen_until": self.seen_until,
                "source": self.source,
                **undoes,
                "outline": _plain(self.outline),
                "corrected": None if self.corrected is None else _plain(self.corrected),
            },
            ensure_ascii=False,
            allow_nan=False,
        )

    @classmethod
    def from_line(cls, line: str) -> VerdictEntry:
        """The entry of a line.

        Raises
        ------
        ValueError
            When it is none; says why.
        """
        try:
            row = json.loads(line)
            if row["version"] != LOG_VERSION:
                raise ValueError(f"is of version {row['version']!r}, known: {LOG_VERSION}")
            check_verdict(row["verdict"], row["reason"])
            corrected = row["corrected"]
            return cls(
                subject=str(row["subject"]), site_id=row["site_id"], verdict=row["verdict"],
                reason=row["reason"], note=row["note"], reviewer=row["reviewer"],
                time=str(row["time"]), outline=_outline(row["outline"]),
                corrected=None if corrected is None else _outline(corrected),
                first_detected=row["first_detected"], seen_until=str(row["seen_until"]),
                source=str(row["source"]), takes_back=row.get("takes_back"),
            )  # fmt: skip
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"lacks {error}") from None
        except (SettingsError, ShapelyError) as error:
            raise ValueError(str(error)) from None


def check_verdict(verdict: str | None, reason: str | None) -> None:
    """Raise when there is no such verdict, or its reason does not go with it.

    Parameters
    ----------
    verdict
        One of `VERDICTS`, or None.
    reason
        One of `CHANGE_KINDS`, with `not_mine` and only with it.

    Raises
    ------
    SettingsError
        Names the value and the known ones.
    """
    kinds = ", ".join(CHANGE_KINDS)
    if verdict is not None and verdict not in VERDICTS:
        raise SettingsError(unknown_name("verdict", verdict, list(VERDICTS)), hint="give one")
    if verdict == NOT_MINE and reason is None:
        raise SettingsError("not_mine says nothing without a reason", hint=f"give one of: {kinds}")
    if verdict != NOT_MINE and reason is not None:
        raise SettingsError(
            f"the reason {reason!r} goes with not_mine, not with {verdict}",
            hint="leave the reason away, or say not_mine",
        )
    if reason is not None and reason not in CHANGE_KINDS:
        raise SettingsError(
            unknown_name("reason", reason, list(CHANGE_KINDS)),
            hint="reasons are the kinds of change of docs/glossary.md",
        )


def moment_text(time: datetime) -> str:
    """A time as the log has it: UTC, to the second.

    Examples
    --------
    >>> from datetime import timedelta, timezone
    >>> moment_text(datetime(2026, 11, 28, 10, 30, tzinfo=timezone(timedelta(hours=6, minutes=30))))
    '2026-11-28T04:00:00Z'
    """
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _plain(outline: BaseGeometry) -> Any:
    rounded = shapely.transform(outline, lambda xy: xy.round(DECIMALS))
    return json.loads(shapely.to_geojson(rounded))


def _outline(value: Any) -> BaseGeometry:
    outline: BaseGeometry = shapely.from_geojson(json.dumps(value))
    if outline.is_empty or outline.geom_type not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"its outline is no polygon but {outline.geom_type}")
    return outline
