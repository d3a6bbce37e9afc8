"""Several collections served by one app: which are asked, how hits are merged, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from indexer import index_folders
from indexer.building import build as builder
from indexer.index_folders import IndexFolders
from service.app import build_app
from service.middleware import keys
from service.search.collections import Collections
from service.search.observer import SILENT
from service.settings import Settings
from service.telemetry.metrics import PrometheusObserver
from tests.conftest import client_of
from tests.service.contract import assert_refusal
from tests.serving import wait_until
from tests.standin import StandInChoice, StandInEncoder

ARTICLES = {
    "lois": {
        "lisez.txt": "La loi sur les forêts\n\n2019-03-01\n\nLa loi protège les forêts et leurs oiseaux.\n",
        "eaux.txt": "La loi sur l'eau\n\nLa loi partage l'eau entre les villages.\n",
    },
    "santé": {
        "lisez.txt": "La santé des forêts\n\n2021-05-04\n\nLes forêts soignent les poumons des villes.\n",
        "sommeil.md": "# Le sommeil\n\nDormir soigne le cœur et la mémoire.\n",
    },
}
LOADED: list[StandInEncoder] = []


def load() -> StandInEncoder:
    LOADED.append(StandInEncoder())
    return LOADED[-1]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the two indexes, and one by another model."""
    home = tmp_path_factory.mktemp("collections")
    for name, articles in ARTICLES.items():
        (home / "corpora" / name).mkdir(parents=True)
        for source, text in articles.items():
            (home / "corpora" / name / source).write_text(text, encoding="utf-8")
        builder.build(home / "corpora" / name, home / name, StandInChoice())
    other = StandInChoice(encoder=StandInEncoder("another", "f" * 16))
    builder.build(home / "corpora" / "lois", home / "other", other)
    return home


def app_client(folders: IndexFolders, settings: Settings | None = None) -> TestClient:
    collections = Collections.of(folders, load, lambda _: SILENT)
    return client_of(build_app(collections, settings, wait_until_settled=True))


def folders(home: Path, *names: str) -> IndexFolders:
    return index_folders.read({name: str(home / name) for name in names})


@pytest.fixture(scope="module")
def both(home: Path) -> Iterator[TestClient]:
    LOADED.clear()
    with app_client(folders(home, "lois", "santé")) as client:
        yield client


@pytest.fixture(scope="module")
def broken(home: Path) -> Iterator[TestClient]:
    """One collection that answers, one by another model, one that is not there."""
    with app_client(folders(home, "lois", "other", "nowhere")) as client:
        yield client


@pytest.fixture(scope="module")
def keyed(
    home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, dict[str, str]]]:
    """A client of both collections, and keys: of one, of one that is not served, of all, an admin's."""
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    tokens = {
        "one": keys.create(file, "one", "read", ["sante\u0301"]),
        "elsewhere": keys.create(file, "elsewhere", "read", ["archives"]),
        "every": keys.create(file, "every", "read"),
        "admin": keys.create(file, "admin", "admin"),
    }
    named = folders(home, "lois", "santé")
    with app_client(named, Settings(index=named, keys=file)) as client:
        yield client, tokens


def ask(client: TestClient, path: str = "/search", key: str | None = None, **parameters: Any) -> Any:
    if path in ("/search", "/facets"):
        parameters = {"q": "la loi sur les forêts"} | parameters
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return client.get(path, params=parameters, headers=headers)


def test_one_encoder_is_loaded_for_all(both: TestClient) -> None:
    assert ask(both).status_code == 200
    assert len(LOADED) == 1


@pytest.mark.parametrize("parameters", [{}, {"collection": "all"}, {"collection": "santé,lois"}])
def test_all_are_asked_and_each_hit_names_its_collection(
    both: TestClient, parameters: dict[str, str]
) -> None:
    answer = ask(both, **parameters).json()
    assert [each["name"] for each in answer["collections"]] == ["lois", "santé"]
    assert {hit["collection"] for hit in answer["hits"]} == {"lois", "santé"}
    assert (answer["hits"][0]["collection"], answer["hits"][0]["source"]) == ("lois", "lisez.txt")
    assert [hit["rank"] for hit in answer["hits"]] == list(range(1, len(answer["hits"]) + 1))
    assert answer["total"] == len(answer["hits"]) == sum(each["total"] for each in answer["collections"])
    assert answer["index"]["generation"] == "g000001,g000001"
    assert answer["index"]["documents"] == 4


