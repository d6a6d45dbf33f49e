"""Reading JSON from a server, with timeouts and retries; loaded when a server is asked."""

from __future__ import annotations

from typing import Any, cast

from pystac_client.stac_api_io import StacApiIO
from requests import Request, RequestException, Response
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from minewatch.access import Access
from minewatch.catalog.connection import AnswerError, loads
from minewatch.catalog.short_texts import LONGEST_TEXT
from minewatch.http_deadlines import POOLS
from minewatch.redaction import guard_logs_of
from minewatch.settings import Settings

_RETRIED_STATUS = (429, 500, 502, 503, 504)
_WITH_BODY = ("POST", "PUT", "PATCH")
_PIECE_BYTES = 1 << 16
MOST_BYTES = 128 << 20
"""Of one document that a server sends, unpacked: thirty times a page of 100 items [D]."""


class _BoundedRetry(Retry):
    """Retries that honour Retry-After, but never wait longer than allowed."""

    longest_wait_s = 60.0

    def parse_retry_after(self, retry_after: str) -> float:
        return min(super().parse_retry_after(retry_after), self.longest_wait_s)


class _BoundedReader(StacApiIO):
    """A reader that takes no more bytes of an answer than a page can have, and not for ever."""

    def __init__(self, access: Access, **options: Any) -> None:
        super().__init__(**options)
        self._access = access

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """The text at an address; `AnswerError` for whatever goes wrong on the way."""
        kind = (method or "GET").upper()
        known = self._access.headers(href)  # requests sends them to no other host
        request = Request(kind, href, headers={**(headers or {}), **known})
        if kind in _WITH_BODY:
            request.json = parameters
        else:
            request.params = parameters or {}
        try:
            asked = self.session.prepare_request(request)
            options = self.session.merge_environment_settings(href, {}, True, True, None)
            with self.session.send(asked, timeout=self.timeout, **options) as answer:
                text = _bounded_text(answer)
        except (RequestException, HTTPError, OSError, ValueError) as error:
            raise AnswerError(str(error)) from None
        if not 200 <= answer.status_code < 300:
            raise AnswerError(text[: 2 * LONGEST_TEXT], answer.status_code)
        return text

    def json_loads(self, txt: str, *_: Any, **__: Any) -> dict[str, Any]:
        """JSON, as `minewatch.catalog.connection.loads` has it."""
        return cast("dict[str, Any]", loads(txt))


def _bounded_text(answer: Response) -> str:
    pieces, size = [], 0
    for piece in answer.iter_content(_PIECE_BYTES):
        size += len(piece)
        if size > MOST_BYTES:
            raise OSError(
                f"it sends more than {MOST_BYTES >> 20} MiB at once: ask for a shorter period, or "
                "for a smaller area"
            )
        pieces.append(piece)
    return b"".join(pieces).decode("utf-8")


def connect_server(settings: Settings) -> StacApiIO:
    """Reader of JSON documents that servers send."""
    for library in ("pystac_client", "pystac", "requests", "urllib3"):
        guard_logs_of(library)  # they log whole addresses and headers
    kind = type("Retry", (_BoundedRetry,), {"longest_wait_s": settings.http_max_wait_s})
    retry = kind(
        total=settings.http_retries,
        backoff_factor=settings.http_backoff_s,
        backoff_max=settings.http_max_wait_s,
        status_forcelist=_RETRIED_STATUS,
        allowed_methods=None,  # a search by POST changes nothing on the server
        raise_on_status=False,
    )
    reader = _BoundedReader(Access(settings), timeout=settings.http_timeout_s, max_retries=retry)
    for adapter in reader.session.adapters.values():
        cast("HTTPAdapter", adapter).poolmanager.pool_classes_by_scheme = POOLS
    return reader
