"""What an evidence sheet says of a site: plain text in one language, and drawings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from minewatch.errors import SettingsError, unknown_name
from minewatch.model import RunResult
from minewatch.reports.ground_pictures import GroundPicture
from minewatch.reports.languages import LANGUAGES
from minewatch.reports.sheets.sheet_drawings import series_svg
from minewatch.reports.sheets.sheet_pictures import CHIP_PX, CLOSE_PX, SheetPictures
from minewatch.reports.sheets.sheet_statements import SheetStatements
from minewatch.reports.sheets.sheet_words import SheetWords
from minewatch.reports.site_evidence import RunEvidence

_RESTS_ON: Final = ("inventory.geojson", "sites.geojson", "features.geojson", "scenes.json")


@dataclass(frozen=True, kw_only=True)
class SheetInputs:
    """What the sheets of a run are made from, beside its tables."""

    ground: Sequence[GroundPicture]
    """Natural colour of the periods that have it."""
    evidence: RunEvidence
    """What speaks for and against its sites."""
    files: Mapping[str, str]
    """Files they rest on that the manifest does not name, to their SHA-256."""
    opinions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Site to what people say beside their verdict: `note`, `others`."""
    estimates: Sequence[str] = ()
    """What samples say of the whole area, with intervals, in English."""


