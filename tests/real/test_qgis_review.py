"""A colleague edits outlines in a real QGIS, the Debian one, and they arrive."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely

from minewatch.analysis import export, export_verdicts, import_verdicts, open_review, set_verdict
from minewatch.model import RunResult
from minewatch.store import open_result

from .test_qgis import PYTHON, qgis_environment

__all__ = ["qgis_environment"]
EDITOR = Path(__file__).with_name("qgis_layer_editor.py")
A, B, C = "simulated-aaaa", "simulated-bbbb", "simulated-cccc"
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.real


@pytest.fixture
def folder(tmp_path: Path, write_simulated_run: Callable[[Path], RunResult]) -> Path:
    return write_simulated_run(tmp_path / "run").directory


def edit_in_qgis(
    path: Path, layer: str, edits: Mapping[str, Any], environment: dict[str, str]
) -> None:
    command = [PYTHON, str(EDITOR), str(path), layer, json.dumps(edits)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said == {"valid": True, "edited": sorted(edits), "errors": []}


def grown(outline: shapely.Geometry, part: int) -> shapely.Geometry:
    """An outline that somebody drew anew: larger, and turned a little."""
    return shapely.affinity.rotate(outline.buffer(0.0001 * (part + 1)), 5 * part)


@pytest.mark.parametrize("way", ["review export", "export --format gpkg"])
def test_three_outlines_edited_in_qgis_arrive(
    folder: Path, tmp_path: Path, qgis_environment: dict[str, str], way: str
) -> None:
    set_verdict(folder, B, "mine", reviewer="Kai", time=NOON)
    if way == "review export":
        path, layer = export_verdicts(folder, tmp_path / "out" / "verdicts.gpkg"), "verdicts"
    else:
        (path,) = export(folder, format="gpkg", out=tmp_path / "out")
        layer = "sites"
    detected = open_result(folder).sites.set_index("site_id").geometry
    drawn = {site: grown(detected[site], n) for n, site in enumerate((A, B, C))}
    edits: dict[str, dict[str, Any]] = {site: {"outline": o.wkt} for site, o in drawn.items()}
    edits[C]["values"] = {"verdict": "not_mine", "verdict_reason": "swidden"}
    edit_in_qgis(path, layer, edits, qgis_environment)

    plan, note = import_verdicts(folder, path, time=LATER, reviewer="Min")
    assert (plan.conflicts, plan.left_out, note) == ((), (), "")
    arrived = {p.site_id: p.judgement for p in open_review(folder).places}
    assert set(arrived) == {A, B, C}
    for site, outline in drawn.items():
        corrected = arrived[site].corrected
        assert corrected is not None
        assert shapely.hausdorff_distance(corrected, outline) < 1e-6
        assert arrived[site].outline.equals_exact(detected[site], 1e-6), "the detected one stays"
    assert (arrived[B].verdict, arrived[B].reviewer) == ("mine", "Kai")
    assert (arrived[C].verdict, arrived[C].reason) == ("not_mine", "swidden")
    again, _ = import_verdicts(folder, path, time=LATER, reviewer="Min")
    assert again.entries == (), "read twice is read once"
