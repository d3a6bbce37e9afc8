"""The search box in a page of another site, in the browser: what it asks, shows and says, and may not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Route, expect

from service.app import build_app
from service.middleware import keys
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.conftest import wait_until_ready
from tests.serving import serving
from tests.standin import StandInEncoder

pytestmark = pytest.mark.slow


@dataclass
class Site:
    """A site of another origin, whose policy allows it the service's script and answers and nothing else."""

    address: str
    service: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    """Path → attributes of the box in the page there."""

    def page(self, path: str) -> str:
        attributes = self.attributes.get(path, "")
        return (
            f'<!doctype html><html lang="{"en" if path.startswith("/en") else "fr"}"><title>Un site</title>'
            f'<script src="{self.service}/embed.js" defer></script>'
            f'<script src="{self.service}/embed.js" defer></script>'  # sites come together of many parts
            f"<main><h1>Un site</h1><repere-search {attributes}></repere-search></main>"
        )


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    here = Site("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = here.page(self.path).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            policy = f"default-src 'none'; script-src {here.service}; connect-src {here.service}"
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here.address = f"http://127.0.0.1:{server.server_port}"
    yield here
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def key(index_folder: Path, tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[str]:
    """A key of the service, which pages of the site may ask."""
    file = tmp_path_factory.mktemp("embed") / "keys.json"
    key = keys.create(file, "site", "read")
    live = IndexWatcher(index_folder, StandInEncoder)
    settings = Settings(index=index_folder, keys=file, cors_origins=(site.address,))
    with serving(build_app(live, settings)) as port:
        wait_until_ready(live)
        site.service = f"http://127.0.0.1:{port}"
        site.attributes |= {
            "/": f'key="{key}" k="3"',
            "/en": f'key="{key}" language="en"',
            "/stranger": "",
            "/strict": f'key="{key}" format="none-such"',
        }
        yield key


@pytest.fixture
def page(browser: Browser, key: str) -> Iterator[Page]:
    context = browser.new_context(locale="fr-FR")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def ask(page: Page, question: str) -> None:
    page.get_by_role("searchbox").fill(question)
    page.get_by_role("searchbox").press("Enter")


def test_it_asks_from_another_site_and_its_links_open_the_service(page: Page, site: Site) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(site.address)
    ask(page, "baleine bleue")
    expect(page.get_by_role("status")).to_have_text("3 passages trouvés.")
    expect(page.get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_role("listitem").first).to_contain_text("baleine", ignore_case=True)
    link = page.get_by_role("listitem").first.get_by_role("link").get_attribute("href") or ""
    assert link.startswith(f"{site.service}/?doc=") and "&passage=" in link
    every = page.get_by_role("link", name="Tous les résultats").get_attribute("href")
    assert every == f"{site.service}/?q=baleine+bleue&lang=fr"
    assert said == [], "the strictest policy of a site is kept"


def test_it_says_so_when_nothing_is_relevant_and_shows_nothing(page: Page, site: Site) -> None:
    page.goto(site.address)
    ask(page, "baleine bleue")
    expect(page.get_by_role("listitem")).to_have_count(3)
    ask(page, "gomme arabique")
    expect(page.get_by_role("status")).to_have_text("Rien de pertinent dans ce corpus.")
    expect(page.get_by_role("listitem")).to_have_count(0)
    expect(page.get_by_role("link")).to_have_count(0)


def test_it_speaks_the_language_of_the_page_around_and_filters(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/en")
    expect(page.get_by_role("searchbox", name="Search the documents")).to_be_visible()
    with page.expect_response("**/search?*") as answered:
        page.get_by_role("searchbox").fill("robot-assisted surgery simulator")
        page.get_by_role("button", name="Search").click()
    hits = answered.value.json()["hits"]
    assert hits and {hit["language"] for hit in hits} == {"en"}
    expect(page.get_by_role("status")).to_contain_text("found")


@pytest.mark.parametrize(
    ("path", "said"), [("/stranger", "n’est pas permise"), ("/strict", "Rien de pertinent")]
)
def test_what_is_refused_or_empty_is_said(page: Page, site: Site, path: str, said: str) -> None:
    page.goto(f"{site.address}{path}")
    ask(page, "baleine bleue")
    expect(page.get_by_role("status")).to_contain_text(said)


def test_a_site_that_is_not_named_gets_no_answer(page: Page, site: Site) -> None:
    page.goto(site.address.replace("127.0.0.1", "localhost"))
    ask(page, "baleine bleue")
    expect(page.get_by_role("status")).to_have_text("La recherche n’a pas répondu ; réessayez.")


@pytest.mark.parametrize(
    ("status", "said"), [(429, "Trop de questions"), (503, "Trop de"), (500, "réessayez")]
)
def test_trouble_is_said_in_a_sentence(page: Page, site: Site, status: int, said: str) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=status, json={}, headers={"Access-Control-Allow-Origin": site.address})

    page.route("**/search?*", refuse)
    page.goto(site.address)
    ask(page, "baleine bleue")
    expect(page.get_by_role("status")).to_contain_text(said)


def test_nothing_in_a_document_becomes_markup(page: Page, site: Site) -> None:
    hostile = '<img src=x onerror="document.title=1">'

    def answer(route: Route) -> None:
        hit = {
            "title": hostile,
            "highlight": {"text": hostile},
            "author": hostile,
            "source": '"><b>',
            "passage_id": "a",
            "language": "fr",
            "relevance": {"class": "strong"},
        }
        route.fulfill(json={"hits": [hit]}, headers={"Access-Control-Allow-Origin": site.address})

    page.route("**/search?*", answer)
    page.goto(site.address)
    ask(page, "baleine bleue")
    expect(page.get_by_role("link", name=hostile)).to_be_visible()
    assert page.title() == "Un site"
    expect(page.locator("repere-search img, repere-search b")).to_have_count(0)


def test_only_the_last_of_quick_questions_is_shown(page: Page, site: Site) -> None:
    slow: list[Route] = []

    def hold(route: Route) -> None:
        slow.append(route)

    page.route("**/search?q=gomme*", hold)
    page.goto(site.address)
    ask(page, "gomme arabique")
    expect(page.get_by_role("status")).to_have_text("Recherche…")
    for _ in range(1000):  # the request is under way, and may not have come by yet
        if slow:
            break
        page.wait_for_timeout(10)
    ask(page, "baleine bleue")
    expect(page.get_by_role("status")).to_have_text("3 passages trouvés.")
    (late,) = slow
    late.fulfill(json={"hits": []}, headers={"Access-Control-Allow-Origin": site.address})
    expect(page.get_by_role("status")).to_have_text("3 passages trouvés.")


def test_axe_finds_nothing(page: Page, site: Site) -> None:
    page.context.set_default_timeout(10_000)
    page.goto(site.address)
    ask(page, "baleine bleue")
    expect(page.get_by_role("listitem")).to_have_count(3)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