@pytest.mark.parametrize("name", ["lois", "santé", "sante\u0301"])
def test_one_is_asked_as_if_it_were_alone(both: TestClient, home: Path, name: str) -> None:
    with app_client(IndexFolders.one(home / ("lois" if name == "lois" else "santé"))) as alone:
        expected = ask(alone).json()["hits"]
    found = ask(both, collection=name).json()["hits"]
    assert [hit | {"collection": None} for hit in found] == expected


def test_pages_of_several_neither_overlap_nor_leave_any_out(both: TestClient) -> None:
    whole = ask(both, k=100).json()["hits"]
    pages = [ask(both, k=1, offset=n, generation="g000001,g000001").json() for n in range(len(whole))]
    assert [hit for page in pages for hit in page["hits"]] == whole
    refused = ask(both, generation="g000001")
    assert_refusal(refused, 409, "other_generation")


def test_a_page_by_document_and_by_date_is_merged_so(both: TestClient) -> None:
    hits = ask(both, group="document").json()["hits"]
    assert len({(hit["collection"], hit["source"]) for hit in hits}) == len(hits) == 4
    dates = [hit["date"] for hit in ask(both, sort="date").json()["hits"]]
    assert dates == ["2021-05-04", "2019-03-01", None, None]


def test_a_word_is_missing_where_no_collection_holds_it(both: TestClient) -> None:
    question = "sommeil villages zygomatique"
    assert ask(both, q=question, collection="lois").json()["missing"] == ["sommeil", "zygomatique"]
    assert ask(both, q=question).json()["missing"] == ["zygomatique"]


def test_the_conditions_of_a_question_are_counted_over_all(both: TestClient) -> None:
    def counted(**parameters: str) -> int:
        passages: int = ask(both, q='"forêts" oiseaux', **parameters).json()["understood"][0]["passages"]
        return passages

    assert counted() == counted(collection="lois") + counted(collection="santé") == 2


def test_counts_are_those_of_all_together(both: TestClient) -> None:
    answer = ask(both, "/facets").json()
    alone = [ask(both, "/facets", collection=name).json() for name in ("lois", "santé")]
    assert answer["documents"] == sum(each["documents"] for each in alone) == 4
    assert answer["formats"] == [{"value": "text", "count": 3}, {"value": "markdown", "count": 1}]
    assert answer["undated"] == sum(each["undated"] for each in alone)


def test_questions_of_a_batch_choose_each_for_itself(both: TestClient) -> None:
    questions = [{"q": "forêts"}, {"q": "forêts", "collection": "lois"}, {"q": "eau", "collection": "santé"}]
    answers = both.post("/search/batch", json={"questions": questions}).json()["answers"]
    assert [[each["name"] for each in answer["collections"]] for answer in answers] == [
        ["lois", "santé"],
        ["lois"],
        ["santé"],
    ]
    strip = {"took_ms": 0}
    assert [answer | strip for answer in answers] == [ask(both, **each).json() | strip for each in questions]


def test_a_quotation_is_looked_for_in_all(both: TestClient) -> None:
    def verify(**parameters: str) -> Any:
        return both.post("/verify", json={"quotation": "soignent les poumons", **parameters})

    (place,) = verify().json()["places"]
    assert (place["collection"], place["source"]) == ("santé", "lisez.txt")
    assert verify(source="lisez.txt").json()["verdict"] == "exact"
    assert verify(collection="lois", source="lisez.txt").json()["verdict"] == "none"
    assert_refusal(verify(source="nope.txt"), 404, "unknown_source")
    assert verify(source="sommeil.md").json()["verdict"] == "none"


@pytest.mark.parametrize("path", ["/documents", "/documents/lisez.txt", "/acronyms", "/originals/lisez.txt"])
def test_what_is_asked_of_one_collection_names_it(both: TestClient, path: str) -> None:
    refused = ask(both, path)
    assert_refusal(refused, 422, "one_collection")
    assert refused.json()["error"]["hint"] == "Send collection with one of: lois, santé."
    assert_refusal(ask(both, path, collection="lois,santé"), 422, "one_collection")
    assert ask(both, path, collection="lois").status_code == 200


