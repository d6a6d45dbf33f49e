"""Connections that no server holds open for ever by sending a byte now and then."""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

SLOWEST_BYTES_S = 4096
"""Bytes that a server must send in a second, on the whole, beyond the time that it may be silent:
less than the slowest line on which imagery can be read [D]."""


class _TimedReader(io.RawIOBase):
    """What a socket receives, until its server was waited for too long in all."""

    def __init__(self, received: io.RawIOBase, patience_s: float) -> None:
        self._received = received
        self._left_s = patience_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        began = time.monotonic()
        count = self._received.readinto(buffer)
        self._left_s += (count or 0) / SLOWEST_BYTES_S - (time.monotonic() - began)
        if self._left_s < 0:
            raise TimeoutError("the server sends too slowly")
        return count

    def close(self) -> None:
        self._received.close()
        super().close()


class _TimedSocket:
    """A socket of which an answer is read with a deadline."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """What it receives."""
        patience_s = self._sock.gettimeout()
        received = self._sock.makefile("rb", buffering=0)
        if patience_s is None:
            return io.BufferedReader(received)
        return io.BufferedReader(_TimedReader(received, patience_s))


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]


class _Connection(HTTPConnection):
    response_class = _TimedResponse


class _SafeConnection(HTTPSConnection):
    response_class = _TimedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SafePool(HTTPSConnectionPool):
    ConnectionCls = _SafeConnection


POOLS = {"http": _Pool, "https": _SafePool}
"""For `urllib3.PoolManager.pool_classes_by_scheme`: an answer, its headers too, is waited for as
long as the timeout in all, and longer only by the bytes that come."""
