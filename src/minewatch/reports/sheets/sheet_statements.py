"""Statements of a sheet: what the detector and people say of a site, period by period, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minewatch.model import RunResult
from minewatch.reports.sheets.sheet_words import SheetWords, between, number, percent
from minewatch.reports.site_evidence import RunEvidence

FOR, AGAINST = 2 / 3, 1 / 3
"""From where on a term of evidence speaks for a mine, and down to where against it."""


class SheetStatements:
    """Says what is known of one site after the other, as plain text.

    Parameters
    ----------
    result
        A finished run.
    evidence
        What speaks for and against its sites.
    opinions
        Site to what people say beside their verdict.
    words
        Of the sheets.
    """

    def __init__(
        self,
        result: RunResult,
        evidence: RunEvidence,
        opinions: Mapping[str, Mapping[str, str]],
        words: SheetWords,
    ) -> None:
        self.run_evidence, self.opinions, self.words = evidence, opinions, words
        self._days = {s["scene_id"]: s.get("day", "") for s in result.manifest["facts"]}

    def detector_says(self, site: Mapping[str, Any]) -> list[list[str]]:
        """Alert, state, dates and size of a site."""
        word, basis = self.words, self.run_evidence.basis
        confidence = f"{site['confidence']:.2f}" + (f", {basis}" if basis else "")
        said = [
            (word("alert"), word(f"alert_{site['alert']}")),
            (word("state"), word(f"state_{site['state']}")),
            (word("confidence"), confidence),
            (word("began"), self._began(site)),
            (word("last_activity"), site.get("last_activity")),
            (word("water_last_seen"), site.get("water_last_seen")),
            (word("ground_most"), f"{number(site['max_disturbed_area_m2'])} m²"),
            (word("merged_from"), ", ".join(site.get("merged_from") or ())),
            (word("split_from"), ", ".join(site.get("split_from") or ())),
        ]
        return [[label, str(value)] for label, value in said if value]

    def _began(self, site: Mapping[str, Any]) -> str:
        last = site["last_undisturbed"]
        first = str(site["first_detected"])
        return f"{last} – {first}" if last else f"{self.words('before_archive')} ({first})"

    def people_say(self, site: Mapping[str, Any]) -> list[list[str]]:
        """The verdict on a site, by whom and when."""
        word, beside = self.words, self.opinions.get(site["site_id"], {})
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

    def table(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A row a period."""
        word = self.words
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
                number(row["clear_looks"]),
                percent(row["observed_fraction"]),
                row["controlling_group"] or "–",
            ]
            for row in records
        ]
        return {"heads": [word(head) for head in heads], "rows": body}

    def _areas(self, row: Mapping[str, Any]) -> list[str]:
        """Ground, new ground, pools, pool area and water of a period."""
        missing = self.words("not_seen" if row["disturbed_area_m2"] is None else "unknown")
        ground = (row["disturbed_area_m2_low"], row["disturbed_area_m2_high"])
        new = row["new_area_m2"]
        return [
            self.words("not_seen") if row["disturbed_area_m2"] is None else between(*ground),
            missing if new is None else number(new),
            *(
                missing if row[low] is None or row[high] is None else between(row[low], row[high])
                for low, high in (
                    ("pool_count_low", "pool_count_high"),
                    ("pool_area_low_m2", "pool_area_high_m2"),
                    ("water_area_low_m2", "water_area_high_m2"),
                )
            ),
        ]

    def evidence(self, site_id: str) -> list[list[str]]:
        """What speaks for and against a mine, the strongest first."""
        known = self.run_evidence.sites.get(site_id)
        if known is None:
            return [["", self.words("no_evidence")]]
        terms = sorted(known.terms.items(), key=lambda term: (-term[1], term[0]))
        meanings = self.run_evidence.meanings
        return [
            [f"{self.words(_speaks(value))} ({value:.2f})", meanings.get(name, name)]
            for name, value in terms
        ]

    def others(self, site_id: str) -> list[list[str]]:
        """What else the ground could be."""
        known = self.run_evidence.sites.get(site_id)
        if known is None:
            return [["", self.words("no_evidence")]]
        found = [
            [
                other.kind.replace("_", " "),
                f"{self.words(_plausible(other.plausibility))}"
                + ("" if other.plausibility is None else f" ({other.plausibility:.2f})")
                + f". {other.reason}",
            ]
            for other in known.alternatives
        ]
        return found or [["", self.words("nothing_else")]]

    def scenes(
        self, site: Mapping[str, Any], records: Sequence[Mapping[str, Any]]
    ) -> list[list[str]]:
        """Scenes that it rests on, in order of time."""
        names = sorted({scene for row in records for scene in row["evidence"] or ()})
        ordered = sorted(names, key=lambda name: (self._days.get(name, ""), name))
        return [[name, self._days.get(name, ""), self._role(name, site)] for name in ordered]

    def _role(self, scene: str, site: Mapping[str, Any]) -> str:
        day = self._days.get(scene, "")
        if not day:
            return ""
        is_after = day >= site["first_detected"]
        return self.words("sheet_scene_first" if is_after else "sheet_scene_before")


def _speaks(value: float) -> str:
    return "speaks_for" if value >= FOR else "speaks_against" if value <= AGAINST else "speaks_open"


def _plausible(value: float | None) -> str:
    if value is None:
        return "cannot_separate"
    return "likely" if value >= FOR else "possible" if value > AGAINST else "unlikely"
