"""What an evidence sheet says of a site: plain text in one language, and drawings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from minewatch.errors import SettingsError, unknown_name
from minewatch.model import RunResult
from minewatch.model.palette import STATE_COLOURS
from minewatch.reports.ground_pictures import GroundPicture
from minewatch.reports.languages import LANGUAGES
from minewatch.reports.sheets.sheet_drawings import (
    POOL_COLOUR,
    Line,
    ground_svg,
    locator_svg,
    series_svg,
)
from minewatch.reports.site_evidence import RunEvidence

CLOSE_PX: Final = 64
"""Side of the pictures before and after, in pixels of the run."""
CHIP_PX: Final = 40
"""Side of the picture of a period, in pixels of the run."""
FOR, AGAINST = 2 / 3, 1 / 3
"""From where on a term of evidence speaks for a mine, and down to where against it."""
_NOT_KNOWN_YET: Final = "#ffffff"
_RESTS_ON: Final = ("inventory.geojson", "sites.geojson", "features.geojson", "scenes.json")
_AREAS: Final = (
    "disturbed_area_m2", "new_area_m2", "pool_count", "pool_area_m2", "water_area_m2",
)  # fmt: skip


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
        self.profile, self.labels = profile, read_labels(language)
        epsg = result.aoi.utm_epsg
        inside = result.sites.geometry.representative_point()
        self._degrees = dict(zip(result.sites["site_id"], inside, strict=True))
        self._metres = dict(zip(result.sites["site_id"], inside.to_crs(epsg), strict=True))
        self._sites = {row["site_id"]: row for row in result.read_rows("sites")}
        self._outlines = _by_site(result.inventory.to_crs(epsg))
        self._features = _by_site(result.features.to_crs(epsg))
        self._by_start = {picture.period_start: picture for picture in inputs.ground}
        self._made = self._how_it_was_made()
        self._days = {s["scene_id"]: s.get("day", "") for s in result.manifest["facts"]}

    @property
    def site_ids(self) -> list[str]:
        """Sites of the run, sorted."""
        return sorted(self._sites)

    def word(self, key: str, **values: object) -> str:
        """A label in the language of the sheets; of a name without one the name itself."""
        text = self.labels.get(key)
        if text is None:
            return key.partition("_")[2].replace("_", " ")
        return text.format(**values) if values else text

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
            "locator": self._locator(site_id),
            "close": self._close(site, records),
            "close_note": word("sheet_pictures_note", metres=self._metres_across(CLOSE_PX)),
            "chips": self._chips(site_id, records),
            "chip_note": word("sheet_pictures_note", metres=self._metres_across(CHIP_PX)),
            "series": self._series(site, records, months),
            "series_note": self._series_note(months),
            "detector": self._detector_says(site),
            "people": self._people_say(site),
            "table": self._table(records),
            "evidence": self._evidence(site_id),
            "others": self._others(site_id),
            "scenes": self._scenes(site, records),
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

    def _locator(self, site_id: str) -> str:
        here = self._metres[site_id]
        places = [(p.x, p.y) for name, p in sorted(self._metres.items()) if name != site_id]
        return locator_svg(self.result.aoi.geometry_utm, places, (here.x, here.y))

    def _metres_across(self, px: int) -> str:
        return f"{px * self.result.manifest['parameters']['resolution_m']:g}"

    def _picture(self, site_id: str, period: Mapping[str, Any], px: int) -> str:
        """The ground in a period, and of the site what was known of it then."""
        lines = []
        rows = self._outlines[site_id]
        now = rows[rows["period_start"] == period["start"]]
        if len(now):
            colour = STATE_COLOURS[now["state"].iloc[0]]
            lines.append(Line(outline=now.geometry.iloc[0], colour=colour))
            found = self._features.get(site_id)
            if found is not None:
                is_pool = (found["kind"] == "pool") & (found["first_detected"] <= period["end"])
                lines += [Line(outline=g, colour=POOL_COLOUR) for g in found[is_pool].geometry]
        else:
            outline = rows.sort_values("period_start").geometry.iloc[0]
            lines.append(Line(outline=outline, colour=_NOT_KNOWN_YET, dashed=True))
        here = self._metres[site_id]
        picture = self._by_start.get(period["start"])
        return ground_svg(picture, (here.x, here.y), px=px, lines=lines)

    def _close(
        self, site: Mapping[str, Any], records: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, str]]:
        """The last picture of a period before it began, and the latest one."""
        pictured = [p for p in self._periods if p["start"] in self._by_start]
        before = [p for p in pictured if p["end"] < site["first_detected"]]
        shown = [("sheet_before", before[-1])] if before else []
        shown += [("sheet_after", pictured[-1])] if pictured else []
        pictures = [
            {
                "caption": f"{self.word(key)}: {period['label']}",
                "days": f"{period['start']} – {period['end']}",
                "svg": self._picture(site["site_id"], period, CLOSE_PX),
            }
            for key, period in shown
        ]
        missing = {"caption": self.word("sheet_no_before"), "days": "", "svg": ""}
        return pictures if before else [missing, *pictures]

    @property
    def _periods(self) -> Sequence[Mapping[str, Any]]:
        periods: Sequence[Mapping[str, Any]] = self.result.manifest["periods"]
        return periods

    def _chips(self, site_id: str, records: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        by_start = {row["period_start"]: row for row in records}
        chips = []
        for period in self._periods:
            row = by_start.get(period["start"])
            said = self.word("sheet_not_known") if row is None else self._seen(row)
            if period["start"] not in self._by_start:
                said = f"{said} {self.word('no_picture')}"
            chips.append({
                "caption": period["label"], "days": f"{period['start']} – {period['end']}",
                "said": said, "svg": self._picture(site_id, period, CHIP_PX),
            })  # fmt: skip
        return chips

    def _seen(self, row: Mapping[str, Any]) -> str:
        """The state in a period, and how much of the site was seen then."""
        share = f"{self.word('seen')} {_percent(row['observed_fraction'])}"
        return f"{self.word('state_' + row['state'])}; {share}"

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

    def _detector_says(self, site: Mapping[str, Any]) -> list[list[str]]:
        word, basis = self.word, self.inputs.evidence.basis
        confidence = f"{site['confidence']:.2f}" + (f", {basis}" if basis else "")
        said = [
            (word("alert"), word(f"alert_{site['alert']}")),
            (word("state"), word(f"state_{site['state']}")),
            (word("confidence"), confidence),
            (word("began"), self._began(site)),
            (word("last_activity"), site.get("last_activity")),
            (word("water_last_seen"), site.get("water_last_seen")),
            (word("ground_most"), f"{_area(site['max_disturbed_area_m2'])} m²"),
            (word("merged_from"), ", ".join(site.get("merged_from") or ())),
            (word("split_from"), ", ".join(site.get("split_from") or ())),
        ]
        return [[label, str(value)] for label, value in said if value]

    def _began(self, site: Mapping[str, Any]) -> str:
        last = site["last_undisturbed"]
        first = str(site["first_detected"])
        return f"{last} – {first}" if last else f"{self.word('before_archive')} ({first})"

    def _people_say(self, site: Mapping[str, Any]) -> list[list[str]]:
        word, beside = self.word, self.inputs.opinions.get(site["site_id"], {})
        verdict = site.get("verdict")
        said = [
            (word("verdict"), word(f"verdict_{verdict}") if verdict else ""),
            (word("sheet_reason"), str(site.get("verdict_reason") or "").replace("_", " ")),
            (word("sheet_reviewer"), site.get("verdict_by")),
            (word("sheet_given_at"), site.get("verdict_at")),
            (word("sheet_note"), beside.get("note")),
            (word("sheet_others_say"), beside.get("others")),
        ]
        found = [[label, str(value)] for label, value in said if value]
        return found or [[word("verdict"), word("sheet_nobody")]]

    def _table(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        word = self.word
        heads = (
            "period", "state", "alert", "sheet_ground", "sheet_new", "pools", "pool_area",
            "water_area", "clear_looks", "seen", "control",
        )  # fmt: skip
        body = [
            [
                f"{row['label']}\n{row['period_start']} – {row['period_end']}",
                word(f"state_{row['state']}"),
                word(f"alert_{row['alert_then'] or row['alert']}"),
                *self._areas(row),
                _area(row["clear_looks"]),
                _percent(row["observed_fraction"]),
                row["controlling_group"] or "–",
            ]
            for row in records
        ]
        return {"heads": [word(head) for head in heads], "rows": body}

    def _areas(self, row: Mapping[str, Any]) -> list[str]:
        """Ground, new ground, pools, pool area and water of a period."""
        missing = self.word("not_seen" if row["disturbed_area_m2"] is None else "unknown")
        ground = (row["disturbed_area_m2_low"], row["disturbed_area_m2_high"])
        new = row["new_area_m2"]
        return [
            self.word("not_seen") if row["disturbed_area_m2"] is None else _between(*ground),
            missing if new is None else _area(new),
            *(
                missing if row[low] is None or row[high] is None else _between(row[low], row[high])
                for low, high in (
                    ("pool_count_low", "pool_count_high"),
                    ("pool_area_low_m2", "pool_area_high_m2"),
                    ("water_area_low_m2", "water_area_high_m2"),
                )
            ),
        ]

    def _evidence(self, site_id: str) -> list[list[str]]:
        known = self.inputs.evidence.sites.get(site_id)
        if known is None:
            return [["", self.word("no_evidence")]]
        terms = sorted(known.terms.items(), key=lambda term: (-term[1], term[0]))
        meanings = self.inputs.evidence.meanings
        return [
            [f"{self.word(_speaks(value))} ({value:.2f})", meanings.get(name, name)]
            for name, value in terms
        ]

    def _others(self, site_id: str) -> list[list[str]]:
        known = self.inputs.evidence.sites.get(site_id)
        if known is None:
            return [["", self.word("no_evidence")]]
        found = [
            [
                other.kind.replace("_", " "),
                f"{self.word(_plausible(other.plausibility))}"
                + ("" if other.plausibility is None else f" ({other.plausibility:.2f})")
                + f". {other.reason}",
            ]
            for other in known.alternatives
        ]
        return found or [["", self.word("nothing_else")]]

    def _scenes(
        self, site: Mapping[str, Any], records: Sequence[Mapping[str, Any]]
    ) -> list[list[str]]:
        names = sorted({scene for row in records for scene in row["evidence"] or ()})
        ordered = sorted(names, key=lambda name: (self._days.get(name, ""), name))
        return [[name, self._days.get(name, ""), self._role(name, site)] for name in ordered]

    def _role(self, scene: str, site: Mapping[str, Any]) -> str:
        day = self._days.get(scene, "")
        if not day:
            return ""
        is_after = day >= site["first_detected"]
        return self.word("sheet_scene_first" if is_after else "sheet_scene_before")

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


def read_labels(language: str) -> dict[str, str]:
    """The translation table of the report and the sheets in one language."""
    text = (files("minewatch.reports") / "page" / "labels.json").read_text("utf-8")
    return {key: of[language] for key, of in json.loads(text).items()}


def _by_site(table: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    return {str(site): rows for site, rows in table.groupby("site_id")}


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row whose missing values are None."""
    return {str(k): None if not isinstance(v, list) and pd.isna(v) else v for k, v in row.items()}


def _speaks(value: float) -> str:
    return "speaks_for" if value >= FOR else "speaks_against" if value <= AGAINST else "speaks_open"


def _plausible(value: float | None) -> str:
    if value is None:
        return "cannot_separate"
    return "likely" if value >= FOR else "possible" if value > AGAINST else "unlikely"


def _area(value: float) -> str:
    return f"{value:,.0f}"


def _between(low: float, high: float) -> str:
    least, most = _area(low), _area(high)
    return least if least == most else f"{least} – {most}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _catalogue(parameters: Mapping[str, Any], scenes: Mapping[str, Any]) -> str:
    """Collection and catalogue; of a file only the end of its path: it names no one."""
    address = str(parameters["catalog"])
    shown = address if "://" in address else "/".join(Path(address).parts[-2:])
    collection = parameters["collection"] or scenes.get("collection")
    return f"{collection}, {shown}" if collection else shown
