"""Reading JSON from a server or a disk, with timeouts, retries and errors a user can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from urllib3.util import Retry

from minewatch.access import Access
from minewatch.errors import CatalogError
from minewatch.redaction import guard_logs_of, redact
from minewatch.settings import Settings

_RETRIED_STATUS = (429, 500, 502, 503, 504)
_HINTS = {
    401: "it wants an account: check the address, or use another --catalog",
    403: "it refuses the request: check the address, or use another --catalog",
    404: "check the address",
    429: "it asks to slow down: wait a while and try again",
}
_UNREACHED = {
    "NameResolutionError": "no host of that name",
    "Connection refused": "nothing listens there",
    "Network is unreachable": "there is no network",
    "SSL": "its certificate is not trusted",
    "RemoteDisconnected": "it hung up",
}
_LONGEST_TEXT = 160


class _BoundedRetry(Retry):
    """Retries that honour Retry-After, but never wait longer than allowed."""

    longest_wait_s = 60.0

    def parse_retry_after(self, retry_after: str) -> float:
        return min(super().parse_retry_after(retry_after), self.longest_wait_s)


def connect(settings: Settings) -> StacApiIO:
    """Reader of JSON documents at addresses and paths."""
    kind = type("Retry", (_BoundedRetry,), {"longest_wait_s": settings.http_max_wait_s})
    retry = kind(
        total=settings.http_retries,
        backoff_factor=settings.http_backoff_s,
        backoff_max=settings.http_max_wait_s,
        status_forcelist=_RETRIED_STATUS,
        allowed_methods=None,  # a search by POST changes nothing on the server
        raise_on_status=False,
    )
    access = Access(settings)
    for library in ("pystac_client", "urllib3"):  # they log headers, and whole addresses
        guard_logs_of(library)

    def authorised(request: Any) -> Any:
        request.headers = {**(request.headers or {}), **access.headers(str(request.url))}
        return request

    return StacApiIO(
        timeout=settings.http_timeout_s, max_retries=retry, request_modifier=authorised
    )


def is_remote(address: str) -> bool:
    """True for an address on a server, False for a path."""
    return urlsplit(address).scheme in {"http", "https"}


def read_json(io: StacApiIO, address: str) -> dict[str, Any]:
    """The JSON object at an address or path.

    Raises
    ------
    CatalogError
        It cannot be reached or read, or is not a JSON object.
    """
    with naming_address(address):
        found = io.read_json(address) if is_remote(address) else io.json_loads(_read_file(address))
        if not isinstance(found, dict):
            raise TypeError(f"holds a {type(found).__name__}")
        return found


def _read_file(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


@contextmanager
def naming_address(address: str) -> Iterator[None]:
    """Turn whatever goes wrong with a catalogue into a `CatalogError` without secrets."""
    place = redact(address)
    try:
        yield
    except APIError as error:
        raise _of_server(error, place) from None
    except OSError as error:
        raise CatalogError(
            f"{place} cannot be read: {error.strerror or error}", hint="check the path"
        ) from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else short(error)
        raise CatalogError(
            f"{place} is not STAC: {why}",
            hint="give the root of a STAC API, or a catalog.json",
        ) from None


def _of_server(error: APIError, place: str) -> CatalogError:
    status = cast("int | None", getattr(error, "status_code", None))
    if status is None:
        return unreached(str(error), place)
    text = short(error)
    hint = _HINTS.get(status, "try again later, or use another --catalog")
    said = f": {text}" if 400 <= status < 500 and text and "<" not in text else ""
    return CatalogError(f"{place} answers {status}{said}", hint=hint)


def unreached(text: str, place: str) -> CatalogError:
    """The error of a server that gives no answer, or none that makes sense."""
    if "timeout" in text.lower() or "timed out" in text.lower():
        return CatalogError(
            f"{place} gives no answer in time",
            hint="try again, or raise MINEWATCH_HTTP_TIMEOUT_S",
        )
    why = next((words for sign, words in _UNREACHED.items() if sign in text), short(text))
    return CatalogError(
        f"{place} cannot be reached: {why}", hint="check the address and the network"
    )


def short(error: object) -> str:
    """An error's text in one line of bounded length, with secrets removed."""
    text = re.sub(r"\s+", " ", redact(str(error))).strip()
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
