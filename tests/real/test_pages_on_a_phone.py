"""Every page of the documentation in a real browser as wide as a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from tests.docs.conftest import Built, pages

from .chromium import chromium, watch

pytestmark = pytest.mark.timeout(600)
__all__ = ["pages"]
LOOK_OVER = """() => ({
  wider: ['html', 'body', '.page', '.content'].filter(name => {
    const part = document.querySelector(name);
    return part && part.scrollWidth > part.clientWidth + 1;
  }),
  broken: [...document.images].filter(i => !i.complete || !i.naturalWidth).map(i => i.src),
  unnamed: [...document.images].filter(
    i => !i.alt && !i.closest('.sphx-glr-thumbcontainer')  // the link beside it says the same
  ).map(i => i.src),
  cut: [...document.querySelectorAll('article pre, article table')].filter(
    part => part.getBoundingClientRect().right > innerWidth + 1
      && !part.closest('pre, .table-wrapper, .cell_output, .output')
  ).length,
})"""


@pytest.fixture(scope="module")
def phone() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page(viewport={"width": 390, "height": 844})


def test_on_a_phone_no_page_is_wider_than_its_window_or_lacks_a_picture(
    pages: Built, phone: Page
) -> None:
    seen = watch(phone)
    wrong = {}
    found = [path for path in sorted(pages.html.rglob("*.html")) if "_static" not in path.parts]
    for path in found:
        phone.goto(path.as_uri(), wait_until="load")
        faults = {k: v for k, v in phone.evaluate(LOOK_OVER).items() if v}
        if faults:
            wrong[str(path.relative_to(pages.html))] = faults
    assert wrong == {}
    assert len(found) > 80
    assert seen.requests == []
    assert seen.troubles == []
