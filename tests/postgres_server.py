"""A real PostgreSQL with PostGIS on this machine, for the length of a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.server_tools import free_port, missing


def postgres_commands() -> Path:
    """Folder of the commands of a PostgreSQL that has PostGIS."""
    for control in sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        return Path("/usr/lib/postgresql") / control.parent.parent.name / "bin"
    missing("postgresql-15-postgis-3")
    raise AssertionError


def as_postgres(*command: str) -> list[str]:
    """The command, run as the user postgres when we are root: PostgreSQL refuses root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else [*command]


@contextmanager
def postgres(commands: Path, *, password: str = "") -> Iterator[dict[str, str]]:
    """An empty database; gives the environment with which to reach it.

    With a password it is asked for; without one everybody on this machine is let in.
    """
    home = Path(tempfile.mkdtemp(prefix="minewatch-pg-"))
    (home / "password").write_text(f"{password}\n")
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
        shutil.chown(home / "password", "postgres", "postgres")
    port, data = free_port(), str(home / "data")
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": home}
    initdb = [str(commands / "initdb"), "-D", data, "-U", "postgres"]
    asked = (
        ["-A", "scram-sha-256", f"--pwfile={home / 'password'}"] if password else ["-A", "trust"]
    )
    subprocess.run(as_postgres(*initdb, *asked), **quiet)
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = as_postgres(str(commands / "pg_ctl"), "-D", data, "-w", "-l", str(home / "log"))
    subprocess.run([*control, "-o", options, "start"], **quiet)
    try:
        yield os.environ | {
            "PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres",
            "PGPASSWORD": password or "none", "PGDATABASE": "postgres",
        }  # fmt: skip
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(home, ignore_errors=True)
