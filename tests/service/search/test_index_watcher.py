"""IndexWatcher: which index answers, as generations come, go and fail, and how it is let go."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from indexer.building import build as builder
from indexer.errors import IndexRefused
from indexer.store import generation as store
from indexer.store import open_index as opening
from indexer.store.manifest import Layout, read_manifest, seal
from indexer.store.open_index import open_index
from indexer.store.store import Store
from models import memory
from models.load import ModelChoice
from service.search import index_watcher
from service.search.dictionary import dictionary
from service.search.index_watcher import POLL, RETRY, IndexWatcher, warm_up
from service.search.observer import Observer
from tests.conftest import local, wait_until_ready
from tests.serving import wait_until
from tests.standin import StandInEncoder

Started = Callable[..., IndexWatcher]


@pytest.fixture
def started(index: Path) -> Iterator[Started]:
    """Starts an IndexWatcher that looks often; stopped at the end."""
    all_of_them: list[IndexWatcher] = []

    def start(
        folder: Path = index,
        opening: Callable[[Path, str | None], Store] = open_index,
        retry: float = RETRY,
    ) -> IndexWatcher:
        live = IndexWatcher(folder, StandInEncoder, poll=0.01, retry=retry, open_index=opening)
        all_of_them.append(live)  # another encoder each time it is loaded
        all_of_them[-1].start()
        return all_of_them[-1]

    yield start
    for each in all_of_them:
        each.stop()


def publish(corpus: Path, index: Path, text: str = "Encore un article.") -> str:
    """Add an article, build, and say the new generation's name."""
    (corpus / f"{time.monotonic_ns()}.txt").write_text(f"Un titre\n\n{text}\n", encoding="utf-8")
    return builder.build(corpus, index, ModelChoice()).manifest.generation


def serves(live: IndexWatcher, generation: str) -> Callable[[], bool]:
    return lambda: live.searcher is not None and live.searcher.index.manifest.generation == generation


def test_nothing_answers_before_it_is_started(index: Path, encoder: StandInEncoder) -> None:
    live = IndexWatcher(index, lambda: encoder)
    assert live.searcher is None
    assert live.problem == "The model is being loaded. Try again in a few seconds."


def test_each_new_generation_is_taken_up_and_each_rollback(
    started: Started, corpus: Path, index: Path
) -> None:
    live = started()
    wait_until(serves(live, "g000001"))
    assert publish(corpus, index, "Le mot pamplemousse.") == "g000002"
    wait_until(serves(live, "g000002"))
    assert (
        wait_until_ready(live).search("pamplemousse", 1, per_source=1).hits[0].highlights[0].text
        == "Le mot pamplemousse."
    )
    store.rollback(index)
    wait_until(serves(live, "g000001"))
    assert live.problem is None


@dataclass
class Timetable:
    """A clock that passes only while what is published is told, and while the watcher waits."""

    takes: float
    """Seconds until it is told what is published; what was so when it was asked."""
    moves_at: float
    """When another generation comes to serve."""
    now: float = 0.0
    asked: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def published(self, _: Path) -> object:
        self.asked.append(self.now)
        moved = self.now >= self.moves_at
        self.now += self.takes
        return moved

    def open(self, folder: Path, _: str | None) -> Store:
        self.opened.append(self.now)
        return open_index(folder, None)

    def wait(self, seconds: float) -> bool:
        """Wait for the watch's end, which comes some seconds after the move."""
        self.now += seconds
        return self.now > self.moves_at + 5

    def is_set(self) -> bool:
        return False


def watched(index: Path, times: Timetable) -> Timetable:
    """Watch by a timetable, to its end."""
    live = IndexWatcher(index, StandInEncoder, published=times.published, open_index=times.open)
    live.clock, live.look_ahead = times.clock, lambda _: None
    live._stop = times  # type: ignore[assignment]
    live._watch()
    return times


@pytest.mark.parametrize(("takes", "every"), [(0.0, POLL), (0.1, POLL), (POLL, POLL), (0.4, 0.4)])
def test_looks_begin_at_their_times_however_long_each_takes(index: Path, takes: float, every: float) -> None:
    """A look that takes long delays the next by no more than itself."""
    asked = watched(index, Timetable(takes, 10.0)).asked[1:]  # the first is before the model is loaded
    assert np.diff(asked) == pytest.approx(every)


