"""The page as a search engine of the browser and as an app that can be installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from starlette.testclient import TestClient

from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.conftest import client_of
from tests.standin import StandInEncoder

O = "{http://a9.com/-/spec/opensearch/1.1/}"  # noqa: E741


@pytest.fixture(params=["", "/s"])
def root(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(root: str, tmp_path: Path) -> Iterator[TestClient]:
    settings = Settings(index=tmp_path, hosts=("search.example.org",), root_path=root)
    app = build_app(IndexWatcher(tmp_path, StandInEncoder), settings)
    with client_of(app, "search.example.org") as each:
        yield each


def test_a_browser_can_ask_from_its_address_bar(client: TestClient, root: str) -> None:
    answer = client.get(f"{root}/opensearch.xml")
    assert answer.headers["content-type"].startswith("application/opensearchdescription+xml")
    described = etree.fromstring(answer.content)
    assert described.tag == f"{O}OpenSearchDescription"
    assert 0 < len(described.findtext(f"{O}ShortName")) <= 16  # as the specification bounds it
    assert described.findtext(f"{O}Description")
    templates = {url.get("type"): url.get("template") for url in described.findall(f"{O}Url")}
    assert templates["text/html"] == f"http://search.example.org{root}/?q={{searchTerms}}"
    asked = templates["text/html"].replace("{searchTerms}", "%C3%A9t%C3%A9")
    assert client.get(asked).text.startswith("<!doctype html>")
    assert client.get(described.findtext(f"{O}Image")).headers["content-type"] == "image/svg+xml"


def test_a_browser_can_install_it(client: TestClient, root: str) -> None:
    answer = client.get(f"{root}/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    described = answer.json()
    assert {"name", "short_name", "start_url", "display", "icons"} <= set(described)
    assert client.get(f"{root}/{described['start_url']}").status_code == 200
    for icon in described["icons"]:
        assert client.get(f"{root}/{icon['src']}").headers["content-type"] == icon["type"]


def test_the_page_links_to_both(client: TestClient, root: str) -> None:
    page = etree.HTML(client.get(f"{root}/").text)
    for rel in ("manifest", "search"):
        assert client.get(f"{root}/{page.find(f'.//link[@rel={rel!r}]').get('href')}").status_code == 200


def test_the_description_of_the_api_names_the_path(client: TestClient, root: str) -> None:
    assert client.get(f"{root}/openapi.json").json().get("servers") == ([{"url": root}] if root else None)
