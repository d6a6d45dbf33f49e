"""Hashes of plain values."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def hash_values(values: Any) -> str:
    """SHA-256 of plain values, in hexadecimal."""
    return hash_text(encode(values))


def hash_text(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


encode = json.JSONEncoder(sort_keys=True).encode
"""Plain values as JSON, the same text for equal values."""
