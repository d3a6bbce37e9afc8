"""POST /judgements: only where it is set, only of what is there, and never who judged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.app import build_app
from service.middleware import keys
from service.search.collections import Collections
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from service.telemetry import judgements
from service.telemetry.judgements import question_id, read
from tests.conftest import client_of, wait_until_ready
from tests.service.contract import assert_refusal
from tests.standin import StandInEncoder

JUDGEMENT = {"q": "Où se former en oncologie ?", "source": "oncologie.txt", "grade": 2}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "judgements.qrels"


@pytest.fixture
def client(index: Path, path: Path) -> Iterator[TestClient]:
    """A client of a service that takes judgements."""
    live = IndexWatcher(index, StandInEncoder)
    with client_of(build_app(live, Settings(index=index, judgements=path))) as client:
        wait_until_ready(live)
        yield client


def test_a_judgement_is_kept(client: TestClient, path: Path) -> None:
    answer = client.post("/judgements", json=JUDGEMENT)
    name = question_id(str(JUDGEMENT["q"]))
    assert answer.json() == {"question_id": name, "source": "oncologie.txt", "grade": 2}
    assert client.post("/judgements", json={**JUDGEMENT, "grade": 0}).status_code == 200
    assert read(path).grades == {name: {"oncologie.txt": 0}}
    assert path.read_text().splitlines() == [f"{name} 0 oncologie.txt 2", f"{name} 0 oncologie.txt 0"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"grade": 4}, "invalid_parameter"),
        ({"grade": -1}, "invalid_parameter"),
        ({"grade": True}, "invalid_parameter"),
        ({"grade": 1.5}, "invalid_parameter"),
        ({"grade": None}, "invalid_parameter"),
        ({"q": ""}, "invalid_parameter"),
        ({"q": " \u200b"}, "invalid_parameter"),
        ({"q": "x" * 1001}, "invalid_parameter"),
        ({"q": "a\0b"}, "invalid_parameter"),
        ({"q": "\ud800"}, "invalid_parameter"),
        ({"source": ""}, "invalid_parameter"),
        ({"source": "a\nb"}, "invalid_parameter"),
        ({"source": "x" * 5000}, "invalid_parameter"),
        ({"who": "me"}, "unknown_parameter"),
    ],
)
def test_what_is_no_judgement_is_refused_and_nothing_is_kept(
    client: TestClient, path: Path, changed: dict[str, Any], code: str
) -> None:
    body = json.dumps({**JUDGEMENT, **changed})
    refused = client.post("/judgements", content=body, headers={"Content-Type": "application/json"})
    assert_refusal(refused, 422, code)
    assert not path.exists()


@pytest.mark.parametrize("source", ["../keys.json", "/etc/passwd", "other.txt"])
def test_only_documents_of_the_corpus_are_judged(client: TestClient, path: Path, source: str) -> None:
    assert_refusal(client.post("/judgements", json={**JUDGEMENT, "source": source}), 404, "unknown_source")
    assert not path.exists()


def test_when_the_file_is_full_or_cannot_be_written_it_says_so(
    client: TestClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.mkdir()
    assert_refusal(client.post("/judgements", json=JUDGEMENT), 507, "judgements_unwritable")
    path.rmdir()
    monkeypatch.setattr(judgements.JudgementLog, "_append", _full)
    assert_refusal(client.post("/judgements", json=JUDGEMENT), 507, "judgements_full")
    assert client.get("/search", params={"q": "oncologie"}).status_code == 200, "answers go on"


def _full(*_: object) -> None:
    raise judgements.JudgementsFull


def test_of_several_collections_one_is_named(index: Path, path: Path) -> None:
    served = Collections({name: IndexWatcher(index, StandInEncoder) for name in ("aide", "notes")})
    with client_of(build_app(served, Settings(index=served.folders, judgements=path))) as client:
        for watcher in served.watchers.values():
            wait_until_ready(watcher)
        assert_refusal(client.post("/judgements", json=JUDGEMENT), 422, "one_collection")
        assert_refusal(client.post("/judgements", json={**JUDGEMENT, "collection": "x"}), 422)
        assert client.post("/judgements", json={**JUDGEMENT, "collection": "notes"}).status_code == 200
    assert read(path, "notes").grades and not read(path, "aide").grades and not read(path).grades


def test_it_says_whether_judgements_are_kept(client: TestClient, articles: TestClient) -> None:
    assert client.get("/judgements").json() == {"kept": True}
    assert articles.get("/judgements").json() == {"kept": False}


def test_unless_it_is_set_none_are_taken(articles: TestClient) -> None:
    assert_refusal(articles.post("/judgements", json=JUDGEMENT), 404, "no_judgements")


def test_a_key_to_read_with_judges_as_well(index: Path, path: Path, tmp_path: Path) -> None:
    key = keys.create(tmp_path / "keys.json", "reader", "read")
    live = IndexWatcher(index, StandInEncoder)
    settings = Settings(index=index, keys=tmp_path / "keys.json", judgements=path)
    with client_of(build_app(live, settings)) as client:
        wait_until_ready(live)
        assert_refusal(client.post("/judgements", json=JUDGEMENT), 401)
        assert client.post("/judgements", json=JUDGEMENT, headers={"X-API-Key": key}).status_code == 200
    assert "reader" not in path.read_text()
