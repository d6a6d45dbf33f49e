"""What addresses and errors look like, for modules that ask no server: no client is loaded here."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from minewatch.redaction import redact

LONGEST_TEXT: Final = 160
"""Characters of an error's text that are shown."""


def is_remote(address: str) -> bool:
    """True for an address on a server, False for a path."""
    return urlsplit(address).scheme in {"http", "https"}


def short(error: object) -> str:
    """An error's text in one line of bounded length, with secrets removed."""
    text = re.sub(r"\s+", " ", redact(str(error))).strip()
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
