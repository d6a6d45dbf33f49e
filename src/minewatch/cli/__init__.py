"""The command line: parse, call, show."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from minewatch.cli import areas, bench, demo, explain, history, jobs, search, share, show
from minewatch.errors import MinewatchError

EPILOG = "Exit codes: 0 done; 1 error; 2 usage; 3 no scenes; 4 done, but part could not be read."

app = typer.Typer(
    name="minewatch",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Watch rare-earth mines from space: from a polygon to a site inventory over time.",
)
app.command()(demo.demo)
app.add_typer(areas.app, name="aoi")
app.command()(search.scenes)
app.command()(search.plan)
app.command()(jobs.run)
app.command()(jobs.update)
app.command()(history.sites)
app.command()(history.diff)
app.command()(share.export)
app.command()(share.report)
app.command()(explain.explain)
app.command()(bench.bench)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        show.line(f"minewatch {version('minewatch')}")
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
        show.error(problem)
        sys.exit(problem.exit_code)


def _start_log(*, debug: bool) -> None:
    """Errors of the libraries on standard error, without secrets; with `--debug` all they say."""
    from minewatch.settings import guard_logs

    guard_logs()
    logging.captureWarnings(True)
    logging.basicConfig(
        level=logging.INFO if debug else logging.ERROR,
        format="%(levelname)s %(name)s: %(message)s",
    )
