"""GET /originals/{source}: the file itself, whole or in part, while it holds the indexed bytes."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from indexer.building import build as builder
from service.app import build_app
from service.middleware import keys
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.conftest import client_of, ready_client, wait_until_ready
from tests.service.contract import assert_refusal
from tests.standin import StandInChoice, StandInEncoder

ARTICLE = "Un été à Rabat\n\nLe cours d'été dure dix jours. Il est gratuit.\n"
PAGE = f"<!doctype html><title>Page</title><script>alert(1)</script><p>{ARTICLE * 3}</p>"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("originals")
    corpus = home / "corpus"
    (corpus / "santé").mkdir(parents=True)
    (corpus / "santé" / "été.txt").write_text(ARTICLE, encoding="utf-8")
    (corpus / "ancien.txt").write_bytes(f"Ancien. {ARTICLE}".encode("cp1252"))
    (corpus / "page.html").write_text(PAGE, encoding="utf-8")
    (corpus / "table.csv").write_text("titre,texte\nUn,Le premier texte du tableau\nDeux,Le second texte\n")
    with zipfile.ZipFile(corpus / "envoi.zip", "w") as archive:
        archive.writestr("dossier/note.txt", "Une note dans une archive. Elle est brève.")
    (home / "secret.txt").write_text("a secret beside the corpus")
    (corpus / "lien.txt").symlink_to("../secret.txt")
    builder.build(corpus, home / "index", StandInChoice())
    return home


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    with ready_client(IndexWatcher(home / "index", StandInEncoder)) as client:
        yield client


def test_the_file_itself_is_sent(client: TestClient) -> None:
    answer = client.get("/originals/santé/été.txt")
    content = ARTICLE.encode()
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["etag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert answer.headers["content-disposition"].startswith('inline; filename="ete.txt"; filename*=UTF-8')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["accept-ranges"] == "bytes"


def test_text_of_another_encoding_is_not_said_to_be_utf8(client: TestClient) -> None:
    assert client.get("/originals/ancien.txt").headers["content-type"] == "text/plain"


def test_nothing_in_a_page_can_run_and_it_is_saved_rather_than_shown(client: TestClient) -> None:
    answer = client.get("/originals/page.html")
    assert answer.text == PAGE
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-security-policy"].split("; ")[:2] == ["default-src 'none'", "sandbox"]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("asked", "start", "stop"), [("bytes=0-3", 0, 4), ("bytes=10-", 10, None), ("bytes=-7", -7, None)]
)
def test_a_part_is_sent(client: TestClient, asked: str, start: int, stop: int | None) -> None:
    content = ARTICLE.encode()
    answer = client.get("/originals/santé/été.txt", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, content[start:stop])
    first = start % len(content)
    assert (
        answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(content)}"
    )


def test_a_part_beyond_the_end_is_refused(client: TestClient) -> None:
    answer = client.get("/originals/santé/été.txt", headers={"Range": "bytes=5000-"})
    assert_refusal(answer, 416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(ARTICLE.encode())}"


def test_a_part_of_other_bytes_is_not_sent(client: TestClient) -> None:
    whole = client.get("/originals/santé/été.txt")
    for known, status in [(whole.headers["etag"], 206), ('"other"', 200), ("Mon, 01 Jan 2024", 200)]:
        headers = {"Range": "bytes=0-3", "If-Range": known}
        assert client.get("/originals/santé/été.txt", headers=headers).status_code == status


def test_who_has_it_is_told_so(client: TestClient) -> None:
    etag = client.get("/originals/santé/été.txt").headers["etag"]
    again = client.get("/originals/santé/été.txt", headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


def test_a_head_is_answered_without_a_body(client: TestClient) -> None:
    answer = client.head("/originals/santé/été.txt")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(ARTICLE.encode()))


def test_a_file_that_holds_several_documents_is_sent_and_its_parts_name_it(client: TestClient) -> None:
    assert client.get("/originals/table.csv").status_code == 200
    assert client.get("/originals/envoi.zip").headers["content-type"] == "application/zip"
    for part, file in [("table.csv%231", "table.csv")]:
        answer = client.get(f"/originals/{part}")
        assert_refusal(answer, 404, "original_within")
        assert file in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "source",
    ["gone.txt", "lien.txt", "../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "/etc/passwd", ""],
)
def test_there_is_no_other_file(client: TestClient, source: str) -> None:
    answer = client.get(f"/originals/{source}")
    assert answer.status_code == 404
    assert "secret beside" not in answer.text


def test_a_parameter_is_refused(client: TestClient) -> None:
    assert_refusal(client.get("/originals/santé/été.txt?a=1"), 422, "unknown_parameter")


def test_what_was_indexed_is_told_from_what_is_there_now(home: Path, client: TestClient) -> None:
    path = home / "corpus" / "santé" / "été.txt"
    before = path.read_bytes()
    assert client.get("/originals/santé/été.txt").status_code == 200
    try:
        path.write_bytes(before + b"more")
        assert_refusal(client.get("/originals/santé/été.txt"), 410, "original_changed")
        path.unlink()
        assert_refusal(client.get("/originals/santé/été.txt"), 410, "original_gone")
        path.symlink_to(home / "secret.txt")
        assert_refusal(client.get("/originals/santé/été.txt"), 410, "original_gone")
        path.unlink()
        os.mkfifo(path)
        assert_refusal(client.get("/originals/santé/été.txt"), 410, "original_changed")
    finally:
        path.unlink(missing_ok=True)
        path.write_bytes(before)
    assert client.get("/originals/santé/été.txt").content == before  # put back, it is the indexed file again


def test_a_corpus_that_is_not_here_is_said_to_be_so(home: Path, client: TestClient) -> None:
    (home / "corpus").rename(home / "away")
    try:
        answer = client.get("/originals/page.html")
        assert_refusal(answer, 404, "original_not_here")
        assert str(home) not in answer.text
    finally:
        (home / "away").rename(home / "corpus")


def test_a_copy_stands_in_for_the_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "corpus" / name).mkdir(parents=True)
        (tmp_path / "corpus" / name / "x.txt").write_text(ARTICLE, encoding="utf-8")
    builder.build(tmp_path / "corpus", tmp_path / "index", StandInChoice())
    live = IndexWatcher(tmp_path / "index", StandInEncoder)
    with client_of(build_app(live)) as client:
        wait_until_ready(live)
        (tmp_path / "corpus" / "b" / "x.txt").unlink()
        assert [client.get(f"/originals/{name}/x.txt").status_code for name in "ab"] == [200, 200]


def test_the_same_keys_let_in_and_the_setting_turns_it_off(home: Path, tmp_path: Path) -> None:
    token = keys.create(tmp_path / "keys.json", "a", "read")
    for settings, status in [
        (Settings(index=home / "index", keys=tmp_path / "keys.json"), 200),
        (Settings(index=home / "index", keys=tmp_path / "keys.json", originals=False), 404),
    ]:
        live = IndexWatcher(home / "index", StandInEncoder)
        with client_of(build_app(live, settings)) as client:
            wait_until_ready(live)
            assert client.get("/originals/page.html").status_code == 401
            answer = client.get("/originals/page.html", headers={"X-API-Key": token})
            assert answer.status_code == status
    assert_refusal(answer, 404, "original_not_served")


@pytest.mark.parametrize("kind", ["originals", "pictures", "boxes", "read"])
@pytest.mark.parametrize("odd", ["%FF", "%ED%A0%80", "a%00b", "%23", "%F0%9F%98%80", "a%0Ab", "a" * 3000])
def test_no_odd_source_makes_it_fail(client: TestClient, kind: str, odd: str) -> None:
    assert_refusal(client.get(f"/{kind}/{odd}"), 400 if odd in ("%FF", "%ED%A0%80", "a%00b") else 404)
