"""Made-up items in every dialect, and catalogues on disk and on loopback that serve them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box, mapping

from minewatch.model import AreaOfInterest
from minewatch.settings import Settings

BANDS = {
    "blue": "B02", "green": "B03", "red": "B04", "nir": "B08", "swir16": "B11", "swir22": "B12",
    "scl": "SCL",
}  # fmt: skip
Item = dict[str, Any]


def make_item(
    name: str = "S2A_47RMJ_20230105_0_L2A",
    *,
    day: str = "2023-01-05",
    tile: str = "47RMJ",
    baseline: str = "05.09",
    cloud: float | None = 12.5,
    west: float = 98.0,
    made: str = "20230105T081500",
    craft: str = "A",
    **properties: Any,
) -> Item:
    """An item as Earth Search v1 gives them, of nowhere real."""
    compact = day.replace("-", "")
    start = f"{compact}T040111"
    product = f"S2{craft}_MSIL2A_{start}_N{baseline.replace('.', '')}_R004_T{tile}_{made}.SAFE"
    stated: Item = {
        "datetime": f"{day}T04:11:31.024000Z",
        "platform": f"sentinel-2{craft.lower()}",
        "constellation": "sentinel-2",
        "eo:cloud_cover": cloud,
        "grid:code": f"MGRS-{tile}",
        "proj:epsg": 32647,
        "s2:product_type": "S2MSI2A",
        "s2:processing_baseline": baseline,
        "s2:product_uri": product,
        "s2:datatake_id": f"GS2{craft}_{start}_039375_N{baseline}",
        "earthsearch:boa_offset_applied": True,
        **properties,
    }
    outline = box(west, 25.0, west + 1, 26.0)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": name,
        "collection": "sentinel-2-l2a",
        "bbox": list(outline.bounds),
        "geometry": mapping(outline),
        "properties": {k: v for k, v in stated.items() if v is not None},
        "links": [],
        "assets": {
            band: {
                "href": f"https://pixels.example/{name}/{code}.tif",
                "raster:bands": [{"nodata": 0, "scale": 0.0001, "offset": -0.1}],
                "proj:shape": [10980, 10980],
                "proj:transform": [10, 0, 399960, 0, -10, 2900040],
            }
            for band, code in BANDS.items()
        },
    }


def write_static(folder: Path, items: list[Item], *, collection: str = "sentinel-2-l2a") -> Path:
    """A static catalogue with relative links; returns its catalog.json."""
    folder.mkdir(parents=True, exist_ok=True)
    links = []
    for item in items:
        place = folder / "items" / item["id"]
        place.mkdir(parents=True, exist_ok=True)
        (place / "item.json").write_text(json.dumps(item))
        links.append({"rel": "item", "href": f"./items/{item['id']}/item.json"})
    interval = [["2023-01-01T00:00:00Z", "2023-12-31T00:00:00Z"]]
    below = {
        "type": "Collection", "id": collection, "stac_version": "1.0.0", "description": "simulated",
        "license": "none", "links": links,
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": interval}},
    }  # fmt: skip
    root = {
        "type": "Catalog", "id": "simulated", "stac_version": "1.0.0", "description": "simulated",
        "links": [{"rel": "child", "href": "./collection.json"}],
    }  # fmt: skip
    (folder / "collection.json").write_text(json.dumps(below))
    (folder / "catalog.json").write_text(json.dumps(root))
    return folder / "catalog.json"


@dataclass
class Reply:
    """One answer of the loopback server."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


@dataclass
class LoopbackApi:
    """A STAC API that answers searches by a script, and remembers what it was asked."""

    url: str = ""
    search: Callable[[Item, int], Reply] = lambda _body, _call: Reply({"features": []})
    root: Reply | None = None
    conforms: list[str] = field(default_factory=list)
    collections: list[Item] = field(default_factory=list)
    asked: list[Item] = field(default_factory=list)

    def reply(self, path: str, body: Item) -> Reply:
        """The answer to one request."""
        if path.startswith("/search"):
            self.asked.append(body)
            return self.search(body, len(self.asked))
        if path.startswith("/collections"):
            return Reply({"collections": self.collections})
        links = [{"rel": "search", "href": f"{self.url}/search", "method": "POST"}]
        return self.root or Reply(
            {"type": "Catalog", "id": "loopback", "stac_version": "1.0.0", "description": "",
             "conformsTo": self.conforms, "links": links}
        )  # fmt: skip

    def page(self, items: list[Item], **more: Any) -> Reply:
        """A page of items."""
        return Reply({"type": "FeatureCollection", "features": items, "links": [], **more})

    def next_link(self, body: Item) -> Item:
        """The member of a page that leads to another one."""
        link = {"rel": "next", "method": "POST", "href": f"{self.url}/search", "body": body}
        return {"links": [link]}


@pytest.fixture
def loopback() -> Iterator[LoopbackApi]:
    """A scripted STAC API on loopback."""
    api = LoopbackApi(
        collections=[
            {
                "id": "sentinel-2-l2a",
                "extent": {
                    "temporal": {"interval": [["2015-07-04T00:00:00Z", "2023-12-31T00:00:00Z"]]}
                },
            }
        ]
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self._answer(json.loads(self.rfile.read(length) or b"{}"))

        def _answer(self, body: Item) -> None:
            reply = api.reply(self.path, body)
            if reply.delay_s:
                time.sleep(reply.delay_s)
            raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            try:
                self.send_response(reply.status)
                for key, value in reply.headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)
            except (BrokenPipeError, ConnectionResetError):
                pass

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield api
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def aoi() -> AreaOfInterest:
    """A made-up area in the middle of the made-up scenes."""
    outline = box(98.4, 25.4, 98.6, 25.6)
    return AreaOfInterest(id="simulated", name="Simulated", geometry=outline, utm_epsg=32647)


@pytest.fixture
def hasty() -> Settings:
    """Settings that give up soon."""
    return Settings(http_timeout_s=0.5, http_retries=2, http_backoff_s=0.0, http_max_wait_s=0.05)


@pytest.fixture
def item() -> Callable[..., Item]:
    """`make_item`."""
    return make_item


@pytest.fixture
def static() -> Callable[..., Path]:
    """`write_static`."""
    return write_static


@pytest.fixture
def reply() -> type[Reply]:
    """`Reply`."""
    return Reply
