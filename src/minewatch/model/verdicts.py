"""What people can say of a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MINE: Final = "mine"
NOT_MINE: Final = "not_mine"
UNSURE: Final = "unsure"
WITHDRAWN: Final = "withdrawn"
VERDICTS: Final[Mapping[str, str]] = {
    MINE: "a mine",
    NOT_MINE: "no mine, but one of the kinds of change",
    UNSURE: "looked at, and cannot be said",
    WITHDRAWN: "takes back what was said of it before, its outline too",
}
"""What can be said, to what it means."""
