"""The scenes of a job: those that were given, or those that a search finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from minewatch import catalog as catalogs
from minewatch.errors import NoScenesError, SettingsError
from minewatch.model import AreaOfInterest, Parameters, ProgressListener, SceneList
from minewatch.sensors import get_sensor


def find_scene_list(
    area: AreaOfInterest,
    parameters: Parameters,
    scenes: str | Path | SceneList | None,
    listener: ProgressListener,
) -> SceneList:
    """The scenes given, or those that a search finds.

    Parameters
    ----------
    area, parameters
        What to search for.
    scenes
        A frozen list, or the path of one; None searches.
    listener
        Hears of the search.

    Raises
    ------
    NoScenesError
        When there are none.
    """
    if scenes is not None:
        given = read_given(scenes, sensor=parameters.sensor)
        return within(given, area, start=parameters.span.start, end=parameters.span.end)
    return catalogs.find_scenes(
        area,
        parameters.span,
        catalog=parameters.catalog,
        collection=parameters.collection,
        sensor=parameters.sensor,
        max_cloud_cover_pct=parameters.max_cloud_cover_pct,
        listener=listener,
    )


def read_given(scenes: str | Path | SceneList, *, sensor: str) -> SceneList:
    """A frozen list, or that of a file, of one sensor.

    Parameters
    ----------
    scenes
        The list, or the path of one.
    sensor
        Name of the profile that the run was asked for.

    Raises
    ------
    SettingsError
        The sensor is unknown, or the scenes are of another one.
    """
    get_sensor(sensor)
    if not isinstance(scenes, SceneList):
        scenes = catalogs.read_scene_list(Path(scenes), sensor=sensor)
    others = sorted({scene.sensor for scene in scenes} - {sensor})
    if others:
        raise SettingsError(
            f"the scenes given are of {', '.join(others)}, not of {sensor}",
            hint=f"add --sensor {others[0]}, or give other scenes",
        )
    return scenes


def within(
    scenes: SceneList, area: AreaOfInterest, *, start: date | None, end: date | None
) -> SceneList:
    """The scenes of a list that lie in an area and between two days.

    Parameters
    ----------
    scenes
        A frozen list.
    area
        What a footprint must touch.
    start, end
        First and last day, both included; None is open.

    Raises
    ------
    NoScenesError
        When none does.
    """
    kept = tuple(
        scene
        for scene in scenes
        if (start is None or scene.day >= start)
        and (end is None or scene.day <= end)
        and scene.footprint.intersects(area.geometry)
    )
    if not kept:
        raise NoScenesError(
            f"none of the {len(scenes)} scenes in the list lies in the area and the dates",
            hint="check --aoi, --start and --end against the list",
        )
    return replace(scenes, scenes=kept)
