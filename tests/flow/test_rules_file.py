"""`--rules FILE`: what it changes, moves; the run says so, and never mixes it with another."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from minewatch import synthetic
from minewatch.errors import MinewatchError, SettingsError
from minewatch.model import RunResult

from .conftest import all_bytes, run_archive

LARGE_M2 = 5_000.0


@pytest.fixture(scope="module")
def rules_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "large.toml"
    path.write_text(f"[pool-banks.patches]\nmin_patch_m2 = {LARGE_M2}\n", "utf-8")
    return path


def test_a_changed_threshold_moves_what_it_says_and_the_manifest_has_it(
    small_archive: synthetic.Archive, small_run: RunResult, rules_file: Path, tmp_path: Path
) -> None:
    assert small_run.changes["area_m2"].min() < LARGE_M2
    result = run_archive(small_archive, tmp_path / "run", rules=rules_file)
    assert len(result.changes) > 0
    assert result.changes["area_m2"].min() >= LARGE_M2
    expected = deepcopy(small_run.manifest["rules"])
    expected["pool-banks"]["patches"]["min_patch_m2"] = LARGE_M2
    assert result.manifest["rules"] == expected
    warning = f"thresholds are not as shipped: pool-banks.patches.min_patch_m2 = {LARGE_M2}"
    assert warning in result.manifest["warnings"]
    assert not any("not as shipped" in words for words in small_run.manifest["warnings"])


def test_a_cut_run_goes_on_with_its_own_rules_alone(
    tiny_archive: synthetic.Archive, rules_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    before = all_bytes(run_archive(tiny_archive, out, rules=rules_file))
    with pytest.raises(MinewatchError, match="rules"):
        run_archive(tiny_archive, out, resume=True)
    assert all_bytes(run_archive(tiny_archive, out, rules=rules_file, resume=True)) == before


def test_a_file_with_a_wrong_threshold_is_named_before_there_is_a_folder(
    tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    path, out = tmp_path / "mine.toml", tmp_path / "run"
    path.write_text("[pool-banks.patches]\nmin_patch_m2 = -4\n", "utf-8")
    with pytest.raises(SettingsError, match=r"pool-banks\.patches\.min_patch_m2 is -4") as caught:
        run_archive(tiny_archive, out, rules=path)
    assert str(path) in caught.value.problem
    assert not out.exists()
