"""What `minewatch doctor` says of a machine, and that it says no secret."""

from __future__ import annotations

import json
import shutil
import tempfile
import tomllib
from collections import namedtuple
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minewatch.cli import app
from minewatch.pipeline import Check, check_machine
from minewatch.pipeline.machine_checks import EXTRAS
from minewatch.runtime import warmup

Usage = namedtuple("Usage", "total used free")


def looked_over(folder: Path, **options: object) -> dict[str, Check]:
    return {check.name: check for check in check_machine(folder=folder, environ={}, **options)}  # type: ignore[arg-type]


def test_a_machine_that_runs_these_tests_has_no_fault(tmp_path: Path) -> None:
    found = looked_over(tmp_path)
    assert {c.outcome for c in found.values()} <= {"ok", "note"}
    assert {"python", "gdal", "memory", "disk", "folder", "keys"} <= set(found)


def test_every_extra_that_people_install_is_looked_for_by_a_package_of_it() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    assert set(EXTRAS) == set(extras) - {"bench"}
    wrong = [n for n, (package, _) in EXTRAS.items() if not any(package in w for w in extras[n])]
    assert wrong == []


def test_every_fault_and_note_says_what_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(9, 9, 10**8))
    monkeypatch.setattr(warmup, "record_path", lambda: None)
    monkeypatch.setenv("PROJ_LIB", "/somewhere")
    found = looked_over(tmp_path)
    assert [found[n].outcome for n in ("disk", "kernels", "proj")] == ["note"] * 3
    assert [c.name for c in found.values() if c.outcome != "ok" and not c.mend] == []


def test_a_folder_that_cannot_be_written_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    found = looked_over(tmp_path / "new" / "run", cache=tmp_path / "cache")
    assert found["folder"].outcome == found["cache"].outcome == "fault"
    assert str(tmp_path) in found["folder"].found


def test_a_catalogue_answers_or_says_why_not(tmp_path: Path) -> None:
    page = tmp_path / "catalog.json"
    page.write_text(json.dumps({"stac_version": "1.0.0", "id": "mine", "title": "My catalogue"}))
    other = tmp_path / "other.json"
    other.write_text("{}")
    found = looked_over(tmp_path, catalogs=[str(page), str(other)])
    assert found[str(page)].found.startswith("My catalogue")
    assert found[str(other)].outcome == "fault"
    assert "neither links" in found[str(other)].found


def test_keys_are_named_and_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARTHDATA_TOKEN", "planted-secret")
    monkeypatch.setenv("MINEWATCH_HTTP_RETRIES", "0")
    address = "http://127.0.0.1:9/?sig=planted-secret"
    words = ["doctor", "--folder", str(tmp_path), "--catalog", address]
    plain = CliRunner().invoke(app, words)
    as_json = CliRunner().invoke(app, [*words, "--json"])
    assert plain.exit_code == as_json.exit_code == 1
    assert "EARTHDATA_TOKEN" in plain.output
    assert "planted" not in plain.output + as_json.output
    outcomes = {row["name"]: row["outcome"] for row in json.loads(as_json.stdout)}
    assert list(outcomes.values()).count("fault") == 1
