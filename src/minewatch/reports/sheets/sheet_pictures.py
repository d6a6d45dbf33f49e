"""Pictures of a sheet: where the site lies, its ground near by, and in each period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import geopandas as gpd

from minewatch.model import RunResult
from minewatch.model.palette import STATE_COLOURS
from minewatch.reports.ground_pictures import GroundPicture
from minewatch.reports.sheets.sheet_drawings import POOL_COLOUR, Line, ground_svg, locator_svg
from minewatch.reports.sheets.sheet_words import SheetWords, percent

CLOSE_PX: Final = 64
"""Side of the pictures before and after, in pixels of the run."""
CHIP_PX: Final = 40
"""Side of the picture of a period, in pixels of the run."""
_NOT_KNOWN_YET: Final = "#ffffff"


class SheetPictures:
    """Draws one site after the other; what all of them share is found once.

    Parameters
    ----------
    result
        A finished run.
    ground
        Natural colour of the periods that have it.
    words
        Of the sheets.
    """

    def __init__(
        self, result: RunResult, ground: Sequence[GroundPicture], words: SheetWords
    ) -> None:
        self.result, self.words = result, words
        epsg = result.aoi.utm_epsg
        inside = result.sites.geometry.representative_point().to_crs(epsg)
        self._metres = dict(zip(result.sites["site_id"], inside, strict=True))
        self._outlines = _by_site(result.inventory.to_crs(epsg))
        self._features = _by_site(result.features.to_crs(epsg))
        self._by_start = {picture.period_start: picture for picture in ground}

    def locator(self, site_id: str) -> str:
        """Where in the area a site lies, among the others."""
        here = self._metres[site_id]
        places = [(p.x, p.y) for name, p in sorted(self._metres.items()) if name != site_id]
        return locator_svg(self.result.aoi.geometry_utm, places, (here.x, here.y))

    def metres_across(self, px: int) -> str:
        """Side of a picture of so many pixels, m."""
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

    def close(
        self, site: Mapping[str, Any], records: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, str]]:
        """The last picture of a period before it began, and the latest one."""
        pictured = [p for p in self._periods if p["start"] in self._by_start]
        before = [p for p in pictured if p["end"] < site["first_detected"]]
        shown = [("sheet_before", before[-1])] if before else []
        shown += [("sheet_after", pictured[-1])] if pictured else []
        pictures = [
            {
                "caption": f"{self.words(key)}: {period['label']}",
                "days": f"{period['start']} – {period['end']}",
                "svg": self._picture(site["site_id"], period, CLOSE_PX),
            }
            for key, period in shown
        ]
        missing = {"caption": self.words("sheet_no_before"), "days": "", "svg": ""}
        return pictures if before else [missing, *pictures]

    @property
    def _periods(self) -> Sequence[Mapping[str, Any]]:
        periods: Sequence[Mapping[str, Any]] = self.result.manifest["periods"]
        return periods

    def chips(self, site_id: str, records: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        """A small picture of each period, with what was seen of the site."""
        by_start = {row["period_start"]: row for row in records}
        chips = []
        for period in self._periods:
            row = by_start.get(period["start"])
            said = self.words("sheet_not_known") if row is None else self._seen(row)
            if period["start"] not in self._by_start:
                said = f"{said} {self.words('no_picture')}"
            chips.append({
                "caption": period["label"], "days": f"{period['start']} – {period['end']}",
                "said": said, "svg": self._picture(site_id, period, CHIP_PX),
            })  # fmt: skip
        return chips

    def _seen(self, row: Mapping[str, Any]) -> str:
        """The state in a period, and how much of the site was seen then."""
        share = f"{self.words('seen')} {percent(row['observed_fraction'])}"
        return f"{self.words('state_' + row['state'])}; {share}"


def _by_site(table: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    return {str(site): rows for site, rows in table.groupby("site_id")}
