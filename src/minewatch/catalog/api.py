"""Searching a STAC API, without believing its paging or its capabilities."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import shapely
from shapely.geometry.base import BaseGeometry

from minewatch.catalog.answers import Answer, RawItem, links_of, time_extent
from minewatch.catalog.connection import Documents, naming_address, read_json
from minewatch.catalog.hrefs import canonical_href
from minewatch.catalog.item_checks import LONGEST_NAME
from minewatch.catalog.short_texts import is_remote
from minewatch.errors import CatalogError, unknown_name
from minewatch.model import Period, Progress, ProgressListener, silent
from minewatch.redaction import redact

PAGE_SIZE = 100
"""Items a page: what all known catalogues allow [D]."""
MAX_PAGES = 1000
"""More pages than this are an endless next link: 100,000 scenes are 1,000 years of one tile."""
_QUERY = re.compile(r"item-search#query")
_FILTER = re.compile(r"item-search#filter")
_CQL2_JSON = re.compile(r"cql2.*json", re.IGNORECASE)


def is_api(root: Mapping[str, Any]) -> bool:
    """True when a root document offers a search."""
    links = root.get("links")
    return isinstance(links, list) and any(
        isinstance(link, Mapping) and link.get("rel") == "search" for link in links
    )


def search_api(
    io: Documents,
    url: str,
    root: Mapping[str, Any],
    *,
    collection: str,
    area: BaseGeometry,
    period: Period | None,
    max_cloud_cover_pct: float = 100.0,
    listener: ProgressListener = silent,
) -> Answer:
    """Every item the API gives for an area and a period, or of any time, unchecked.

    The cloud filter is sent only to servers that advertise one; a filtered search without any
    answer is repeated without the filter, since some servers answer nothing to any filter.

    Raises
    ------
    CatalogError
        It cannot be reached, answers nonsense, lies about paging, or lacks the collection.
    """
    with naming_address(url):
        search = _Search(
            io=io,
            links=[link for link in links_of(root) if link.get("rel") == "search"],
            url=url,
            listener=listener,
            parameters={
                "collections": collection.split(","),
                "intersects": shapely.geometry.mapping(area),
                "limit": PAGE_SIZE,
                **({"datetime": _interval(period)} if period else {}),
            },
        )
    cloud = _cloud_filter(root.get("conformsTo") or (), max_cloud_cover_pct, search.method)
    items = search.run(**cloud)
    if cloud and not items:
        items = search.run()
        if items:
            search.notes.append("the catalogue answers nothing to its cloud filter: filtered here")
    extent = ("", "") if items else _extent(io, url, root, collection)
    return Answer(items=items, collection=collection, extent=extent, notes=tuple(search.notes))


def collections_of(io: Documents, url: str, root: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The API's collections by id (the first page of them)."""
    address = _link(root, "data", url) or f"{canonical_href(url).rstrip('/')}/collections"
    found = read_json(io, address).get("collections") or []
    return {str(c.get("id")): c for c in found if isinstance(c, dict)}


def _extent(io: Documents, url: str, root: Mapping[str, Any], collection: str) -> tuple[str, str]:
    """First and last day of the collection; raises when the API has no such collection."""
    known = collections_of(io, url, root)
    first, *_ = wanted = collection.split(",")
    if known and not known.keys() & set(wanted):
        raise CatalogError(
            unknown_name(f"collection of {redact(url)}", collection, list(known)),
            hint="choose one with --collection",
        )
    return time_extent(known.get(first, {}))


def _interval(period: Period) -> str:
    """The period for a server; a day longer, since the client checks the end itself."""
    return f"{period.start}T00:00:00Z/{period.end + timedelta(days=1)}T00:00:00Z"


def _cloud_filter(conforms: Sequence[str], limit: float, method: str) -> dict[str, Any]:
    if limit >= 100:
        return {}
    if any(_QUERY.search(c) for c in conforms):
        return {"query": {"eo:cloud_cover": {"lte": limit}}}
    by_json = any(_CQL2_JSON.search(c) for c in conforms) and method == "POST"
    if by_json and any(_FILTER.search(c) for c in conforms):
        comparison = {"op": "<=", "args": [{"property": "eo:cloud_cover"}, limit]}
        return {"filter": comparison, "filter_lang": "cql2-json"}
    return {}


