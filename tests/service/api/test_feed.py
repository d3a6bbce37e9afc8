"""GET /feed: what matters for a question, as an Atom feed that a reader can follow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from starlette.testclient import TestClient

from indexer.building import build as builder
from indexer.building.settings import DEFAULT
from service.app import build_app
from service.middleware import keys
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.conftest import client_of, ready_client, wait_until_ready
from tests.service.contract import assert_refusal
from tests.service.search.test_answers import COEFFICIENTS
from tests.standin import StandInChoice, StandInEncoder

A = "{http://www.w3.org/2005/Atom}"
BUILD = replace(DEFAULT, find_calibration=lambda _: COEFFICIENTS)
QUESTION = "formation continue en oncologie"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("feed")
    (home / "corpus").mkdir()
    write(home, "un.md", "Formation continue en oncologie <à Rabat> & ailleurs", "Amina Berrada")
    write(home, "deux.md", "Formation continue en oncologie à Fès", "Omar Ben Ali")
    (home / "corpus" / "autre.txt").write_text("Une recette de couscous.\n\nIl faut sept légumes.\n")
    builder.build(home / "corpus", home / "index", StandInChoice(), settings=BUILD)
    return home


def write(home: Path, name: str, title: str, author: str) -> None:
    (home / "corpus" / name).write_text(
        f"---\ntitle: '{title}'\nauthor: {author}\ndate: 2019-10-08\ntags: [santé]\n---\n\n"
        f"La formation continue en oncologie dure dix jours. Ici : {name}.\n",
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    with ready_client(IndexWatcher(home / "index", StandInEncoder)) as client:
        yield client


def entries(content: bytes) -> list[Any]:
    return list(etree.fromstring(content).iterfind(f"{A}entry"))


def test_it_is_a_feed_of_what_matters(client: TestClient) -> None:
    answer = client.get("/feed", params={"q": QUESTION})
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        "application/atom+xml; charset=utf-8",
    )
    feed = etree.fromstring(answer.content)
    assert feed.tag == f"{A}feed"
    for parent in (feed, *entries(answer.content)):  # what RFC 4287 demands of each
        for name in ("id", "title", "updated"):
            assert len(parent.findall(f"{A}{name}")) == 1
        assert parent.findtext(f"{A}id").startswith("urn:uuid:")
        assert datetime.fromisoformat(parent.findtext(f"{A}updated")).tzinfo is not None
    assert feed.find(f"{A}author/{A}name") is not None
    titles = {each.findtext(f"{A}title") for each in entries(answer.content)}
    assert titles == {
        "Formation continue en oncologie <à Rabat> & ailleurs",
        "Formation continue en oncologie à Fès",
    }
    updated = [each.findtext(f"{A}updated") for each in entries(answer.content)]
    assert updated == sorted(updated, reverse=True) and feed.findtext(f"{A}updated") == updated[0]
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{A}link")}
    assert links["self"] == str(answer.url)
    assert client.get(links["alternate"]).status_code == 200


def test_an_entry_leads_to_its_passage(client: TestClient) -> None:
    (entry,) = entries(client.get("/feed", params={"q": QUESTION, "source": "deux.md"}).content)
    assert entry.findtext(f"{A}author/{A}name") == "Omar Ben Ali"
    assert entry.findtext(f"{A}published") == "2019-10-08T00:00:00Z"
    assert entry.find(f"{A}category").get("term") == "santé"
    assert "formation continue" in entry.findtext(f"{A}summary")
    page = client.get(entry.find(f"{A}link").get("href"))
    assert page.status_code == 200 and "<blockquote" in page.text


def test_who_has_it_is_told_so_until_the_index_changes(client: TestClient) -> None:
    asked = {"q": QUESTION}
    etag = client.get("/feed", params=asked).headers["etag"]
    again = client.get("/feed", params=asked, headers={"If-None-Match": f"W/{etag}"})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    for other in ({"q": "autre"}, {**asked, "min_relevance": "strong"}, {**asked, "source": "un.md"}):
        assert client.get("/feed", params=other).headers["etag"] != etag


def test_a_new_document_is_a_new_entry_and_the_others_keep_their_ids(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    found = []
    for name in ("un.md", "deux.md"):
        write(tmp_path, name, f"Formation continue en oncologie, {name}", "Amina Berrada")
        os.utime(tmp_path / "corpus" / name, (0, 0))  # an old file may come today
        builder.build(tmp_path / "corpus", tmp_path / "index", StandInChoice(), settings=BUILD)
        live = IndexWatcher(tmp_path / "index", StandInEncoder)
        with client_of(build_app(live)) as client:
            wait_until_ready(live)
            found.append(client.get("/feed", params={"q": QUESTION}))
    before, after = ({each.findtext(f"{A}id") for each in entries(answer.content)} for answer in found)
    assert len(before) == 1 and len(after) == 2 and before < after
    assert found[0].headers["etag"] != found[1].headers["etag"]
    updated = [each.findtext(f"{A}updated") for each in entries(found[1].content)]
    assert min(updated) > "2020"


@pytest.mark.parametrize("query", ["", "q=", "q=a&min_relevance=none", "q=a&other=1", "q=a&q=b", "q=a&k=5"])
def test_what_is_no_question_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/feed?{query}").status_code == 422


def test_without_calibration_nothing_is_known_to_matter(shared: TestClient) -> None:
    assert_refusal(shared.get("/feed?q=a"), 422, "uncalibrated")


def test_a_reader_gives_the_key_as_a_password(home: Path, tmp_path: Path) -> None:
    token = keys.create(tmp_path / "keys.json", "reader", "read")
    live = IndexWatcher(home / "index", StandInEncoder)
    with client_of(build_app(live, Settings(index=home / "index", keys=tmp_path / "keys.json"))) as client:
        wait_until_ready(live)
        assert client.get("/feed", params={"q": QUESTION}).status_code == 401
        assert client.get("/feed", params={"q": QUESTION}, auth=("x", token)).status_code == 200
