"""What scenes are laid against: chosen once, kept, chosen again when older overpasses come."""

from __future__ import annotations

import io
import json
import logging
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox
from rasterio.transform import Affine

from minewatch import cube
from minewatch.files import write_bytes_atomic
from minewatch.model import AreaOfInterest, PixelReader, Scene, SceneList, group_overpasses
from minewatch.store.hashing import hash_text, hash_values
from minewatch.store.rule_versions import rules_of
from minewatch.store.state_folder import StateFolder

log = logging.getLogger(__name__)


def hold_reference(
    scenes: SceneList, aoi: AreaOfInterest, state: StateFolder, *, reader: PixelReader
) -> cube.Reference:
    """The reference of a scene list: the one that is kept, when it would be chosen again.

    It holds while the overpasses it was chosen from are the same. When one of them could not be
    read, they are tried again, so that a run that goes on ends as one that was never cut.

    Parameters
    ----------
    scenes, aoi
        All scenes, and the area.
    state
        Where it is kept.
    reader
        How pixels come.
    """
    held, key = _read(state)
    if held and held.is_sure and key == _key(scenes, held):
        is_last_word = held.patches or len(held.looked_at) == len(scenes)
        if is_last_word:
            return held
    found = cube.make_reference(scenes, aoi, reader=reader)
    write_bytes_atomic(state.reference_path, _as_bytes(found, _key(scenes, found)))
    return found


def scene_quality_keys(scenes: SceneList, reference: cube.Reference | None) -> dict[str, str]:
    """Scene id to the hash of all that decides its quality.

    Parameters
    ----------
    scenes
        The scenes.
    reference
        What they are laid against.
    """
    held = reference or cube.Reference()
    about = [list(held.middle_xy_m), [_describe(patch) for patch in held.patches]]
    against = json.dumps(about, sort_keys=True)  # once, for it is the longest part of every hash
    rules = rules_of("scene_quality", scenes)
    return {s.id: hash_text(f'["{rules}", "{s.key}", {against}]') for s in scenes}


def read_reference(state: StateFolder) -> cube.Reference | None:
    """The reference that is kept; None when there is none."""
    return _read(state)[0]


def _key(scenes: SceneList, reference: cube.Reference) -> str:
    """Hash of the overpasses that a reference is chosen from, as they are in a list."""
    by_id: Mapping[str, Scene] = {scene.id: scene for scene in scenes}
    count = len(reference.looked_at)
    first = [scene.id for overpass in group_overpasses(scenes) for scene in overpass][:count]
    return hash_values([rules_of("reference", scenes), [by_id[name].key for name in first]])


def _describe(patch: cube.Patch) -> dict[str, Any]:
    box, pixels = patch.geobox, np.ascontiguousarray(patch.pixels)
    return {
        "scene_id": patch.scene_id, "crs": str(box.crs), "transform": list(box.transform[:6]),
        "crc32": zlib.crc32(pixels.data),
    }  # fmt: skip


def _as_bytes(reference: cube.Reference, key: str) -> bytes:
    body = {
        "key": key, "looked_at": reference.looked_at, "is_sure": reference.is_sure,
        "middle_xy_m": reference.middle_xy_m,
        "patches": [_describe(patch) for patch in reference.patches],
    }  # fmt: skip
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("reference.json"), json.dumps(body))
        for at, patch in enumerate(reference.patches):
            pixels = io.BytesIO()
            np.save(pixels, patch.pixels, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{at}.npy"), pixels.getvalue())
    return content.getvalue()


def _read(state: StateFolder) -> tuple[cube.Reference | None, str]:
    path = state.reference_path
    try:
        with zipfile.ZipFile(path) as archive:
            body = json.loads(archive.read("reference.json"))
            arrays = [
                np.load(io.BytesIO(archive.read(f"{at}.npy")), allow_pickle=False)
                for at in range(len(body["patches"]))
            ]
        pairs = zip(body["patches"], arrays, strict=True)
        patches = tuple(_patch(row, pixels) for row, pixels in pairs)
        held = cube.Reference(
            patches=patches,
            middle_xy_m=(body["middle_xy_m"][0], body["middle_xy_m"][1]),
            looked_at=tuple(body["looked_at"]),
            is_sure=body["is_sure"],
        )
        return held, str(body["key"])
    except FileNotFoundError:
        return None, ""
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        log.warning("%s is damaged (%s): the reference is chosen again", path, error)
        return None, ""


def _patch(row: Mapping[str, Any], pixels: np.ndarray[Any, Any]) -> cube.Patch:
    geobox = GeoBox(pixels.shape, Affine(*row["transform"]), row["crs"])
    return cube.Patch(geobox=geobox, pixels=pixels, scene_id=row["scene_id"])
