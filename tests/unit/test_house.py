"""The house: rooms whose names say who lives there, and words that the field knows."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "minewatch"
FILES = sorted(SOURCE.rglob("*.py"))
PRIVATE = {
    "weigh", "weighs", "weighed", "weighing", "tell", "tells", "told", "teller", "telling", "pasts",
    "lives", "darkness", "unrest", "recipe", "doubt", "doubts", "hue",
}  # fmt: skip
"""Words that this project once used in a sense of its own."""
PRIVATE_NAMES = {"rise", "rises", "means", "past", "fact", "facts"}
"""Words that are plain in a sentence, and say nothing of what a name stands for."""
PLACES = re.findall(
    r"^\| .+? \| `([\w/]+\.py)`(?:, `(\w+)`)?",
    (ROOT / "ARCHITECTURE.md").read_text("utf-8"),
    re.MULTILINE,
)


def test_no_two_files_share_a_name() -> None:
    counts = Counter(path.name for path in FILES)
    del counts["__init__.py"]
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_names_and_sentences_use_no_private_word(path: Path) -> None:
    found = []
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type in (tokenize.NAME, tokenize.COMMENT, tokenize.STRING):
            words = re.findall(r"[a-z]+", token.string.lower())
            known = PRIVATE | PRIVATE_NAMES if token.type == tokenize.NAME else PRIVATE
            found += [f"{path.name}:{token.start[0]} {w}" for w in words if w in known]
    assert found == []


def test_the_places_that_architecture_names_are_there() -> None:
    assert len(PLACES) >= 10
    for path, name in PLACES:
        assert (SOURCE / path).exists(), path
        if name:
            assert re.search(
                rf"^\s*(def |class |){name}\b", (SOURCE / path).read_text(), re.MULTILINE
            ), name
