"""Languages of the report and of the evidence sheets."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = {"en": "English", "my": "Burmese", "zh": "Chinese"}
"""Their codes in `page/labels.json`, and what they are called."""