def test_a_hit_leads_to_its_document_and_to_passages_like_it(both: TestClient) -> None:
    for hit in ask(both).json()["hits"]:
        where = {"collection": hit["collection"]}
        state = {name: hit[name] for name in ("generation", "content_hash")}
        document = ask(both, f"/documents/{hit['source']}", **where, **state).json()
        assert document["since_hit"] == "same" and hit["text"] in document["content"][0]["text"]
        similar = ask(both, f"/similar/{hit['passage_id']}", **where)
        assert {each["collection"] for each in similar.json()["hits"]} <= {hit["collection"]}
    assert_refusal(ask(both, f"/similar/{hit['passage_id']}"), 422, "one_collection")


def test_suggestions_are_of_all(both: TestClient) -> None:
    suggested = ask(both, "/suggestions").json()
    assert suggested["documents"] == 4
    assert any("forêts" in question for question in suggested["questions"])
    assert ask(both, "/suggestions", collection="santé").json()["documents"] == 2


@pytest.mark.parametrize(
    ("collection", "code", "message"),
    [
        ("loi", "unknown_collection", "There is no collection loi."),
        ("lois,nope", "unknown_collection", "There is no collection nope."),
        ("", "unknown_collection", "There is no collection ''."),
        ("lois,", "unknown_collection", "There is no collection ''."),
        ("all,lois", "unknown_collection", "There is no collection all."),
        ("Lois", "unknown_collection", "There is no collection Lois."),
        ("lois,lois", "invalid_parameter", "collection: it names lois twice."),
        ("../lois", "unknown_collection", "There is no collection ../lois."),
    ],
)
def test_a_name_that_there_is_none_of(both: TestClient, collection: str, code: str, message: str) -> None:
    for path in ("/search", "/facets", "/documents", "/suggestions", "/acronyms"):
        refused = ask(both, path, collection=collection)
        assert_refusal(refused, 422, code)
        assert refused.json()["error"]["message"] == message
    assert_refusal(both.post("/search", json={"q": "a", "collection": collection}), 422, code)
    hint = ask(both, collection="loi").json()["error"]["hint"]
    assert hint == "There are: lois, santé."


def test_one_index_without_a_name_has_no_collections(articles: TestClient) -> None:
    answer = ask(articles).json()
    assert answer["collections"] == [] and {hit["collection"] for hit in answer["hits"]} == {None}
    assert articles.get("/collections").json() == {"collections": []}
    assert ask(articles, collection="all").json()["hits"] == answer["hits"]
    refused = ask(articles, collection="lois")
    assert_refusal(refused, 422, "unknown_collection")
    assert refused.json()["error"]["hint"] == "There is one index without a name: leave it out."


def test_what_does_not_answer_is_named_while_the_others_serve(broken: TestClient) -> None:
    answer = ask(broken).json()
    assert {hit["collection"] for hit in answer["hits"]} == {"lois"}
    silent = {each["name"]: each["reason"] for each in answer["collections"] if each["reason"]}
    assert set(silent) == {"other", "nowhere"}
    assert "made by model another" in silent["other"]
    assert silent["nowhere"].startswith("There is no index in ")
    refused = ask(broken, collection="other")
    assert refused.status_code == 503
    assert refused.json()["error"]["message"].startswith(
        "other does not answer. Generation g000001 was made by "
    )


def test_health_tells_of_each(broken: TestClient, both: TestClient) -> None:
    response = broken.get("/health")
    health = response.json()
    assert (response.status_code, health["status"]) == (200, "degraded")
    assert [each["status"] for each in health["collections"]] == ["ok", "unavailable", "unavailable"]
    assert health["reason"].startswith("other: ") and "nowhere: There is no index in " in health["reason"]
    health = both.get("/health").json()
    assert (health["status"], health["reason"]) == ("ok", None)
    assert [each["index"]["documents"] for each in health["collections"]] == [2, 2]
    assert health["collections"] == both.get("/collections").json()["collections"]


