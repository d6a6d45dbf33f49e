"""Time in a project: from when to when a row is shown, and the clock of the Temporal Controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from xml.etree.ElementTree import Element

from minewatch.exporters.qgis.qgis_xml import element, parent, utc

VALID_FROM: Final = "valid_from"
VALID_TO: Final = "valid_to"
_FROM_EXPRESSIONS: Final = "4"
"""`ModeFeatureDateTimeStartAndEndFromExpressions`. The mode that takes the fields themselves ("2")
lets SQLite compare a day with a moment as text, so that a step also shows the period after it."""
_FIXED_RANGE: Final = "0"
"""`ModeFixedTemporalRange` of rasters."""
_ANIMATED: Final = "1"
"""`NavigationMode` of the Temporal Controller: a step a frame."""
_STEPS: Final = {"dry-season": (1, "y"), "year": (1, "y"), "quarter": (3, "mon")}
"""Step of the Temporal Controller for each kind of period; any other takes a month. From one dry
season to the next it is a year, so that no step is empty."""
Span = tuple[str, str]
"""First and last day, ISO."""


def shown_during(first: str, last: str, periods: Sequence[Mapping[str, Any]]) -> Span:
    """First day of the period that counts something first, and last day of the one that does last.

    What is found between two periods counts in the later one, as in the inventory; what is seen
    between them belongs to the earlier.

    Parameters
    ----------
    first, last
        Days on which it is first and last seen.
    periods
        Of the manifest, in order of time; `start` and `end` each.
    """
    if not periods:
        return first, max(first, last)
    begins = [p for p in periods if p["end"] >= first] or [periods[-1]]
    ends = [p for p in periods if p["start"] <= last] or [periods[0]]
    return begins[0]["start"], max(begins[0]["end"], ends[-1]["end"])


def vector_time() -> Element:
    """Rows are shown from `valid_from` to `valid_to`, both days included."""
    return element(
        "temporal", enabled="1", mode=_FROM_EXPRESSIONS, startField=VALID_FROM,
        endField=VALID_TO, startExpression=f'to_datetime("{VALID_FROM}")',
        endExpression=f'to_datetime("{VALID_TO}")', durationField="",
        durationUnit="days", fixedDuration="0", accumulate="0", limitMode="1",
    )  # fmt: skip


def raster_time(span: Span) -> Element:
    """A raster is shown while its period lasts.

    A frame ends with the moment at which the next one begins, and QGIS counts both ends: so a
    raster begins a second later, or two periods would be drawn over each other.

    Parameters
    ----------
    span
        Its period.
    """
    start = element("start", utc(span[0]).replace(":00Z", ":01Z"))
    end = element("end", utc(span[1], last=True))
    return parent(
        "temporal", parent("fixedRange", start, end),
        enabled="1", mode=_FIXED_RANGE, fetchMode="0",
    )  # fmt: skip


def no_time() -> Element:
    """Shown whatever the clock says."""
    return element("temporal", enabled="0", mode="0", fetchMode="0", startField="", endField="")


def clock(periods: Sequence[Mapping[str, Any]], kind: str) -> list[Element]:
    """Range and step of the Temporal Controller, for the project; nothing without periods.

    Parameters
    ----------
    periods
        Of the manifest.
    kind
        Kind of period, as in its parameters.
    """
    if not periods:
        return []
    first = min(date.fromisoformat(p["start"]) for p in periods)
    last = max(date.fromisoformat(p["end"]) for p in periods)
    step, unit = _STEPS.get(kind, (1, "mon"))
    span = parent(
        "TemporalRange",
        element("start", utc(str(first))),
        element("end", utc(str(last), last=True)),
    )
    return [
        parent(
            "ProjectTimeSettings", span, timeStep=str(step), timeStepUnit=unit, frameRate="1",
            cumulativeTemporalRange="0",
        )
    ]  # fmt: skip


def controller_on(periods: Sequence[Mapping[str, Any]]) -> list[Element]:
    """The entry among the properties of a project that switches the Temporal Controller on.

    Parameters
    ----------
    periods
        Of the manifest; without any it stays off.
    """
    if not periods:
        return []
    mode = element("NavigationMode", _ANIMATED, type="int")
    return [parent("TemporalControllerWidget", mode)]
