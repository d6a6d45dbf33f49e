"""`scenes.json`: the frozen list of scenes as a STAC ItemCollection."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from minewatch.catalog.answers import RawItem, links_of
from minewatch.catalog.hrefs import canonical_href, clean_value
from minewatch.catalog.item_checks import ItemError
from minewatch.catalog.items import scene_from_item
from minewatch.catalog.selection import select_scenes
from minewatch.errors import CatalogError, NoScenesError
from minewatch.files import write_bytes_atomic
from minewatch.model import Scene, SceneList
from minewatch.redaction import redact
from minewatch.sensors import DEFAULT_SENSOR, SensorProfile, get_sensor

FORMAT = 1
"""Version of our member of the file."""


def write_scene_list(
    scene_list: SceneList, path: Path, *, lines: Sequence[str] | None = None
) -> None:
    """Write a list of scenes as a STAC ItemCollection, atomically and without any secret.

    Equal lists give equal bytes; each item stands on a line.

    Parameters
    ----------
    scene_list
        The scenes.
    path
        The file.
    lines
        `item_line` of each scene, where they are known; None finds them.

    Raises
    ------
    OutputError
        It cannot be written there.
    """
    items = [item_line(scene) for scene in scene_list] if lines is None else lines
    write_bytes_atomic(path, _as_text(scene_list, items).encode())


def read_scene_list(
    path: Path, *, sensor: str | None = None, known: Mapping[str, Scene] | None = None
) -> SceneList:
    """The list of scenes in a file written by us, or an ItemCollection saved by another tool.

    Parameters
    ----------
    path
        The file.
    sensor
        Sensor of a foreign ItemCollection; None: Sentinel-2 L2A. Ours say it themselves.
    known
        Scenes at hand by their `item_line`: what stands so in a list of ours is not read again.

    Returns
    -------
    SceneList
        Ours: exactly what was written. Foreign: usable items, duplicates resolved.

    Raises
    ------
    CatalogError
        Missing, damaged, or not an ItemCollection.
    NoScenesError
        A foreign one without a usable item.
    """
    try:
        found = _parsed(path.read_text(encoding="utf-8"), known or {})
    except OSError as error:
        raise CatalogError(
            f"{path} cannot be read: {error.strerror or error}", hint="check the path"
        ) from None
    except ValueError:
        raise _damaged(path, "it is not JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise _damaged(path, "it holds no items")
    ours = found.get("minewatch")
    if isinstance(ours, Mapping):
        return _read_ours(path, found["features"], ours)
    return _read_foreign(path, found["features"], get_sensor(sensor or DEFAULT_SENSOR))


def item_line(scene: Scene) -> str:
    """The item of a scene as JSON on one line, without any secret."""
    return _plain(scene.item)


def item_lines(path: Path) -> list[str]:
    """The lines on which the items of a list of ours stand; none when it is no such file."""
    try:
        return _split(path.read_text(encoding="utf-8"))[1]
    except (OSError, ValueError):
        return []


def _split(text: str) -> tuple[str, list[str]]:
    """What stands before the items of a list of ours, and their lines."""
    head, found, rest = text.partition(_ITEMS)
    return head, rest.removesuffix(_END).split(",\n") if found and rest.endswith(_END) else []


def _parsed(text: str, known: Mapping[str, Scene]) -> Any:
    """A list of scenes as JSON, of which known items are scenes already."""
    head, lines = _split(text)
    fresh = [line for line in lines if line not in known]
    if len(fresh) == len(lines):
        return json.loads(text)
    body = json.loads(f"{head}{_ITEMS}{','.join(fresh)}{_END}")
    items = iter(body["features"])
    return {**body, "features": [known.get(line) or next(items, None) for line in lines]}


_ITEMS, _END = '\n"features": [\n', "\n]}\n"


def _as_text(scene_list: SceneList, lines: Sequence[str]) -> str:
    sensors = sorted({scene.sensor for scene in scene_list})
    ours = {
        "format": FORMAT,
        "catalog": scene_list.catalog,
        "collection": scene_list.collection,
        "sensor": sensors[0] if sensors else DEFAULT_SENSOR,
        "scenes": [scene.id for scene in scene_list],
        "dropped": {redact(k): v for k, v in scene_list.dropped.items()},
        "notes": scene_list.notes,
    }
    items = ",\n".join(lines)
    return f'{{"type": "FeatureCollection",\n"minewatch": {_plain(ours)},{_ITEMS}{items}{_END}'


def _plain(value: Any) -> str:
    """JSON on one line, without any secret."""
    return json.dumps(clean_value(value), sort_keys=True, ensure_ascii=False, allow_nan=False)


def _read_ours(path: Path, features: list[Any], ours: Mapping[str, Any]) -> SceneList:
    if ours.get("format") != FORMAT:
        raise CatalogError(
            f"{path} is of format {ours.get('format')!r}, this minewatch reads {FORMAT}",
            hint="make it anew with the search, or use the minewatch that wrote it",
        )
    try:
        profile = get_sensor(str(ours["sensor"]))
        scenes = tuple(_scene(path, feature, profile) for feature in features)
        if [scene.id for scene in scenes] != ours["scenes"]:
            raise _damaged(path, "its scenes are not those it was written with")
        return SceneList(
            scenes=scenes,
            catalog=str(ours["catalog"]),
            collection=str(ours["collection"]),
            dropped={str(k): str(v) for k, v in ours["dropped"].items()},
            notes=tuple(str(note) for note in ours["notes"]),
        )
    except (ItemError, KeyError, AttributeError, TypeError) as error:
        raise _damaged(path, str(error)) from None


def _scene(path: Path, feature: Any, profile: SensorProfile) -> Scene:
    if isinstance(feature, Scene):
        return feature
    return scene_from_item(feature, profile=profile, base=str(path.absolute()))


def _read_foreign(path: Path, features: list[Any], profile: SensorProfile) -> SceneList:
    base = str(path.absolute())
    items = [RawItem(item=f, base=_address(f, base)) for f in features]
    chosen = select_scenes(items, profile=profile)
    if not chosen.scenes:
        reasons = sorted(set(chosen.dropped.values())) or ["it is empty"]
        raise NoScenesError(f"{path} has no usable {profile.title} item", hint=reasons[0])
    return SceneList(
        scenes=chosen.scenes,
        catalog=base,
        collection=",".join(sorted({s.collection for s in chosen.scenes} - {""})),
        dropped=chosen.dropped,
        notes=chosen.notes,
    )


def _address(feature: Any, base: str) -> str:
    """Where an item says that it stands; `base` where it says nothing that can be."""
    for link in links_of(feature):
        if link.get("rel") == "self" and link.get("href"):
            with suppress(ValueError):
                return canonical_href(str(link["href"]), base=base)
    return base


def _damaged(path: Path, why: str) -> CatalogError:
    return CatalogError(
        f"{path} is not a usable list of scenes: {why}",
        hint="give a STAC ItemCollection, or make it anew with the search",
    )
