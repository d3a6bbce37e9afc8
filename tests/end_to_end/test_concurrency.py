"""The event loop is never blocked: while the model works for some requests, others are answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.encoder import Vectors
from service.app import build_app
from service.search.index_watcher import IndexWatcher
from service.settings import Settings
from tests.serving import get, serving, wait_until
from tests.standin import StandInEncoder

PLACES = Settings().concurrency
"""Requests that the service works on at once, by default."""


class HeldEncoder(StandInEncoder):
    """Begins each question and, once it holds, ends none until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()
        self.release.set()  # a new index answers a question before it serves
        self.begun = 0
        self._lock = threading.Lock()

    def hold(self) -> None:
        """End no question from now on."""
        self.release.clear()
        self.begun = 0

    def queries(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            self.begun += 1
        assert self.release.wait(30)
        return super().queries(texts)


@pytest.fixture
def held() -> Iterator[HeldEncoder]:
    encoder = HeldEncoder()
    yield encoder
    encoder.release.set()


@pytest.fixture
def address(index: Path, held: HeldEncoder) -> Iterator[str]:
    with serving(build_app(IndexWatcher(index, lambda: held))) as port:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: get(f"{address}/health").status_code == 200)
        held.hold()
        try:
            yield address
        finally:
            held.release.set()


@pytest.mark.parametrize(("searches", "begun"), [(8, 8), (PLACES + 20, PLACES)])
def test_health_answers_while_every_search_is_held_by_the_model(
    address: str, held: HeldEncoder, searches: int, begun: int
) -> None:
    with ThreadPoolExecutor(searches) as pool:
        asked = [
            pool.submit(get, f"{address}/search?q=formation+{number}", timeout=60)
            for number in range(searches)
        ]
        try:
            wait_until(lambda: held.begun == begun)  # side by side: none waited for another
            for _ in range(5):
                assert get(f"{address}/health", timeout=10).json()["status"] == "ok"
            if searches == begun:  # nothing waits for a place
                assert get(f"{address}/search?q=", timeout=10).status_code == 422
            assert not any(each.done() for each in asked)
        finally:
            held.release.set()
        assert [each.result().status_code for each in asked] == [200] * searches
        assert len({each.result().json()["query"] for each in asked}) == searches


def test_documents_are_answered_while_searches_are_held(address: str, held: HeldEncoder) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(get, f"{address}/search?q=a", timeout=60) for _ in range(8)]
        try:
            wait_until(lambda: held.begun == 8)
            assert get(f"{address}/documents", timeout=10).json()["count"] == 3
            assert not any(each.done() for each in asked)
        finally:
            held.release.set()
        assert [each.result().status_code for each in asked] == [200] * 8
