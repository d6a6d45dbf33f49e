"""The command line as `sphinx_click` wants it."""

import typer

from minewatch.cli import app

commands = typer.main.get_command(app)
