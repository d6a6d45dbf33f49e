"""Walking a static catalogue: every item in it, filtered later by the client."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from minewatch.catalog.answers import Answer, RawItem, links_of, time_extent
from minewatch.catalog.connection import Documents, read_json
from minewatch.catalog.hrefs import canonical_href
from minewatch.catalog.item_checks import LONGEST_NAME
from minewatch.errors import CatalogError, unknown_name
from minewatch.model import Progress, ProgressListener, silent
from minewatch.redaction import redact
from minewatch.sensors import ELEVATION_COLLECTIONS


def walk_static(
    io: Documents,
    address: str,
    root: Mapping[str, Any],
    *,
    collection: str | None,
    listener: ProgressListener = silent,
) -> Answer:
    """Every item below a static catalogue, collection, item collection or item.

    Parameters
    ----------
    io
        Reader of documents.
    address
        Where `root` stands, absolute.
    root
        The document there.
    collection
        Only items of this collection; None: all that are not heights.

    Raises
    ------
    CatalogError
        A catalogue or collection below it cannot be read, or the collection is not there.
    """
    walk = _Walk(io=io, collection=collection, listener=listener)
    items = tuple(walk.items(address, root))
    found = {_collection_of(raw.item) for raw in items} | set(walk.extents)
    if collection and collection not in found:
        raise CatalogError(
            unknown_name("collection", collection, sorted((walk.others | found) - {""})),
            hint="leave --collection out to take all of them",
        )
    firsts, lasts = zip(*walk.extents.values(), strict=True) if walk.extents else ((), ())
    return Answer(
        items=items,
        collection=collection or ",".join(sorted(found - {""})),
        extent=(min(firsts, default=""), max(lasts, default="") if all(lasts) else ""),
        dropped=walk.dropped,
    )


@dataclass(kw_only=True)
class _Walk:
    io: Documents
    collection: str | None
    listener: ProgressListener
    dropped: dict[str, str] = field(default_factory=dict)
    extents: dict[str, tuple[str, str]] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)

    def items(self, address: str, root: Mapping[str, Any]) -> Iterator[RawItem]:
        waiting: deque[tuple[str, Mapping[str, Any]]] = deque([(address, root)])
        visited, read = {address}, 0
        while waiting:
            here, node = waiting.popleft()
            if node.get("type") == "FeatureCollection":
                yield from self._features(here, node)
                continue
            if node.get("type") == "Feature":
                yield from self._wanted(RawItem(item=node, base=here))
                continue
            if not self._enter(here, node):
                continue
            for relation, href in _links(here, node):
                if href in visited:
                    continue
                visited.add(href)
                if relation == "child":
                    waiting.append((href, read_json(self.io, href)))
                    continue
                yield from self._item_at(href)
                read += 1
                self.listener(Progress("catalogue", read, read, href.rpartition("/")[2]))

    def _enter(self, here: str, node: Mapping[str, Any]) -> bool:
        """Note what a catalogue or collection says of itself; False when it is not wanted."""
        kind = node.get("type") or ("Collection" if "extent" in node else "Catalog")
        if kind not in {"Catalog", "Collection"} or "links" not in node:
            raise CatalogError(
                f"{redact(here)} is not STAC: it is a {kind!r} without links",
                hint="give the root of a STAC API, or a catalog.json",
            )
        if kind == "Collection":
            name = str(node.get("id") or "")
            if name != self.collection and (self.collection or name in ELEVATION_COLLECTIONS):
                self.others.add(name)
                return False
            self.extents[name] = time_extent(node)
        return True

    def _features(self, here: str, node: Mapping[str, Any]) -> Iterator[RawItem]:
        features = node.get("features")
        for feature in features if isinstance(features, list) else ():
            yield from self._wanted(RawItem(item=feature, base=here))

    def _item_at(self, href: str) -> Iterator[RawItem]:
        try:
            item = read_json(self.io, href)
        except CatalogError as error:
            self.dropped[redact(href)] = f"the item cannot be read: {error.problem}"
            return
        yield from self._wanted(RawItem(item=item, base=href))

    def _wanted(self, raw: RawItem) -> Iterator[RawItem]:
        stated = _collection_of(raw.item)
        if self.collection and stated != self.collection:
            self.others.add(stated)
            return
        yield raw


def _collection_of(item: Any) -> str:
    stated = item.get("collection") if isinstance(item, Mapping) else None
    return str(stated or "")[:LONGEST_NAME]


def _links(here: str, node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Relation and absolute address of each child and item, signed ones kept as they are."""
    for link in links_of(node):
        if link.get("rel") in ("child", "item") and link.get("href"):
            yield link["rel"], _absolute(str(link["href"]), here)


def _absolute(href: str, here: str) -> str:
    return href if "://" in href else canonical_href(href, base=here)
