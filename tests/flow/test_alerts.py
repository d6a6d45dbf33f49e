"""`minewatch update --alert`: the first time that something is likely, and only then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minewatch import synthetic
from minewatch.cli import main

from .conftest import run_archive


def update(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, object]]:
    with pytest.raises(SystemExit) as end:
        main(["update", *map(str, words), "--alert", "--json"])
    return int(end.value.code or 0), json.loads(capsys.readouterr().out)


def test_an_update_with_a_new_site_ends_with_five_once(
    small_archive: synthetic.Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early = run_archive(small_archive, tmp_path / "run", end="2020-04-30")
    before = set(early.sites.loc[early.sites["alert"] != "candidate", "site_id"])
    code, said = update(capsys, early.directory, "--end", small_archive.spec.end)
    new = {site["site_id"] for site in said["alert"]["sites"]}
    assert new
    assert not new & before
    assert code == 5
    assert said["alert"]["line"].startswith("SIMULATED, no real place: ")
    code, said = update(capsys, early.directory, "--end", small_archive.spec.end)
    assert (code, said["alert"]) == (0, {"line": "", "sites": []})
