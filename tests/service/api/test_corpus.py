"""GET /corpus for readers and GET /report for the keeper: what there is, and how it was built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from indexer.building import build as builder
from indexer.upkeep import doctor
from indexer.upkeep.checks import Finding
from service.api.routes import corpus
from service.app import build_app
from service.middleware import keys
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.conftest import client_of, ready_client, wait_until_ready
from tests.service.contract import assert_refusal
from tests.standin import StandInChoice, StandInEncoder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("corpus")
    deep = home / "corpus" / "santé" / "2021"
    deep.mkdir(parents=True)
    (home / "corpus" / "un.md").write_text(
        "---\ndate: 2019-10-08\nauthors: [Amina Berrada, Omar Ben Ali]\n---\n\n# Un\n\nLe premier texte.\n"
    )
    (deep / "deux.md").write_text(
        "---\nauthor: Amina Berrada\n---\n\n# Deux\n\nLe second texte, sans date.\n"
    )
    (deep.parent / "trois.txt").write_text("Trois\n\nLe troisième texte, qui est en français.\n")
    (home / "corpus" / "vide.txt").write_text("")
    (home / "corpus" / "secret.xyz").write_text("?")
    (home / "corpus" / "autre.xyz").write_text("?")
    builder.build(home / "corpus", home / "index", StandInChoice())
    return home


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    with ready_client(IndexWatcher(home / "index", StandInEncoder)) as client:
        yield client


def values(counts: list[dict[str, object]]) -> dict[object, object]:
    return {each["value"]: each["count"] for each in counts}


def test_readers_see_what_there_is(client: TestClient) -> None:
    found = client.get("/corpus").json()
    assert (found["documents"], found["generation"]) == (3, "g000001")
    counts = found["counts"]
    assert values(counts["folders"]) == {"santé": 2, "santé/2021": 1}
    assert values(counts["years"]) == {"2019": 1, "2021": 1}  # the folder dates the second
    assert counts["undated"] == 1
    assert values(counts["authors"]) == {"Amina Berrada": 2, "Omar Ben Ali": 1}
    assert counts["all_authors"] == 2
    assert values(counts["formats"]) == {"markdown": 2, "text": 1}
    assert sum(values(counts["languages"]).values()) == 3  # type: ignore[arg-type]
    assert client.get("/corpus").json() == found


def test_readers_see_why_files_were_left_out_and_not_which(client: TestClient) -> None:
    answer = client.get("/corpus")
    found = answer.json()
    assert found["skipped"] == 3 == sum(each["files"] for each in found["left_out"])
    assert {"reason": "empty file", "files": 1} in found["left_out"]
    assert found["left_out"][0]["files"] == 2
    assert "secret.xyz" not in answer.text


def test_the_keeper_sees_how_it_was_built(client: TestClient) -> None:
    found = client.get("/report").json()
    assert {each["source"] for each in found["skipped"]} == {"vide.txt", "secret.xyz", "autre.xyz"}
    assert (found["all_skipped"], found["documents"], found["engine"]) == (3, 3, "stand-in")
    assert "vectors" in found["stages"]
    assert found["healthy"] is None and found["findings"] is None


def test_the_keeper_has_the_doctor_look(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def examine(index: Path, *_: object) -> list[Finding]:
        asked.append(index)
        return [
            Finding("files", "ok", "all whole"),
            Finding("space", "warning", "10 MB", "Make room."),
            *([Finding("model", "fault", "damaged", "Fetch it.")] if len(asked) > 1 else []),
        ]

    monkeypatch.setattr(doctor, "examine", examine)
    first, second = (client.get("/report?doctor=true").json() for _ in range(2))
    assert [first["healthy"], second["healthy"]] == [True, False]
    assert first["findings"][1] == {
        "check": "space",
        "condition": "warning",
        "found": "10 MB",
        "advice": "Make room.",
    }
    assert asked[0].name == "index"


def test_one_doctor_looks_at_a_time(client: TestClient) -> None:
    with corpus._examining:
        assert_refusal(client.get("/report?doctor=true"), 503, "overloaded")


def test_the_report_is_for_admin_keys(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    read, admin = keys.create(path, "a", "read"), keys.create(path, "b", "admin")
    live = IndexWatcher(home / "index", StandInEncoder)
    with client_of(build_app(live, Settings(index=home / "index", keys=path))) as client:
        wait_until_ready(live)
        assert client.get("/corpus", headers={"X-API-Key": read}).status_code == 200
        assert_refusal(client.get("/report", headers={"X-API-Key": read}), 403, "forbidden")
        assert client.get("/report", headers={"X-API-Key": admin}).status_code == 200
        assert client.get("/report").status_code == 401
