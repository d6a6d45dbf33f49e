"""Real servers for tests: their commands in environments of their own, and their processes."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


def missing(what: str) -> None:
    """Skip, or fail where everything must be there."""
    if os.environ.get("MINEWATCH_CI") == "1":
        pytest.fail(f"{what} is missing", pytrace=False)
    pytest.skip(f"{what} is missing")


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def server_tools(name: str, requirements: Sequence[str]) -> Path:
    """Folder of the servers' commands, in an environment of their own, made once."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "minewatch"
    cache.mkdir(parents=True, exist_ok=True)
    home, wanted = cache / name, "\n".join((sys.version, *requirements))
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = home / "made-of.txt"
        if not made.exists() or made.read_text() != wanted:
            shutil.rmtree(home, ignore_errors=True)
            uv = shutil.which("uv")
            python = str(home / "bin" / "python")
            make = [uv, "venv", "-q"] if uv else [sys.executable, "-m", "venv"]
            fill = [uv, "pip", "install", "-q", "--python", python] if uv else [
                python, "-m", "pip", "install", "-q",
            ]  # fmt: skip
            for command in ([*make, str(home)], [*fill, *requirements]):
                run = subprocess.run(command, capture_output=True, text=True, check=False)
                if run.returncode:
                    missing(f"{requirements[0]} (pip: {run.stderr.strip()[-200:]})")
            made.write_text(wanted)
    return home / "bin"


@contextmanager
def serving(command: list[str], url: str, env: dict[str, str]) -> Iterator[str]:
    """A server process that answers at the address; ended with its own process only."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            for _ in range(300):
                try:
                    with urllib.request.urlopen(url, timeout=2):
                        break
                except OSError:
                    if process.poll() is not None:
                        log.seek(0)
                        pytest.fail(f"the server ended: {log.read()[-800:].decode()}")
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(20)
