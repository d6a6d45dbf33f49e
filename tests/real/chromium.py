"""The system's Chromium, the Debian one, for tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
WITHOUT_A_SCREEN = (
    "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
)  # fmt: skip


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that was started; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install --no-install-recommends chromium")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=list(WITHOUT_A_SCREEN))
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a page asked of a network, and what went wrong in it."""

    requests: list[str] = field(default_factory=list)
    """Addresses that are neither the page nor inside it."""
    troubles: list[str] = field(default_factory=list)
    """Errors, and what its policy refused."""


def watch(page: Page) -> Watch:
    """Note from now on what a page asks and what goes wrong."""
    seen = Watch()

    def note(url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            seen.requests.append(url)

    page.on("request", lambda request: note(request.url))
    page.on("pageerror", lambda error: seen.troubles.append(str(error)))
    page.on(
        "console",
        lambda said: seen.troubles.append(said.text) if said.type in ("error", "warning") else None,
    )
    return seen
