"""Reading JSON from a server or a disk, with timeouts, retries and errors a user can act on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from requests import Request, RequestException, Response
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from minewatch.access import Access
from minewatch.addresses import is_metadata_host
from minewatch.catalog.short_texts import LONGEST_TEXT, is_remote, short
from minewatch.errors import CatalogError
from minewatch.http_deadlines import POOLS
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
_WITH_BODY = ("POST", "PUT", "PATCH")
_PIECE_BYTES, _MOST_DIGITS = 1 << 16, 400
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
        """The text at an address; `APIError` for whatever goes wrong on the way."""
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
            raise APIError(str(error)) from None
        if not 200 <= answer.status_code < 300:
            failed = APIError(text[: 2 * LONGEST_TEXT])
            failed.status_code = answer.status_code
            raise failed
        return text

    def json_loads(self, txt: str, *_: Any, **__: Any) -> dict[str, Any]:
        """JSON; whole numbers too long for Python are taken as broken ones."""
        try:
            found = json.loads(txt)
        except json.JSONDecodeError:
            raise
        except ValueError:
            found = json.loads(txt, parse_int=_number_of)
        return cast("dict[str, Any]", found)


def _number_of(digits: str) -> float:
    return int(digits) if len(digits) < _MOST_DIGITS else float(digits)


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


def connect(settings: Settings) -> StacApiIO:
    """Reader of JSON documents at addresses and paths."""
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


def read_json(io: StacApiIO, address: str) -> dict[str, Any]:
    """The JSON object at an address or path.

    Raises
    ------
    CatalogError
        It cannot be reached or read, or is not a JSON object.
    """
    with naming_address(address):
        if is_metadata_host(urlsplit(address).hostname or ""):
            raise ValueError("it leads to this machine's own keys")
        found = io.read_json(address) if is_remote(address) else io.json_loads(_read_file(address))
        if not isinstance(found, dict):
            raise TypeError(f"holds a {type(found).__name__}")
        return found


def ask_root(address: str, settings: Settings) -> str:
    """The title of a catalogue, by its first page: whether it can be reached at all.

    Raises
    ------
    CatalogError
        As in `read_json`; also when the page does not look like STAC.
    """
    page = read_json(connect(settings), address)
    if not page.get("links") and not page.get("stac_version"):
        raise CatalogError(
            f"{redact(address)} is not STAC: it has neither links nor stac_version",
            hint="give the root of a STAC API, or a catalog.json",
        )
    return short(page.get("title") or page.get("id") or "a catalogue without a title")


def _read_file(path: str) -> str:
    if Path(path).exists() and not Path(path).is_file():
        raise ValueError("it is no file")
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
