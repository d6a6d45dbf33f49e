"""`minewatch review serve`: a page on this machine on which people judge."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from minewatch.cli import terminal
from minewatch.cli.options import Debug, RunDirectory
from minewatch.errors import SettingsError


def serve_command(
    directory: RunDirectory,
    *,
    reviewer: Annotated[
        str | None,
        typer.Option(
            "--reviewer",
            "--by",
            envvar="MINEWATCH_REVIEWER",
            help="Who judges; stands in tables and exports.",
        ),
    ] = None,
    blind: Annotated[
        bool,
        typer.Option(
            "--blind", help="Keep the detector's opinion and that of others from the page."
        ),
    ] = False,
    sample: Annotated[
        str | None,
        typer.Option("--sample", help="Label the units of this sample instead: name or folder."),
    ] = None,
    second: Annotated[
        bool,
        typer.Option(
            "--second", help="With --sample: units drawn for a second look, and all called mines."
        ),
    ] = False,
    third: Annotated[
        bool,
        typer.Option(
            "--third", help="With --sample: only units on which two differ; this look decides."
        ),
    ] = False,
    host: Annotated[
        str,
        typer.Option("--host", help="Address to listen on; another than this machine is a risk."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port; 0: any that is free.")
    ] = 0,
    debug: Debug = False,
) -> None:
    """A page on this machine on which sites are judged, one after the other. Ctrl-C ends it.

    Example: minewatch review serve pangwa --reviewer Kai
    """
    from minewatch.serving import ReviewServer, SampleTask, SiteTask

    if (second or third) and not sample:
        option = "--second" if second else "--third"
        raise SettingsError(f"{option} is for the units of a sample", hint="give --sample NAME too")
    task: SiteTask | SampleTask = (
        SampleTask(directory, sample, interpreter=reviewer, is_second=second, is_third=third)
        if sample
        else SiteTask(directory, reviewer=reviewer, is_blind=blind)
    )
    server = ReviewServer(
        task, host=host, port=port,
        say_entrance=lambda address: terminal.line(f"another browser, once: {address}"),
    )  # fmt: skip
    if not server.is_private:
        terminal.note(
            f"warning: everybody who reaches {host} can try to open this page, and what is sent is "
            "not encrypted: exact positions and verdicts can be read on the way. Use it on a "
            "network that you trust, and stop it when done."
        )
    terminal.line(f"open once: {server.visitors.entrance}")
    terminal.line("Ctrl-C stops it; every verdict is kept as soon as it is given")
    signal.signal(signal.SIGTERM, _stop)
    note = server.run()
    kept = task.given
    terminal.line(f"{kept} {'entry' if kept == 1 else 'entries'} added to {task.log}")
    if note:
        terminal.note(f"note: {note}")


def _stop(*_: object) -> None:
    raise KeyboardInterrupt
