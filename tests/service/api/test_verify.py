"""POST /verify over the stand-in model: verdicts, places, offsets, differences and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexer.building import build as builder
from service.api.schemas import QuotationPlace, VerifyResponse
from service.app import build_app
from service.errors import MAX_QUOTATION
from service.search.index_watcher import IndexWatcher
from tests.conftest import client_of, wait_until_ready
from tests.service.contract import assert_refusal
from tests.standin import StandInChoice, StandInEncoder

ONCOLOGY, TELEMEDICINE = "oncologie.txt", "santé/télémédecine.md"


def verified(client: TestClient, quotation: str, **others: Any) -> dict[str, Any]:
    answer = client.post("/verify", json={"quotation": quotation, **others})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert list(body) == list(VerifyResponse.model_fields)
    return body


@pytest.mark.parametrize("source", [None, ONCOLOGY])
@pytest.mark.parametrize(
    ("quotation", "text"),
    [
        ("« Les séances ont lieu le mardi à Rabat. »", "Les séances ont lieu le mardi à Rabat"),
        ("le mardi à\u00a0Rabat. Chaque participant", "le mardi à Rabat.\nChaque participant"),
        ("qua-\nrante heures", "quarante heures"),
        ("Le centre […] le mardi à Rabat", None),
    ],
)
def test_words_that_stand_there_are_found_word_for_word(
    articles: TestClient, quotation: str, text: str | None, source: str | None
) -> None:
    body = verified(articles, quotation, source=source)
    assert (body["verdict"], body["message"]) == ("exact", f"It stands word for word in {ONCOLOGY}.")
    (place,) = body["places"]
    assert list(place) == list(QuotationPlace.model_fields)
    assert (place["source"], place["date"], place["page"]) == (ONCOLOGY, "2021-03-12", None)
    assert (place["similarity"], place["differences"]) == (1, [])
    document = articles.get(f"/documents/{ONCOLOGY}").json()
    assert place["passage_id"] == document["content"][0]["passage_id"]
    there = document["text"][place["start"] : place["end"]]
    assert " ".join(there.split()) == " ".join(place["text"].split())
    assert text is None or place["text"] == text


def test_offsets_count_in_the_source_where_markup_stands_in_between(articles: TestClient) -> None:
    (place,) = verified(articles, "distance les régions sans")["places"]
    text = articles.get(f"/documents/{TELEMEDICINE}").json()["text"]
    assert text[place["start"] : place["end"]] == "distance les **régions** sans"
    assert place["text"] == "distance les régions sans"


@pytest.mark.parametrize("source", [None, ONCOLOGY])
def test_words_that_differ_are_told(articles: TestClient, source: str | None) -> None:
    body = verified(articles, "Chaque participant reçoit un certificat après trente heures", source=source)
    assert body["verdict"] == "near"
    assert body["message"] == f"Not word for word: {ONCOLOGY} holds it with 1 difference."
    (place,) = body["places"]
    assert place["differences"] == [{"kind": "replaced", "quoted": "trente", "found": "quarante"}]
    assert place["text"] == "Chaque participant reçoit un certificat après quarante heures"


@pytest.mark.parametrize(
    ("quotation", "source"),
    [
        ("Les ministres se réunissent jeudi à Paris", None),
        ("Les séances ont lieu le mardi à Rabat", TELEMEDICINE),
        ("zzz " * 100, None),
        ("zzz " * 100, ONCOLOGY),
    ],
)
def test_words_that_do_not_stand_there_are_not_found(
    articles: TestClient, quotation: str, source: str | None
) -> None:
    body = verified(articles, quotation, source=source)
    assert (body["verdict"], body["places"]) == ("none", [])
    assert body["message"].startswith(f"It does not stand in {source or 'any document'}")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"quotation": "un", "source": "nothing.txt"}, 404, "unknown_source"),
        ({"quotation": "un", "source": "../secret.txt"}, 404, "unknown_source"),
        ({"quotation": "un", "source": "a\0b"}, 422, "invalid_parameter"),
        ({"quotation": "« … »"}, 422, "invalid_parameter"),
        ({"quotation": ""}, 422, "invalid_parameter"),
        ({"quotation": "a\0b"}, 422, "invalid_parameter"),
        ({"quotation": 5}, 422, "invalid_parameter"),
        ({"quotation": "un", "limit": True}, 422, "invalid_parameter"),
        ({"quotation": "un", "limit": 21}, 422, "invalid_parameter"),
        ({"quotation": "un", "k": 1}, 422, "unknown_parameter"),
        ({}, 422, "missing_parameter"),
        ([], 422, "invalid_body"),
        ({"quotation": "x" * (MAX_QUOTATION + 1)}, 422, "invalid_parameter"),
        ({"quotation": "mot " * 25_000}, 413, "body_too_large"),
    ],
)
def test_what_cannot_be_verified_is_refused(
    articles: TestClient, body: object, status: int, code: str
) -> None:
    response = articles.post("/verify", json=body)
    assert_refusal(response, status, code)
    if status == 413:
        assert f"a quotation {MAX_QUOTATION}" in response.json()["error"]["hint"]


def test_a_quotation_runs_through_passages_and_every_document_that_holds_it_is_named(
    tmp_path: Path,
) -> None:
    sentences = [f"La mesure numéro {n} vaut {n * 17 % 101} grammes au total ce jour." for n in range(120)]
    for name in "ab":
        (tmp_path / "corpus").mkdir(exist_ok=True)
        head = f"Relevé {name}\n\nIntroduction du cahier {name}.\n\n"
        (tmp_path / "corpus" / f"{name}.txt").write_text(head + "\n\n".join(sentences), encoding="utf-8")
    builder.build(tmp_path / "corpus", tmp_path / "index", StandInChoice())
    live = IndexWatcher(tmp_path / "index", StandInEncoder)
    with client_of(build_app(live)) as client:
        wait_until_ready(live)
        passages = client.get("/documents/a.txt").json()["content"]
        assert len(passages) > 3
        quoted = " ".join(sentences[2:110])
        for quotation in (quoted, sentences[60] + " " + sentences[61]):
            body = verified(client, quotation)
            assert body["verdict"] == "exact"
            assert [place["source"] for place in body["places"]] == ["a.txt", "b.txt"]
            for place in body["places"]:
                text = client.get(f"/documents/{place['source']}").json()["text"]
                assert text[place["start"] : place["end"]].split() == quotation.removesuffix(".").split()
        changed = quoted.replace("numéro 50 ", "numéro 51 ")
        for others in ({}, {"source": "b.txt"}):
            body = verified(client, changed, **others)
            assert body["verdict"] == "near"
            assert body["places"][0]["differences"] == [{"kind": "replaced", "quoted": "51", "found": "50"}]
        assert len(verified(client, quoted, limit=1)["places"]) == 1
