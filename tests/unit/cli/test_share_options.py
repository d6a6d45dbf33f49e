"""Options that would change nothing are refused, never passed over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from minewatch import cli
from minewatch.errors import SettingsError


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("export DIR --format csv --profile public --site s1", "--site changes nothing"),
        ("export DIR --format csv --profile public --dsn x --lang my", "--lang and --dsn"),
        ("export DIR --format gpkg --profile partner --no-rasters", "--profile partner"),
        ("export DIR --format postgis --dsn x --site s1", "--format postgis"),
        ("export DIR --format csv --dsn x", "--dsn changes nothing with --format csv"),
        ("report DIR --profile public --lang my", "--lang changes nothing"),
    ],
)
def test_an_option_without_effect_is_named(words: str, named: str, tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    with pytest.raises(SettingsError, match=named) as caught:
        cli.main([*words.replace("DIR", run).split(), "--debug"])
    assert caught.value.hint
    assert not (tmp_path / "run").exists()
