"""Words of the sheets in one language, and how numbers are written."""

from __future__ import annotations

import json
from importlib.resources import files


class SheetWords:
    """The words of one language.

    Parameters
    ----------
    language
        A key of `LANGUAGES`.
    """

    def __init__(self, language: str) -> None:
        self.labels = read_labels(language)

    def __call__(self, key: str, **values: object) -> str:
        """A label in the language of the sheets; of a name without one the name itself."""
        text = self.labels.get(key)
        if text is None:
            return key.partition("_")[2].replace("_", " ")
        return text.format(**values) if values else text


def read_labels(language: str) -> dict[str, str]:
    """The translation table of the report and the sheets in one language."""
    text = (files("minewatch.reports") / "page" / "labels.json").read_text("utf-8")
    return {key: of[language] for key, of in json.loads(text).items()}


def number(value: float) -> str:
    """A number without decimals."""
    return f"{value:,.0f}"


def between(low: float, high: float) -> str:
    """A range, or the number itself when both ends are written alike."""
    least, most = number(low), number(high)
    return least if least == most else f"{least} – {most}"


def percent(share: float | None) -> str:
    """A share; a dash when it is not known."""
    return "–" if share is None else f"{100 * share:.0f} %"
