"""Who may use a local page: a one-time address, a cookie, and no request from another site."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from threading import Lock
from typing import Final

_BYTES: Final = 32
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
"""Names that only this machine reaches."""


class Visitors:
    """The secrets of one server, and the checks of every request.

    Parameters
    ----------
    host
        Where the server listens.
    port
        Its port.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.cookie_name = f"minewatch-{port}"  # cookies of one host are seen at all of its ports
        self._secret = secrets.token_urlsafe(_BYTES)
        self._token = secrets.token_urlsafe(_BYTES)
        self._lock = Lock()

    @property
    def entrance(self) -> str:
        """Address that lets one browser in, once."""
        shown = "127.0.0.1" if self.host == "localhost" else self.host
        place = f"[{shown}]" if ":" in shown else shown
        return f"http://{place}:{self.port}/enter?token={self._token}"

    def admit(self, token: str) -> bool:
        """Whether a token opens the door; it never does again, and another one takes its place."""
        with self._lock:
            if not _same(token, self._token):
                return False
            self._token = secrets.token_urlsafe(_BYTES)
            return True

    def cookie(self) -> str:
        """The cookie of a browser that was let in: no script reads it, no other site sends it."""
        return f"{self.cookie_name}={self._secret}; Path=/; HttpOnly; SameSite=Strict"

    def is_known(self, header: str | None) -> bool:
        """Whether a header `Cookie` is that of a browser that was let in."""
        try:
            cookies = SimpleCookie(header or "")
        except CookieError:
            return False
        morsel = cookies.get(self.cookie_name)
        return morsel is not None and _same(morsel.value, self._secret)

    def is_expected_host(self, header: str | None) -> bool:
        """Whether a header `Host` names this server: another name may be a page that rebinds DNS.

        A server that listens on all addresses is known by any address in figures, which no name
        server can give to somebody else.
        """
        name, _, port = (header or "").rpartition(":")
        name = name.strip("[]")
        if port != str(self.port):
            return False
        if self.host in ("0.0.0.0", "::"):
            return name == "localhost" or _is_address(name)
        allowed = LOOPBACK if self.host in LOOPBACK else (self.host,)
        return name.lower() in allowed

    def refusal(self, headers: Mapping[str, str], *, writes: bool) -> str:
        """Why a request is not from the page of this server; empty when it is.

        Parameters
        ----------
        headers
            Of the request; names in any case.
        writes
            Whether it would change anything: then it must say where it comes from.
        """
        if not self.is_expected_host(headers.get("Host")):
            return "this server has another name"
        origin = headers.get("Origin")
        if origin is not None and origin != f"http://{headers.get('Host')}":
            return "requests of other sites are refused"
        if writes and origin is None:
            return "a request that writes must say where it comes from"
        if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return "requests of other sites are refused: type the address, or paste it"
        return ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
