"""The Python client against the real app, both its forms."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from repere_client import AsyncClient, Client, Refused, requests
from repere_client.answers import Answer, Document, DocumentSummary, Hit, Verification

from indexer.building import build as builder
from service.api import schemas
from service.app import build_app
from service.middleware import keys
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.conftest import wait_until_ready
from tests.serving import serving
from tests.standin import StandInChoice, StandInEncoder

KEY: dict[str, str] = {}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("client")
    (home / "corpus").mkdir()
    for n in range(230):
        text = f"Note {n}\n\nLa mesure numéro {n} vaut {n * 7} grammes.\n"
        (home / "corpus" / f"note {n}.txt").write_text(text, encoding="utf-8")
    builder.build(home / "corpus", home / "index", StandInChoice())
    KEY["key"] = keys.create(home / "keys.json", "client", "read")
    live = IndexWatcher(home / "index", StandInEncoder)
    with serving(
        build_app(
            live, Settings(index=home / "index", keys=home / "keys.json", judgements=home / "judgements")
        )
    ) as port:
        wait_until_ready(live)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, url: str) -> Callable[..., Any]:
    """Call a method of a client, and return its result, or what it yields, as a list."""

    async def asynchronous(name: str, *arguments: Any, **others: Any) -> Any:
        async with AsyncClient(url, key=KEY["key"]) as client:
            result = getattr(client, name)(*arguments, **others)
            return [each async for each in result] if isinstance(result, AsyncIterator) else await result

    def synchronous(name: str, *arguments: Any, **others: Any) -> Any:
        with Client(url, key=KEY["key"]) as client:
            result = getattr(client, name)(*arguments, **others)
            return list(result) if isinstance(result, Iterator) else result

    if request.param == "sync":
        return synchronous
    return lambda *arguments, **others: asyncio.run(asynchronous(*arguments, **others))


def test_it_searches_reads_and_checks(ask: Callable[..., Any]) -> None:
    answer = ask("search", "mesure numéro 17", k=1, source="note 17*")
    (hit,) = answer["hits"]
    assert hit["source"] == "note 17.txt"
    assert ask("document", hit["source"], hit)["since_hit"] == "same"
    assert len(ask("similar", hit["passage_id"], k=2)["hits"]) <= 2
    assert ask("facets", "mesure", from_="2019")["documents"] == 0
    assert ask("verify", "La mesure numéro 17 vaut 119 grammes", source="note 17.txt")["verdict"] == "exact"
    assert ask("verify", "La mesure numéro 17 vaut 120 grammes", source="note 17.txt")["verdict"] == "near"


def test_it_judges(ask: Callable[..., Any]) -> None:
    kept = ask("judge", "mesure numéro 17", "note 17.txt", 2)
    assert (kept["source"], kept["grade"]) == ("note 17.txt", 2)
    with pytest.raises(Refused, match="No document has the source"):
        ask("judge", "mesure numéro 17", "note 999.txt", 2)


def test_hits_come_page_after_page(ask: Callable[..., Any]) -> None:
    pages = ask("pages", "mesure en grammes", k=40, per_source=1)
    total = pages[0]["total"]
    assert [len(page["hits"]) for page in pages] == [40] * (total // 40) + [total % 40] * bool(total % 40)
    assert total > 80
    hits = ask("hits", "mesure en grammes", k=40, per_source=1)
    assert hits == [hit for page in pages for hit in page["hits"]]
    assert len({hit["source"] for hit in hits}) == total
    assert ask("hits", "mesure", source="none*") == []
    with pytest.raises(Refused) as error:
        ask("hits", "mesure", generation="g000099")
    assert (error.value.status, error.value.code) == (409, "other_generation")


def test_documents_come_page_after_page(ask: Callable[..., Any]) -> None:
    documents = ask("documents", sort="source")
    assert len(documents) == len({each["source"] for each in documents}) == 230
    assert ask("documents", source="none*") == []


def test_many_questions_are_answered_in_order(ask: Callable[..., Any]) -> None:
    answers = ask("search_many", ["mesure 1", {"q": "mesure 2", "k": 2}, "mesure 3"], k=1)
    assert [each["query"] for each in answers] == ["mesure 1", "mesure 2", "mesure 3"]
    assert [len(each["hits"]) for each in answers] == [1, 2, 1]


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        (("search", ""), 422, "invalid_parameter"),
        (("document", "../keys.json"), 404, "unknown_source"),
        (("similar", "a/b"), 404, "not_found"),
        (("search_many", []), 422, "invalid_parameter"),
        (("verify", "x" * 100_000), 413, "body_too_large"),
    ],
)
def test_a_refusal_says_what_the_service_says(
    ask: Callable[..., Any], call: tuple[Any, ...], status: int, code: str
) -> None:
    with pytest.raises(Refused) as error:
        ask(*call)
    assert (error.value.status, error.value.code) == (status, code)
    assert error.value.message and error.value.hint


def test_without_a_key_it_is_refused(url: str) -> None:
    with Client(url) as client, pytest.raises(Refused, match="This needs a key") as error:
        client.search("mesure")
    assert error.value.status == 401


class Busy:
    """Refuses the first requests with 503, then answers."""

    def __init__(self, times: int, retry_after: str) -> None:
        self.times, self.retry_after, self.asked = times, retry_after, 0

    def __call__(self, _: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        if self.asked > self.times:
            return httpx2.Response(200, json={"query": "a"})
        error = {"code": "overloaded", "message": "No more are taken.", "hint": "Again."}
        return httpx2.Response(503, json={"error": error}, headers={"Retry-After": self.retry_after})


@pytest.mark.parametrize(
    ("times", "retry_after", "asked", "answered"),
    [(0, "0", 1, True), (2, "0", 3, True), (3, "0", 4, True), (4, "0", 4, False), (1, "3600", 1, False)],
)
@pytest.mark.parametrize("name", ["search", "search_many"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_busy_service_is_asked_again_as_often_as_it_may(
    times: int, retry_after: str, asked: int, answered: bool, name: str, asynchronous: bool
) -> None:
    busy = Busy(times, retry_after)
    question = "a" if name == "search" else ["a"]

    async def ask_async() -> object:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(busy), base_url="http://x")
        async with AsyncClient(http=http) as client:
            result: Any = getattr(client, name)(question)
            return await result if name == "search" else [each async for each in result]

    def ask_sync() -> object:
        http = httpx2.Client(transport=httpx2.MockTransport(busy), base_url="http://x")
        with Client(http=http) as client:
            result = getattr(client, name)(question)
            return result if name == "search" else list(result)

    def ask() -> object:
        return asyncio.run(ask_async()) if asynchronous else ask_sync()

    if answered:
        assert ask() == ({"query": "a"} if name == "search" else [{"query": "a"}])
    else:
        with pytest.raises(Refused, match=r"No more are taken\."):
            ask()
    assert busy.asked == asked


@pytest.mark.parametrize("collection", [None, "notes"])
def test_a_document_is_asked_of_the_collection_of_its_hit(collection: str | None) -> None:
    hit = {"generation": "g000001", "content_hash": "a" * 64, "collection": collection}
    asked = requests.document("a.txt", hit).params
    assert asked == {name: value for name, value in hit.items() if value}


def test_what_is_no_such_service_is_said() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(500, text="<html>"))
    client = Client(http=httpx2.Client(transport=transport, base_url="http://x"))
    with client, pytest.raises(Refused, match="no Repère service: status 500"):
        client.search("a")


@pytest.mark.parametrize(
    ("typed", "model"),
    [
        (Answer, schemas.SearchResponse),
        (Hit, schemas.Hit),
        (Document, schemas.DocumentDetail),
        (DocumentSummary, schemas.DocumentSummary),
        (Verification, schemas.VerifyResponse),
    ],
)
def test_what_is_typed_is_what_the_api_describes(typed: Any, model: Any) -> None:
    assert set(typed.__annotations__) <= set(model.__annotations__)


def test_it_depends_on_httpx2_alone() -> None:
    folder = Path(__file__).parents[2] / "clients" / "python"
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["dependencies"] == ["httpx2>=2.10"]
