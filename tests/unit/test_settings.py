"""Secrets never leave, and the environment is read once and checked."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from functools import partial

import pytest

from minewatch.errors import SettingsError
from minewatch.redaction import RedactingFilter, guard_gdal_logs, guard_logs, redact
from minewatch.settings import Settings, read_settings

CANARY = "cAnArY0123456789"


@pytest.mark.parametrize(
    "text",
    [
        f"https://h/a.tif?sv=2021-06-08&st=2026&se=2027&sr=c&sp=rl&sig={CANARY}%3D",
        f"https://h/a.tif?x=1&token={CANARY} failed",
        f"https://h/a.tif?X-Amz-Credential={CANARY}&X-Amz-Signature={CANARY}",
        f"/vsicurl?pc_url_signing=yes&url=https%3A%2F%2Fh%2Fa.tif%3Fsig%3D{CANARY}%26se%3D{CANARY}",
        f"Authorization: Bearer {CANARY}",
        f"{{'Authorization': 'Basic {CANARY}', 'Accept': '*/*'}}",
        f'{{"access_token": "{CANARY}", "a": 1}}',
        f"AWS_SECRET_ACCESS_KEY={CANARY}",
        f"VSICURL_PC_SAS_TOKEN: {CANARY}",
        f"https://user:{CANARY}@h/a.tif",
        f"https://h/a.tif?subscription-key={CANARY}",
        f"https://h/a.tif?SIG={CANARY}",
        f"sig={CANARY}",
        f"http://{CANARY}@h/a.tif",
        f"http://{CANARY}/{CANARY}@h.org/a.tif",
        f"https://me:{CANARY}@{CANARY}/{CANARY}@h.org:8080/a.tif",
        f"see (https://h/a.tif?anything={CANARY}), then https://h/b.tif#{CANARY}.",
        f"https://h/a.tif;jsessionid={CANARY}?x",
        *(f"https://h/a.tif?{k}={CANARY}" for k in ("key", "code", "auth", "secret", "session")),
        f'"GET /a.tif?whatever={CANARY} HTTP/1.1" 206',
        f"Max retries exceeded with url: /a.tif?se={CANARY} (Caused by",
        f"Cookie: sid={CANARY}; other={CANARY}",
        f"{{'Set-Cookie': 'sid={CANARY}; Path=/'}}",
        f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={CANARY}==;EndpointSuffix=b",
        f"se=2027&whatever={CANARY}",
        f"X-Api-Key: {CANARY}",
        f'{{"key": "{CANARY}"}}',
        f"password={CANARY},{CANARY};{CANARY}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{CANARY}",
    ],
)
def test_no_secret_survives(text: str) -> None:
    assert CANARY not in redact(text)
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "no scenes of sentinel-2-l2a over chipwe-pangwa from 2023-01-01 to 2023-02-01",
        "https://h:8080/collections/sentinel-2-l2a/items",
        "https://h.org/data@v2/B02.tif and s3://bucket/data@v2/B02.tif",
        "HTTP response code: 404, exit code=4",
        "proj:code: EPSG:32647, KeyError: 'nir'",
        "what is it?",
        "the first = 1, st is short, design=good",
        "/data/sig/B02.tif",
        "processing baseline 05.10, offset -1000",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_of_an_address_scheme_host_and_path_stay_readable() -> None:
    hidden = redact(f"GET https://{CANARY}@h/a/B02.tif?sig={CANARY}&versionId=3 gives 403")
    assert hidden == "GET https://***@h/a/B02.tif?*** gives 403"


@pytest.mark.timeout(60)  # what takes time by the square of the length takes hours here
@pytest.mark.parametrize(
    "part", ["a", "?", "=", "&a=", "@", "a@", "://", "a:", ":", "a.b-", "eyJ", "%3F", ";a=", "\"'",
             "bearer ", "cookie", "a://b@", " a", "#"],
)  # fmt: skip
def test_long_words_are_hidden_in_time_linear_in_their_length(part: str) -> None:
    for start in ("", "https://", "token="):
        redact(start + part * (300_000 // len(part)) + "=x")


@pytest.fixture
def records() -> Iterator[list[str]]:
    """Formatted lines of a logger that knows nothing of us."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    logger, handler, factory = logging.getLogger("foreign"), Keep(), logging.getLogRecordFactory()
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)
    logging.setLogRecordFactory(factory)


def test_a_guarded_process_logs_no_secret_of_any_library(records: list[str]) -> None:
    guard_logs()
    logger = logging.getLogger("foreign")
    logger.error("Aborting load due to failure while reading: %s:%d", f"https://h/?sig={CANARY}", 1)
    try:
        raise RuntimeError(f"403 for https://h/?sig={CANARY}")
    except RuntimeError:
        logger.exception("failed")
    assert len(records) == 2
    assert CANARY not in "".join(records)
    assert "RuntimeError: 403 for https://h/?***" in records[1]


def test_what_rasterio_logs_has_no_secret_and_other_records_stay_as_they_were(
    records: list[str], request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(partial(logging.setLogRecordFactory, logging.getLogRecordFactory()))
    logging.setLogRecordFactory(logging.LogRecord)  # a command line may have guarded all before
    logger, factory = logging.getLogger("rasterio._test"), logging.getLogRecordFactory()
    logger.addHandler(logging.getLogger("foreign").handlers[-1])
    guard_gdal_logs()
    guard_gdal_logs()
    logger.error("https://h/?sig=%s", CANARY)
    logging.getLogger("foreign").error("https://h/?sig=kept")
    assert records == ["https://h/?***", "https://h/?sig=kept"]
    assert len(logger.filters) == 1
    assert logging.getLogRecordFactory() is factory


def test_guarding_twice_changes_nothing(records: list[str]) -> None:
    guard_logs()
    once = logging.getLogRecordFactory()
    guard_logs()
    assert logging.getLogRecordFactory() is once
    assert records == []


def test_a_filter_on_a_handler_does_the_same(records: list[str]) -> None:
    logger = logging.getLogger("foreign")
    logger.handlers[-1].addFilter(RedactingFilter())
    logger.error("token=%s", CANARY)
    assert records == ["token=***"]


def test_settings_come_from_the_environment() -> None:
    given = {"MINEWATCH_HTTP_TIMEOUT_S": "2.5", "MINEWATCH_HTTP_RETRIES": "0", "HOME": "/"}
    assert read_settings(given) == Settings(http_timeout_s=2.5, http_retries=0)
    assert read_settings({}) == Settings()


@pytest.mark.parametrize("text", ["ten", "-1", "inf", "nan", ""])
def test_a_setting_that_is_no_number_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="MINEWATCH_HTTP_TIMEOUT_S") as caught:
        read_settings({"MINEWATCH_HTTP_TIMEOUT_S": text})
    assert repr(text) in caught.value.problem


def test_gdal_is_told_of_timeouts_and_retries() -> None:
    options = Settings(http_timeout_s=7, http_retries=2).gdal_options
    assert options["GDAL_HTTP_TIMEOUT"] == "7"
    assert options["GDAL_HTTP_MAX_RETRY"] == "2"
    assert options["GDAL_DISABLE_READDIR_ON_OPEN"] == "EMPTY_DIR"


def test_settings_travel_to_workers() -> None:
    assert pickle.loads(pickle.dumps(Settings())) == Settings()
