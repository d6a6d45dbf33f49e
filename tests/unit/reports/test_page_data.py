from __future__ import annotations

import base64
import json

import numpy as np
import shapely
from affine import Affine
from rasterio.io import MemoryFile

from minewatch.model import Alternative, RunResult
from minewatch.reports.ground_pictures import (
    CHIP_PX,
    Frame,
    GroundPicture,
    chip_sheet_uri,
    mosaic_uri,
)
from minewatch.reports.page_charts import area_charts
from minewatch.reports.page_data import as_script, page_values, svg_paths
from minewatch.reports.run_summary import summarise
from minewatch.reports.site_evidence import RunEvidence, SiteEvidence
from minewatch.sites import total_by_period

EPSG = 32647


def pixels_of(uri: str) -> np.ndarray:
    content = base64.b64decode(uri.removeprefix("data:image/webp;base64,"))
    with MemoryFile(content) as memory, memory.open() as file:
        return file.read()  # type: ignore[no-any-return]


def ground(rgb: np.ndarray) -> GroundPicture:
    at = Affine(10, 0, 500_000, 0, -10, 2_900_000)
    return GroundPicture(period_start="2021-11-01", rgb=rgb, transform=at, epsg=EPSG)


def test_what_was_not_seen_is_transparent_in_a_mosaic() -> None:
    rgb = np.full((3, 200, 200), 90, "uint8")
    rgb[:, :, :100] = 0
    edges = shapely.box(99.0, 26.2, 99.02, 26.218)
    west, south, east, north = edges.bounds
    shown = pixels_of(mosaic_uri(ground(rgb), Frame(west, south, east, north)))
    assert shown.shape[0] == 4
    seen = shown[3] > 0
    assert 0.4 < seen[:, shown.shape[2] // 2 + 20 :].mean() <= 1
    assert seen[:, : shown.shape[2] // 3].mean() == 0
    colours = shown[:3, seen]
    assert abs(float(colours.mean()) - 90) < 4


def test_a_sheet_holds_the_ground_round_each_site_also_at_the_edge_of_the_grid() -> None:
    rgb = np.full((3, 200, 200), 60, "uint8")
    rgb[0, 95:105, 145:155] = 250  # round the second site
    sheet = pixels_of(chip_sheet_uri(ground(rgb), [(500_000, 2_900_000), (501_500, 2_899_000)]))
    first, second = (sheet[:, :CHIP_PX, CHIP_PX * n : CHIP_PX * (n + 1)] for n in (0, 1))
    half = CHIP_PX // 2
    assert second[0, half, half] > 200
    assert second[0, 4, 4] < 100
    assert first[3, 2, 2] == 0  # outside the grid: not seen
    assert first[3, -2, -2] == 255


def test_holes_and_parts_of_an_outline_stay_apart() -> None:
    holed = shapely.box(0, 0, 9e-6, 9e-6) - shapely.box(3e-6, 3e-6, 6e-6, 6e-6)
    paths = svg_paths(
        shapely.MultiPolygon([holed, shapely.box(2e-5, 0, 3e-5, 1e-5)]), Frame(0, 0, 1, 1)
    )
    assert [path.count("M") for path in paths] == [2, 1]
    assert all(path.endswith("z") for path in paths)


def test_a_site_carries_its_rows_its_scenes_and_what_speaks_for_and_against(
    simulated_run: RunResult,
) -> None:
    other = Alternative(kind="swidden", plausibility=0.2, terms=("lasting",), reason="burnt")
    evidence = RunEvidence(
        meanings={"bare": "bare soil"},
        sites={"simulated-bbbb": SiteEvidence(terms={"bare": 0.98765}, alternatives=[other])},
    )
    values = page_values(simulated_run, pictures=(), evidence=evidence)
    sites = {site["site_id"]: site for site in values["sites"]}
    assert next(iter(sites)) == "simulated-aaaa"  # the largest first
    site = sites["simulated-bbbb"]
    assert site["terms"] == {"bare": 0.988}
    assert site["others"] == [{"kind": "swidden", "plausibility": 0.2, "reason": "burnt"}]
    assert sites["simulated-aaaa"]["terms"] is None
    assert site["scenes"] == ["SIM_20211220", "SIM_20220114"]
    assert [row["state"] for row in site["rows"]] == ["active", "idle", "abandoned_wet"]
    assert site["rows"][0]["pool_count_high"] == 18
    assert sites["simulated-aaaa"]["rows"][0]["disturbed_area_m2"] is None
    assert "verdict" not in site
    assert json.loads(as_script(values))["periods"][0]["picture"] is None


def test_charts_hold_a_range_a_period_and_say_when_nothing_is_known(
    simulated_run: RunResult,
) -> None:
    totals = total_by_period(simulated_run.inventory)
    sites, ground_chart, pools, seen = area_charts(summarise(simulated_run, totals))
    assert [bar.text for bar in sites.bars if bar.series == "known_then"] == [
        f"{period['label']}: 2–3" for period in simulated_run.manifest["periods"]
    ]
    for chart in (sites, ground_chart, pools, seen):
        assert not chart.unknown
        assert all(bar.high <= bar.low <= bar.bottom for bar in chart.bars)
        assert chart.ticks[-1][0] <= min(bar.high for bar in chart.bars)
    blind = total_by_period(simulated_run.inventory, sees_pools=False)
    assert area_charts(summarise(simulated_run, blind))[2].unknown
