"""GET /documents and GET /documents/{source}: what is listed, what offsets mean, what can never be read."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from indexer.building import build as builder
from models.load import ModelChoice
from service.api.schemas import DocumentList, DocumentPassage, DocumentSummary
from service.search.index_watcher import IndexWatcher
from tests.conftest import write_articles
from tests.service.contract import assert_refusal
from tests.serving import wait_until

SOURCES = ["oncologie.txt", "robots.txt", "santé/télémédecine.md"]
SUMMARY = list(DocumentSummary.__annotations__)
PASSAGE = list(DocumentPassage.model_fields)


def address(source: str | bytes) -> str:
    # Dots too are encoded, or the client would resolve them before it asks.
    return "/documents/" + quote(source, safe="").replace(".", "%2E")


def test_the_list_holds_what_is_known_of_every_document_by_source(articles: TestClient) -> None:
    answer = articles.get("/documents").json()
    assert list(answer) == list(DocumentList.model_fields)
    assert [each["source"] for each in answer["documents"]] == SOURCES
    assert all(list(each) == SUMMARY for each in answer["documents"])
    assert (answer["count"], answer["total"], answer["offset"]) == (3, 3, 0)
    assert answer["passages"] == sum(each["passages"] for each in answer["documents"])


def test_a_document_is_its_summary_its_text_and_its_passages(articles: TestClient, tmp_path: Path) -> None:
    corpus = write_articles(tmp_path / "corpus")
    summaries = articles.get("/documents").json()["documents"]
    for source, summary in zip(SOURCES, summaries, strict=True):
        answer = articles.get(address(source)).json()
        content, text = answer.pop("content"), answer.pop("text")
        assert (answer.pop("generation"), answer.pop("since_hit")) == ("g000001", None)
        assert answer == summary
        assert text == (corpus / source).read_text(encoding="utf-8")
        assert len(content) == answer["passages"] > 0
        assert all(list(each) == PASSAGE for each in content)
    data = (corpus / "oncologie.txt").read_bytes()
    assert summaries[0] == {
        "source": "oncologie.txt",
        "title": "La formation continue en oncologie",
        "date": "2021-03-12",
        "date_precision": "day",
        "author": None,
        "authors": [],
        **dict.fromkeys(("type", "container", "publisher", "volume", "issue", "pages", "licence", "url")),
        "identifiers": {},
        "tags": [],
        "abstract": None,
        "language": "fr",
        "format": "text",
        "size": len(data),
        "content_hash": sha256(data).hexdigest(),
        "passages": 1,
        "copies": [],
    }


def test_a_hit_names_the_state_it_was_found_in_and_the_document_says_whether_it_has_changed(
    corpus: Path, index: Path, live: IndexWatcher, client: TestClient
) -> None:
    (hit,) = client.get("/search", params={"q": "robots", "k": 1}).json()["hits"]
    summary = client.get("/documents", params={"source": "robots.txt"}).json()
    assert hit["generation"] == summary["generation"] == "g000001"
    assert hit["content_hash"] == summary["documents"][0]["content_hash"]
    state = {name: hit[name] for name in ("generation", "content_hash")}

    def since(**state: str) -> str:
        said: str = client.get("/documents/robots.txt", params=state).json()["since_hit"]
        return said

    assert since(**state) == "same"
    for change, after in [
        (corpus / "new.txt", "reindexed"),
        (corpus / "robots.txt", "changed"),
    ]:
        change.write_text("Another text about robots that is long enough.\n", encoding="utf-8")
        before = live.searcher
        builder.build(corpus, index, ModelChoice())
        wait_until(lambda before=before: live.searcher is not before)  # type: ignore[misc]
        assert since(**state) == after
    assert since(generation="g000001") == "unknown"
    (corpus / "robots.txt").unlink()
    before = live.searcher
    builder.build(corpus, index, ModelChoice())
    wait_until(lambda: live.searcher is not before)
    gone = client.get("/documents/robots.txt", params=state)
    assert_refusal(gone, 404, "unknown_source")
    assert "g000001 may have held it; g000004 serves now." in gone.json()["error"]["hint"]


@pytest.mark.parametrize(
    "state", [{"generation": "1"}, {"generation": "../g1"}, {"content_hash": "abc"}, {"generation": "g" * 99}]
)
def test_what_is_no_state_of_a_document_is_refused(articles: TestClient, state: dict[str, str]) -> None:
    assert_refusal(articles.get(address("robots.txt"), params=state), 422, "invalid_parameter")


@pytest.mark.parametrize("source", ["oncologie.txt", "robots.txt"])
def test_offsets_are_where_a_passage_stands(articles: TestClient, source: str) -> None:
    answer = articles.get(address(source)).json()
    for passage in answer["content"]:
        span = answer["text"][passage["start"] : passage["end"]]
        assert span.split() == passage["text"].split()  # plain text: the same words, however they are wrapped
    starts = [passage["start"] for passage in answer["content"]]
    assert starts == sorted(starts)


def test_offsets_reach_over_markup_that_is_not_shown(articles: TestClient) -> None:
    answer = articles.get(address("santé/télémédecine.md")).json()
    text = "".join(passage["text"] for passage in answer["content"])
    spans = "".join(answer["text"][each["start"] : each["end"]] for each in answer["content"])
    assert "Soigner à distance les régions sans médecin." in text
    assert "Soigner à distance les **régions** sans médecin." in spans


def test_every_hit_is_a_passage_of_its_document(articles: TestClient) -> None:
    for hit in articles.get("/search", params={"q": "formation", "k": 100}).json()["hits"]:
        content = articles.get(address(hit["source"])).json()["content"]
        assert {name: hit[name] for name in PASSAGE} in content


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("slash", ["/", ""], ids=["slash as it is", "slash encoded"])
def test_a_source_is_found_in_either_spelling(articles: TestClient, form: str, slash: str) -> None:
    spelt = unicodedata.normalize(form, "santé/télémédecine.md")  # type: ignore[arg-type]
    answer = articles.get("/documents/" + quote(spelt, safe=slash)).json()
    assert answer["source"] == "santé/télémédecine.md"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("unknown.txt", 404, "unknown_source"),
        ("", 404, "unknown_source"),
        ("sant%C3%A9", 404, "unknown_source"),
        ("SANT%C3%89/%C3%A9t%C3%A9.txt", 404, "unknown_source"),
        ("%2e%2e%2fsecret.txt", 404, "unknown_source"),
        ("..%2fsecret.txt", 404, "unknown_source"),
        ("sant%C3%A9/..%2f..%2fsecret.txt", 404, "unknown_source"),
        ("..%5csecret.txt", 404, "unknown_source"),
        ("%252e%252e%252fsecret.txt", 404, "unknown_source"),
        ("/etc/passwd", 404, "unknown_source"),
        ("%2fetc%2fpasswd", 404, "unknown_source"),
        ("file:%2f%2f%2fetc%2fpasswd", 404, "unknown_source"),
        ("C:%5cWindows%5cwin.ini", 404, "unknown_source"),
        ("%zz%", 404, "unknown_source"),
        ("%0d%0aSet-Cookie:%20a=b", 404, "not_found"),
        ("'%20OR%201=1--", 404, "unknown_source"),
        ("x" * 5000, 404, "unknown_source"),
        ("%E2%80%AE%F3%A0%80%81", 404, "unknown_source"),
        ("%00", 400, "invalid_encoding"),
        ("sant%C3%A9/%C3%A9t%C3%A9.txt%00", 400, "invalid_encoding"),
        ("%ff%fe", 400, "invalid_encoding"),
        ("%c0%ae%c0%ae%c0%afsecret.txt", 400, "invalid_encoding"),
        ("%ED%A0%80", 400, "invalid_encoding"),
        ("sant%C3%A9/%C3%A9t%C3%A9.txt?raw=1", 422, "unknown_parameter"),
    ],
)
def test_no_source_reaches_what_is_not_in_the_corpus(
    shared: TestClient, path: str, status: int, code: str
) -> None:
    response = shared.get("/documents/" + path)
    assert "a secret" not in response.text and "root:" not in response.text
    assert response.status_code == status
    if path not in ("/etc/passwd", "%2fetc%2fpasswd", "file:%2f%2f%2fetc%2fpasswd"):  # echoed as it was sent
        assert_refusal(response, status, code)


def test_a_refusal_repeats_a_source_only_as_far_as_it_can_be_read(shared: TestClient) -> None:
    message = shared.get("/documents/" + "x" * 5000).json()["error"]["message"]
    assert message == f"No document has the source {'x' * 100}…."
    message = shared.get("/documents/a%09b").json()["error"]["message"]
    assert message == r"No document has the source 'a\tb'."


@settings(deadline=None)
@given(source=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
@example("..")
@example(".")
@example("//")
@example("santé/../santé/été.txt")
def test_any_source_is_found_or_refused(shared: TestClient, source: str) -> None:
    response = shared.get(address(source))
    if response.status_code == 200:
        assert response.json()["source"] == unicodedata.normalize("NFC", source)
    else:
        assert_refusal(response)


@settings(deadline=None)
@given(raw=st.binary(max_size=100))
@example(b".")
@example(b"\n")
@example(b"..")
def test_any_bytes_for_a_source_are_found_or_refused(shared: TestClient, raw: bytes) -> None:
    response = shared.get(address(raw))
    assert response.status_code in (400, 404)
    assert set(response.json()) == {"error"}
