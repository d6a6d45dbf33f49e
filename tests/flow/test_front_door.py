"""The front door of a notebook: what `import minewatch as mw` gives, and what it costs."""

from __future__ import annotations

import inspect
import logging
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import minewatch as mw
from minewatch import synthetic
from minewatch.errors import SettingsError
from minewatch.model import RunResult
from minewatch.store import read_log

SHORT = 2_500
"""Characters of a repr that nobody minds: a few lines."""
ALL_MODULES = """
import pkgutil, importlib, minewatch as mw
for found in pkgutil.walk_packages(mw.__path__, "minewatch."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
wrong = [n for n in mw.__all__ if type(getattr(mw, n)).__name__ == "module"]
assert not wrong, wrong
"""


@pytest.fixture(scope="module")
def run(small_run: RunResult) -> mw.Run:
    return mw.open_run(small_run.directory)


def test_importing_it_loads_no_package_of_others() -> None:
    code = (
        "import sys; before = set(sys.modules); import minewatch as mw; dir(mw);"
        "print({m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "{'minewatch'}"


def test_its_names_stay_when_every_module_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", ALL_MODULES], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", mw.__all__)
def test_every_name_is_listed_typed_and_documented(name: str) -> None:
    thing = getattr(mw, name)
    assert name in dir(mw)
    assert inspect.getdoc(thing)
    if inspect.isfunction(thing):
        signature = inspect.signature(thing)
        assert signature.return_annotation is not inspect.Signature.empty
        assert all(
            p.annotation is not inspect.Parameter.empty for p in signature.parameters.values()
        )


def test_tables_are_geodataframes_with_real_dates(run: mw.Run) -> None:
    for table in (run.inventory, run.sites, run.features, run.changes):
        assert isinstance(table, gpd.GeoDataFrame)
        assert table.crs == "EPSG:4326"
    assert len(run.sites) > 0
    for name in ("period_start", "period_end"):
        assert pd.api.types.is_datetime64_any_dtype(run.inventory[name])
    assert pd.api.types.is_datetime64_any_dtype(run.sites["first_detected"])


def test_shows_itself_in_a_few_lines_and_says_that_it_is_simulated(run: mw.Run) -> None:
    site = run.site(run.sites["site_id"].iloc[0])
    for thing in (run, site):
        assert "SIMULATED, no real place" in repr(thing)
        assert "SIMULATED: no real place" in thing._repr_html_()
        assert len(repr(thing).splitlines()) <= 10
        assert len(thing._repr_html_()) < SHORT


def test_areas_scenes_and_plans_show_themselves(small_archive: synthetic.Archive) -> None:
    where = {"catalog": str(small_archive.catalog), "progress": False}
    scenes = mw.search(str(small_archive.aoi), start="2019-11", end="2020-04", **where)
    plan = mw.plan(str(small_archive.aoi), start="2019-11", end="2020-04", **where)
    assert list(scenes.table()["day"]) == sorted(scenes.table()["day"])
    assert pd.Timestamp("2020-04-15") <= scenes.table()["day"].max() <= pd.Timestamp("2020-04-30")
    for thing in (mw.aoi("chipwe-pangwa"), scenes, plan):
        assert len(repr(thing).splitlines()) <= 12
        assert len(thing._repr_html_()) < SHORT
    assert "chipwe-pangwa" in set(mw.aois()["id"])


def test_a_site_has_timeline_chips_and_evidence(run: mw.Run) -> None:
    site = run.site(run.sites["site_id"].iloc[0])
    periods = run.inventory[run.inventory["site_id"] == site.id]
    assert len(site.timeline()) == len(periods)
    assert site.evidence()["value"].between(0, 1).all()
    assert site.evidence()["meaning"].str.len().min() > 0
    assert set(site.alternatives()["kind"])
    assert all(chip.ndim == 3 for chip in site.chips().values())
    assert site.chips()


def test_months_are_lazy_and_know_where_they_lie(run: mw.Run) -> None:
    site = run.site(run.sites["site_id"].iloc[0])
    months = site.months()
    assert months.rio.crs is not None
    assert months.rio.crs.to_epsg() == run.result.aoi.utm_epsg
    assert months["nir"].dims == ("time", "y", "x")
    assert not months["nir"].variable._in_memory
    assert int(months["clear_looks"].max()) > 0
    box = run.months(run.sites.total_bounds)
    assert box.sizes["x"] >= months.sizes["x"]
    for elsewhere in ((0.0, 0.0, 0.1, 0.1), run.sites.total_bounds[[1, 0, 3, 2]], (1.0, 2.0)):
        with pytest.raises(SettingsError, match="outside"):
            run.months(elsewhere)


def test_rasters_are_opened_by_name(run: mw.Run) -> None:
    name = next(iter(run.result.rasters))
    assert run.raster(name).rio.crs is not None
    with pytest.raises(SettingsError, match="nothing-of-this-name"):
        run.raster("nothing-of-this-name")


def test_an_unknown_site_names_the_nearest(run: mw.Run) -> None:
    known = run.sites["site_id"].iloc[0]
    with pytest.raises(SettingsError) as error:
        run.site(known[:-1])
    assert known in str(error.value)


def test_pictures_are_drawn_and_marked(run: mw.Run) -> None:
    axes = run.plot()
    texts = [axes.get_title(), *(t.get_text() for t in axes.texts)]
    assert "SIMULATED, no real place" in " ".join(texts)
    assert run.site(run.sites["site_id"].iloc[0]).plot().data[:4] == b"\x89PNG"


def test_a_call_changes_nothing_of_the_process(small_run: RunResult, tmp_path: Path) -> None:
    factory, handlers = logging.getLogRecordFactory(), list(logging.getLogger().handlers)
    run = mw.open_run(small_run.directory)
    first, *_, last = run.manifest["periods"]
    assert mw.export(run, format="csv", out=tmp_path / "csv")
    assert mw.report(run, out=tmp_path / "page.html")
    assert mw.explain(run, run.sites["site_id"].iloc[0], out=tmp_path / "explain")
    assert len(mw.diff(run, from_period=first["label"], to_period=last["label"])) > 0
    assert logging.getLogRecordFactory() is factory
    assert logging.getLogger().handlers == handlers


def test_an_update_of_a_run_goes_on_from_its_folder(
    tiny_archive: synthetic.Archive, tmp_path: Path
) -> None:
    half = mw.run(
        str(tiny_archive.aoi), start="2020-11", end="2021-01", out=tmp_path / "run",
        catalog=str(tiny_archive.catalog), progress=False,
    )  # fmt: skip
    whole = mw.update(half, end="2021-04", progress=False)
    assert whole.manifest["parameters"]["end"] == "2021-04-30"
    assert whole.simulated
    assert read_log(whole.directory)[-1].job == "update"
