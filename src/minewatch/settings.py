"""Configuration read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from minewatch.errors import SettingsError

GDAL_HTTP_OPTIONS: Final[Mapping[str, str]] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MULTIPLEX": "YES",
    "GDAL_HTTP_VERSION": "2",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif,.tiff,.jp2",
}
"""Options with which GDAL reads windows of COGs over HTTP in few requests (measured, PARTS)."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to talk to servers: everything of it can be set by `MINEWATCH_*` variables."""

    http_timeout_s: float = 30.0
    """Seconds without an answer before a request is given up [D] (`MINEWATCH_HTTP_TIMEOUT_S`)."""
    http_retries: int = 4
    """Times a failed request is sent again [D] (`MINEWATCH_HTTP_RETRIES`)."""
    http_backoff_s: float = 0.5
    """First pause before sending again, doubled each time [D] (`MINEWATCH_HTTP_BACKOFF_S`)."""
    http_max_wait_s: float = 60.0
    """Longest wait a server may ask for with Retry-After [D] (`MINEWATCH_HTTP_MAX_WAIT_S`)."""

    @property
    def gdal_options(self) -> dict[str, str]:
        """GDAL's options for reading over HTTP with these timeouts and retries."""
        return {
            **GDAL_HTTP_OPTIONS,
            "GDAL_HTTP_TIMEOUT": f"{self.http_timeout_s:g}",
            "GDAL_HTTP_CONNECTTIMEOUT": f"{self.http_timeout_s:g}",
            "GDAL_HTTP_MAX_RETRY": str(self.http_retries),
            "GDAL_HTTP_RETRY_DELAY": f"{self.http_backoff_s:g}",
        }


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment asks for.

    Parameters
    ----------
    environ
        Variables by name; the process's own when not given.

    Raises
    ------
    SettingsError
        A variable that is not a number, or below zero.

    Examples
    --------
    >>> read_settings({"MINEWATCH_HTTP_RETRIES": "2"}).http_retries
    2
    """
    environ = os.environ if environ is None else environ
    values = {}
    for name in ("http_timeout_s", "http_retries", "http_backoff_s", "http_max_wait_s"):
        variable = f"MINEWATCH_{name.upper()}"
        if variable in environ:
            values[name] = _number(variable, environ[variable], whole=name == "http_retries")
    return Settings(**values)  # type: ignore[arg-type]


def _number(variable: str, text: str, *, whole: bool) -> float:
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise SettingsError(f"{variable} is {text!r}", hint="set it to a number from 0 up")
    return value