@pytest.mark.parametrize("takes", [0.0, 0.2, 0.45])
@pytest.mark.parametrize("moves_at", [2.001, 2.1, 2.2, 2.249, 2.3, 2.45, 2.7])
def test_what_comes_to_serve_is_opened_within_a_second(index: Path, takes: float, moves_at: float) -> None:
    """Also where half of that goes by until it is told what serves."""
    *_, opened = watched(index, Timetable(takes, moves_at)).opened
    assert 0 <= opened - moves_at <= max(POLL, takes) + takes + 1e-9 < 1


def test_the_model_is_loaded_once(started: Started, index: Path, corpus: Path) -> None:
    live = started()
    first = wait_until_ready(live).encoder
    publish(corpus, index)
    wait_until(serves(live, "g000002"))
    assert wait_until_ready(live).encoder is first


def test_a_request_keeps_its_generation_to_its_end(started: Started, corpus: Path, index: Path) -> None:
    live = started()
    kept = wait_until_ready(live)
    before = kept.search("formation", 100, per_source=100)
    for name in ("g000002", "g000003", "g000004"):
        assert publish(corpus, index) == name
    wait_until(serves(live, "g000004"))
    assert not store.generation_folder(index, "g000001").exists()
    assert kept.search("formation", 100, per_source=100) == before


def test_a_generation_is_closed_once_its_last_request_lets_it_go(
    started: Started, corpus: Path, index: Path
) -> None:
    live = started()
    kept = wait_until_ready(live)
    catalogue, gone = kept.index.catalogue, weakref.ref(local(kept).vectors)
    publish(corpus, index)
    wait_until(serves(live, "g000002"))
    assert len(catalogue.documents()) == 3  # still open: kept is a request under way
    del kept
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        catalogue.documents()
    assert gone() is None


def test_a_damaged_generation_leaves_the_old_one_serving(started: Started, corpus: Path, index: Path) -> None:
    live = started()
    wait_until(serves(live, "g000001"))
    folder = store.generation_folder(index, publish(corpus, index))
    damage(folder / Layout.PASSAGES)
    store.write_pointer(index, store.read_pointer(index))  # whatever was seen, look again
    wait_until(lambda: live.problem is not None)
    assert live.problem is not None
    assert live.problem.startswith("Generation g000002 is damaged: ")


@pytest.mark.parametrize("name", [Layout.PASSAGES, Layout.CATALOGUE, "lexical/meta.json"])
def test_what_is_written_to_while_it_serves_answers_no_more(started: Started, index: Path, name: str) -> None:
    live = started()
    wait_until(serves(live, "g000001"))
    path = store.generation_folder(index, "g000001") / name
    damage(path)
    wait_until(lambda: live.searcher is None)
    assert live.problem is not None
    assert live.problem.startswith(f"Generation g000001 is damaged: {name} changed while it served. Go back")
    damage(path)  # put right again
    live._retry_at = time.monotonic()  # now, and not half a minute later
    wait_until(serves(live, "g000001"))
    assert live.problem is None


def test_a_folder_that_is_deleted_goes_on_answering(started: Started, corpus: Path, index: Path) -> None:
    live = started()
    wait_until(serves(live, "g000001"))
    shutil.rmtree(index)
    wait_until(lambda: live.problem is not None)
    assert live.problem == f"There is no index in {index}. Build one with 'make index'."
    assert wait_until_ready(live).search("formation", 100, per_source=100).hits
    publish(corpus, index, "Le mot pamplemousse.")
    wait_until(lambda: live.problem is None)
    found = wait_until_ready(live).search("pamplemousse", 1, per_source=1)
    assert found.hits[0].highlights[0].text == "Le mot pamplemousse."


