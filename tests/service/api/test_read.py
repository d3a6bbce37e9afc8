"""GET /read/{source}: a document's own page, as a person and as a citation program have it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from starlette.testclient import TestClient

from indexer.building import build as builder
from service.app import build_app
from service.middleware import keys
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.conftest import client_of, ready_client, wait_until_ready
from tests.service.contract import assert_refusal
from tests.standin import StandInChoice, StandInEncoder

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("read")
    (home / "corpus" / "santé").mkdir(parents=True)
    (home / "corpus" / "santé" / "été #1.md").write_text(
        "---\ntitle: L’été à Rabat\ndate: 2019-10-08\nauthors:\n  - Amina Berrada\n  - Marie de la Tour\n"
        "doi: 10.1000/182\njournal: Revue de santé\ntype: article-journal\n---\n\n# L’été à Rabat\n\n"
        "## Cours\n\nLe cours d’été dure dix jours & il est gratuit.\n",
        encoding="utf-8",
    )
    (home / "corpus" / "hostile.md").write_text(
        f"---\ntitle: '{HOSTILE}'\nauthor: '{HOSTILE}'\nurl: 'javascript:alert(1)'\n---\n\n"
        f"{HOSTILE} en texte.\n"
    )
    builder.build(home / "corpus", home / "index", StandInChoice())
    return home


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    with ready_client(IndexWatcher(home / "index", StandInEncoder)) as client:
        yield client


PATH = "/read/sant%C3%A9/%C3%A9t%C3%A9%20%231.md"


def metas(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for meta in html.fromstring(text).findall(".//head/meta[@name]"):
        found.setdefault(meta.get("name", ""), []).append(meta.get("content", ""))
    return found


def test_a_citation_program_finds_the_work(client: TestClient) -> None:
    answer = client.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    found = metas(answer.text)
    assert found["citation_title"] == ["L’été à Rabat"]
    assert found["citation_author"] == ["Berrada, Amina", "de la Tour, Marie"]
    assert found["citation_publication_date"] == ["2019/10/08"]
    assert found["citation_doi"] == ["10.1000/182"]
    assert found["citation_journal_title"] == ["Revue de santé"]
    page = html.fromstring(answer.text)
    assert page.find(".//link[@rel='canonical']").get("href") == f"http://127.0.0.1{PATH}"
    (data,) = page.xpath("//script")
    assert (data.get("type"), json.loads(data.text)["name"]) == ("application/ld+json", "L’été à Rabat")


def test_a_cited_passage_is_shown_with_ways_on(client: TestClient) -> None:
    (passage,) = client.get("/documents/santé/été %231.md").json()["content"]
    answer = client.get(PATH, params={"passage": passage["passage_id"]})
    page = html.fromstring(answer.text)
    assert page.find(".//blockquote").text.strip() == passage["text"]
    links = [link.get("href") for link in page.findall(".//nav/a")]
    assert f"passage={passage['passage_id']}" in links[0] and links[0].startswith("http://127.0.0.1/?doc=")
    assert client.get(links[0].removeprefix("http://127.0.0.1")).status_code == 200
    assert "https://doi.org/10.1000/182" in links


@pytest.mark.parametrize(("language", "said"), [("fr", "n’est plus dans"), ("en", "is no longer in")])
def test_a_passage_that_is_gone_is_said_to_be(client: TestClient, language: str, said: str) -> None:
    answer = client.get(PATH, params={"passage": "0" * 20}, headers={"Accept-Language": language})
    assert answer.status_code == 200 and said in answer.text
    assert html.fromstring(answer.text).get("lang") == language


def test_what_a_document_says_is_text(client: TestClient) -> None:
    answer = client.get("/read/hostile.md")
    assert "<script>alert" not in answer.text
    page = html.fromstring(answer.text)
    assert [script.get("type") for script in page.xpath("//script")] == ["application/ld+json"]
    assert not [link for link in page.xpath("//@href") if link.startswith("javascript")]
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_what_is_not_there_is_refused(client: TestClient) -> None:
    assert_refusal(client.get("/read/gone.md"), 404, "unknown_source")
    page = client.get("/read/gone.md", headers={"Accept": "text/html", "Accept-Language": "fr"})
    assert page.status_code == 404 and "Le corpus ne contient pas" in page.text
    assert_refusal(client.get(f"{PATH}?q=a"), 422, "unknown_parameter")


def test_a_shared_link_asks_for_the_key_and_stands_under_the_proxys_path(home: Path, tmp_path: Path) -> None:
    token = keys.create(tmp_path / "keys.json", "a", "read")
    settings = Settings(
        index=home / "index", keys=tmp_path / "keys.json", hosts=("search.example.org",), root_path="/s"
    )
    live = IndexWatcher(home / "index", StandInEncoder)
    with client_of(build_app(live, settings), "search.example.org") as client:
        wait_until_ready(live)
        refused = client.get(f"/s{PATH}", headers={"Accept": "text/html"})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic ")
        answer = client.get(f"/s{PATH}", auth=("", token))
        canonical = html.fromstring(answer.text).find(".//link[@rel='canonical']").get("href")
        assert canonical == f"http://search.example.org/s{PATH}"
