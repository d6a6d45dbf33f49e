"""Evidence is weighed once for the months it is made of, and never outlives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minewatch import detect, synthetic
from minewatch.catalog import read_scene_list
from minewatch.pipeline import update

from .conftest import TINY, all_bytes, run_archive


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Pixels of every call of `detect.score` but the one that only asks for the layers."""
    score, pixels = detect.score, list[int]()

    def counted(months: Any, **named: Any) -> Any:
        size = months.sizes["y"] * months.sizes["x"]
        if size > 1:
            pixels.append(size)
        return score(months, **named)

    monkeypatch.setattr(detect, "score", counted)
    return pixels


def test_only_chunks_whose_months_changed_are_weighed_again(
    tiny_archive: synthetic.Archive, tmp_path: Path, weighed: list[int]
) -> None:
    out = tmp_path / "run"
    run_archive(tiny_archive, out, chunk_px=32)
    chunks = len(list((out / "state" / "months").iterdir()))
    assert len(weighed) == chunks > 1
    assert sum(weighed) < 64 * 64
    weighed.clear()
    before = all_bytes(update(out, end=TINY.end))
    assert weighed == []

    index = out / "state" / "evidence" / "index.json"
    held = json.loads(index.read_text())
    name = min(held["chunks"])
    held["chunks"][name] = "of other months"
    index.write_text(json.dumps(held))
    assert all_bytes(update(out, end=TINY.end)) == before
    assert len(weighed) == 1


def test_evidence_of_other_code_or_a_damaged_index_is_weighed_anew(
    tiny_archive: synthetic.Archive,
    tmp_path: Path,
    weighed: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "run"
    before = all_bytes(run_archive(tiny_archive, out))
    once = len(weighed)
    (out / "state" / "evidence" / "index.json").write_text("{")
    assert all_bytes(update(out, end=TINY.end)) == before
    assert len(weighed) == 2 * once
    monkeypatch.setattr("minewatch.pipeline.evidence.code_key", lambda _: "other code")
    assert all_bytes(update(out, end=TINY.end)) == before
    assert len(weighed) == 3 * once


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