def _link(root: Mapping[str, Any], relation: str, url: str) -> str:
    for link in links_of(root):
        if link.get("rel") == relation and link.get("href"):
            return urljoin(url, str(link["href"]))
    return ""


@dataclass(kw_only=True)
class _Search:
    io: Documents
    links: Sequence[Mapping[str, Any]]
    url: str
    parameters: Mapping[str, Any]
    listener: ProgressListener
    notes: list[str] = field(default_factory=list)

    @property
    def method(self) -> str:
        """POST where it is offered: an outline may be too long for an address."""
        return "POST" if any(link.get("method") == "POST" for link in self.links) else "GET"

    def run(self, **more: Any) -> tuple[RawItem, ...]:
        """All items, in the order they came, each once."""
        from pystac_client import ItemSearch  # brings a validator of schemas, which takes seconds

        matching = [k for k in self.links if (k.get("method") or "GET") == self.method]
        address = urljoin(self.url, str((matching or self.links)[0]["href"]))
        search = ItemSearch(
            address, method=self.method, stac_io=self.io.server, **self.parameters, **more
        )
        found: dict[object, RawItem] = {}
        matched, last_size, pages = None, 0, 0
        with naming_address(self.url):
            for page in search.pages_as_dicts():
                pages += 1
                before = len(found)
                matched = _matched(page) if matched is None else matched
                for item in page["features"]:
                    found.setdefault(_key(item), RawItem(item=item, base=_self(item, address)))
                last_size = len(page["features"])
                self.listener(Progress("catalogue", len(found), matched or len(found)))
                if len(found) == before or pages >= MAX_PAGES:
                    self._refuse_loop(len(found), matched, pages, repeats=len(found) == before)
                    break
            else:
                self._check_end(len(found), matched, last_size, pages)
        return tuple(found.values())

    def _refuse_loop(self, got: int, matched: int | None, pages: int, *, repeats: bool) -> None:
        fault = f"page {pages} repeats earlier ones" if repeats else f"no end after {pages} pages"
        if matched is None or got < matched:
            raise CatalogError(
                f"{redact(self.url)} lies about its pages: {fault}, after {got} scenes",
                hint="try a shorter period, or another --catalog",
            )
        self.notes.append(f"the catalogue's pages do not end ({fault}); all {got} scenes were had")

    def _check_end(self, got: int, matched: int | None, last_size: int, pages: int) -> None:
        if matched is not None and got < matched:
            if last_size >= PAGE_SIZE or got == 0:
                raise CatalogError(
                    f"{redact(self.url)} says {matched} scenes match and gives {got}, "
                    "without a next page",
                    hint="try a shorter period, or another --catalog",
                )
            self.notes.append(f"the catalogue counted {matched} scenes and gave {got}")
        elif matched is None and pages == 1 and last_size >= PAGE_SIZE:
            self.notes.append(
                f"the catalogue gives a full page ({last_size}), no count and no next page: "
                "scenes may be missing"
            )


def _matched(page: Mapping[str, Any]) -> int | None:
    context = page.get("context")
    count = page.get("numberMatched")
    if count is None and isinstance(context, Mapping):
        count = context.get("matched")
    return count if isinstance(count, int) else None


def _key(item: Any) -> object:
    """What names an item; all without a name are different."""
    named = isinstance(item, Mapping) and isinstance(item.get("id"), str | int)
    return (str(item.get("collection"))[:LONGEST_NAME], item["id"]) if named else object()


def _self(item: Any, fallback: str) -> str:
    """Where an item says that it stands: on a server, or it is not believed."""
    for link in links_of(item):
        if link.get("rel") == "self" and is_remote(str(link.get("href"))):
            return str(link["href"])
    return fallback
