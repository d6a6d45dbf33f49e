"""From a name or a file to an area that every later step can trust."""

from __future__ import annotations

import difflib
import logging
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from minewatch.areas.bundled import find_bundled, list_aois
from minewatch.areas.control import parse_control
from minewatch.areas.coordinate_checks import check_coverage, check_size
from minewatch.areas.repair import unite
from minewatch.areas.utm import choose_utm_epsg
from minewatch.areas.vector_files import Feature, read_features
from minewatch.errors import AoiError, unknown_name
from minewatch.model import AreaOfInterest

log = logging.getLogger(__name__)

_OWN_FIELDS = ("id", "name", "controlling_group", "utm_epsg")


def read_aoi(name_or_path: str | Path, *, feature: str | None = None) -> AreaOfInterest:
    """One area to watch, repaired and checked, from a bundled name or any polygon file.

    All polygons of the file become one area, which may have many parts. What was repaired or
    assumed is in the area's `notes`.

    Parameters
    ----------
    name_or_path
        A bundled id, name or alias in any case (`list_aois`), or a file GDAL reads. A `Path`
        is always a file.
    feature
        Id, name or layer of the one feature to take from a file with several.

    Returns
    -------
    AreaOfInterest
        WGS 84, valid, normalised, without heights, on a 1e-7 degree grid.

    Raises
    ------
    AoiError
        When there is no such area, or the file does not hold a usable one.

    Examples
    --------
    >>> aoi = read_aoi("Pang War")
    >>> aoi.id, aoi.utm_epsg, round(aoi.area_m2 / 1e6)
    ('chipwe-pangwa', 32647, 2672)
    """
    bundled = find_bundled(name_or_path) if isinstance(name_or_path, str) else None
    path = bundled.path if bundled else Path(name_or_path)
    if not path.exists():
        raise _unknown(str(name_or_path))
    features, notes = read_features(path)
    wanted = bundled.summary.id if bundled else feature
    if wanted is not None:
        features = _select(features, wanted)
    aoi = _area(features, path, notes)
    for note in aoi.notes:
        log.info("%s: %s", aoi.id, note)
    return aoi


def _area(features: Sequence[Feature], path: Path, notes: tuple[str, ...]) -> AreaOfInterest:
    geometry, repairs = unite(polygon for f in features for polygon in f.polygons)
    check_size(geometry, where=str(path))
    check_coverage(geometry, where=str(path))
    shared = _shared_properties(features)
    utm_epsg, zones = choose_utm_epsg(geometry, shared.get("utm_epsg"))
    control, unread = parse_control(shared.get("controlling_group"))
    joined = (f"{len(features)} features joined into one area",) if len(features) > 1 else ()
    assumed = (str(shared["status"]),) if "status" in shared else ()
    return AreaOfInterest(
        id=_slug(shared.get("id")) or _slug(_title(shared)) or _slug(path.stem) or "aoi",
        name=_title(shared) or path.stem,
        geometry=geometry,
        utm_epsg=utm_epsg,
        control=control,
        properties={k: v for k, v in shared.items() if k not in _OWN_FIELDS},
        notes=(*notes, *joined, *repairs, *zones, *unread, *assumed),
    )


def _select(features: Sequence[Feature], wanted: str) -> tuple[Feature, ...]:
    """The features of that id or name; without any, those of the layer called so."""
    key, names = wanted.casefold(), [_names(f) for f in features]
    chosen = [f for f, of_it in zip(features, names, strict=True) if key in of_it]
    chosen = chosen or [f for f in features if f.layer.casefold() == key]
    if not chosen:
        known = {of_it[0] for of_it in names if of_it} or {f.layer for f in features}
        raise AoiError(
            unknown_name("feature", wanted, list(known)),
            hint="give one of those, or none to take the whole file as one area",
        )
    return tuple(chosen)


def _names(feature: Feature) -> list[str]:
    named = {k.casefold(): str(v).casefold() for k, v in feature.properties.items()}
    return [named[k] for k in ("id", "name") if k in named]


def _shared_properties(features: Sequence[Feature]) -> dict[str, Any]:
    """What all features say alike."""
    first, *others = (f.properties for f in features)
    return {k: v for k, v in first.items() if all(o.get(k) == v for o in others)}


def _title(properties: dict[str, Any]) -> str:
    found = next((v for k, v in properties.items() if k.casefold() == "name"), "")
    return str(found).strip()


def _slug(text: Any) -> str:
    """Lower case, digits and hyphens; empty for a bare number, which names nothing."""
    plain = unicodedata.normalize("NFKD", str(text or "")).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("'", "")).strip("-")
    return "" if slug.isdigit() else slug


def _unknown(name: str) -> AoiError:
    known = [a.id for a in list_aois()]
    if "://" in name:
        hint = "download the file first: only local files are read"
    elif near := difflib.get_close_matches(name.casefold(), known, n=1):
        hint = f"did you mean {near[0]!r}?"
    else:
        hint = f"give a polygon file, or one of: {', '.join(known)}"
    return AoiError(f"no file and no bundled area called {name!r}", hint=hint)
