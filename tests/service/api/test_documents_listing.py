"""GET /documents by pages, sorted and filtered, against plain sorting and comparison."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexer.building import build as builder
from indexer.records import Document, Metadata, PartialDate
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.search.searcher import Searcher
from tests.conftest import client_of, wait_until_ready
from tests.indexer.documents import document
from tests.service.contract import assert_refusal
from tests.service.filtered import FORMATS, corpus, filters, lets_through
from tests.service.search.test_searcher import everything
from tests.standin import StandInEncoder

KEYS = ["source", "title", "date", "size", "passages", "format"]


@contextmanager
def serving(documents: list[Document], folder: Path) -> Iterator[tuple[TestClient, Searcher]]:
    """A client of an app over documents that are no files, and its searcher."""
    encoder = StandInEncoder()
    builder.publish_documents(documents, "made up", folder, encoder)
    watcher = IndexWatcher(folder, lambda: encoder)
    with client_of(build_app(watcher)) as client:
        yield client, wait_until_ready(watcher)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Searcher]]:
    with serving(corpus(11, 25), tmp_path_factory.mktemp("listed")) as both:
        yield both


@pytest.fixture(scope="module")
def listing(made_up: tuple[TestClient, Searcher]) -> TestClient:
    return made_up[0]


def list_documents(client: TestClient, **given: Any) -> dict[str, Any]:
    answer = client.get("/documents", params=given)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_documents_are_sorted_and_those_alike_stand_by_source(
    listing: TestClient, key: str, sign: str
) -> None:
    by_source = list_documents(listing)["documents"]
    assert [each["source"] for each in by_source] == sorted(each["source"] for each in by_source)
    known = [each for each in by_source if each[key] is not None]
    values = sorted({each[key] for each in known}, reverse=bool(sign))
    expected = [each for value in values for each in known if each[key] == value]
    unknown = [each for each in by_source if each[key] is None]
    assert list_documents(listing, sort=sign + key)["documents"] == expected + unknown
    assert bool(unknown) == (key == "date")


@pytest.mark.parametrize("limit", [1, 7, 25, 1000])
def test_pages_make_up_the_whole(listing: TestClient, limit: int) -> None:
    whole = list_documents(listing, sort="-date")
    pages = []
    for offset in itertools.count(0, limit):
        page = list_documents(listing, sort="-date", offset=offset, limit=limit)
        assert (page["offset"], page["total"]) == (offset, 25)
        assert page["count"] == len(page["documents"]) <= limit
        assert page["passages"] == whole["passages"]
        if not page["documents"]:
            break
        pages += page["documents"]
    assert pages == whole["documents"]


def test_the_same_filters_let_the_same_documents_through(made_up: tuple[TestClient, Searcher]) -> None:
    listing, searcher = made_up
    dice, entries = Random(5), everything(searcher)
    for _ in range(80):
        asked = filters(dice)
        given = {
            "source": asked.source,
            "language": ",".join(asked.languages) or None,
            "format": ",".join(asked.formats) or None,
            "from": asked.first and asked.first.removesuffix("-01").removesuffix("-01"),
            "author": asked.authors[0] if asked.authors else None,
            "tag": asked.tag,
            "undated": "true" if asked.undated else None,
            "to": asked.last and asked.last.removesuffix("-31").removesuffix("-12"),
        }
        answer = list_documents(listing, **{name: value for name, value in given.items() if value})
        meeting = {
            each.document.source: each.document.passages for each in entries if lets_through(asked, each)
        }
        assert [each["source"] for each in answer["documents"]] == sorted(meeting), given
        assert (answer["total"], answer["count"]) == (len(meeting), len(meeting))
        assert answer["passages"] == sum(meeting.values())


def test_titles_are_sorted_as_they_are_read(tmp_path: Path) -> None:
    titles = ["zèbre", "École", "eau", "ecole", "Écran", "œuf", "Zebu", "ecran", "10", "oeil"]
    documents = [
        replace(document("Un mot.", title=title, source=f"{n}.md"), content_hash=f"{n:064}")
        for n, title in enumerate(titles)
    ]
    with serving(documents, tmp_path) as (client, _):
        for sort, expected in [
            ("title", ["10", "eau", "École", "ecole", "Écran", "ecran", "oeil", "œuf", "zèbre", "Zebu"]),
            ("-title", ["Zebu", "zèbre", "œuf", "oeil", "Écran", "ecran", "École", "ecole", "eau", "10"]),
        ]:
            assert [each["title"] for each in list_documents(client, sort=sort)["documents"]] == expected


def test_a_copy_leads_to_its_document(tmp_path: Path) -> None:
    metadata = Metadata("Titre", PartialDate("2019"))
    made = replace(document("Un mot."), copies=("copie/b.md",), metadata=metadata)
    with serving([made], tmp_path) as (client, _):
        assert client.get("/documents/copie/b.md").json()["source"] == "a.md"
        (found,) = list_documents(client, source="copie/*")["documents"]
        assert (found["source"], found["copies"]) == ("a.md", ["copie/b.md"])


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"offset": -1}, "offset"),
        ({"offset": 2**64}, "offset"),
        ({"offset": "x"}, "offset"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"sort": "language"}, "sort"),
        ({"sort": "--date"}, "sort"),
        ({"sort": "date; DROP TABLE documents"}, "sort"),
        ({"sort": ""}, "sort"),
        ({"language": "fra"}, "language"),
        ({"from": "2020", "to": "2019"}, "to"),
    ],
)
def test_what_cannot_be_meant_is_refused(listing: TestClient, given: dict[str, Any], name: str) -> None:
    response = listing.get("/documents", params=given)
    assert_refusal(response, 422, "invalid_parameter")
    assert response.json()["error"]["message"].startswith(f"{name}: ")
    assert_refusal(listing.get("/documents", params={"q": "a"}), 422, "unknown_parameter")


def test_beyond_the_last_there_is_nothing(listing: TestClient) -> None:
    answer = list_documents(listing, offset=2**53)
    assert (answer["documents"], answer["count"], answer["total"]) == ([], 0, 25)
    assert list_documents(listing, format="odt") == {
        "documents": [],
        "count": 0,
        "total": 0,
        "offset": 0,
        "passages": 0,
        "generation": "g000001",
    }
    assert {each["format"] for each in list_documents(listing)["documents"]} == set(FORMATS)
