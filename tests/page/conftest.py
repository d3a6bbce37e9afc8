"""Fixtures: one service for all tests of a worker, one browser a file, pages that visitors have in turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.page.browser import WATCH_SHIFTS, WIDE, Visit, Visitor, launch
from tests.page.chromium import MISSING, chromium
from tests.page.served import Service, build_index


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser; where there is none, what asks for it is skipped.

    One a file: as long as it is there, its driver's event loop counts as running, and no test of another
    file in this process could run one of its own.
    """
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


@pytest.fixture(scope="module")
def pages(browser: Browser) -> Iterator[dict[str, list[Page]]]:
    """Pages that a visitor has left and the next of the same kind may have; each has a context of its own."""
    left: dict[str, list[Page]] = defaultdict(list)
    yield left
    for page in [each for kind in left.values() for each in kind]:
        page.context.close()


@pytest.fixture
def newcomer(browser: Browser, service: Service, pages: dict[str, list[Page]]) -> Iterator[Visitor]:
    """Makes visitors of one's own choosing: newcomer(locale="en-GB", color_scheme="dark", viewport=PHONE).

    Whoever comes, nothing is asked of another host, and without trouble nothing is said in the console. With
    shared=False nobody has had their browser before, and nobody has it after.
    """
    visits: list[tuple[Visit, str | None]] = []

    def come(address: str = service.address, *, shared: bool = True, **options: Any) -> Visit:
        options = {"locale": "fr-FR", "viewport": WIDE} | options
        kind = repr(sorted(options.items())) if shared and address == service.address else None
        page = pages[kind].pop() if kind and pages[kind] else _new_page(browser, options)
        visits.append((Visit(page, address), kind))
        return visits[-1][0]

    yield come
    for visit, kind in visits:
        visit.leave()
        if kind is None:
            visit.page.context.close()
        else:
            visit.tidy()
            pages[kind].append(visit.page)
        assert [url for url in visit.requests if not url.startswith((visit.address, "blob:"))] == []
        assert visit.trouble or visit.errors == []


def _new_page(browser: Browser, options: dict[str, Any]) -> Page:
    context = browser.new_context(**options)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(10_000)
    context.add_init_script(WATCH_SHIFTS)
    return context.new_page()


@pytest.fixture
def visit(newcomer: Visitor) -> Visit:
    """A visitor who reads French, on a wide screen, on the empty page."""
    return newcomer().open()


@pytest.fixture(scope="module")
def modules(browser: Browser, service: Service) -> Iterator[Page]:
    """A page in French in which the functions of the page's modules are called, and nothing is done."""
    page = Visit(_new_page(browser, {"locale": "fr-FR"}), service.address).open().page
    yield page
    page.context.close()
