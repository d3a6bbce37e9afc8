"""Filters as they are sent: what is taken, in which spelling, and what is refused."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from indexer.store.filters import Filters
from service.api.schemas import SearchRequest
from tests.service.api.test_search import WAYS, ask, hits_of
from tests.service.contract import assert_refusal

ALL = {"oncologie.txt", "robots.txt", "santé/télémédecine.md"}


def sources(client: TestClient, way: str, **given: Any) -> set[str]:
    asked = {"q": "formation", "k": 100, "per_source": 100, **given}
    return {hit["source"] for hit in hits_of(client, way, **asked)}


@WAYS
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ALL),
        ({"source": "*"}, ALL),
        ({"source": "santé/*"}, {"santé/télémédecine.md"}),
        ({"source": unicodedata.normalize("NFD", "santé/*")}, {"santé/télémédecine.md"}),
        ({"source": "*.txt"}, {"oncologie.txt", "robots.txt"}),
        ({"source": "[or]*"}, {"oncologie.txt", "robots.txt"}),
        ({"language": "fr"}, {"oncologie.txt", "santé/télémédecine.md"}),
        ({"language": "EN"}, {"robots.txt"}),
        ({"language": "ar,en"}, {"robots.txt"}),
        ({"language": "xx"}, set()),
        ({"format": "markdown"}, {"santé/télémédecine.md"}),
        ({"format": "pdf,text"}, {"oncologie.txt", "robots.txt"}),
        ({"format": "nothing"}, set()),
        ({"format": "e-mail,text"}, {"oncologie.txt", "robots.txt"}),
        ({"from": "2021"}, {"oncologie.txt"}),
        ({"from": "2021-03-12", "to": "2021-03-12"}, {"oncologie.txt"}),
        ({"from": "2021-03-13"}, set()),
        ({"to": "2021-02"}, set()),
        ({"to": "2021-03", "language": "fr", "format": "text", "source": "onco*"}, {"oncologie.txt"}),
        ({"to": "2021-03", "language": "en"}, set()),
        ({"title": "Surgery ROBOT"}, {"robots.txt"}),
        ({"title": "no such title"}, set()),
        ({"author": "no such author"}, set()),
        ({"tag": "no such tag"}, set()),
        ({"q": "formation -robot"}, {"oncologie.txt", "santé/télémédecine.md"}),
        ({"q": "formation source:sante"}, {"santé/télémédecine.md"}),
        ({"q": "formation title:surgery", "language": "fr"}, set()),
        ({"q": '"no such phrase" formation'}, set()),
        ({"q": "title:surgery"}, set()),
        ({"q": "formation title:surgery"}, {"robots.txt"}),
    ],
)
def test_hits_are_what_the_filters_let_through(
    articles: TestClient, way: str, given: dict[str, str], expected: set[str]
) -> None:
    assert sources(articles, way, **given) == expected


@WAYS
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"source": ""}, "source: "),
        ({"source": "x" * 301}, "source: "),
        ({"source": "a\x07b"}, "source: it holds the control character U+0007"),
        ({"language": ""}, "language: "),
        ({"title": ""}, "title: "),
        ({"title": "…"}, "title: it holds no word"),
        ({"author": "a\x07b"}, "author: it holds the control character U+0007"),
        ({"language": "fra"}, "language: it is not made of ISO 639-1 codes"),
        ({"language": "fr;en"}, "language: "),
        ({"language": "fr,"}, "language: "),
        ({"language": "é1"}, "language: "),
        ({"format": ""}, "format: "),
        ({"format": "' OR 1=1"}, "format: it is not made of names of formats"),
        ({"format": "pdf,,text"}, "format: "),
        ({"from": ""}, "from: it is not a date"),
        ({"from": "19"}, "from: "),
        ({"from": "2019-13"}, "from: "),
        ({"from": "2019-02-30"}, "from: "),
        ({"from": "0000"}, "from: "),
        ({"from": "٢٠١٩"}, "from: "),
        ({"from": "2019-W01"}, "from: "),
        ({"to": "yesterday"}, 'to: it is not a date; send a year, a month or a day as "2019", "2019-10"'),
        ({"from": "2020", "to": "2019-12"}, "to: 2019-12 is before from, which is 2020"),
        ({"from": "2019-10-18", "to": "2019-10-17"}, "to: 2019-10-17 is before from"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(
    shared: TestClient, way: str, given: dict[str, str], said: str
) -> None:
    response = ask(shared, way, q="a", **given)
    assert_refusal(response, 422, "invalid_parameter")
    assert response.json()["error"]["message"].startswith(said)


@pytest.mark.parametrize("name", ["first", "last", "languages"])
@WAYS
def test_there_is_no_other_name_for_a_filter(shared: TestClient, way: str, name: str) -> None:
    assert_refusal(ask(shared, way, q="a", **{name: "2019"}), 422, "unknown_parameter")


def test_a_filter_is_given_once(shared: TestClient) -> None:
    response = shared.get("/search?q=a&from=2019&from=2020")
    assert_refusal(response, 422, "repeated_parameter")


@settings(deadline=None)
@given(
    given=st.dictionaries(
        st.sampled_from(["source", "language", "format", "from", "to", "title", "author", "tag"]), st.text()
    )
)
@example(given={"source": "[" * 300})
@example(given={"source": "*a" * 150})
@example(given={"source": "\\"})
@WAYS
def test_any_filter_is_answered_or_refused(shared: TestClient, way: str, given: dict[str, str]) -> None:
    response = ask(shared, way, q="cours", **given)
    if response.status_code != 200:
        assert_refusal(response)


def test_one_record_stands_for_filters_that_mean_the_same() -> None:
    one = SearchRequest.model_validate({"q": "a", "language": "fr,EN,fr", "from": "2019", "to": "2020-02"})
    other = SearchRequest.model_validate(
        {"q": "b", "language": "en,fr", "from": "2019-01-01", "to": "2020-02"}
    )
    assert one.filters() == other.filters()
    assert one.filters() == Filters(languages=("en", "fr"), first="2019-01-01", last="2020-02-31")
    assert SearchRequest.model_validate({"q": "a"}).filters() == Filters()


@pytest.fixture
def arabic(corpus: Path) -> None:
    """One more article, in Arabic."""
    (corpus / "مركز.txt").write_text(
        "المركز الصحي\n\nيفتح المركز الصحي دورة تكوينية جديدة للممرضين في المنطقة كل صباح.\n",
        encoding="utf-8",
    )


def test_passages_in_arabic_are_found_among_others(arabic: None, client: TestClient) -> None:
    for way in ("GET", "POST"):
        assert sources(client, way, language="ar") == {"مركز.txt"}
        assert sources(client, way, source="مركز*") == {"مركز.txt"}
