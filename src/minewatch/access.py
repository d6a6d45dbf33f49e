"""How requests for pixels and documents are signed, host by host, at the moment they are sent.

Nothing here is ever stored: items, task graphs, logs and errors hold addresses without a secret.
A reader that is sent to another process finds its keys there anew.
"""

from __future__ import annotations

import base64
import json
import netrc
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from minewatch.http_answers import BrokenError
from minewatch.http_deadlines import POOLS
from minewatch.sensors import catalog_of, collection_at
from minewatch.settings import Settings

EARTHDATA = (".earthdata.nasa.gov", ".earthdatacloud.nasa.gov")
"""How hosts of NASA end that take the token of `EARTHDATA_TOKEN`."""
SAFE_LOCAL = ("127.0.0.1", "localhost", "::1")
"""Hosts to which keys go over an open line: this machine."""
RENEWED_BEFORE_S = 60.0
"""A token is renewed so long before it ends, or in the last quarter of a shorter life [D]."""
LIFE_S = 2700.0
"""Life of a token whose service does not say: that of Planetary Computer's [D]."""
MOST_ANSWER_BYTES = 1 << 16
BUSY = (429, 503)


class Signed(NamedTuple):
    """A request as it is sent: never logged, never stored."""

    address: str
    """With its signature."""
    headers: Mapping[str, str]
    """What else goes to this host, and to no other."""


@dataclass(frozen=True, repr=False)
class _Token:
    text: str
    renew_at: float
    """Seconds of the clock at which it is asked for anew."""


class Access:
    """Signs requests: tokens of Planetary Computer, bearer tokens and passwords a host.

    Parameters
    ----------
    settings
        Timeouts of the token service.
    environ
        Where keys are found: `EARTHDATA_TOKEN`, `MINEWATCH_HOST_TOKENS` (`host=token,host=token`),
        `NETRC`, `PC_SDK_SUBSCRIPTION_KEY`; None: the process's own.
    clock
        Seconds since 1970.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._clock = settings, clock
        self._environ = os.environ if environ is None else environ
        self._tokens: dict[str, _Token] = {}
        self._lock = threading.Lock()
        self._http = urllib3.PoolManager(timeout=settings.http_timeout_s, retries=False)
        self._http.pool_classes_by_scheme = POOLS

    def signs(self, address: str) -> bool:
        """Whether a file is read with a token that is fetched for it."""
        profile = catalog_of(address)
        return bool(profile and profile.token_url) and _is_closed(address)

    def sign(self, address: str) -> Signed:
        """The request for a file or document.

        Parameters
        ----------
        address
            Canonical, without a secret.

        Raises
        ------
        BrokenError
            The token service gives none now.
        """
        if self.signs(address):
            mark = "&" if "?" in address else "?"
            return Signed(f"{address}{mark}{self._token(address)}", {})
        return Signed(address, self.headers(address))

    def renew(self, address: str) -> bool:
        """Forget the token of a file whose server refused it; False when it has none."""
        if not self.signs(address):
            return False
        with self._lock:
            self._tokens.pop(self._service(address), None)
        return True

    def headers(self, address: str) -> dict[str, str]:
        """What says to a host who asks; none over an open line, none for other hosts."""
        host = (urlsplit(address).hostname or "").lower()
        if not _is_closed(address):
            return {}
        if token := self._bearer(host):
            return {"Authorization": f"Bearer {token}"}
        if known := self._netrc(host):
            pair = base64.b64encode(":".join(known).encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        return {}

    def _bearer(self, host: str) -> str:
        pairs = (
            p.partition("=") for p in self._environ.get("MINEWATCH_HOST_TOKENS", "").split(",")
        )
        tokens = {name.strip().lower(): token.strip() for name, _, token in pairs}
        if tokens.get(host):
            return tokens[host]
        return self._environ.get("EARTHDATA_TOKEN", "") if host.endswith(EARTHDATA) else ""

    def _netrc(self, host: str) -> tuple[str, str] | None:
        path = Path(self._environ.get("NETRC") or Path.home() / ".netrc")
        try:
            found = netrc.netrc(str(path)).hosts.get(host)  # `default` is for no host of ours
        except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
            return None
        return (found[0], found[2]) if found else None

    def _service(self, address: str) -> str:
        profile = catalog_of(address)
        assert profile is not None
        return f"{profile.token_url.rstrip('/')}/{collection_at(address)}"

    def _token(self, address: str) -> str:
        service = self._service(address)
        with self._lock:  # one request for a token, whoever waits for it
            token = self._tokens.get(service)
            if token is None or self._clock() >= token.renew_at:
                token = self._tokens[service] = self._fetch(service)
        return token.text

    def _fetch(self, service: str) -> _Token:
        key = self._environ.get("PC_SDK_SUBSCRIPTION_KEY")
        headers = {"Ocp-Apim-Subscription-Key": key} if key else {}
        asked_at = self._clock()
        try:
            answer = self._http.request(
                "GET", service, headers=headers, redirect=False, preload_content=False
            )
            data = answer.read(MOST_ANSWER_BYTES)
            answer.close()
        except (HTTPError, OSError):
            raise BrokenError("its token service cannot be reached") from None
        if answer.status != 200:
            asked = answer.headers.get("Retry-After", "") if answer.status in BUSY else ""
            wait_s = float(asked) if asked.isdecimal() else 0.0
            raise BrokenError(f"its token service answers {answer.status}", wait_s=wait_s)
        try:
            found: Any = json.loads(data)
            text = str(found["token"]).lstrip("?")
            stated = found.get("msft:expiry")
            ends = datetime.fromisoformat(stated).timestamp() if stated else asked_at + LIFE_S
        except (ValueError, TypeError, LookupError, AttributeError):
            raise BrokenError("its token service gives no token") from None
        life = ends - asked_at
        return _Token(text, ends - min(RENEWED_BEFORE_S, life / 4))


def _is_closed(address: str) -> bool:
    """Whether nobody on the way can read what is sent to an address."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    return bool(host) and (parts.scheme == "https" or host in SAFE_LOCAL)
