"""The one place that hides secrets, in addresses, texts and log records."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import Any, Final

from minewatch.addresses import split_address

HIDDEN: Final = "***"
_SECRET_PARTS: Final = (
    "password", "passwd", "passphrase", "secret", "token", "signature", "apikey", "accountkey",
    "accesskey", "accessid", "privatekey", "subscriptionkey", "authorization", "cookie",
    "credential", "sharedaccess", "jwt", "xamz", "xgoog", "sessionid",
)  # fmt: skip
"""A name with any of these in it, signs between its words left out, is that of a secret."""
_SECRET_NAMES: Final = frozenset({"sig", "key", "code", "auth", "session", "pwd", "pass", "sas"})
"""Names that are those of secrets where they stand alone before a text or a `=`."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}$")
_WORD = re.compile(r"[^\s\"'<>]+")
_NAME = re.compile(
    r"(?<![\w.-])(?P<name>[\w.-]{1,64})(?P<between>[\"']?\s{0,3}(?:=|:)\s{0,3}b?[\"']?)"
)
_VALUE = re.compile(r"[^\s\"'<>]*")
_STATUS = re.compile(r"[0-9]{1,3}(?![\w.=-])")
"""The code of an answer, or of a process."""
_HEADER = re.compile(
    r"(?P<name>(?:authorization|cookie)[\"']?\s{0,3}[:=]\s{0,3}b?[\"']?)[^\"'\r\n}]+", re.IGNORECASE
)
_BEARER = re.compile(r"\b(bearer\s{1,3})[\w.~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*")
_SUSPECT = re.compile(
    r"[=@?]|://|%3[ADF]|:\s|[\"']:|cookie|authorization|bearer|eyJ", re.IGNORECASE
)


def redact(text: str) -> str:
    """The text with every secret in it replaced by `***`, in time linear in its length.

    Of addresses only scheme, host and path are shown: no name or password, no query, no fragment,
    whatever they are called. In other text values are hidden whose names say that they are
    secret, headers of authorisation, cookies, and tokens that are known by their form.

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
    >>> redact("GET https://me:word@host/B02.tif?sv=2021&sig=abc%3D failed")
    'GET https://***@host/B02.tif?*** failed'
    """
    if not _SUSPECT.search(text):
        return text
    text = _HEADER.sub(rf"\g<name>{HIDDEN}", text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    text = _JWT.sub(HIDDEN, text)
    text = _WORD.sub(_plain_word, text)
    return _without_values(text)


@lru_cache(maxsize=1 << 12)
def is_secret_name(name: str, *, is_text: bool = True) -> bool:
    """Whether a value of this name is a secret.

    Parameters
    ----------
    name
        Of a parameter, a header, a variable or a member of an object.
    is_text
        The value is a text: short names, such as `key`, are those of secrets only then.

    Examples
    --------
    >>> is_secret_name("AccountKey"), is_secret_name("msft:token"), is_secret_name("proj:code")
    (True, True, False)
    """
    plain = _BETWEEN_WORDS.sub("", name[:200]).lower()
    return (is_text and plain in _SECRET_NAMES) or any(part in plain for part in _SECRET_PARTS)


_BETWEEN_WORDS = re.compile(r"[-_. ]")


def _plain_word(found: re.Match[str]) -> str:
    """A word without what is secret in the address that it is, or that is in it."""
    word = found[0]
    before, mark, _ = word.partition("://")
    if mark and (scheme := _SCHEME.search(before[-_LONGEST_SCHEME:])):
        start = len(before) - len(scheme[0])
        address = split_address(word[start:])
        user = f"{HIDDEN}@" if address.user else ""
        query = f"?{HIDDEN}" if address.query.strip("?#;)].,:") else address.query
        return f"{word[:start]}{address.scheme}://{user}{address.place}{query}"
    for mark, equals in _QUERIES:
        known, _, query = word.partition(mark)
        if equals in query:
            return f"{known}{mark}{HIDDEN}"
    if "&" in word and "=" in word:
        return _PARAMETER.sub(f"={HIDDEN}", word)
    return word


_LONGEST_SCHEME = 31
_QUERIES = (
    ("?", "="), ("%3F", "%3D"), ("%3f", "%3d"), ("%26", "%3D"), ("%26", "%3d"), ("%3F", "="),
)  # fmt: skip
"""What begins a query, and what stands in it, plain or encoded."""
_PARAMETER = re.compile(r"=[^&]*")


def _without_values(text: str) -> str:
    """The text without the values of names that say that they are secret."""
    parts, end = [], 0
    for found in _NAME.finditer(text):
        if found.start() < end or not _is_secret(found, text):
            continue
        value = _VALUE.match(text, found.end())
        parts += [text[end : found.end()], HIDDEN]
        end = value.end() if value else found.end()
    return "".join([*parts, text[end:]])


def _is_secret(found: re.Match[str], text: str) -> bool:
    name, between = found["name"], found["between"]
    is_value = "=" in between or between[0] in "\"'"
    if not is_secret_name(name, is_text=is_value) or text.startswith("//", found.end()):
        return False
    return not (name.lower() == "code" and _STATUS.match(text, found.end()))


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
