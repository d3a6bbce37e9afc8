"""Fixtures: one browser and one service for all tests of a worker, one visitor a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.page.browser import WATCH_SHIFTS, WIDE, Visit, Visitor, launch
from tests.page.chromium import MISSING, chromium
from tests.page.served import Service, build_index


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser; where there is none, what asks for it is skipped."""
    if chromium() is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        found = launch(playwright)
        yield found
        found.close()


@pytest.fixture(scope="session")
def index_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the page's corpus."""
    return build_index(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="session")
def service(index_folder: Path) -> Iterator[Service]:
    """The service, for tests that leave it running."""
    running = Service(index_folder).start()
    yield running
    running.stop()


@pytest.fixture
def newcomer(browser: Browser, service: Service) -> Iterator[Visitor]:
    """Makes visitors of one's own choosing: newcomer(locale="en-GB", color_scheme="dark", viewport=PHONE).

    Whoever comes, nothing is asked of another host, and without trouble nothing is said in the console.
    """
    visits: list[tuple[BrowserContext, Visit]] = []

    def come(address: str = service.address, **options: Any) -> Visit:
        options = {"locale": "fr-FR", "viewport": WIDE} | options
        context = browser.new_context(**options)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(10_000)
        context.add_init_script(WATCH_SHIFTS)
        page = context.new_page()
        visits.append((context, Visit(page, address)))
        return visits[-1][1]

    yield come
    for context, visit in visits:
        context.close()
        assert [url for url in visit.requests if not url.startswith((visit.address, "blob:"))] == []
        assert visit.trouble or visit.errors == []


@pytest.fixture
def visit(newcomer: Visitor) -> Visit:
    """A visitor who reads French, on a wide screen, on the empty page."""
    return newcomer().open()
