"""Generations swapped under load: no request fails, none mixes two, and the old ones are let go."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import numpy as np
import numpy.typing as npt
import pytest

from indexer.building import build as builder
from indexer.store import generation as store
from models.load import ModelChoice
from service.app import build_app
from service.search import ranking
from service.search.index_watcher import IndexWatcher
from service.search.ranking import order
from tests.serving import get, serving, wait_until
from tests.standin import StandInEncoder

CORPORA = {"abricot": 3, "banane": 7}
"""Two corpora: the word that every passage of one holds, and its number of documents."""
ASKING = 4
"""Threads that ask while generations are swapped."""
PUBLISHED = 12
LIMIT = 20_000
"""Requests after which a thread gives up, whatever happens."""


@pytest.fixture
def corpora(tmp_path: Path) -> dict[str, Path]:
    for word, documents in CORPORA.items():
        folder = tmp_path / word
        folder.mkdir()
        for number in range(documents):
            text = f"Article {number}\n\nUn {word} mûr tombe du numéro {number}. Le {word} est bon.\n"
            (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return {word: tmp_path / word for word in CORPORA}


@pytest.fixture
def address(
    corpora: dict[str, Path], tmp_path: Path, stand_in: StandInEncoder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Of a server over an index of the first corpus."""
    monkeypatch.setattr(ranking, "order", order_slowly)
    builder.build(corpora["abricot"], tmp_path / "index", ModelChoice())
    with serving(build_app(IndexWatcher(tmp_path / "index", lambda: stand_in, poll=0.005))) as port:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: get(f"{address}/health").status_code == 200)
        yield address


def order_slowly(scores: ranking.Floats, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """order, with time for a swap between what a search reads before and what it reads after."""
    time.sleep(0.003)
    return order(scores, rows)


def ask_until(stop: threading.Event, address: str, number: int) -> list[tuple[str, str]]:
    """(generation, word) of every answer; fails on one that did not succeed or that mixes two corpora."""
    answers = []
    with httpx2.Client(base_url=address, timeout=30) as client:
        for turn in range(LIMIT):
            if stop.is_set():
                break
            if turn % 3 == number % 3:
                check_document(client)
                continue
            response = client.get("/search", params={"q": f"numéro {turn % 7}", "k": 100})
            assert response.status_code == 200, response.text
            answer = response.json()
            word = only_word(" ".join(hit["text"] for hit in answer["hits"]))
            assert answer["index"]["documents"] == CORPORA[word]
            assert {hit["source"] for hit in answer["hits"]} == {f"{n}.txt" for n in range(CORPORA[word])}
            answers.append((answer["index"]["generation"], word))
    return answers


def check_document(client: httpx2.Client) -> None:
    response = client.get("/documents/0.txt")
    assert response.status_code == 200, response.text
    document = response.json()
    assert only_word(document["text"]) == only_word(" ".join(each["text"] for each in document["content"]))


def only_word(text: str) -> str:
    """The one word of CORPORA that a text holds."""
    found = [word for word in CORPORA if word in text]
    assert len(found) == 1, found
    return found[0]


def swap(index: Path, corpora: dict[str, Path]) -> dict[str, str]:
    """Publish a dozen generations and go back now and then; the word of each generation."""
    chance = random.Random(2)
    words = {"g000001": "abricot"}
    for number in range(PUBLISHED):
        word = ("banane", "abricot")[number % 2]
        words[builder.build(corpora[word], index, ModelChoice(), force=True).manifest.generation] = word
        if number % 3 == 2:
            store.rollback(index)
        time.sleep(chance.choice([0, 0, 0.02, 0.05]))  # some are swept before they ever serve
    return words


@pytest.mark.slow
def test_no_request_fails_and_none_mixes_two_generations(
    address: str, corpora: dict[str, Path], tmp_path: Path
) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor(ASKING) as pool:
        asking = [pool.submit(ask_until, stop, address, number) for number in range(ASKING)]
        try:
            words = swap(tmp_path / "index", corpora)
            last = store.read_pointer(tmp_path / "index").current
            wait_until(lambda: generation(address) == last)
        finally:
            stop.set()
    answers = [answer for each in asking for answer in each.result()]
    assert {(name, words[name]) for name, _ in answers} == set(answers)
    assert len({name for name, _ in answers}) >= 4
    wait_until(lambda: held(tmp_path) == {last})
    assert get(f"{address}/health").json()["status"] == "ok"


def generation(address: str) -> str:
    name: str = get(f"{address}/health").json()["index"]["generation"]
    return name


def held(folder: Path) -> set[str]:
    """Generations below the folder that this process has open or mapped, deleted ones included."""
    links = Path("/proc/self/fd")
    if not links.is_dir():
        pytest.skip("this system does not list a process's open files")
    opened = []
    for link in list(links.iterdir()):
        try:
            opened.append(os.readlink(link))
        except OSError:
            continue  # closed since it was listed
    opened += Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    mine = [path.partition("/generations/")[2] for path in opened if str(folder) in path]
    return {path.split("/")[0] for path in mine if path}
