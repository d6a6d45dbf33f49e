"""Shows verdicts in the tables of a run a while after they came, not while somebody is judging."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread
from typing import Final

from minewatch.errors import MinewatchError

QUIET_S: Final = 15.0
"""Seconds without a new verdict before tables are written; the log has each at once."""


class TableWriter:
    """Calls a function once things are quiet, and in the end.

    Parameters
    ----------
    write
        Writes the tables; gives what a person must know, or nothing.
    quiet_s
        Seconds to wait for more.
    """

    def __init__(self, write: Callable[[], str], *, quiet_s: float = QUIET_S) -> None:
        self._write, self._quiet_s = write, quiet_s
        self._state = Condition()
        self._is_due = self._is_closed = False
        self._came = 0
        self._thread: Thread | None = None
        self.note = ""
        """What a person must know of the last time; empty when all went well."""

    def due(self) -> None:
        """Something new is in the log."""
        with self._state:
            self._is_due = True
            self._came += 1
            if self._thread is None:
                self._thread = Thread(target=self._run, daemon=True, name="tables")
                self._thread.start()
            self._state.notify()

    def close(self) -> str:
        """Write what is still due, and give what a person must know of it."""
        with self._state:
            self._is_closed = True
            self._state.notify()
        if self._thread is not None:
            self._thread.join()
        return self.note

    def _run(self) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: self._is_due or self._is_closed)
                came = -1
                while came != self._came and not self._is_closed:
                    came = self._came
                    self._state.wait(self._quiet_s)
                if not self._is_due:
                    return
                self._is_due = False
            try:
                self.note = self._write()
            except MinewatchError as error:
                self.note = f"kept, but not shown in the tables yet: {error.problem}"