def damage(path: Path) -> None:
    """Turn one bit in the middle, and leave the file as long as it is at every moment."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        (byte,) = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


def test_a_generation_swept_away_while_it_is_opened_is_not_called_damaged(
    started: Started,
    corpus: Path,
    index: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    opened: list[str] = []

    def open_slowly(folder: Path, fingerprint: str | None) -> Store:
        opened.append(store.read_pointer(folder).current)
        if len(opened) == 1:
            publish(corpus, folder)
            raise IndexRefused("Generation g000001 is damaged: it was swept away.")
        return open_index(folder, fingerprint)

    live = started(opening=open_slowly)
    wait_until(serves(live, "g000002"))
    assert opened == ["g000001", "g000002"]
    assert "damaged" not in caplog.text


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), IndexRefused("It is damaged.")])
def test_what_could_not_be_opened_is_tried_again(
    started: Started, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    tries: list[None] = []

    def fail_three_times(folder: Path, fingerprint: str | None) -> Store:
        tries.append(None)
        if len(tries) <= 3:
            raise error
        return open_index(folder, fingerprint)

    live = started(opening=fail_three_times, retry=0.01)
    wait_until(serves(live, "g000001"))
    assert live.problem is None
    assert len(tries) == 4
    said = [record for record in caplog.records if record.name == "service.search.index_watcher"]
    assert len([record for record in said if record.levelname == "ERROR"]) == 1  # once, not at each try


class Panic(BaseException):
    """Is no Exception, like what a library of Rust raises when it panics."""


@pytest.mark.parametrize("error", [Panic("at src/lib.rs"), MemoryError(), SystemExit(1), RecursionError()])
def test_nothing_that_opening_raises_ends_the_watch(
    started: Started, corpus: Path, index: Path, error: BaseException
) -> None:
    def open_all_but_the_second(folder: Path, fingerprint: str | None) -> Store:
        if store.read_pointer(folder).current == "g000002":
            raise error
        return open_index(folder, fingerprint)

    live = started(opening=open_all_but_the_second)
    wait_until(serves(live, "g000001"))
    publish(corpus, index)
    wait_until(lambda: live.problem is not None)
    assert f"({type(error).__name__})" in str(live.problem) and serves(live, "g000001")()
    publish(corpus, index)
    wait_until(serves(live, "g000003"))
    assert live.problem is None


def test_a_generation_that_cannot_answer_is_refused(started: Started, corpus: Path, index: Path) -> None:
    """Its checksums are right, but a table that is read only by a search holds objects."""
    live = started()
    wait_until(serves(live, "g000001"))
    folder = store.generation_folder(index, publish(corpus, index))
    np.save(folder / Layout.PASSAGE_KINDS, np.empty(0, np.uint8))
    seal(folder, replace(read_manifest(folder), files={}))
    store.write_pointer(index, store.read_pointer(index))
    wait_until(lambda: live.problem is not None)
    assert wait_until_ready(live).search("formation", 1, per_source=1).hits
    publish(corpus, index)
    wait_until(serves(live, "g000003"))


@pytest.mark.parametrize("part", ["watched", "reload"])
def test_an_observer_that_fails_does_not_end_the_watch(corpus: Path, index: Path, part: str) -> None:
    class Failing(Observer):
        def watched(self) -> None:
            if part == "watched":
                raise OSError(24, "Too many open files")

        def reload(self, *, succeeded: bool) -> None:
            if part == "reload" and succeeded:
                raise OSError(24, "Too many open files")

    live = IndexWatcher(index, StandInEncoder, Failing(), poll=0.01, retry=0.01)
    live.start()
    wait_until(serves(live, "g000001"))
    publish(corpus, index)
    wait_until(serves(live, "g000002"))
    live.stop()


def test_a_watch_that_ends_begins_again(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = iter([RuntimeError("can't start new thread")])

    def release() -> None:
        for error in refused:
            raise error

    monkeypatch.setattr(memory, "release", release)
    live = IndexWatcher(index, StandInEncoder, poll=0.01, retry=0.01)
    live.start()
    wait_until(serves(live, "g000001"))
    assert live.problem is None
    live.stop()


def test_a_model_that_fails_in_an_unforeseen_way_is_tried_again(index: Path) -> None:
    failures = iter([ValueError("at 0x7f"), MemoryError()])

    def load() -> StandInEncoder:
        for error in failures:
            raise error
        return StandInEncoder()

    live = IndexWatcher(index, load, poll=0.01, retry=0.01)
    live.start()
    wait_until(serves(live, "g000001"))
    assert live.problem is None
    live.stop()


def test_what_was_short_for_a_moment_is_tried_again_soon(
    started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_watcher, "SOON", 0.01)
    tries = iter([OSError(errno.EMFILE, os.strerror(errno.EMFILE)), MemoryError()])

    def fail_twice(folder: Path, fingerprint: str | None) -> Store:
        for error in tries:
            raise IndexRefused("It cannot be read.") from error
        return open_index(folder, fingerprint)

    wait_until(serves(started(opening=fail_twice), "g000001"))


def test_health_says_when_nobody_looks_any_more(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    live = started()
    wait_until(serves(live, "g000001"))
    assert live.state == live.now
    monkeypatch.setattr(index_watcher, "STALLED", 0.05)
    monkeypatch.setattr(live, "_look_after", lambda: release.wait(10))
    wait_until(lambda: live.state.problem is not None)
    assert str(live.state.problem).startswith("For 0 s nobody has looked for a newer index in ")
    assert live.state.searcher is live.searcher
    release.set()
    wait_until(lambda: live.state.problem is None)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["VectorStore", "LexicalIndex", "PassageTable", "NearDuplicateGroups"])
def test_no_memory_at_any_step_of_opening_leaves_nothing_open(
    corpus: Path, index: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    live = IndexWatcher(index, StandInEncoder, poll=3600, retry=0.0)
    encoder = StandInEncoder()
    live._turn(encoder)
    assert serves(live, "g000001")()
    publish(corpus, index)

    def no_memory(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(opening, part, no_memory)
        live._turn(encoder)
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            live._turn(encoder)
        gc.collect()
        assert len(os.listdir("/proc/self/fd")) == before
        assert serves(live, "g000001")() and "(MemoryError)" in str(live.problem)
    live._turn(encoder)
    assert serves(live, "g000002")() and live.problem is None


def test_what_the_first_question_needs_is_loaded_before_it_is_ready(
    index: Path, encoder: StandInEncoder
) -> None:
    release = threading.Event()

    def warm_up_slowly() -> None:
        release.wait(10)

    live = IndexWatcher(index, lambda: encoder, warm_up=warm_up_slowly)
    live.start()
    time.sleep(0.1)
    assert live.searcher is None
    release.set()
    assert wait_until_ready(live)
    live.stop()


def test_an_index_is_opened_while_the_model_is_loaded(index: Path, encoder: StandInEncoder) -> None:
    opened = threading.Event()

    def opening(folder: Path, fingerprint: str | None) -> Store:
        found = open_index(folder, fingerprint)
        opened.set()
        return found

    def load() -> StandInEncoder:
        assert opened.wait(10)
        return encoder

    live = IndexWatcher(index, load, open_index=opening)
    live.start()
    assert wait_until_ready(live)
    live.stop()


def test_what_was_opened_before_a_newer_index_came_is_not_served(
    corpus: Path, index: Path, encoder: StandInEncoder
) -> None:
    newer: list[str] = []

    def load() -> StandInEncoder:
        newer.append(publish(corpus, index))
        return encoder

    live = IndexWatcher(index, load)
    live.start()
    assert wait_until_ready(live)
    assert live.searcher is not None and live.searcher.index.manifest.generation == newer[0]
    live.stop()


@pytest.mark.slow
def test_warming_up_loads_the_word_lists_and_the_languages() -> None:
    dictionary.cache_clear()
    warm_up()
    assert dictionary.cache_info().currsize == 1


def test_stopping_does_not_wait_for_a_model_that_is_being_loaded(
    index: Path, encoder: StandInEncoder
) -> None:
    release = threading.Event()
    live = IndexWatcher(index, lambda: (release.wait(10), encoder)[1])
    live.start()
    begun = time.monotonic()
    live.stop()
    assert time.monotonic() - begun < 5
    release.set()
