"""The one place that hides secrets, in addresses, texts and log records."""

from __future__ import annotations

import logging
import re
from typing import Any, Final

_SHORT_KEYS = r"se|st|sp|sv|sr|spr|skoid|sktid|skt|ske|sks|skv|expires"
_PLAIN_KEYS = (
    r"sig|(?:access_|id_|refresh_)?token|x-(?:amz|goog)-[\w-]+|awsaccesskeyid|googleaccessid|"
    r"signature|(?:api[-_]?|subscription[-_]?)key|password|passwd|client_secret|jwt"
)
SECRET_QUERY_KEY: Final = re.compile(rf"(?:{_SHORT_KEYS}|{_PLAIN_KEYS})", re.IGNORECASE)
"""Names of query parameters that sign an address (Azure SAS, AWS, Google) or carry a token."""
SECRET_MEMBER: Final = re.compile(rf"(?:.*:)?(?:{_PLAIN_KEYS}|authorization)", re.IGNORECASE)
"""Names of JSON members that hold a secret."""
_VALUE = r"(?P<value>[\"']?[^&\s\"'<>;,)}]+)"
_IN_QUERY = re.compile(
    rf"(?P<key>(?:[?&;]|%3F|%26|^)(?:{_SHORT_KEYS}|{_PLAIN_KEYS})(?:=|%3D)){_VALUE}", re.IGNORECASE
)
_IN_TEXT = re.compile(
    rf"(?P<key>\b(?:{_PLAIN_KEYS})[\"']?\s*(?:=|%3D|:\s|(?<=[\"']):)\s*){_VALUE}", re.IGNORECASE
)
_AUTHORIZATION = re.compile(
    r"(authorization[\"']?\s*[:=]\s*[\"']?)(?:(?:bearer|basic|token|apikey)\s+)?[^\s\"',}]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer\s+)[\w.~+/=-]{8,}", re.IGNORECASE)
_USERINFO = re.compile(r"(\w+://)[^/\s:@]+:[^/\s@]+@")
_AWS_ENV = re.compile(
    r"((?:AWS_SECRET_ACCESS_KEY|AWS_ACCESS_KEY_ID|AWS_SESSION_TOKEN|[\w]*SAS_TOKEN)[\"']?\s*[:=]\s*"
    r"[\"']?)[^\s\"',}]+",
    re.IGNORECASE,
)
_SUSPECT = re.compile(r"[=@]|%3D|:\s|[\"']:|authorization|bearer", re.IGNORECASE)
HIDDEN: Final = "***"


def redact(text: str) -> str:
    """The text with every secret in it replaced by `***`.

    Hides signatures and tokens in query strings (also percent-encoded ones), authorisation
    headers, user names with passwords in addresses, and cloud keys.

    Parameters
    ----------
    text
        Any text: an address, an error, a log line.

    Returns
    -------
    str
        The same text, safe to show and store.

    Examples
    --------
    >>> redact("GET https://host/B02.tif?sv=2021&sig=abc%3D failed")
    'GET https://host/B02.tif?sv=***&sig=*** failed'
    """
    if not _SUSPECT.search(text):
        return text
    text = _AUTHORIZATION.sub(rf"\1{HIDDEN}", text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    text = _AWS_ENV.sub(rf"\1{HIDDEN}", text)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    for pattern in (_IN_QUERY, _IN_TEXT):
        text = pattern.sub(lambda m: f"{m['key']}{_hide(m['value'])}", text)
    return text


def _hide(value: str) -> str:
    """The mask, keeping an encoded separator's tail so that the next parameter is seen too."""
    tail = re.search(r"%26.*", value, re.IGNORECASE)
    return HIDDEN + (redact(tail.group()) if tail else "")


class RedactingFilter(logging.Filter):
    """A logging filter that lets every record pass, with its secrets hidden."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide secrets in the message and in the traceback."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True


def guard_gdal_logs() -> None:
    """Hide secrets in what rasterio logs: it names whole addresses. No other records change.

    Calling it again changes nothing.
    """
    guard_logs_of("rasterio")


def guard_logs_of(library: str) -> None:
    """Hide secrets in what a library logs. No other records change.

    Calling it again changes nothing.

    Parameters
    ----------
    library
        Name of a package that was imported.
    """
    names = [n for n in logging.root.manager.loggerDict if n.split(".")[0] == library]
    for logger in map(logging.getLogger, names):
        if not any(isinstance(known, RedactingFilter) for known in logger.filters):
            logger.addFilter(RedactingFilter())


def guard_logs() -> None:
    """Hide secrets in every log record of this process, whichever library writes it.

    Calling it again changes nothing.
    """
    make = logging.getLogRecordFactory()
    if getattr(make, "hides_secrets", False):
        return
    hide = RedactingFilter()

    def make_safely(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        hide.filter(record)
        return record

    make_safely.hides_secrets = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make_safely)
