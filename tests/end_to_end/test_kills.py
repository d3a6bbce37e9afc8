"""Real builds and rollbacks killed at random moments: an index that answers stands there every time."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.errors import IndexMissing
from indexer.store import generation as store
from indexer.store.index import open_index
from service.search import Searcher
from tests.standin import StandInEncoder

pytestmark = pytest.mark.slow

KILLS = 26
NEVER = 10**6
FILES = 250
TOPICS = ("oncologie", "pédiatrie", "cardiologie", "urologie", "neurologie", "radiologie", "gériatrie")


def write_corpus(folder: Path, version: str, files: int) -> Path:
    """Articles that name the version in their every sentence."""
    folder.mkdir()
    for number in range(files):
        topic = TOPICS[number % len(TOPICS)]
        lines = [f"Le {version} cours {number}x{line} de {topic} a lieu salle {line}." for line in range(8)]
        text = f"Cours {number} {version}\n\n" + "\n\n".join(lines)
        (folder / f"{number:03}.txt").write_text(text, encoding="utf-8")
    return folder


class Builder:
    """Has builds and rollbacks done in processes of their own; see build_process.py."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.end_to_end.build_process"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(
        self, index: Path, corpus: Path | str = "", *, kill_after: float = NEVER, kill_at_sync: int = NEVER
    ) -> tuple[int, float]:
        """How the process ended, 0 or a signal's negative number, and after how many seconds."""
        assert self.process.stdin is not None and self.process.stdout is not None
        order = {"index": str(index), "corpus": str(corpus)}
        times = {"kill_after": kill_after, "kill_at_sync": kill_at_sync}
        print(json.dumps(order | times), file=self.process.stdin, flush=True)
        code, seconds = self.process.stdout.readline().split()
        return int(code), float(seconds)

    def complete(self, index: Path, corpus: Path) -> float:
        """Let a build run to its end; the seconds it took."""
        code, seconds = self.run(index, corpus)
        assert code == 0
        return seconds


@pytest.fixture
def builder() -> Iterator[Builder]:
    made = Builder()
    yield made
    made.process.communicate(timeout=10)
    assert made.process.returncode == 0


def answering_version(index: Path, files: int) -> str:
    """The version of the corpus that the index holds, after asking it and looking it all through."""
    encoder = StandInEncoder()
    opened = open_index(index, encoder.fingerprint)
    sources = [entry.source for entry in opened.catalogue.documents()]
    assert sources == [f"{number:03}.txt" for number in range(files)]
    texts = [entry.passage.text for entry in opened.catalogue.passages(range(len(opened.vectors)))]
    versions = {word for text in texts for word in ("ancien", "nouveau") if word in text}
    assert len(versions) == 1
    (version,) = versions
    asked = random.Random(len(texts)).randrange(files)
    question = f"Le {version} cours {asked}x3 de {TOPICS[asked % len(TOPICS)]} a lieu salle 3."
    best = Searcher(encoder, opened).search(question, 5, per_source=1).hits[0]
    assert (best.entry.document.source, best.highlight.text) == (f"{asked:03}.txt", question)
    opened.catalogue.close()
    return version


def leftovers(index: Path) -> set[str]:
    """Generations that no pointer names."""
    pointer = store.read_pointer(index)
    found = {path.name for path in (index / "generations").iterdir()}
    return found - {pointer.current, pointer.previous}


def test_builds_killed_at_random_moments(tmp_path: Path, builder: Builder) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    corpora = {each: write_corpus(tmp_path / each, each, FILES) for each in ("ancien", "nouveau")}
    index = tmp_path / "index"
    length = builder.complete(tmp_path / "measured", corpora["ancien"])
    shares = [(number + rng.random()) / KILLS for number in range(KILLS)]
    rng.shuffle(shares)
    serving: str | None = None
    struck = swept = 0
    for turn, share in enumerate(shares):
        before, begun, moment = store.published(index), time.perf_counter(), share * length
        code, _ = builder.run(index, corpora[other(serving)], kill_after=moment)
        assert code in (0, -9)
        struck += code == -9
        if code == 0:  # the machine has become quicker since: the next one is to be killed in time
            length = time.perf_counter() - begun
        if store.published(index) != before:
            serving = other(serving)
        if serving is None:
            with pytest.raises(IndexMissing):
                open_index(index, StandInEncoder().fingerprint)
        else:
            assert answering_version(index, FILES) == serving, (seed, turn, moment)
        if turn % 8 == 7:  # a build that is left alone sweeps up after the killed ones
            swept += bool(serving and leftovers(index))
            builder.complete(index, corpora[other(serving)])
            serving = other(serving)
            assert answering_version(index, FILES) == serving, (seed, turn)
            assert leftovers(index) == set(), (seed, turn)
    print(f"{KILLS} kills over {length:.2f} s: {struck} before the end; {swept} sweeps")
    assert struck >= KILLS // 2, (seed, struck)


def other(version: str | None) -> str:
    return "nouveau" if version == "ancien" else "ancien"


def test_a_build_killed_at_each_step_of_its_sealing(tmp_path: Path, builder: Builder) -> None:
    corpora = {each: write_corpus(tmp_path / each, each, 3) for each in ("ancien", "nouveau")}
    index = tmp_path / "index"
    builder.complete(index, corpora["ancien"])
    ends: list[int] = []
    answers: list[str] = []
    while 0 not in ends and len(ends) < 40:
        ends.append(builder.run(index, corpora["nouveau"], kill_at_sync=len(ends))[0])
        answers.append(answering_version(index, 3))
    # Each file, both folders, the pointer: killed at any of them, the old one serves. After the rename
    # only the folder's entry is left to be synced.
    assert ends == [-9] * (len(ends) - 1) + [0]
    assert answers == ["ancien"] * (len(ends) - 2) + ["nouveau", "nouveau"]
    assert len(ends) > 8
    assert leftovers(index) == set()


def test_rollbacks_killed_at_random_moments(tmp_path: Path, builder: Builder) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    index = tmp_path / "index"
    for version in ("ancien", "nouveau"):
        builder.complete(index, write_corpus(tmp_path / version, version, 3))
    holds = {"g000001": "ancien", "g000002": "nouveau"}
    for _ in range(12):
        assert builder.run(index, kill_after=rng.uniform(0, 0.3))[0] == -9
        pointer = store.read_pointer(index)
        assert {pointer.current, pointer.previous} == set(holds)
        assert answering_version(index, 3) == holds[pointer.current], seed
    store.rollback(index)  # the killed ones hold no lock
