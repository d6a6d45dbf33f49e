"""The pages name every command, and every command says how to use it."""

import runpy
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

from minewatch.cli import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for word, child in children.items():
        yield from walk(child, f"{name} {word}")


COMMANDS = dict(walk(typer.main.get_command(app), "minewatch"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_place_in_the_pages(name):
    assert f"## `{name}`\n" in PAGE


def test_the_pages_promise_no_command_that_is_not_there():
    named = {line[4:-1] for line in PAGE.splitlines() if line.startswith("## `")}
    assert named == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_holds_an_example_of_it(name):
    assert f"Example: {name}" in (COMMANDS[name].help or "")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name):
    silent = [p.name for p in COMMANDS[name].params if not getattr(p, "help", None)]
    assert silent == []


def test_the_page_of_every_option_is_that_of_the_command_line():
    render = runpy.run_path(str(ROOT / "scripts/command-reference"))["render"]
    page = (ROOT / "docs" / "command-reference.md").read_text("utf-8")
    assert page == render(), "run scripts/command-reference"
