"""Searching a STAC API that may be ill, slow, or lie. All servers are loopback ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from minewatch.catalog import api as api_module
from minewatch.catalog import find_scenes
from minewatch.errors import CatalogError, NoScenesError
from minewatch.model import AreaOfInterest, Period, SceneList
from minewatch.settings import Settings

CANARY = "cAnArY0123456789"
Item = dict[str, Any]
Make = Callable[..., Item]
YEAR = Period(date(2023, 1, 1), date(2023, 12, 31))
QUERY = "https://api.stacspec.org/v1.0.0/item-search#query"
FILTER = "https://api.stacspec.org/v1.0.0/item-search#filter"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json"


@pytest.fixture
def find(aoi: AreaOfInterest, loopback: Any, hasty: Settings) -> Callable[..., SceneList]:
    """Searches the loopback API."""

    def run(**more: Any) -> SceneList:
        more = {"catalog": loopback.url, "settings": hasty} | more
        return find_scenes(aoi, more.pop("period", YEAR), **more)

    return run


def days(item: Make, first: int, count: int) -> list[Item]:
    """Items of consecutive made-up passes."""
    numbers = range(first, first + count)
    return [item(f"s{n:03d}", day=f"2023-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}") for n in numbers]


def test_pages_are_followed_to_the_end(
    find: Callable[..., SceneList], loopback: Any, item: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_module, "PAGE_SIZE", 2)
    items = days(item, 0, 5)

    def search(body: Item, _: int) -> Any:
        at = body.get("token", 0)
        page = loopback.page(items[at : at + 2])
        page.body |= {"numberMatched": 5}
        if at + 2 < 5:
            page.body |= loopback.next_link({**body, "token": at + 2})
        return page

    loopback.search = search
    assert [s.id for s in find()] == [i["id"] for i in items]
    assert len(loopback.asked) == 3


def test_pages_as_planetary_computer_gives_them_are_followed_forwards(
    find: Callable[..., SceneList], loopback: Any, item: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No count; a token in the body of a POST; `previous` beside `next`, and before it."""
    monkeypatch.setattr(api_module, "PAGE_SIZE", 2)
    items = days(item, 0, 6)

    def search(body: Item, _: int) -> Any:
        at = int(body.get("token", "next:0").partition(":")[2])
        page = loopback.page(items[at : at + 2])
        links = [("previous", f"prev:{at - 2}")] if at else []
        links += [("next", f"next:{at + 2}")] if at < 4 else []
        page.body["links"] = [
            {"rel": rel, "method": "POST", "href": f"{loopback.url}/search",
             "body": {"collections": ["sentinel-2-l2a"], "limit": 2, "token": token}}
            for rel, token in links
        ]  # fmt: skip
        return page

    loopback.search = search
    found = find()
    assert [s.id for s in found] == [i["id"] for i in items]
    assert [body.get("token") for body in loopback.asked] == [None, "next:2", "next:4"]
    assert found.notes == ()


def test_the_server_is_asked_for_area_period_and_collection(
    find: Callable[..., SceneList], loopback: Any, item: Make
) -> None:
    loopback.search = lambda _body, _call: loopback.page([item()])
    assert find().collection == "sentinel-2-l2a"
    (asked,) = loopback.asked
    assert asked["collections"] == ["sentinel-2-l2a"]
    assert asked["intersects"]["type"] == "Polygon"
    assert asked["datetime"] == "2023-01-01T00:00:00Z/2024-01-01T00:00:00Z"
    assert "query" not in asked
    assert "filter" not in asked


@pytest.mark.parametrize(
    ("conforms", "member"),
    [([QUERY], "query"), ([QUERY, FILTER, CQL2], "query"), ([FILTER, CQL2], "filter")],
)
def test_a_cloud_filter_is_sent_only_in_a_form_the_server_advertises(
    find: Callable[..., SceneList], loopback: Any, item: Make, conforms: list[str], member: str
) -> None:
    loopback.conforms = conforms
    loopback.search = lambda _body, _call: loopback.page([item()])
    find(max_cloud_cover_pct=30)
    (asked,) = loopback.asked
    assert member in asked
    assert not {"query", "filter"} - {member} & set(asked) or member == "query"


def test_a_filter_extension_without_its_language_is_not_used(
    find: Callable[..., SceneList], loopback: Any, item: Make
) -> None:
    loopback.conforms = [FILTER]
    loopback.search = lambda _body, _call: loopback.page([item()])
    find()
    assert "filter" not in loopback.asked[0]


def test_a_server_that_answers_nothing_to_any_filter_is_asked_without(
    find: Callable[..., SceneList], loopback: Any, item: Make
) -> None:
    loopback.conforms = [QUERY]
    loopback.search = lambda body, _: loopback.page([] if "query" in body else [item()])
    found = find()
    assert len(found) == 1
    assert any("nothing to its cloud filter" in note for note in found.notes)


