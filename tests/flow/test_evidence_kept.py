"""Evidence is scored once for the months it is made of, and never outlives them."""

from __future__ import annotations

import json
import mmap
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minewatch import synthetic
from minewatch.catalog import read_scene_list
from minewatch.detect.pool_banks.pool_bank_detector import PoolBanks
from minewatch.model import Evidence
from minewatch.pipeline import update

from .conftest import TINY, all_bytes, run_archive


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """End of the period of every update that takes in months of a chunk."""
    update, ends = PoolBanks.update, list[str]()

    def counted(detector: PoolBanks, state: Any, months: Any, **named: Any) -> Any:
        if months.sizes["time"]:
            ends.append(str(months["time"].to_numpy()[-1])[:7])
        return update(detector, state, months, **named)

    monkeypatch.setattr(PoolBanks, "update", counted)
    return ends


def test_only_chunks_whose_months_changed_are_scored_again(
    tiny_archive: synthetic.Archive, tmp_path: Path, scored: list[str]
) -> None:
    out = tmp_path / "run"
    run_archive(tiny_archive, out, chunk_px=32, period="month")
    chunks = len(list((out / "state" / "months").iterdir()))
    steps = len(set(scored))
    assert len(scored) == chunks * steps
    assert chunks > 1
    assert steps > 1
    scored.clear()
    before = all_bytes(update(out, end=TINY.end))
    assert scored == []

    index = out / "state" / "evidence" / "index.json"
    held = json.loads(index.read_text())
    name = min(held["chunks"])
    held["chunks"][name][-1] = "of other months"
    index.write_text(json.dumps(held))
    assert all_bytes(update(out, end=TINY.end, workers=1)) == before  # more share its pixels
    assert len(scored) == 1


def test_what_lies_before_the_last_period_is_not_scored_again(
    tiny_archive: synthetic.Archive, tmp_path: Path, scored: list[str]
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "run"
    expected = all_bytes(run_archive(tiny_archive, whole, period="month"))
    earlier = TINY.end - timedelta(days=40)
    run_archive(tiny_archive, out, end=earlier, period="month")
    assert min(scored) < f"{earlier:%Y-%m}"
    scored.clear()
    assert all_bytes(update(out, end=TINY.end)) == expected
    assert min(scored) == f"{earlier:%Y-%m}"


def test_without_its_pixel_states_everything_is_scored_again_to_the_same_bytes(
    tiny_archive: synthetic.Archive, tmp_path: Path, scored: list[str]
) -> None:
    out = tmp_path / "run"
    expected = all_bytes(run_archive(tiny_archive, tmp_path / "whole", period="month"))
    run_archive(tiny_archive, out, end=TINY.end - timedelta(days=40), period="month")
    for path in (out / "state" / "evidence" / "pixel_state").rglob("*.npz"):
        path.write_bytes(path.read_bytes()[:-40])
    scored.clear()
    assert all_bytes(update(out, end=TINY.end)) == expected
    assert min(scored) == f"{TINY.start:%Y-%m}"


def test_evidence_of_other_rules_or_a_damaged_index_is_scored_anew(
    tiny_archive: synthetic.Archive,
    tmp_path: Path,
    scored: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "run"
    before = all_bytes(run_archive(tiny_archive, out))
    once = len(scored)
    (out / "state" / "evidence" / "index.json").write_text("{")
    assert all_bytes(update(out, end=TINY.end)) == before
    assert len(scored) == 2 * once
    monkeypatch.setattr("minewatch.pipeline.chunk_scoring.evidence_rules", lambda _: "other")
    assert all_bytes(update(out, end=TINY.end)) == before
    assert len(scored) == 3 * once


def test_a_withdrawn_scene_leaves_no_evidence_of_itself(
    tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    whole = run_archive(tiny_archive, tmp_path / "whole")
    scenes = read_scene_list(whole.directory / "scenes.json")
    fewer = [s for s in scenes if s != scenes.scenes[3]]
    less = tmp_path / "less.json"
    body = json.loads((whole.directory / "scenes.json").read_text())
    body["features"] = [f for f in body["features"] if f["id"] in {s.id for s in fewer}]
    body["minewatch"]["scenes"] = [s.id for s in fewer]
    less.write_text(json.dumps(body))
    direct = run_archive(tiny_archive, tmp_path / "direct", scenes=less)
    after = update(whole.directory, end=TINY.end, scenes=less)
    assert all_bytes(after) == all_bytes(direct)


def test_evidence_is_found_in_its_files_and_not_copied_into_memory(
    tiny_archive: synthetic.Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, mapped = PoolBanks.find, list[bool]()

    def watched(detector: PoolBanks, evidence: Evidence, **named: Any) -> Any:
        for layer in evidence.layers.values():
            base: Any = layer.to_numpy()
            while isinstance(base, np.ndarray):
                base = base.base
            mapped.append(isinstance(base, mmap.mmap))
        return find(detector, evidence, **named)

    monkeypatch.setattr(PoolBanks, "find", watched)
    run_archive(tiny_archive, tmp_path / "run")
    assert mapped
    assert all(mapped)
