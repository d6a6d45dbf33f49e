"""The command line: parse, call, show."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from minewatch.cli import (
    aoi_commands,
    bench_command,
    compare_command,
    context_commands,
    demo_command,
    doctor_command,
    explain_command,
    fuse_command,
    job_commands,
    publish_commands,
    review_commands,
    sample_commands,
    search_commands,
    share_commands,
    site_commands,
    terminal,
)
from minewatch.errors import MinewatchError

EPILOG = (
    "Exit codes: 0 done; 1 error; 2 usage; 3 no scenes; 4 done, but part could not be read; "
    "5 done, and something is new (update --alert)."
)

app = typer.Typer(
    name="minewatch",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Watch rare-earth mines from space: from a polygon to a site inventory over time.",
)
app.command()(demo_command.demo)
app.add_typer(aoi_commands.app, name="aoi")
app.command()(search_commands.scenes)
app.command()(search_commands.plan)
app.command()(job_commands.run)
app.command()(job_commands.update)
app.command()(site_commands.sites)
app.command()(site_commands.diff)
app.command()(fuse_command.fuse)
app.command()(compare_command.compare)
app.command()(share_commands.export)
app.command()(share_commands.report)
app.add_typer(publish_commands.app, name="publish")
app.command()(explain_command.explain)
app.add_typer(review_commands.app, name="review")
app.add_typer(context_commands.app, name="context")
app.command()(sample_commands.sample)
app.command()(sample_commands.assess)
app.command()(doctor_command.doctor)
app.command()(bench_command.bench)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        terminal.line(f"minewatch {version('minewatch')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Every command is one call of the library; see `minewatch COMMAND --help`."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with the exit code of DESIGN section 2."""
    words = sys.argv[1:] if arguments is None else arguments
    _start_log(debug="--debug" in words)
    try:
        app(args=words, prog_name="minewatch")
    except MinewatchError as problem:
        if "--debug" in words:
            raise
        terminal.error(problem)
        sys.exit(problem.exit_code)


def _start_log(*, debug: bool) -> None:
    """Errors of the libraries on standard error, without secrets; with `--debug` all they say."""
    from minewatch.redaction import guard_logs

    guard_logs()
    logging.captureWarnings(True)
    logging.basicConfig(
        level=logging.INFO if debug else logging.ERROR,
        format="%(levelname)s %(name)s: %(message)s",
    )
