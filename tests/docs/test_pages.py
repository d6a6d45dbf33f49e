"""The pages build, their links lead somewhere, and the examples in the code are true."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from tests.docs.conftest import Built

import minewatch

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("aoi/*.md")])
PROSE = sorted(page for page in ROOT.glob("docs/*.md") if page.name != "data-dictionary.md")
LOOK = re.compile(
    r"\b(?:an?|the|all|each|every|no|one|two|three|six|\d+|clear|dark|last|later|new|other|usable)"
    r" looks?\b(?! at the other half)|\blooks? (?:of|per|a) (?:a )?(?:month|period|place|season)",
    re.IGNORECASE,
)
"""A pass of a satellite called a look, which in radar is another thing."""
MODULES = sorted(m.name for m in pkgutil.walk_packages(minewatch.__path__, "minewatch."))


def test_the_pages_build_without_a_warning(pages: Built) -> None:
    assert pages.said == "0\n"
    assert (pages.html / "responsible-use.html").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page):
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [t for t in targets if "://" not in t]
    beside = [t for t in local if t.startswith("notebooks/")]  # docs/conf.py brings them there
    assert [t for t in beside if not (ROOT / t).exists()] == []
    assert [t for t in local if t not in beside and not (page.parent / t).exists()] == []


@pytest.mark.parametrize("page", PROSE, ids=lambda p: p.stem)
def test_a_pass_of_a_satellite_is_called_an_overpass(page):
    assert [m.group() for m in LOOK.finditer(page.read_text("utf-8"))] == []


@pytest.mark.parametrize("module", [m for m in MODULES if not m.endswith("__main__")])
def test_the_examples_in_the_code_are_true(module):
    assert doctest.testmod(importlib.import_module(module)).failed == 0
