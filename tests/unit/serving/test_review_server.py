"""Who the server of a local page lets in, and what it refuses."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from minewatch.errors import OutputError, SettingsError
from minewatch.serving import JudgingPage, ReviewServer, TakenBackError
from minewatch.serving.review_server import MOST_BYTES


class Task:
    """Keeps what is said in a list."""

    def __init__(self) -> None:
        self.kept: list[Mapping[str, Any]] = []
        self.problem: Exception | None = None
        self.is_closed = False

    def page(self) -> JudgingPage:
        return JudgingPage(html="<p>the page</p>", policy="default-src 'none'")

    def state(self) -> Mapping[str, Any]:
        return {"kept": len(self.kept)}

    def say(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.problem:
            raise self.problem
        self.kept.append(said)
        return self.state()

    def undo(self, which: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.say({"undo": which})

    def close(self) -> str:
        self.is_closed = True
        return "closed"


class Client:
    """A browser, or something that is none."""

    def __init__(self, server: ReviewServer) -> None:
        self.server = server
        self.home = f"127.0.0.1:{server.port}"
        self.cookie = ""

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str | None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=5)
        given: dict[str, str | None] = {"Host": self.home, "Cookie": self.cookie or None}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        if body is not None and "Content_Length" not in headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def enter(self) -> http.client.HTTPResponse:
        address = urlsplit(self.server.visitors.entrance)
        answer, _ = self.ask("GET", f"{address.path}?{address.query}")
        self.cookie = (answer.getheader("Set-Cookie") or "").split(";")[0] or self.cookie
        return answer

    def say(self, body: bytes = b'{"id": "a"}', **headers: str | None) -> tuple[int, Any]:
        own = {"Origin": f"http://{self.home}", "Content_Type": "application/json"}
        answer, content = self.ask("POST", "/say", body, **{**own, **headers})
        return answer.status, json.loads(content)


@pytest.fixture
def task() -> Task:
    return Task()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def server(task: Task, said: list[str]) -> Iterator[ReviewServer]:
    server = ReviewServer(task, say_entrance=said.append)
    thread = Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join()
    assert task.is_closed


@pytest.fixture
def client(server: ReviewServer) -> Client:
    return Client(server)


def test_the_address_lets_in_once_and_its_cookie_is_for_this_page_alone(
    client: Client, said: list[str]
) -> None:
    used = client.server.visitors.entrance
    answer = client.enter()
    assert (answer.status, answer.getheader("Location")) == (303, "/")
    cookie = answer.getheader("Set-Cookie") or ""
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert str(client.server.port) in cookie.split("=")[0]
    page, content = client.ask("GET", "/")
    assert (page.status, content) == (200, b"<p>the page</p>")
    stranger = Client(client.server)
    path = urlsplit(used)
    assert stranger.ask("GET", f"/enter?{path.query}")[0].status == 403
    assert stranger.ask("GET", "/")[0].status == 403
    assert client.ask("GET", f"/enter?{path.query}")[0].status == 303, "the same browser, again"
    assert len(said) == 1
    assert said[0] == client.server.visitors.entrance != used


@pytest.mark.parametrize("token", ["", "?token=", "?token=guess", "?token=%00", "?token=%C3%A9"])
def test_no_other_token_lets_in(client: Client, token: str) -> None:
    answer, _ = client.ask("GET", f"/enter{token}")
    assert answer.status == 403
    assert answer.getheader("Set-Cookie") is None


@pytest.mark.parametrize("cookie", [None, "minewatch-1=x", "minewatch-{port}=x", '=;=;"', "a"])
def test_without_the_cookie_nothing_is_shown_or_kept(
    client: Client, task: Task, cookie: str | None
) -> None:
    client.cookie = (cookie or "").format(port=client.server.port)
    for path in ("/", "/state", "/nowhere"):
        answer, content = client.ask("GET", path)
        assert answer.status == 403
        assert b"the page" not in content
    assert client.say()[0] == 403
    assert task.kept == []


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil:{port}",
        "",
    ],
)
def test_a_page_under_another_name_is_refused_even_with_the_cookie(
    client: Client, task: Task, host: str
) -> None:
    client.enter()
    client.home = host.format(port=client.server.port)
    assert client.ask("GET", "/")[0].status == 403
    assert client.say()[0] == 403
    assert task.kept == []
    client.home = f"localhost:{client.server.port}"
    assert client.say()[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": None},
        {"Origin": "http://127.0.0.1:1"}, {"Origin": "https://{home}"},
        {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
    ],
)  # fmt: skip
def test_a_request_of_another_site_writes_nothing_even_with_the_cookie(
    client: Client, task: Task, headers: dict[str, str | None]
) -> None:
    client.enter()
    given = {n: v and v.format(home=client.home) for n, v in headers.items()}
    assert client.say(**given)[0] == 403
    assert task.kept == []


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", None],
)
def test_a_form_of_any_kind_writes_nothing(client: Client, task: Task, kind: str | None) -> None:
    client.enter()
    assert client.say(b'{"id":"a","x":"="}', Content_Type=kind)[0] == 415
    assert task.kept == []


def test_what_is_too_large_or_has_no_length_is_not_read(client: Client, task: Task) -> None:
    client.enter()
    assert client.say(b"", Content_Length=str(MOST_BYTES + 1))[0] == 413
    assert client.say(b"", Content_Length="9" * 4000)[0] == 413
    for length in (None, "-1", "1e3", "٣"):
        latin = length and length.encode().decode("latin-1")
        assert client.say(b"", Content_Length=latin)[0] == 411
    assert client.say(b"{}", Content_Length="2", Transfer_Encoding="chunked")[0] == 411
    assert client.say(b'"' + b"x" * (MOST_BYTES - 2) + b'"')[0] == 400
    assert task.kept == []


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'"a"', b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(client: Client, task: Task, body: bytes) -> None:
    client.enter()
    assert client.say(body)[0] == 400
    assert task.kept == []


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/manifest.json", "//etc/passwd",
        "/review/verdicts.jsonl", "/state/../../x", "/.", "/page?x=/etc/passwd", "/state%00",
    ],
)  # fmt: skip
def test_no_path_reaches_a_file(client: Client, path: str) -> None:
    client.enter()
    answer, content = client.ask("GET", path)
    assert answer.status == 404
    assert json.loads(content) == {"problem": "there is no such page here", "hint": ""}
    answer, _ = client.ask("POST", path, b"{}", Origin=f"http://{client.home}")
    assert answer.status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_no_other_method_is_known(client: Client, method: str) -> None:
    client.enter()
    assert client.ask(method, "/")[0].status == 501


def test_every_answer_forbids_what_a_page_could_do_with_it(client: Client) -> None:
    client.enter()
    for path in ("/", "/state", "/nowhere"):
        answer, _ = client.ask("GET", path)
        assert (answer.getheader("Content-Security-Policy") or "").startswith("default-src 'none'")
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Cache-Control") == "no-store"
        assert answer.getheader("X-Frame-Options") == "DENY"
        assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
        assert answer.getheader("Access-Control-Allow-Origin") is None


def test_an_answer_is_kept_and_an_error_says_what_and_what_to_try(
    client: Client, task: Task
) -> None:
    client.enter()
    assert client.say() == (200, {"kept": 1})
    assert task.kept == [{"id": "a"}]
    for problem, status in (
        (SettingsError("no such", hint="try"), 400), (TakenBackError("no such", hint="try"), 409),
        (OutputError("no such", hint="try"), 507),
    ):  # fmt: skip
        task.problem = problem
        assert client.say() == (status, {"problem": "no such", "hint": "try"})


def test_only_this_machine_is_listened_to_unless_asked(server: ReviewServer, task: Task) -> None:
    assert server.is_private
    assert server.visitors.host == "127.0.0.1"
    assert server._server.socket.getsockname() == ("127.0.0.1", server.port)
    wide = ReviewServer(task, host="0.0.0.0")
    assert not wide.is_private
    assert wide.visitors.is_expected_host(f"192.168.1.7:{wide.port}")
    assert not wide.visitors.is_expected_host(f"evil.example:{wide.port}")
    wide._server.server_close()


def test_a_port_that_is_taken_is_named(server: ReviewServer, task: Task) -> None:
    with pytest.raises(SettingsError, match=f"port {server.port}") as caught:
        ReviewServer(task, port=server.port)
    assert "--port" in caught.value.hint


def test_one_slow_browser_does_not_keep_the_others_waiting(client: Client) -> None:
    client.enter()
    with socket.create_connection(("127.0.0.1", client.server.port)) as slow:
        slow.sendall(b"POST /say HTTP/1.1\r\n")
        assert client.say()[0] == 200