def test_a_server_that_ignores_what_it_is_asked_is_filtered_here_and_told_of(
    find: Callable[..., SceneList], loopback: Any, item: Make
) -> None:
    wrong = [
        item("good"), item("far", west=120.0), item("old", day="2019-01-01"),
        item("cloudy", day="2023-02-01", cloud=95.0),
    ]  # fmt: skip
    loopback.search = lambda _body, _call: loopback.page(wrong)
    found = find()
    assert [s.id for s in found] == ["good"]
    assert set(found.dropped) == {"cloudy"}
    assert "1 scenes the catalogue gave lie outside the area: left out" in found.notes
    assert "1 scenes the catalogue gave lie outside the period: left out" in found.notes


def test_an_endless_repeated_page_is_an_error(
    find: Callable[..., SceneList], loopback: Any, item: Make
) -> None:
    def search(body: Item, _: int) -> Any:
        page = loopback.page(days(item, 0, 3))
        page.body |= loopback.next_link(body)
        return page

    loopback.search = search
    with pytest.raises(CatalogError, match="lies about its pages: page 2 repeats earlier ones"):
        find()
    assert len(loopback.asked) == 2


def test_a_repeated_page_after_everything_was_had_is_a_note(
    find: Callable[..., SceneList], loopback: Any, item: Make
) -> None:
    def search(body: Item, _: int) -> Any:
        page = loopback.page(days(item, 0, 3))
        page.body |= loopback.next_link(body) | {"context": {"matched": 3}}
        return page

    loopback.search = search
    found = find()
    assert len(found) == 3
    assert any("do not end" in note and "all 3" in note for note in found.notes)


def test_pages_without_end_are_an_error(
    find: Callable[..., SceneList], loopback: Any, item: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_module, "MAX_PAGES", 5)

    def search(body: Item, call: int) -> Any:
        page = loopback.page([item(f"new{call}")])
        page.body |= loopback.next_link(body)
        return page

    loopback.search = search
    with pytest.raises(CatalogError, match="no end after 5 pages"):
        find()
    assert len(loopback.asked) == 5


def test_a_next_link_that_is_dropped_is_an_error(
    find: Callable[..., SceneList], loopback: Any, item: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_module, "PAGE_SIZE", 3)

    def search(_body: Item, _call: int) -> Any:
        page = loopback.page(days(item, 0, 3))
        page.body |= {"numberMatched": 7}
        return page

    loopback.search = search
    with pytest.raises(CatalogError, match="says 7 scenes match and gives 3") as caught:
        find()
    assert "shorter period" in caught.value.hint


def test_an_empty_page_in_the_middle_is_an_error(
    find: Callable[..., SceneList], loopback: Any, item: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_module, "PAGE_SIZE", 3)

    def search(body: Item, call: int) -> Any:
        page = loopback.page(days(item, 0, 3) if call == 1 else [])
        page.body |= loopback.next_link(body) | {"numberMatched": 7}
        return page

    loopback.search = search
    with pytest.raises(CatalogError, match="says 7 scenes match and gives 3"):
        find()


def test_a_count_that_is_an_estimate_is_a_note(
    find: Callable[..., SceneList], loopback: Any, item: Make
) -> None:
    def search(_body: Item, _call: int) -> Any:
        page = loopback.page(days(item, 0, 3))
        page.body |= {"numberMatched": 4}
        return page

    loopback.search = search
    assert "the catalogue counted 4 scenes and gave 3" in find().notes


def test_a_full_page_without_a_count_or_a_next_page_is_a_note(
    find: Callable[..., SceneList], loopback: Any, item: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_module, "PAGE_SIZE", 3)
    loopback.search = lambda _body, _call: loopback.page(days(item, 0, 3))
    assert any("scenes may be missing" in note for note in find().notes)


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (400, "try again later, or use another --catalog"),
        (401, "it wants an account"),
        (403, "it refuses the request"),
        (404, "check the address"),
        (429, "it asks to slow down"),
        (500, "try again later"),
        (503, "try again later"),
    ],
)
def test_a_server_that_fails_is_told_in_two_lines(
    find: Callable[..., SceneList], loopback: Any, reply: Any, status: int, hint: str
) -> None:
    loopback.search = lambda _body, _call: reply({"detail": f"no\nway token={CANARY}"}, status)
    with pytest.raises(CatalogError, match=f"answers {status}") as caught:
        find()
    assert caught.value.hint.startswith(hint)
    assert len(str(caught.value).splitlines()) == 2
    assert CANARY not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_passing_fault_is_tried_again(
    find: Callable[..., SceneList], loopback: Any, reply: Any, item: Make, status: int
) -> None:
    loopback.search = lambda _body, call: (
        loopback.page([item()]) if call == 3 else reply({}, status)
    )
    assert len(find()) == 1
    assert len(loopback.asked) == 3


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_is_not_tried_again(
    find: Callable[..., SceneList], loopback: Any, reply: Any, status: int
) -> None:
    loopback.search = lambda _body, _call: reply({}, status)
    with pytest.raises(CatalogError):
        find()
    assert len(loopback.asked) == 1


