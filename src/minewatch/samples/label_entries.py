"""What one interpreter says of one unit in one period: a line of the label file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from minewatch.errors import SettingsError, unknown_name

UNSURE: Final = "unsure"
"""Label of a unit of which nobody can say what it is: an outcome of its own, never "nothing"."""
CLASSES: Final = ("pool", "pad", "other")
"""Classes of a map and of labels, in the order of tables."""
LABELS: Final[Mapping[str, str]] = {
    "pool": "a lined pool of a mine, whatever stands in it",
    "pad": "other ground of a mine without vegetation: pads, benches, yards",
    "other": "no mine: forest, field, water, village, a clearing of another kind",
    UNSURE: "seen too badly to say",
}
"""Labels of a pixel, to what they mean. What lies at the centre of the pixel counts."""
SITE_LABELS: Final[Mapping[str, str]] = {
    "mine": "a rare-earth mine",
    "not_mine": "something else",
    UNSURE: LABELS[UNSURE],
}
"""Labels of a whole site."""
CONFIDENCES: Final = ("high", "medium", "low")
"""How sure an interpreter is. It is kept, and changes no figure."""
BEGUN: Final = ("older", "within")
"""Whether a mine was there before the first scene of the archive, or began within it."""


@dataclass(frozen=True, kw_only=True)
class LabelEntry:
    """One line. A later line of the same interpreter on the same unit and period replaces it.

    Raises
    ------
    SettingsError
        When a label, a confidence or an age is none of those that there are.
    """

    unit: str
    """Id of the unit in `units.csv`."""
    period: str
    """First day of the period, ISO."""
    interpreter: str
    """Who says so."""
    label: str
    """One of `LABELS`, or of `SITE_LABELS` for a site. Of a block: one for all of its pixels; one
    for each that was seen, with semicolons between, row by row from the north-west; or how many
    there are of each, `pool=12;pad=30`, the others `other`: for areas, not for accuracies."""
    time: str = ""
    """When, UTC, ISO 8601."""
    confidence: str | None = None
    """`high`, `medium` or `low`."""
    note: str | None = None
    """Free words."""
    third: bool = False
    """Whether it is the third look, which decides where two interpreters differ."""
    site_area_m2: float | None = None
    """Of a unit on a mine: ground of that mine, as the interpreter sees it: for recall of sites."""
    begun: str | None = None
    """Of a unit on a mine: `older` than the archive, or begun `within` it."""

    def __post_init__(self) -> None:
        known = {*LABELS, *SITE_LABELS}
        for name in self.counts or self.labels:
            if name not in known:
                raise SettingsError(
                    unknown_name("label", name, [*LABELS, *SITE_LABELS]), hint="give one of these"
                )
        if self.confidence is not None and self.confidence not in CONFIDENCES:
            raise SettingsError(
                unknown_name("confidence", self.confidence, list(CONFIDENCES)), hint="or none"
            )
        if self.begun is not None and self.begun not in BEGUN:
            raise SettingsError(unknown_name("age", self.begun, list(BEGUN)), hint="or none")
        if self.site_area_m2 is not None and not self.site_area_m2 > 0:
            raise SettingsError(f"a mine of {self.site_area_m2} m2", hint="give more than 0")

    @property
    def labels(self) -> tuple[str, ...]:
        """Of each pixel of the unit; a single one stands for all of them."""
        return tuple(part.strip() for part in self.label.split(";"))

    @property
    def counts(self) -> dict[str, float]:
        """How many pixels of the unit have each label; empty when it says which instead.

        Raises
        ------
        SettingsError
            When a count is no number of 0 or more, or only some parts are counts.
        """
        if "=" not in self.label:
            return {}
        found = {}
        for part in self.labels:
            name, _, count = part.partition("=")
            try:
                found[name.strip()] = float(count)
            except ValueError:
                raise SettingsError(
                    f"{part!r} counts no pixels", hint="write pool=12;pad=30"
                ) from None
        if min(found.values()) < 0:
            raise SettingsError(f"{self.label!r} counts below 0", hint="write pool=12;pad=30")
        return found

    def as_line(self) -> str:
        """The line, without its end."""
        values = {name: value for name, value in asdict(self).items() if value not in (None, False)}
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> LabelEntry:
        """An entry from a row of a table or a line of the file; unknown columns are left out.

        Raises
        ------
        SettingsError
            When unit, period, interpreter or label is missing, or says what it cannot.
        """
        given = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        given = {name: v for name, v in given.items() if v is not None and v == v and v != ""}
        for name in ("unit", "period", "interpreter", "label"):
            if name not in given:
                raise SettingsError(f"a label without {name}", hint=f"fill the column {name!r}")
            given[name] = str(given[name]).strip()
        if "third" in given:
            given["third"] = str(given["third"]).lower() in ("1", "1.0", "true", "yes")
        if "site_area_m2" in given:
            given["site_area_m2"] = float(given["site_area_m2"])
        return cls(**given)