def test_none_answers_while_none_is_there(home: Path) -> None:
    with app_client(folders(home, "nowhere", "neither")) as client:
        assert client.get("/health").status_code == 503
        refused = ask(client)
        assert refused.status_code == 503
        assert refused.json()["error"]["message"].startswith("nowhere does not answer. There is no index in ")


def test_a_key_opens_the_collections_that_it_names(keyed: tuple[TestClient, dict[str, str]]) -> None:
    client, tokens = keyed
    answer = ask(client, key=tokens["one"]).json()
    assert {hit["collection"] for hit in answer["hits"]} == {"santé"}
    assert ask(client, "/documents", key=tokens["one"]).json()["total"] == 2
    listed = ask(client, "/collections", key=tokens["one"]).json()["collections"]
    assert [each["name"] for each in listed] == ["santé"]
    answer = ask(client, key=tokens["every"]).json()
    assert {hit["collection"] for hit in answer["hits"]} == {"lois", "santé"}


@pytest.mark.parametrize("path", ["/search", "/facets", "/documents", "/documents/lisez.txt", "/acronyms"])
def test_what_a_key_does_not_open_is_as_if_it_were_not_there(
    keyed: tuple[TestClient, dict[str, str]], path: str
) -> None:
    client, tokens = keyed
    closed = ask(client, path, tokens["one"], collection="lois")
    assert_refusal(closed, 422, "unknown_collection")
    absent = ask(client, path, tokens["one"], collection="nope")
    assert closed.text.replace("lois", "nope") == absent.text
    assert "lois" not in absent.text
    assert_refusal(ask(client, path, tokens["elsewhere"]), 403, "forbidden")


def test_without_a_key_no_name_is_told(keyed: tuple[TestClient, dict[str, str]]) -> None:
    client, tokens = keyed
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}):
        health = client.get("/health", headers=headers)
        assert (health.status_code, health.json()["collections"]) == (200, [])
        assert "lois" not in health.text
        assert_refusal(client.get("/collections", headers=headers), 401, "unauthorized")
    health = ask(client, "/health", key=tokens["one"])
    assert [each["name"] for each in health.json()["collections"]] == ["santé"]
    assert "lois" not in health.text


def test_without_a_key_health_says_that_something_is_wrong_and_not_where(home: Path, tmp_path: Path) -> None:
    named = folders(home, "lois", "nowhere")
    key = keys.create(tmp_path / "keys.json", "a", "read")
    with app_client(named, Settings(index=named, keys=tmp_path / "keys.json")) as client:
        health = client.get("/health").json()
        assert health["status"] == "degraded" and health["collections"] == []
        assert health["reason"].startswith("1 of 2 collections cannot answer")
        assert ask(client, "/health", key=key).json()["reason"].startswith("nowhere: There is no index")


def test_figures_bear_the_name_of_their_collection(home: Path) -> None:
    named = folders(home, "lois", "nowhere")
    collections = Collections.of(named, load, PrometheusObserver)
    with client_of(build_app(collections, wait_until_settled=True)) as client:
        ask(client)
        page = client.get("/metrics").text
    for line in (
        'repere_ready{collection="lois"} 1.0',
        'repere_ready{collection="nowhere"} 0.0',
        'repere_degraded{collection="nowhere"} 1.0',
        'repere_documents{collection="lois"} 2.0',
        'repere_stage_seconds_count{collection="lois",stage="score"}',
        'repere_reloads_total{collection="nowhere",outcome="failed"} 1.0',
        'repere_index_watched_seconds{collection="lois"}',
    ):
        assert line in page, line
    assert 'repere_documents{collection="nowhere"}' not in page


def test_each_is_watched_for_itself(home: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("Un article\n\nLe mot pamplemousse.\n", encoding="utf-8")
    named = index_folders.read({"lois": str(home / "lois"), "new": str(tmp_path / "new")})
    with app_client(named) as client:
        assert ask(client, collection="new").status_code == 503
        builder.build(tmp_path / "corpus", tmp_path / "new", StandInChoice())
        wait_until(lambda: ask(client, collection="new").status_code == 200)
        hits = ask(client, q="pamplemousse").json()["hits"]
        assert hits[0]["collection"] == "new"
        assert client.get("/health").json()["status"] == "ok"
