"""A token service on loopback, and files that are only given for one of its tokens.

As Planetary Computer's: `GET /token/COLLECTION` gives a token that ends soon, and files want it in
their address; documents are given to all. With other rules a file wants a header instead.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.range_server import RangeServer, _Handler

CANARY = "CANARY5ecret"
"""Part of every secret that is given out."""


class TokenService(RangeServer):
    """Serves a folder to those who have a token that is still good."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.RequestHandlerClass = _GuardedHandler
        self.life_s = 3600.0
        """Seconds that a token is good."""
        self.given: list[str] = []
        """Tokens given out, the oldest first."""
        self.ends: dict[str, datetime] = {}
        """Token to the moment at which it ends."""
        self.token_faults: list[int] = []
        """Answers given first to requests for a token."""
        self.retry_after = ""
        """What a fault says in `Retry-After`."""
        self.wants_header = ""
        """Header `Authorization` that is wanted instead of a token; empty: a token is."""
        self.refused = 0
        """Requests for files that were refused."""

    def revoke(self) -> None:
        """End all tokens now."""
        self.ends.clear()


class _GuardedHandler(_Handler):
    server: TokenService

    def do_GET(self) -> None:
        server, parts = self.server, urlsplit(self.path)
        if parts.path.startswith("/token/"):
            self._give_token(parts.path.rpartition("/")[2])
        elif self._is_allowed(parts.query) or self._is_open(parts.path):
            super().do_GET()
        else:
            server.refused += 1
            server.headers.append({key.lower(): value for key, value in self.headers.items()})
            self._tell(HTTPStatus.FORBIDDEN)

    def _give_token(self, collection: str) -> None:
        server = self.server
        if server.token_faults:
            names = {"Retry-After": server.retry_after} if server.retry_after else {}
            self._tell(server.token_faults.pop(0), headers=names)
            return
        ends = datetime.now(UTC) + timedelta(seconds=server.life_s)
        token = f"{CANARY}-{collection}-{len(server.given)}"
        server.given.append(token)
        server.ends[token] = ends
        stated = {"token": f"sv=1&sig={token}", "msft:expiry": ends.isoformat()}
        self._tell(200, json.dumps(stated).encode())

    def _is_open(self, path: str) -> bool:
        return path.endswith(".json") and not self.server.wants_header

    def _is_allowed(self, query: str) -> bool:
        server = self.server
        if server.wants_header:
            return self.headers.get("Authorization") == server.wants_header
        ends = server.ends.get(parse_qs(query).get("sig", [""])[0])
        return ends is not None and datetime.now(UTC) < ends


@contextmanager
def guarding(folder: Path) -> Iterator[TokenService]:
    """A service that runs in a thread."""
    with TokenService(folder) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()
