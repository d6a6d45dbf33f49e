"""A notebook in a real JupyterLab and a real Chromium: cells run, the map draws, nothing leaves."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import Page
from tests.server_tools import free_port, server_tools, serving

from minewatch.model import RunResult

from .chromium import chromium, watch

pytestmark = pytest.mark.timeout(600)
JUPYTERLAB = ("jupyterlab==4.6.6",)
TOKEN = "of-this-test-only"
SOURCE = """\
import minewatch as mw

run = mw.open_run({folder!r})
print("simulated:", run.simulated)"""
# The notebook's indicator says idle before there is a kernel, and a cell that is run then is not
# run later: JupyterLab drops it. This asks JupyterLab itself whether the notebook has its kernel.
HAS_ITS_KERNEL = """() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 1280, "height": 900})


@pytest.fixture
def laboratory(simulated_run: RunResult, tmp_path: Path) -> Iterator[str]:
    """Address of a notebook in a JupyterLab whose kernel is this Python."""
    tools = server_tools("jupyterlab", JUPYTERLAB)
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec), "utf-8")
    home = tmp_path / "home"
    home.mkdir()
    cells = [
        nbformat.v4.new_code_cell(SOURCE.format(folder=str(simulated_run.directory))),
        nbformat.v4.new_code_cell("run.explore()"),
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), home / "map.ipynb")
    port = free_port()
    command = [
        str(tools / "jupyter-lab"), "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", f"--IdentityProvider.token={TOKEN}", "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.expose_app_in_browser=True", str(home),
    ]  # fmt: skip
    environment = {
        **os.environ, "JUPYTER_PATH": str(tmp_path / "jupyter"), "HOME": str(home),
        "JUPYTER_PLATFORM_DIRS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }  # fmt: skip
    with serving(command, f"http://127.0.0.1:{port}/api", env=environment):
        yield f"http://127.0.0.1:{port}/lab/tree/map.ipynb?token={TOKEN}&reset"


def test_cells_run_the_map_draws_and_no_request_leaves(laboratory: str, page: Page) -> None:
    seen = watch(page)
    page.goto(laboratory)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    page.wait_for_function(HAS_ITS_KERNEL, timeout=120_000)
    page.click(".jp-Notebook .jp-CodeCell .jp-InputArea-editor")
    for _ in range(2):
        page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".jp-OutputArea-output iframe", timeout=120_000)
    outputs = page.locator(".jp-OutputArea-output")
    assert outputs.first.inner_text().strip() == "simulated: True"
    frame = page.frame_locator(".jp-OutputArea-output iframe")
    frame.locator("body[data-ready]").wait_for(state="attached", timeout=60_000)
    assert frame.locator("canvas").count() == 1
    away = {urlsplit(url).hostname for url in seen.requests} - {"127.0.0.1"}
    assert away == set()
