"""`search`: the same answer from an index as from a service, how it is printed, and what can go wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from indexer import index_folders
from indexer.index_folders import IndexFolders
from models.errors import RepereError
from service.app import build_app
from service.cli.main import main
from service.cli.search import ask_indexes, ask_service, lines, visible
from service.search.index_watcher import IndexWatcher
from service.settings_sources import SettingsError
from tests.conftest import wait_until_ready
from tests.serving import serving
from tests.standin import StandInEncoder

QUESTION = {"q": "robots chirurgicaux", "k": "2"}
HIT: dict[str, Any] = {
    "rank": 1,
    "title": "La télémédecine",
    "source": "santé/télémédecine.pdf",
    "collection": None,
    "page": 3,
    "page_label": None,
    "date": "2019-10",
    "author": "Jean Dupont",
    "relevance": {"probability": 0.9312, "class": "strong"},
    "highlight": {"text": "Soigner à distance\nles régions."},
    "more": [],
}
ANSWER: dict[str, Any] = {
    "corrected": {},
    "expanded": {},
    "relevance": {"probability": 0.9312, "class": "strong"},
    "hits": [HIT],
    "collections": [],
}


@contextmanager
def answering(status: int, body: str, **headers: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Answer every request so; yield the address, and the headers of each request as it comes."""
    requests: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append({**self.headers, "path": self.path})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", requests
        finally:
            server.shutdown()
            thread.join()


def test_an_index_answers_as_the_service_over_it(
    index: Path, live: IndexWatcher, encoder: StandInEncoder
) -> None:
    with serving(build_app(live)) as port:
        wait_until_ready(live)
        over_http = ask_service(f"http://127.0.0.1:{port}/", QUESTION)
        with pytest.raises(RepereError, match=r"^k: Input should be .*\. The parameters and their bounds"):
            ask_service(f"http://127.0.0.1:{port}", {**QUESTION, "k": "0"})
    opened = ask_indexes(IndexFolders.one(index), lambda: encoder, QUESTION)
    del over_http["took_ms"], opened["took_ms"]
    assert opened == over_http
    assert len(opened["hits"]) == 2


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"k": "0"}, "k: Input should be greater than or equal to 1."),
        ({"from": "hier"}, "from: it is not a date; "),
        ({"q": " "}, "q: it is blank; "),
        ({"min_relevance": "2"}, "min_relevance: it is neither a probability"),
    ],
)
def test_a_parameter_is_refused_before_the_model_is_loaded(
    tmp_path: Path, parameters: dict[str, str], sentence: str
) -> None:
    folders = IndexFolders.one(tmp_path)
    with pytest.raises(SettingsError) as refused:
        ask_indexes(folders, lambda: pytest.fail("it was loaded"), {**QUESTION, **parameters})
    assert str(refused.value).startswith(sentence)


def test_a_filter_by_relevance_needs_a_calibrated_index(index: Path, encoder: StandInEncoder) -> None:
    with pytest.raises(RepereError, match=r"^This index is not calibrated"):
        ask_indexes(IndexFolders.one(index), lambda: encoder, {**QUESTION, "min_relevance": "weak"})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {},
            [
                " 1  La télémédecine",
                "    santé/télémédecine.pdf · page 3 · 2019-10 · Jean Dupont · relevance 93% (strong)",
                "    Soigner à distance les régions.",
            ],
        ),
        ({"hits": []}, ["No passage was found."]),
        (
            {
                "relevance": {"probability": 0.01, "class": "none"},
                "hits": [HIT | {"page": None, "date": None, "author": None}],
            },
            [
                "Nothing relevant was found. The nearest passages are:",
                " 1  La télémédecine",
                "    santé/télémédecine.pdf · relevance 93% (strong)",
                "    Soigner à distance les régions.",
            ],
        ),
        (
            {
                "corrected": {"oncolgie": "oncologie"},
                "hits": [
                    HIT | {"relevance": {"probability": None, "class": "uncalibrated"}, "more": [HIT, HIT]}
                ],
            },
            [
                "Also tried: oncolgie → oncologie",
                " 1  La télémédecine",
                "    santé/télémédecine.pdf · page 3 · 2019-10 · Jean Dupont",
                *["    Soigner à distance les régions."] * 3,
            ],
        ),
    ],
)
def test_how_an_answer_is_printed(change: dict[str, Any], expected: list[str]) -> None:
    assert [" " * indent + line.plain for indent, line in lines(ANSWER | change)] == expected


def test_no_text_can_steer_the_terminal() -> None:
    assert visible("a\x1b[2Jb\r\n\u2028c\x9bd") == "a [2Jb   c d"


def test_the_command_prints_what_a_service_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(200, json.dumps(ANSWER)) as (url, requests):
        monkeypatch.setenv("REPERE_CLIENT_KEY", "repere_key")
        assert main(["search", "la", "télémédecine", "--url", url, "--from", "2019", "-k", "3"]) == 0
        printed = capsys.readouterr().out
        monkeypatch.setenv("REPERE_CLIENT_URL", url)
        assert main(["search", "la télémédecine", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == ANSWER
    assert printed.startswith(" 1  La télémédecine\n    santé/télémédecine.pdf · page 3")
    assert requests[0]["path"] == "/search?q=la+t%C3%A9l%C3%A9m%C3%A9decine&k=3&from=2019"
    assert requests[0]["Authorization"] == "Bearer repere_key"


def test_the_command_opens_the_index_that_the_settings_name(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("REPERE_CLIENT_URL", raising=False)
    monkeypatch.setenv("REPERE_INDEX", str(index))
    assert main(["search", "robots", "-k", "1", "--source", "robots.*"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == " 1  Robot-assisted surgery" and printed[1].startswith("    robots.txt")


def refusal(url: str) -> str:
    with pytest.raises(RepereError) as refused:
        ask_service(url, QUESTION, "key")
    return str(refused.value)


def test_what_can_go_wrong_with_a_service() -> None:
    with answering(200, "<html>") as (url, _):
        assert refusal(url).startswith(f"The service at {url} cannot be asked: ")
    with answering(404, '{"error": "none"}') as (url, _):
        assert refusal(url) == f"What answers at {url} is no Repère service: it answers with status 404."
    with answering(401, '{"error": {"message": "No key.", "hint": "Send one."}}') as (url, _):
        assert refusal(url) == "No key. Send one."
    assert refusal(url).endswith("Start it with 'repere serve', or leave --url out.")  # it has ended
    assert refusal("file:///etc/passwd").startswith("--url='file:///etc/passwd' cannot be used: ")


def test_a_key_is_not_taken_to_another_host() -> None:
    with answering(200, json.dumps(ANSWER)) as (other, requests):
        with answering(302, "", Location=other) as (url, _):
            assert "it answers with status 302" in refusal(url)
        assert requests == []


def test_several_indexes_are_asked_as_a_service_over_them_asks(
    index: Path, tmp_path: Path, encoder: StandInEncoder
) -> None:
    named = index_folders.read({"lois": str(index), "santé": str(tmp_path / "nowhere")})
    answer = ask_indexes(named, lambda: encoder, QUESTION)
    assert {hit["collection"] for hit in answer["hits"]} == {"lois"}
    said = [line.plain for _, line in lines(answer)]
    assert said[0].startswith("santé does not answer. There is no index in ")
    assert any(line.startswith("lois · robots.txt") for line in said)
    with pytest.raises(RepereError, match=r"^There is no collection nope\."):
        ask_indexes(named, lambda: encoder, QUESTION | {"collection": "nope"})
