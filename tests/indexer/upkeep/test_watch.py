"""Watching a corpus: one build after each change, and none for what changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from indexer.corpus.walk import Corpus
from indexer.upkeep.watch import watch

pytestmark = pytest.mark.slow

PATIENCE = 20.0
"""Seconds in which something has to happen."""
QUIET = 0.2


class Watched:
    """A watch in a thread of its own, and how often it has rebuilt."""

    def __init__(self, corpus: Corpus) -> None:
        self.builds = 0
        self.stop = Event()
        self.thread = Thread(target=watch, args=(corpus, self._build, self.stop), kwargs={"quiet": QUIET})
        self.thread.start()

    def _build(self) -> None:
        self.builds += 1

    def wait(self, builds: int) -> None:
        wait_for(lambda: self.builds >= builds)


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    for name in "corpus", "index":
        (tmp_path / name).mkdir()
    found = Watched(Corpus((tmp_path / "corpus",), apart_from=tmp_path / "corpus" / "index"))
    yield found
    found.stop.set()
    found.thread.join(PATIENCE)
    assert not found.thread.is_alive()


def test_every_change_is_followed_by_a_build(watched: Watched, tmp_path: Path) -> None:
    watched.wait(1)
    folder = tmp_path / "corpus"
    (folder / "a.txt").write_text("un")
    watched.wait(2)
    (folder / "a.txt").write_text("deux")
    watched.wait(3)
    (folder / "a.txt").rename(folder / "b.txt")
    watched.wait(4)
    (folder / "b.txt").unlink()
    watched.wait(5)


def test_many_changes_at_once_are_one(watched: Watched, tmp_path: Path) -> None:
    watched.wait(1)
    for number in range(50):
        (tmp_path / "corpus" / f"{number}.txt").write_text("texte")
    watched.wait(2)
    time.sleep(3 * QUIET)
    assert watched.builds == 2


def test_the_index_within_calls_for_no_build(watched: Watched, tmp_path: Path) -> None:
    watched.wait(1)
    index = tmp_path / "corpus" / "index"
    index.mkdir()
    (index / "CURRENT").write_text("{}")
    time.sleep(3 * QUIET)
    assert watched.builds == 1


def test_a_folder_taken_away_is_waited_for(watched: Watched, tmp_path: Path) -> None:
    watched.wait(1)
    (tmp_path / "corpus").rename(tmp_path / "elsewhere")
    time.sleep(5 * QUIET)
    before = watched.builds
    (tmp_path / "elsewhere").rename(tmp_path / "corpus")
    watched.wait(before + 1)
    (tmp_path / "corpus" / "a.txt").write_text("texte")
    watched.wait(before + 2)
