"""The server of a page for judging: the standard library's, with five answers and no files."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from minewatch.errors import MinewatchError, OutputError, SettingsError
from minewatch.serving.judging_task import JudgingTask, TakenBackError
from minewatch.serving.visitors import LOOPBACK, Visitors

MOST_BYTES: Final = 512 * 1024
"""Of a request: an outline of 5,000 corners has 150 kB."""
MOST_SECONDS: Final = 20.0
"""That a browser is waited for."""
_HTML: Final = "text/html; charset=utf-8"
_JSON: Final = "application/json"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer."""
_NOTHING: Final = "default-src 'none'; frame-ancestors 'none'"
_log = logging.getLogger(__name__)


class ReviewServer:
    """A page for judging, on this machine.

    Parameters
    ----------
    task
        What is judged.
    host, port
        Where to listen; port 0 takes any that is free.
    say_entrance
        Called with the next one-time address, each time one was used.

    Raises
    ------
    SettingsError
        When nobody can listen there.
    """

    def __init__(
        self,
        task: JudgingTask,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        say_entrance: Callable[[str], None] = lambda _: None,
    ) -> None:
        try:
            self._server = _Server((host, port), _Handler)
        except (OSError, OverflowError) as error:
            raise SettingsError(
                f"cannot listen on {host}, port {port}: {error}",
                hint="give another --port, or none for any that is free",
            ) from None
        self.port = int(self._server.server_address[1])
        """Where it listens."""
        self.visitors = Visitors(host, self.port)
        """Who may come in."""
        self._server.task, self._server.visitors = task, self.visitors
        self._server.say_entrance = say_entrance
        self._server.shown = task.page()
        self._task = task

    @property
    def is_private(self) -> bool:
        """Whether only this machine reaches it."""
        return self.visitors.host in LOOPBACK

    def run(self) -> str:
        """Answer until `stop`, or Ctrl-C; then finish what is to be written.

        Returns
        -------
        str
            What a person must know in the end, or nothing.
        """
        try:
            self._server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            pass
        finally:
            self._server.is_stopping = True  # connections that are open still ask
            self._server.server_close()
            note = self._task.close()
        return note

    def stop(self) -> None:
        """Make `run` return, from another thread."""
        self._server.shutdown()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    task: JudgingTask
    visitors: Visitors
    say_entrance: Callable[[str], None]
    shown: Any
    is_stopping = False

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Without asking a name server for the name of this machine, as the library would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no news."""
        _log.info("a request was cut", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "minewatch", ""
    timeout = MOST_SECONDS

    def do_GET(self) -> None:
        """The entrance, the page, and what is said so far."""
        address = urlsplit(self.path)
        if self.server.is_stopping:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the server was stopped")
        elif problem := self.server.visitors.refusal(self._headers(), writes=False):
            self._refuse(HTTPStatus.FORBIDDEN, problem)
        elif address.path == "/enter":
            self._enter(parse_qs(address.query).get("token", [""])[0])
        elif not self._is_known():
            self._refuse(HTTPStatus.FORBIDDEN, "open the address that the terminal shows")
        elif address.path == "/":
            page = self.server.shown
            self._send(HTTPStatus.OK, page.html.encode(), _HTML, policy=page.policy)
        elif address.path == "/state":
            self._answer(lambda _: self.server.task.state(), {})
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page here")

    def do_POST(self) -> None:
        """One answer of a person, or one taken back."""
        acts = {"/say": self.server.task.say, "/undo": self.server.task.undo}
        path = urlsplit(self.path).path
        self.close_connection = True  # unless the body is read to its end
        if self.server.is_stopping:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the server was stopped. Nothing was kept")
        elif problem := self.server.visitors.refusal(self._headers(), writes=True):
            self._refuse(HTTPStatus.FORBIDDEN, problem)
        elif not self._is_known():
            self._refuse(HTTPStatus.FORBIDDEN, "open the address that the terminal shows")
        elif path not in acts:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page here")
        elif self.headers.get_content_type() != _JSON:
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON")
        elif (body := self._body()) is not None:
            self._answer(acts[path], body)

    def _enter(self, token: str) -> None:
        visitors = self.server.visitors
        if visitors.admit(token):
            self.server.say_entrance(visitors.entrance)
            self._send(
                HTTPStatus.SEE_OTHER,
                b"",
                _HTML,
                more={"Location": "/", "Set-Cookie": visitors.cookie()},
            )
        elif self._is_known():  # the same browser again
            self._send(HTTPStatus.SEE_OTHER, b"", _HTML, more={"Location": "/"})
        else:
            self._refuse(
                HTTPStatus.FORBIDDEN,
                "this address was used, or is wrong: the terminal shows a new one",
            )

    def _body(self) -> Any:
        """What was sent, as an object of JSON; None when it was refused."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            return self._refuse(HTTPStatus.LENGTH_REQUIRED, "say how long it is")
        if len(length) > 9 or int(length) > MOST_BYTES:
            problem = f"more than {MOST_BYTES // 1024} kB are not read"
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, problem)
        content = self.rfile.read(int(length))
        self.close_connection = False
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            return self._refuse(HTTPStatus.BAD_REQUEST, "that is no object of JSON")
        return body

    def _answer(
        self, act: Callable[[Mapping[str, Any]], Mapping[str, Any]], body: Mapping[str, Any]
    ) -> None:
        try:
            given, status = act(body), HTTPStatus.OK
        except MinewatchError as error:
            given = {"problem": error.problem, "hint": error.hint}
            status = (
                HTTPStatus.CONFLICT if isinstance(error, TakenBackError)
                else HTTPStatus.INSUFFICIENT_STORAGE if isinstance(error, OutputError)
                else HTTPStatus.BAD_REQUEST
            )  # fmt: skip
        content = json.dumps(given, ensure_ascii=False, allow_nan=False).encode()
        self._send(status, content, _JSON)

    def _refuse(self, status: HTTPStatus, problem: str) -> None:
        self.close_connection = True
        self._send(status, json.dumps({"problem": problem, "hint": ""}).encode(), _JSON)

    def _send(
        self,
        status: HTTPStatus,
        content: bytes,
        kind: str,
        *,
        policy: str = _NOTHING,
        more: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Security-Policy": policy, **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def _headers(self) -> Mapping[str, str]:
        return self.headers  # type: ignore[return-value]  # a mapping in all that is asked of it

    def _is_known(self) -> bool:
        return self.server.visitors.is_known(self.headers.get("Cookie"))

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: addresses hold tokens."""