def test_a_server_may_ask_to_wait_but_not_for_an_hour(
    find: Callable[..., SceneList], loopback: Any, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waits.append)
    loopback.search = lambda _body, _call: reply({}, 429, {"Retry-After": "3600"})
    with pytest.raises(CatalogError, match="answers 429"):
        find(settings=Settings(http_timeout_s=0.5, http_retries=2, http_max_wait_s=7))
    assert [w for w in waits if w >= 1] == [7, 7]


def test_a_short_wait_is_kept_to(
    find: Callable[..., SceneList], loopback: Any, reply: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waits.append)
    loopback.search = lambda _body, _call: reply({}, 503, {"Retry-After": "2"})
    with pytest.raises(CatalogError):
        find(settings=Settings(http_timeout_s=0.5, http_retries=1, http_max_wait_s=7))
    assert [w for w in waits if w >= 1] == [2]


def test_a_server_that_does_not_answer_is_given_up(
    find: Callable[..., SceneList], loopback: Any, reply: Any
) -> None:
    loopback.search = lambda _body, _call: reply({}, delay_s=0.4)
    with pytest.raises(CatalogError, match="gives no answer in time") as caught:
        find(settings=Settings(http_timeout_s=0.1, http_retries=1, http_backoff_s=0))
    assert "MINEWATCH_HTTP_TIMEOUT_S" in caught.value.hint
    assert len(loopback.asked) == 2


def test_a_host_that_is_not_there_is_told(find: Callable[..., SceneList]) -> None:
    with pytest.raises(
        CatalogError, match=r"127\.0\.0\.1:9/\S* cannot be reached: nothing listens"
    ) as caught:
        find(catalog=f"http://127.0.0.1:9/stac?token={CANARY}")
    assert CANARY not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"<html>maintenance</html>",
        b"",
        b"[]",
        b'"text"',
        {"features": [{"id": 1}], "links": [{"href": "x"}]},
        {"features": ["text"]},
        {"features": 7},
        b"\xff\xfe",
    ],
)
def test_an_answer_that_is_no_page_is_told(
    find: Callable[..., SceneList], loopback: Any, reply: Any, body: Any
) -> None:
    loopback.search = lambda _body, _call: reply(body)
    with pytest.raises((CatalogError, NoScenesError)) as caught:
        find()
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("body", [b"<html>", b"[]", {"type": "Catalog"}, {"message": "hello"}])
def test_an_address_that_is_no_catalogue_is_told(
    find: Callable[..., SceneList], loopback: Any, reply: Any, body: Any
) -> None:
    loopback.root = reply(body)
    with pytest.raises(CatalogError, match="is not STAC") as caught:
        find()
    assert loopback.url in caught.value.problem


def test_a_start_after_the_archive_tells_where_it_ends(
    find: Callable[..., SceneList],
) -> None:
    with pytest.raises(NoScenesError, match="the archive ends on 2023-12-31"):
        find(period=Period(date(2030, 1, 1), date(2030, 1, 31)))


def test_an_unknown_collection_lists_the_known_ones(find: Callable[..., SceneList]) -> None:
    with pytest.raises(CatalogError, match="'landsat'; known: sentinel-2-l2a"):
        find(collection="landsat")


def test_an_api_without_our_product_asks_to_choose(
    find: Callable[..., SceneList], loopback: Any
) -> None:
    loopback.collections = [{"id": "naip"}]
    with pytest.raises(CatalogError, match="known: naip") as caught:
        find()
    assert "--collection" in caught.value.hint


def test_a_server_that_searches_by_address_only_is_asked_so(
    find: Callable[..., SceneList], loopback: Any, reply: Any, item: Make
) -> None:
    links = [{"rel": "search", "href": f"{loopback.url}/search"}]
    loopback.root = reply({"type": "Catalog", "id": "a", "links": links, "conformsTo": [QUERY]})
    loopback.search = lambda _body, _call: loopback.page([item()])
    assert len(find()) == 1
    assert loopback.asked == [{}]


def test_no_token_of_the_server_stays_in_the_list(
    find: Callable[..., SceneList], loopback: Any, item: Make
) -> None:
    signed = item()
    for asset in signed["assets"].values():
        asset["href"] += f"?sig={CANARY}"
    signed["links"] = [{"rel": "self", "href": f"{loopback.url}/a?sig={CANARY}"}]
    loopback.search = lambda _body, _call: loopback.page([signed])
    found = find(catalog=f"{loopback.url}/?token={CANARY}")
    assert CANARY not in repr((found, [s.item for s in found], [s.assets for s in found]))
