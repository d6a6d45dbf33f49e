"""STAC items that are wrong somewhere, drawn at random: whatever foreign servers may send."""

from __future__ import annotations

import json
import marshal
import random
from collections.abc import Iterator, Sequence
from typing import Any

from shapely.geometry import box

from minewatch.catalog import item_line
from minewatch.catalog.answers import RawItem
from minewatch.catalog.selection import Selection, select_scenes
from minewatch.model import Period
from minewatch.sensors import SensorProfile

Item = dict[str, Any]
DEEP, DEEPEST = 800, 10
NAMES = ("id", "assets", "\ud800", "a" * 3000, "token")


def nested(levels: int = DEEP) -> Any:
    """Lists and objects, one in the other."""
    value: Any = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"deeper": value}
    return value


STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**40, -(10**400), float("nan"), float("inf"), -float("inf"),
    1e300, 5e-324, "", " ", "\0", "47N", "²", "\ud800", "a" * 5000, "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "0001-01-01", "http://[", "file:///etc/hostname", "/etc/hostname",
    "vrt://a.tif", "WMS:http://h/", "/vsimem/a", "http://169.254.169.254/a.tif", "EPSG:9999999",
    [], {}, [None], [[]], [{}], {"a": None}, ["a", 1], [10, 0, 0, 0, 0, 0], [0, -1], [1e300] * 6,
    [float("inf")] * 6, {"type": "Polygon", "coordinates": [[[1e999, 0], [1, 1], [1, 0], [0, 0]]]},
    {"type": "Polygon", "coordinates": [[[float("nan"), 0], [1, 1], [1, 0], [0, 0]]]},
    {"type": "GeometryCollection", "geometries": [None]}, {"type": "LineString"},
    {"type": "Polygon", "coordinates": [[0, 1], [2, 3]]}, {"type": ["Polygon"]}, nested(),
)  # fmt: skip
"""Values of the wrong kind, size or meaning."""


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside a JSON value."""
    if above:
        yield above
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    for step, below in steps:
        if isinstance(below, dict | list) and len(above) < DEEPEST:
            yield from places(below, (*above, step))
        else:
            yield (*above, step)


def _copy(value: Any) -> Any:
    """A copy that does not ask how deep the value is."""
    return marshal.loads(marshal.dumps(value, 2))


def mutated(item: Item, rng: random.Random, *, most: int = 3) -> Item:
    """The item with a few values replaced, taken away or put elsewhere."""
    changed = _copy(item)
    for _ in range(rng.randint(1, most)):
        known = list(places(changed))
        if not known:
            break
        short = [way for way in known if len(way) <= 2]
        way = rng.choice(short if short and rng.random() < 0.5 else known)
        holder = changed
        for step in way[:-1]:
            holder = holder[step]
        deed = rng.random()
        if deed < 0.15:
            del holder[way[-1]]
        elif deed < 0.25 and isinstance(holder, dict):
            holder[rng.choice(("id", "assets", "\ud800", "a" * 3000, "token"))] = holder.pop(
                way[-1]
            )
        else:
            holder[way[-1]] = _copy(rng.choice(STRANGE))
    return changed


def check_selection(
    good: Sequence[Item], strange: Sequence[Any], *, profile: SensorProfile, period: Period
) -> Selection:
    """Raise unless good items come through beside strange ones, and those are told one by one."""
    base = "https://catalogue.example/items/a.json"
    raw = [RawItem(item=item, base=base) for item in (*strange, *good)]
    found = select_scenes(raw, profile=profile, area=box(-180, -90, 180, 90), period=period)
    kept = {scene.id for scene in found.scenes}
    assert {item["id"] for item in good} <= kept
    told = len(found.scenes) + len(found.dropped) + found.elsewhere + found.elsewhen
    names = {str(item.get("id")) for item in strange if isinstance(item, dict)}
    twice = len(strange) - len(names)  # equal names are told once, if for one reason
    assert told >= len(raw) - twice
    for name, reason in found.dropped.items():
        assert name, reason
        assert reason.strip()
        assert len(reason) < 1000
        (name + reason).encode()
    for scene in found.scenes:
        json.loads(item_line(scene).encode())
        assert len(scene.key) == 64
        profile.offset_from_metadata(scene)
        for asset in scene.assets.values():
            assert asset.href.startswith(("https://", "http://", "s3://"))
    return found
