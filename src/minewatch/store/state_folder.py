"""What a run keeps on disk between one night and the next: its job, quality of scenes, a lock.

`run.json` names everything that belongs to the job, so writing it is the one step that counts.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minewatch import catalog as catalogs
from minewatch.errors import StateError
from minewatch.files import write_bytes_atomic
from minewatch.model import Chunk, SceneList, SceneQuality
from minewatch.store.keys import LAYOUT_VERSION, list_key

log = logging.getLogger(__name__)


_OPTIONS: Mapping[str, str] = {
    "start": "--start", "end": "--end", "catalog": "--catalog", "collection": "--collection",
    "sensor": "--sensor", "period": "--period", "resolution_m": "--resolution",
    "max_cloud_cover_pct": "--max-cloud-cover", "chunk_px": "--chunk", "dem": "--dem",
}  # fmt: skip
"""Parameters that every layout held, to the options of `minewatch run`."""


@dataclass(frozen=True, kw_only=True)
class StateFolder:
    """The `state/` folder of one run."""

    directory: Path
    """The folder."""

    @property
    def parameters_path(self) -> Path:
        """Parameters of the job, and the name of its scene list."""
        return self.directory / "run.json"

    @property
    def aoi_path(self) -> Path:
        """The area the run watches."""
        return self.directory / "aoi.geojson"

    @property
    def detections_path(self) -> Path:
        """Every patch of every site, with its evidence terms."""
        return self.directory / "detections.geojson"

    @property
    def log_path(self) -> Path:
        """One line for each job that was finished here, see `minewatch.store.job_log`."""
        return self.directory / "log.jsonl"

    @property
    def item_cache_path(self) -> Path:
        """What the lines of the frozen scenes were made from, see `minewatch.store.item_cache`."""
        return self.directory / "item_cache.json"

    @property
    def rasters_path(self) -> Path:
        """What the rasters in place were made of, see `minewatch.pipeline.raster_products`."""
        return self.directory / "rasters.json"

    @property
    def scene_quality_path(self) -> Path:
        """Quality of the scenes met so far."""
        return self.directory / "scene_quality.json"

    @property
    def reference_path(self) -> Path:
        """Patches that scenes are laid against."""
        return self.directory / "reference.zip"

    @property
    def terrain_path(self) -> Path:
        """How the ground slopes, see `minewatch.pipeline.terrain_step`."""
        return self.directory / "terrain.npz"

    def pixel_state_folder(self, chunk: Chunk) -> Path:
        """Where a detector keeps its state of the pixels of a chunk."""
        return self.directory / "evidence" / "pixel_state" / chunk.name

    @property
    def scenes_path(self) -> Path:
        """The frozen scenes of the job.

        Raises
        ------
        StateError
            As for `read_parameters`.
        """
        return self.directory / self._read_job()[1]

    def write_job(
        self, parameters: Mapping[str, Any], scenes: SceneList, *, rules: Mapping[str, Any]
    ) -> None:
        """Remember what is being done, in one step: parameters, scenes, versions of rules."""
        path = self.directory / f"scenes-{list_key(scenes)[:12]}.json"
        before = self.scenes_path if self.parameters_path.exists() else None
        from minewatch.store.item_cache import ItemCache  # loads what names every rule

        cache = ItemCache.read(self.item_cache_path, before).encode(scenes)
        catalogs.write_scene_list(scenes, path, lines=cache.lines)
        body = {
            "layout_version": LAYOUT_VERSION, "scenes": path.name, "rule_versions": dict(rules),
            **parameters,
        }  # fmt: skip
        write_bytes_atomic(self.parameters_path, as_json(body))
        write_bytes_atomic(self.item_cache_path, as_json(cache.marks))
        for other in self.directory.glob("scenes-*.json"):
            if other != path:
                other.unlink()

    def read_parameters(self) -> dict[str, Any]:
        """What the run was last asked to do.

        Raises
        ------
        StateError
            When there is no state here, it is damaged, or another version wrote it.
        """
        body = self._read_job()[0]
        return {name: value for name, value in body.items() if name != "rule_versions"}

    def read_rule_versions(self) -> dict[str, Any]:
        """The versions of the rules that the last job here worked by.

        Raises
        ------
        StateError
            As for `read_parameters`.
        """
        return dict(self._read_job()[0].get("rule_versions", {}))

    def read_scenes(self) -> SceneList:
        """The frozen scenes of the job.

        Raises
        ------
        StateError
            As for `read_parameters`.
        """
        return catalogs.read_scene_list(self.scenes_path)

    def _read_job(self) -> tuple[dict[str, Any], str]:
        try:
            body: dict[str, Any] = json.loads(self.parameters_path.read_text("utf-8"))
            version = body.pop("layout_version", None) or body.pop("state_version")
        except (FileNotFoundError, NotADirectoryError):
            raise StateError(
                f"{self.directory.parent} holds no run",
                hint="give the folder that `minewatch run --out` wrote",
            ) from None
        except (ValueError, KeyError, AttributeError, TypeError):
            raise self._damaged() from None
        if version != LAYOUT_VERSION:
            raise self._other_layout(version, body)
        scenes = body.pop("scenes", None)
        if not isinstance(scenes, str):
            raise self._damaged()
        return body, scenes

    def _other_layout(self, version: object, body: Mapping[str, Any]) -> StateError:
        """That another minewatch made the state, and the command that goes on without loss."""
        out, maker = self.directory.parent, "another minewatch"
        with suppress(OSError, ValueError, KeyError, TypeError):
            manifest = json.loads((out / "manifest.json").read_text("utf-8"))
            maker = f"minewatch {manifest['version']}"
        problem = (
            f"{out} was made by {maker}: {self.directory} has layout {version}, this minewatch "
            f"reads {LAYOUT_VERSION}"
        )
        if not isinstance(version, int) or version > LAYOUT_VERSION:
            return StateError(problem, hint="go on with that one, or a later one")
        words = ["minewatch", "run", "--aoi", str(self.aoi_path)]
        words += ["--scenes", str(self.directory / str(body.get("scenes")))]
        for name, option in _OPTIONS.items():
            if body.get(name) is not None:
                words += [option, str(body[name])]
        words += ["--out", f"{out.absolute()}-again"]
        return StateError(
            problem,
            hint="nothing in it was changed, and sites, diff, report and export read it as before; "
            f"to go on, make it again from its scenes: {shlex.join(words)}",
        )

    def _damaged(self) -> StateError:
        return StateError(
            f"{self.parameters_path} is damaged",
            hint="run again into a new folder with `minewatch run --out`",
        )

    def scene_quality_rules(self) -> dict[str, str]:
        """Scene id to the rules that made the quality that is kept of it; empty when damaged."""
        try:
            rows = json.loads(self.scene_quality_path.read_text("utf-8"))
            return {row["scene_id"]: str(row.get("rules", "unknown")) for row in rows}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def read_scene_quality(self, keys: Mapping[str, str]) -> dict[str, SceneQuality]:
        """Quality found before that still holds.

        Parameters
        ----------
        keys
            Scene id to the hash of all that decides its quality; those of another do not hold.
        """
        if not self.scene_quality_path.exists():
            return {}
        try:
            rows = json.loads(self.scene_quality_path.read_text("utf-8"))
            holds = [row for row in rows if keys.get(row["scene_id"]) == row.pop("key")]
            return {row["scene_id"]: _quality(row) for row in holds}
        except (ValueError, KeyError, TypeError) as error:
            log.warning(
                "%s is damaged (%s): their scenes are looked over again",
                self.scene_quality_path,
                error,
            )
            return {}

    def write_scene_quality(
        self, quality: Mapping[str, SceneQuality], keys: Mapping[str, str], *, rules: str
    ) -> None:
        """Remember the quality of scenes, from what it was found, and by which rules."""
        rows = (
            {**vars(quality[name]), "key": keys[name], "rules": rules} for name in sorted(quality)
        )
        lines = ",\n".join(_encode(row) for row in rows)
        write_bytes_atomic(self.scene_quality_path, f"[\n{lines}\n]\n".encode())


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the run directory for this process alone.

    Raises
    ------
    StateError
        When another process holds it.
    """
    path = directory / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise StateError(
                f"{directory.parent} is being written by another minewatch (process {holder})",
                hint="wait for it to end, or stop it",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def as_json(body: Mapping[str, Any]) -> bytes:
    """Plain values as JSON, an entry a line, the same bytes for equal content."""
    rows = ",\n".join(f"{_encode(str(name))}: {_encode(body[name])}" for name in sorted(body))
    return f"{{\n{rows}\n}}\n".encode()


_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


def _quality(row: Mapping[str, Any]) -> SceneQuality:
    lists = ("shift_xy_m", "misplaced_xy_m", "unread", "notes")
    ends = {band: tuple(pair) for band, pair in row["ends_dn"].items()}
    fields = {name: value for name, value in row.items() if name != "rules"}
    tuples = {name: tuple(row[name]) for name in lists}
    return SceneQuality(**{**fields, **tuples, "ends_dn": ends})
