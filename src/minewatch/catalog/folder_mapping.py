"""The mapping file of a folder of GeoTIFFs: which file is what, read once and checked."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from minewatch.errors import CatalogError, SettingsError, unknown_name
from minewatch.model import CORE_BANDS, DEFAULT_SENSOR, REFLECTANCE_BANDS, Band, MaskValues
from minewatch.sensors import GEOTIFF_FOLDER

MAPPING_NAME: Final = "minewatch.toml"
"""Name of the mapping file of a folder."""
PAGE: Final = "docs/geotiff-folders.md"
NO_NODATA: Final = -1.0
"""Nodata of a mask of which every value is a class."""
_KEYS = frozenset(
    {"title", "attribution", "platform", "simulated", "folder", "files", "date", "scale", "offset",
     "nodata", "bands", "mask"}
)  # fmt: skip
_BAND_KEYS = frozenset({"files", "band"})
_MASK_KEYS = frozenset({"files", "band", "clear", "hidden_bits", "nodata", "grow"})
_DATE_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d\d)",
    "DD": r"(?P<day>\d\d)",
    "hh": r"(?P<hour>\d\d)",
    "mm": r"(?P<minute>\d\d)",
    "ss": r"(?P<second>\d\d)",
}


@dataclass(frozen=True, kw_only=True)
class BandPlace:
    """Where a band of a scene is found."""

    files: str
    """Name of its file below the folder, with `{scene}` for what names the scene."""
    index: int
    """Which band of that file it is, counted from 1."""


@dataclass(frozen=True, kw_only=True)
class FolderMapping:
    """What a mapping file says."""

    path: Path
    """The mapping file, absolute."""
    folder: Path
    """The folder of the GeoTIFFs, absolute."""
    title: str
    """Name for people."""
    attribution: str
    """What the licence of the imagery asks to be said; empty: the file does not say."""
    platform: str
    """Spacecraft or aircraft; files of one day and platform are one overpass."""
    simulated: bool
    """Whether the imagery is of no real place."""
    date: str
    """How the date stands in the name of a scene: `YYYYMMDD`, `YYYY-MM-DD_hhmmss`."""
    scale: float
    """Reflectance per digital number."""
    offset: float
    """Reflectance of a digital number of 0."""
    nodata: float | None
    """Value of "no pixel" where a file does not say; None: 0."""
    bands: Mapping[Band, BandPlace]
    """Bands by our names, the mask among them where there is one."""
    mask_values: MaskValues | None
    """What the values of the mask mean; None: there is no mask."""
    mask_nodata: float
    """Value of "no pixel" in the mask."""

    def date_of(self, name: str) -> datetime | None:
        """When a scene of this name was taken, UTC; None when the name does not say.

        Parameters
        ----------
        name
            Name of the scene.
        """
        for found in date_pattern(self.date).finditer(name):
            parts = {part: int(text) for part, text in found.groupdict().items()}
            try:
                return datetime(**parts, tzinfo=UTC)
            except ValueError:
                continue
        return None


def mapping_at(catalog: str) -> Path | None:
    """The mapping file that a catalogue is, or that lies in it; None: it is something else.

    Parameters
    ----------
    catalog
        As a user gives it.

    Raises
    ------
    CatalogError
        It is a folder of GeoTIFFs without a mapping file.
    """
    if "://" in catalog:
        return None
    path = Path(catalog).expanduser().absolute()
    if path.suffix.lower() == ".toml":
        return path
    if not path.is_dir() or (path / "catalog.json").exists():
        return None
    if (path / MAPPING_NAME).exists():
        return path / MAPPING_NAME
    if any(path.rglob("*.[tT][iI][fF]*")):
        raise CatalogError(
            f"{path} holds GeoTIFFs, and neither catalog.json nor {MAPPING_NAME}",
            hint=f"say in {MAPPING_NAME} which band is which: {PAGE}",
        )
    return None


def sensor_for(catalog: str, sensor: str) -> str:
    """The sensor with which a catalogue is searched: that of folders, for one.

    Parameters
    ----------
    catalog
        As a user gives it.
    sensor
        The sensor asked for, or the default one.

    Raises
    ------
    SettingsError
        Another sensor is asked of a folder, or that of folders of another catalogue.
    """
    name = GEOTIFF_FOLDER.name
    if mapping_at(catalog) is None:
        if sensor == name:
            raise SettingsError(
                f"--sensor {name} goes with a folder, and {catalog!r} is none",
                hint=f"give --catalog a folder that holds {MAPPING_NAME}: {PAGE}",
            )
        return sensor
    if sensor not in (DEFAULT_SENSOR, name):
        raise SettingsError(
            f"{catalog} is a folder of GeoTIFFs, and --sensor is {sensor}",
            hint="leave --sensor out: the mapping file says what the files are",
        )
    return name


def read_mapping(path: Path) -> FolderMapping:
    """The mapping file of a folder.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    CatalogError
        It cannot be read, is no TOML, or says what cannot be; names the value and the mend.
    """
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path} cannot be read: {error}", hint=f"see {PAGE}") from None
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{path} is no TOML: {error}", hint=f"see {PAGE}") from None
    try:
        return _mapping(path.expanduser().absolute(), given)
    except SettingsError as error:
        raise CatalogError(f"{path}: {error.problem}", hint=error.hint) from None


def _mapping(path: Path, given: Mapping[str, Any]) -> FolderMapping:
    _check_names(given, _KEYS, "key")
    files = _text(given, "files", "{scene}.tif")
    bands = _bands(given.get("bands"), files)
    mask = given.get("mask")
    mask_values = None
    if mask is not None:
        _check_kind(mask, dict, "mask", "a section: [mask]")
        _check_names(mask, _MASK_KEYS, "key of [mask]")
        bands = {**bands, "mask": _place(mask, files, "mask")}
        mask_values = _mask_values(mask)
    date = _text(given, "date", "YYYYMMDD")
    missing = [part for part in ("YYYY", "MM", "DD") if part not in date]
    if missing:
        raise SettingsError(
            f"date = {date!r} has no {missing[0]}: a picture must be of a day",
            hint='write how it stands in the name: date = "YYYYMMDD" or "YYYY-MM-DD"',
        )
    folder = path.parent / Path(_text(given, "folder", ".")).expanduser()
    if not folder.is_dir():
        raise SettingsError(f"folder = {str(folder)!r} is no folder", hint="check its path")
    simulated = given.get("simulated", False)
    _check_kind(simulated, bool, "simulated", "true or false")
    return FolderMapping(
        path=path, folder=folder.absolute(), bands=bands, mask_values=mask_values, date=date,
        title=_text(given, "title", path.parent.name), simulated=simulated,
        attribution=_text(given, "attribution", ""), platform=_text(given, "platform", ""),
        scale=_positive(given, "scale"), offset=_number(given, "offset", 0.0),
        nodata=_number(given, "nodata", math.nan) if "nodata" in given else None,
        mask_nodata=_number(mask or {}, "nodata", NO_NODATA),
    )  # fmt: skip


def _bands(given: Any, files: str) -> dict[Band, BandPlace]:
    _check_kind(given, dict, "bands", "a section: [bands], with blue, green, red and nir below")
    _check_names(given, frozenset(REFLECTANCE_BANDS), "band")
    missing = [band for band in CORE_BANDS if band not in given]
    if missing:
        raise SettingsError(
            f"[bands] has no {', '.join(missing)}",
            hint="blue, green, red and nir are needed: imagery of three colours shows no plants",
        )
    return {band: _band(given[band], files, band) for band in REFLECTANCE_BANDS if band in given}


def _band(given: Any, files: str, band: Band) -> BandPlace:
    """A number, a pattern of a file, or both."""
    if isinstance(given, dict):
        _check_names(given, _BAND_KEYS, f"key of bands.{band}")
        return _place(given, files, f"bands.{band}")
    if isinstance(given, str):
        return _place({"files": given}, files, f"bands.{band}")
    return _place({"band": given}, files, f"bands.{band}")


def _place(given: Mapping[str, Any], files: str, where: str) -> BandPlace:
    pattern, index = given.get("files", files), given.get("band", 1)
    if not isinstance(pattern, str) or pattern.count("{scene}") != 1:
        raise SettingsError(
            f"{where}: files = {pattern!r} does not hold {{scene}} once",
            hint='write what names the scene as {scene}: files = "{scene}_SR.tif"',
        )
    if isinstance(index, bool) or not isinstance(index, int) or index < 1:
        raise SettingsError(
            f"{where}: {index!r} is no number of a band", hint="count bands of a file from 1"
        )
    return BandPlace(files=pattern, index=index)


def _mask_values(mask: Mapping[str, Any]) -> MaskValues:
    said = [key for key in ("clear", "hidden_bits") if mask.get(key)]
    if len(said) != 1:
        raise SettingsError(
            f"[mask] says {' and '.join(said) or 'neither clear nor hidden_bits'}",
            hint="give one of them: clear = [1] (values), or hidden_bits = [1, 2] (bit numbers)",
        )
    limit = 16 if said[0] == "hidden_bits" else 256
    numbers = mask[said[0]]
    if not isinstance(numbers, list) or not all(
        isinstance(n, int) and not isinstance(n, bool) and 0 <= n < limit for n in numbers
    ):
        raise SettingsError(
            f"[mask]: {said[0]} = {numbers!r} is no list of whole numbers below {limit}",
            hint=f"{said[0]} = [1]",
        )
    grow = mask.get("grow", True)
    _check_kind(grow, bool, "mask.grow", "true or false")
    numbers = tuple(sorted(set(numbers)))
    if said[0] == "clear":
        return MaskValues(clear=numbers, grows=grow)
    return MaskValues(hidden_bits=numbers, grows=grow)


def date_pattern(date: str) -> re.Pattern[str]:
    """A date as it stands in a name, as an expression.

    Examples
    --------
    >>> date_pattern("YYYY-MM-DD").search("flight_2024-02-03.tif")["month"]
    '02'
    """
    parts = re.split(f"({'|'.join(_DATE_PARTS)})", date)
    text = "".join(_DATE_PARTS.get(part, re.escape(part)) for part in parts)
    return re.compile(rf"(?<!\d){text}(?!\d)" if "hh" not in date else rf"(?<!\d){text}")


def _check_names(given: Mapping[str, Any], known: frozenset[str], kind: str) -> None:
    for name in given:
        if name not in known:
            raise SettingsError(unknown_name(kind, name, sorted(known)), hint=f"see {PAGE}")


def _check_kind(value: Any, kind: type, name: str, hint: str) -> None:
    if not isinstance(value, kind):
        raise SettingsError(f"{name} is {value!r}", hint=f"give {hint}")


def _text(given: Mapping[str, Any], name: str, default: str) -> str:
    value = given.get(name, default)
    _check_kind(value, str, name, "a text in quotes")
    return str(value)


def _number(given: Mapping[str, Any], name: str, default: float) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsError(f"{name} is {value!r}", hint="give a number")
    return float(value)


def _positive(given: Mapping[str, Any], name: str) -> float:
    if name not in given:
        raise SettingsError(
            f"{name} is missing",
            hint="say what one digital number is in reflectance: scale = 0.0001 (PlanetScope)",
        )
    value = _number(given, name, 0.0)
    if not 0 < value < 1:
        raise SettingsError(
            f"{name} = {value:g} is no reflectance per digital number", hint="scale = 0.0001"
        )
    return value
