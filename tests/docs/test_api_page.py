"""The page of the Python interface names every public name, and each says what it takes."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from numpydoc.validate import validate

import minewatch

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
JOBS, CLASSES = (re.findall(r"^   (\w+)$", part, re.MULTILINE) for part in PAGE.split("\n## ")[1:3])
CHECKS = {"GL08", "SS01", "PR01", "PR02"}
"""No docstring, no first line; a parameter that is not explained, or one that there is not."""


def test_the_page_has_every_public_name_and_no_other() -> None:
    assert sorted(JOBS + CLASSES) == sorted(minewatch.__all__)


def test_functions_and_classes_stand_in_their_tables() -> None:
    assert [name for name in CLASSES if not inspect.isclass(getattr(minewatch, name))] == []
    assert [name for name in JOBS if not inspect.isfunction(getattr(minewatch, name))] == []


@pytest.mark.parametrize("name", JOBS)
def test_every_job_explains_what_it_is_given(name: str) -> None:
    found = validate(f"{getattr(minewatch, name).__module__}.{name}")
    assert [error for error in found["errors"] if error[0] in CHECKS] == []


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_member_of_what_they_give_has_a_docstring(name: str) -> None:
    members = {n: m for n, m in vars(getattr(minewatch, name)).items() if not n.startswith("_")}
    silent = [n for n, m in members.items() if callable(m) and not inspect.getdoc(m)]
    properties = {n: m for n, m in members.items() if isinstance(m, property)}
    assert silent + [n for n, m in properties.items() if not inspect.getdoc(m)] == []
