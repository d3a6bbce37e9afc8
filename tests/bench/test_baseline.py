"""The plain baseline answers, with the stand-in for its model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bench import baseline, servers
from models.encoder import Vectors
from tests.serving import get
from tests.standin import StandInEncoder

PASSAGES = [
    {"source": "a.txt", "title": "Santé", "text": "La pharmacie vend des vaccins."},
    {"source": "b.txt", "title": "Livres", "text": "La bibliothèque ouvre le mardi."},
]


class Model:
    """The stand-in, spoken to as to a sentence-transformers model."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_document(self, texts: list[str], **_: object) -> Vectors:
        self.encoded += texts
        return StandInEncoder().passages(texts)

    def encode_query(self, texts: list[str], **_: object) -> Vectors:
        return StandInEncoder().queries(texts)


def test_it_answers_the_nearest_passages_first(tmp_path: Path) -> None:
    model: Any = Model()
    index = baseline.load_index(tmp_path / "passages.jsonl", model, PASSAGES)
    with TestClient(baseline.build_app(model, index, PASSAGES)) as client:
        said = client.get("/search", params={"q": "quand ouvre la bibliothèque", "k": 5}).json()
    assert [hit["source"] for hit in said["hits"]] == ["b.txt", "a.txt"]
    assert said["hits"][0]["text"] == PASSAGES[1]["text"]
    assert said["hits"][0]["score"] == pytest.approx(max(hit["score"] for hit in said["hits"]))


def test_only_the_first_start_encodes(tmp_path: Path) -> None:
    model: Any = Model()
    for _ in range(2):
        index = baseline.load_index(tmp_path / "passages.jsonl", model, PASSAGES)
        assert index.ntotal == 2
    assert model.encoded == [f"{each['title']}\n{each['text']}" for each in PASSAGES]


@pytest.mark.slow
def test_the_command_answers_with_its_model(tmp_path: Path) -> None:
    file = tmp_path / "passages.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in PASSAGES), encoding="utf-8")
    with servers.baseline(file) as server:
        said = get(f"http://{servers.HOST}:{server.port}/search?q=when+is+the+library+open").json()
    assert [hit["source"] for hit in said["hits"]] == ["b.txt", "a.txt"]
    assert said["hits"][0]["score"] > said["hits"][1]["score"] + 0.02
