"""Pages of /search by offset: one order, nothing twice, nothing left out, and only of one generation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexer.building import build as builder
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.telemetry.query_log import QueryLog, read_records
from tests.conftest import client_of, ready_client, wait_until_ready
from tests.service.contract import assert_refusal
from tests.standin import CALIBRATED, StandInChoice, StandInEncoder

DOCUMENTS = 60
QUESTION = "récolte de safran"
DATES = ["2019", "", "2021-03-04", "2019-10", "1999", "2021-03", "2019-10-18"]
"""Of the documents, in turn."""


def build(home: Path) -> None:
    builder.build(home / "corpus", home / "index", StandInChoice(), settings=CALIBRATED)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of documents of several passages each, a third of which the question is about."""
    home = tmp_path_factory.mktemp("pages")
    (home / "corpus").mkdir()
    chance = random.Random(17)
    for n in range(DOCUMENTS):
        subject = "la récolte de safran" if n % 3 == 0 else "un atelier de poterie"
        parts = [f"## Partie {p}\n\n{_prose(subject, chance)}" for p in range(4)]
        date = f"---\ndate: {DATES[n % len(DATES)]}\n---\n" if DATES[n % len(DATES)] else ""
        (home / "corpus" / f"{n:02}.md").write_text(f"{date}# Village {n}\n\n" + "\n\n".join(parts), "utf-8")
    build(home)
    return home


def _prose(subject: str, chance: random.Random) -> str:
    """Sentences about a subject that are no near-duplicates of any others."""
    words = ["".join(chance.choices("abdegilmnoprstu", k=7)) for _ in range(60)]
    return f"Ce village décrit {subject}. " + " ".join(
        f"{' '.join(words[n : n + 10]).capitalize()}." for n in range(0, 60, 10)
    )


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    with ready_client(IndexWatcher(home / "index", StandInEncoder)) as client:
        yield client


def pages(client: TestClient, **given: Any) -> list[dict[str, Any]]:
    """Every page of a question, until one is empty."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["hits"]:
        offset = sum(len(page["hits"]) for page in found)
        found.append(client.post("/search", json={"q": QUESTION, "offset": offset, **given}).json())
    return found


@pytest.mark.parametrize("group", ["passage", "document"])
@pytest.mark.parametrize("per_source", [1, 3])
@pytest.mark.parametrize("least", [0, "weak"])
@pytest.mark.parametrize("k", [1, 7, 25])
def test_pages_hold_every_hit_once_in_one_order(
    client: TestClient, group: str, per_source: int, least: Any, k: int
) -> None:
    given = {"group": group, "per_source": per_source, "min_relevance": least}
    found = pages(client, k=k, **given)
    hits = list(chain.from_iterable(page["hits"] for page in found))
    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
    assert {page["total"] for page in found} == {len(hits)}
    shown = [each["passage_id"] for hit in hits for each in (hit, *hit["more"])]
    assert len(shown) == len(set(shown))
    assert all(len(page["hits"]) == k for page in found[:-2])
    sources = [each["source"] for hit in hits for each in (hit, *hit["more"])]
    assert max(map(sources.count, sources)) <= per_source
    assert len({page["relevance"]["class"] for page in found}) == 1, "the answer's own relevance stays"
    if least == "weak":
        assert {int(source[:2]) % 3 for source in sources} == {0}
        assert set(sources) == {f"{n:02}.md" for n in range(0, DOCUMENTS, 3)}
    whole = client.post("/search", json={"q": QUESTION, "k": 25, **given}).json()["hits"]
    assert [hit["passage_id"] for hit in hits][:25] == [hit["passage_id"] for hit in whole]


@pytest.mark.parametrize("group", ["passage", "document"])
def test_sorted_by_date_the_same_hits_come_newest_first_and_undated_last(
    client: TestClient, group: str
) -> None:
    given = {"group": group, "min_relevance": "weak", "k": 25}
    best, newest = (
        list(chain.from_iterable(page["hits"] for page in pages(client, sort=sort, **given)))
        for sort in ("relevance", "date")
    )
    dates = [hit["date"] or "" for hit in newest]
    assert dates == sorted(dates, reverse=True) and set(dates) == set(DATES)
    assert dates != [hit["date"] or "" for hit in best]
    assert sorted(hit["passage_id"] for hit in newest) == sorted(hit["passage_id"] for hit in best)
    for date in DATES:  # equal dates stay in the order of relevance
        both = [[hit["passage_id"] for hit in hits if (hit["date"] or "") == date] for hits in (best, newest)]
        assert both[0] == both[1]


def test_where_filters_leave_few_the_total_is_exact(client: TestClient) -> None:
    answer = client.get("/search", params={"q": QUESTION, "source": "0*", "per_source": 100, "k": 2}).json()
    passages = client.get("/documents", params={"source": "0*"}).json()["passages"]
    assert (answer["total"], len(answer["hits"])) == (passages, 2)


@pytest.mark.parametrize("offset", [10_000, 2**53])
def test_beyond_the_last_page_there_is_nothing_and_the_total_says_so(client: TestClient, offset: int) -> None:
    answer = client.get("/search", params={"q": QUESTION, "offset": offset}).json()
    assert (answer["hits"], answer["offset"]) == ([], offset)
    assert answer["total"] > 0 and answer["relevance"]["class"] != "none"


@pytest.mark.parametrize(
    ("name", "value"),
    [("offset", -1), ("offset", 2**53 + 1), ("offset", True), ("offset", 1.5), ("generation", "latest")],
)
def test_what_is_no_page_is_refused(client: TestClient, name: str, value: Any) -> None:
    refused = client.post("/search", json={"q": QUESTION, name: value})
    assert_refusal(refused, 422, "invalid_parameter")
    assert refused.json()["error"]["message"].startswith(f"{name}: ")


@pytest.mark.parametrize("path", ["/search", "/search/batch"])
def test_pages_of_another_generation_are_refused(client: TestClient, path: str) -> None:
    def ask(generation: str) -> Any:
        question = {"q": QUESTION, "k": 1, "offset": 1, "generation": generation}
        return client.post(path, json=question if path == "/search" else {"questions": [question]})

    assert ask("g000001").status_code == 200
    assert_refusal(ask("g000009"), 409, "other_generation")
    assert "g000001 serves now" in ask("g000009").json()["error"]["message"]


def test_a_question_is_noted_once_however_many_pages_are_turned(home: Path, tmp_path: Path) -> None:
    live = IndexWatcher(home / "index", StandInEncoder)
    with client_of(build_app(live, query_log=QueryLog(tmp_path / "log"))) as client:
        wait_until_ready(live)
        pages(client, k=50)
        client.post("/search/batch", json={"questions": [{"q": "poterie", "offset": n} for n in (0, 9)]})
    assert [record.question for record in read_records(tmp_path / "log")] == [QUESTION, "poterie"]
