"""Reading JSON from a server or a disk, with timeouts, retries and errors a user can act on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from minewatch.addresses import is_metadata_host
from minewatch.catalog.short_texts import is_remote, short
from minewatch.errors import CatalogError
from minewatch.redaction import redact
from minewatch.settings import Settings

if TYPE_CHECKING:
    from pystac_client.stac_api_io import StacApiIO

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
_MOST_DIGITS = 400


class AnswerError(Exception):
    """What a server said instead of a document, or why it said nothing."""

    def __init__(self, text: str, status_code: int | None = None) -> None:
        super().__init__(text)
        self.status_code = status_code


class Documents:
    """Documents at addresses and paths. What asks servers is loaded when the first is asked.

    Parameters
    ----------
    settings
        Timeouts and retries.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def server(self) -> StacApiIO:
        """Reader of what servers send: its library takes longer to load than small jobs work."""
        from minewatch.catalog.server_documents import connect_server

        return connect_server(self._settings)

    def read(self, address: str) -> Any:
        """The JSON at an address or path."""
        if is_remote(address):
            return self.server.read_json(address)
        return loads(_read_file(address))


def loads(text: str) -> Any:
    """JSON; whole numbers too long for Python are taken as broken ones."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(text, parse_int=_number_of)


def _number_of(digits: str) -> float:
    return int(digits) if len(digits) < _MOST_DIGITS else float(digits)


def read_json(io: Documents, address: str) -> dict[str, Any]:
    """The JSON object at an address or path.

    Raises
    ------
    CatalogError
        It cannot be reached or read, or is not a JSON object.
    """
    with naming_address(address):
        if is_metadata_host(urlsplit(address).hostname or ""):
            raise ValueError("it leads to this machine's own keys")
        found = io.read(address)
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
    page = read_json(Documents(settings), address)
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
    except AnswerError as error:
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


def _of_server(error: AnswerError, place: str) -> CatalogError:
    status = error.status_code
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