class SheetMaker:
    """Makes the values of one sheet after the other; what all of them share is found once.

    Parameters
    ----------
    result
        A finished run.
    inputs
        What lies beside its tables.
    language
        A key of `LANGUAGES`.
    profile
        For whom; only `private` sheets are made: pictures show exact ground.

    Raises
    ------
    SettingsError
        When there is no such language, or no sheet for such a profile.
    """

    def __init__(
        self,
        result: RunResult,
        inputs: SheetInputs,
        *,
        language: str = "en",
        profile: str = "private",
    ) -> None:
        if language not in LANGUAGES:
            raise SettingsError(
                unknown_name("language", language, list(LANGUAGES)), hint="give one of them"
            )
        if profile != "private":
            raise SettingsError(
                f"there are no evidence sheets for the profile {profile!r}",
                hint="a sheet shows exact ground: private is the only one; keep it to yourself",
            )
        self.result, self.inputs, self.language = result, inputs, language
        self.profile, self.word = profile, SheetWords(language)
        inside = result.sites.geometry.representative_point()
        self._degrees = dict(zip(result.sites["site_id"], inside, strict=True))
        self._sites = {row["site_id"]: row for row in result.read_rows("sites")}
        self._pictures = SheetPictures(result, inputs.ground, self.word)
        self._statements = SheetStatements(result, inputs.evidence, inputs.opinions, self.word)
        self._made = self._how_it_was_made()

    @property
    def site_ids(self) -> list[str]:
        """Sites of the run, sorted."""
        return sorted(self._sites)

    def values(
        self, site_id: str, rows: pd.DataFrame, months: pd.DataFrame | None
    ) -> dict[str, Any]:
        """All that the sheet of a site says.

        Parameters
        ----------
        site_id
            The site.
        rows
            `analysis.site_timeline` of it.
        months
            `detect.site_series` of it; None when the months are not here.
        """
        site, word = self._sites[site_id], self.word
        records = [_plain(row) for row in rows.to_dict("records")]
        shown = f"{word('sheet_title')}: {site_id}"
        return {
            "language": self.language,
            "simulated": word("simulated") if self.result.simulated else "",
            "mark": "SIMULATED" if self.result.simulated else "",
            "heading": shown,
            "title": f"SIMULATED: {shown}" if self.result.simulated else shown,
            "site": site_id,
            "private": word("sheet_private"),
            "where": self._where(site_id),
            "locator": self._pictures.locator(site_id),
            "close": self._pictures.close(site, records),
            "close_note": word(
                "sheet_pictures_note", metres=self._pictures.metres_across(CLOSE_PX)
            ),
            "chips": self._pictures.chips(site_id, records),
            "chip_note": word("sheet_pictures_note", metres=self._pictures.metres_across(CHIP_PX)),
            "series": self._series(site, records, months),
            "series_note": self._series_note(months),
            "detector": self._statements.detector_says(site),
            "people": self._statements.people_say(site),
            "table": self._statements.table(records),
            "evidence": self._statements.evidence(site_id),
            "others": self._statements.others(site_id),
            "scenes": self._statements.scenes(site, records),
            "made": self._made,
            "hashes": [list(pair) for pair in sorted(self.hashes().items())],
            "limits": self._limits(),
            "words": {
                name: word(key)
                for name, key in (
                    ("where", "sheet_where"), ("locator", "sheet_locator"),
                    ("pictures", "pictures"), ("series", "series"), ("periods", "periods"),
                    ("detector", "sheet_detector_says"), ("people", "sheet_people_say"),
                    ("evidence", "evidence"), ("others", "others"), ("scenes", "scenes"),
                    ("made", "sheet_made"), ("hashes", "sheet_hashes"),
                    ("limits", "sheet_limits"), ("check", "sheet_check"),
                    ("table_note", "sheet_table_note"), ("hatched", "hatched"),
                )
            },
        }  # fmt: skip

    def _where(self, site_id: str) -> list[list[str]]:
        """Area and position: the one place that a profile has a say in."""
        point = self._degrees[site_id]
        aoi = self.result.aoi
        return [
            [self.word("sheet_area"), aoi.name if aoi.name == aoi.id else f"{aoi.name} ({aoi.id})"],
            [self.word("lon_lat"), f"{point.x:.5f}, {point.y:.5f} (WGS 84)"],
        ]

    def _series(
        self,
        site: Mapping[str, Any],
        records: Sequence[Mapping[str, Any]],
        months: pd.DataFrame | None,
    ) -> str:
        if months is None:
            return ""
        starts = (site["last_undisturbed"], site["first_detected"])
        return series_svg(months, starts=starts, rows=records)

    def _series_note(self, months: pd.DataFrame | None) -> str:
        if months is None:
            return self.word("no_series")
        return self.word("series_radar" if "vh_db" in months else "series_greenness")

    def _how_it_was_made(self) -> list[list[str]]:
        word, manifest = self.word, self.result.manifest
        parameters, scenes = manifest["parameters"], manifest["scenes"]
        rules = json.dumps(manifest.get("rules"), sort_keys=True, separators=(",", ":"))
        versions = sorted(manifest.get("rule_versions", {}).items())
        libraries = sorted(manifest.get("libraries", {}).items())
        span = f"{parameters['start']} – {parameters['end']}, {parameters['period']}"
        said = [
            (word("sheet_detector"), parameters.get("detector")),
            (word("sheet_sensor"), parameters.get("sensor")),
            (word("sheet_catalogue"), _catalogue(parameters, scenes)),
            (word("sheet_span"), span),
            (word("sheet_pixel"), f"{parameters['resolution_m']:g} m"),
            (word("sheet_scene_count"), scenes["count"]),
            (word("sheet_failed"), len(manifest["failures"])),
            (word("sheet_rules"), hashlib.sha256(rules.encode()).hexdigest()),
            (word("sheet_rule_versions"), ", ".join(f"{n} {of}" for n, of in versions)),
            (
                word("sheet_version"),
                ", ".join(
                    [f"minewatch {manifest['version']}", *(f"{n} {v}" for n, v in libraries)]
                ),
            ),
            (word("sheet_sources"), manifest["aoi"]["attribution"]),
            *((word("sheet_estimate"), sentence) for sentence in self.inputs.estimates),
        ]
        return [[label, str(value)] for label, value in said if value not in (None, "")]

    def hashes(self) -> dict[str, str]:
        """Files of the run that the sheets rest on, to their SHA-256."""
        outputs = self.result.manifest["outputs"]
        return {name: outputs[name] for name in _RESTS_ON if name in outputs} | {
            **self.inputs.files
        }

    def _limits(self) -> list[str]:
        metres = f"{self.result.manifest['parameters']['resolution_m']:g}"
        return [
            self.word("sheet_limit_sure"),
            self.word("sheet_limit_who", metres=metres),
            self.word("sheet_limit_unseen"),
            self.word("sheet_limit_day"),
            self.word("sheet_limit_control"),
        ]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row whose missing values are None."""
    return {str(k): None if not isinstance(v, list) and pd.isna(v) else v for k, v in row.items()}


def _catalogue(parameters: Mapping[str, Any], scenes: Mapping[str, Any]) -> str:
    """Collection and catalogue; of a file only the end of its path: it names no one."""
    address = str(parameters["catalog"])
    shown = address if "://" in address else "/".join(Path(address).parts[-2:])
    collection = parameters["collection"] or scenes.get("collection")
    return f"{collection}, {shown}" if collection else shown
